"""Text that came from a file, a file's name or another program: what may be drawn, printed, stored and compared.

`clean` is applied once, where the text comes in. A path stays a `Path`; only what is shown of it is text (`shown_path`).
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
# Formats that a text needs to be read rightly: the two joiners of Indic scripts, Persian and composed emoji.
_KEPT_FORMATS: Final = frozenset("\u200c\u200d")
_LINE_ENDS: Final = frozenset("\n\r\t\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def clean(text: str, most: int | None = None, *, lines: bool = False) -> str:
    """Return `text` as it may be shown anywhere: one line, at most `most` characters, nothing that acts.

    Control characters become visible (ESC is `\\x1b`), lone surrogates and directional overrides become the
    replacement sign, line ends and tabs become a space (with `lines`, a line end stays one). A text that is cut ends
    with an ellipsis. A clean text comes back as it is.
    """
    if not text.isprintable():
        kept = text.replace("\r\n", "\n") if lines else text
        text = "".join(_clean_sign(sign, lines) for sign in kept)
    if most is not None and len(text) > most:
        text = text[: most - 1] + ELLIPSIS
    return text


def shown_path(path: Path | str, most: int | None = None) -> str:
    """Return a path, or a file's name, as text to show; bytes that are no UTF-8 become the replacement sign."""
    return clean(os.fsencode(path).decode("utf-8", "replace"), most)


def distinct_names(paths: Sequence[Path], most: int) -> list[str]:
    """Return a text of at most `most` characters for each path, other than those of all others.

    It is the name with one folder, or as many as it takes; of more than fit the middle is left out. `most` is 20 at least.
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
    """Return texts cut to `most` characters, each with a number that would be one of those before it."""
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
    """Return a file's name as a key for stores, settings and recordings: the same each time, another for each name.

    A name in UTF-8 comes back as it is. Of any other, each byte that is none (or would act) is written as `\\xNN`, a
    backslash as two, and `bytes/` stands before it, which no file's name can hold; if it has more than `most`
    characters, it ends with a hash.
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
