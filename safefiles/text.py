"""Makes text from a file, a file name or another program safe to draw, print, store and compare.

`clean` is applied once, when the text is read. A path stays a `Path`; `shown_path` gives its text for display.
"""

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS: Final = "…"
# Format characters that a text needs: the two joiners of Indic scripts, Persian and composed emoji.
_KEPT_FORMATS: Final = frozenset("\u200c\u200d")
_LINE_ENDS: Final = frozenset("\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def clean(text: str, most: int | None = None, *, lines: bool = False) -> str:
    """Return `text` safe to show anywhere: one line, at most `most` characters, no control characters.

    Control characters become visible (ESC is `\\x1b`), lone surrogates and directional overrides become the
    replacement sign, line ends and tabs become a space (with `lines`, a line end stays one). A text that is cut ends
    with an ellipsis. A clean text is returned unchanged.
    """
    if not text.isprintable():
        kept = text.replace("\r\n", "\n") if lines else text
        text = "".join(_clean_sign(sign, lines) for sign in kept)
    if most is not None and len(text) > most:
        text = text[: most - 1] + ELLIPSIS
    return text


def shown_path(path: Path | str, most: int | None = None) -> str:
    """Return a path, or a file's name, as text to show; bytes that are not UTF-8 become the replacement character."""
    return clean(os.fsencode(path).decode("utf-8", "replace"), most)


def distinct_names(paths: Sequence[Path], most: int) -> list[str]:
    """Return a different text of at most `most` characters for each path.

    It is the name with as many folders as needed, at least one; the middle of a long text is left out. `most` is at least 20.
    """
    parts = [path.parts for path in paths]
    counts: dict[int, Counter[tuple[str, ...]]] = {}

    def alone(own: tuple[str, ...], depth: int) -> bool:
        if depth not in counts:
            counts[depth] = Counter(each[-depth:] for each in parts)
        return counts[depth][own[-depth:]] == 1

    texts = []
    for own in parts:
        depth = next((depth for depth in range(2, len(own)) if alone(own, depth)), len(own))
        told = shown_path(Path(*own[-depth:]))
        if len(told) > most and depth > 2:
            end = f"{os.sep}{ELLIPSIS}{os.sep}{shown_path(own[-1])}"
            told = shown_path(own[-depth], max(most - len(end), 4)).rstrip(os.sep) + end
        texts.append(told if len(told) <= most else ELLIPSIS + told[1 - most :])
    return number_repeats(texts, most)


def number_repeats(texts: Sequence[str], most: int) -> list[str]:
    """Return texts cut to `most` characters; a text that equals an earlier one gets a number."""
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        number, told = 1, clean(text, most)
        while told in taken:
            number += 1
            end = f" ({number})"
            told = clean(text, most - len(end)) + end
        taken.add(told)
        found.append(told)
    return found


def storable(name: str, most: int = 200) -> str:
    """Return a file's name as a key for stores, settings and recordings: stable, and different for each name.

    A UTF-8 name is returned unchanged. In any other, each byte that is not UTF-8 (or is a control character) is written as
    `\\xNN`, a backslash as two, with the prefix `bytes/`, which no file name can have; a text longer than `most` characters
    ends with a hash.
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        data = os.fsencode(name)
        text = data.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
        key = "bytes/" + "".join(sign if sign.isprintable() else _as_bytes(sign) for sign in text)
        if len(key) > most:
            digest = hashlib.sha256(data).hexdigest()[:16]
            key = f"{key[: most - len(digest) - 1]}-{digest}"
        return key
    return name


def _as_bytes(sign: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in sign.encode())


def _clean_sign(sign: str, lines: bool) -> str:
    if sign.isprintable():
        return sign
    if sign in _LINE_ENDS:
        return "\n" if lines and sign != "\t" else " "
    category = unicodedata.category(sign)
    if category == "Cc":
        return f"\\x{ord(sign):02x}"
    if category == "Zs" or sign in _KEPT_FORMATS:
        return sign  # a space of another width
    return REPLACEMENT if category in ("Cs", "Cf") else sign
