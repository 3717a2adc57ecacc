"""Mutators of bytes, JSON, TOML and CSV.

A mutator takes a source of chance, the bytes of a sound file and those of others of its kind, and returns changed bytes.
It draws little, so that hypothesis can shrink what it found (`st.randoms`), and gives the same for the same seed.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from copy import deepcopy
from itertools import islice
from random import Random
from typing import Any, Final

Mutator = Callable[[Random, bytes, Sequence[bytes]], bytes]

_LONG: Final = 300  # characters: more than a file name may have
# Texts that act on a terminal, a file system, a font, an encoder or a spreadsheet.
TEXTS: Final = (
    "", " ", "\0", "a\0b", "\x1b[31m\x1b]0;title\x07", "\ud800", "a\udfffb", "\u202etxt.exe", "\ufeff", "\u2028", "a\nb\r\nc",
    "x" * _LONG, "关" * 5000, "../../up.tsj", "/dev/null", "C:\\con", "~", ".", "=HYPERLINK(1)", "%s%n{0}", "NaN", "1e999",
    "null", "🜲\u0301\u0301\u0301", "__class__", "this",
)  # fmt: skip
NUMBERS: Final = (
    0, 1, -1, 2, 255, 256, 65_536, 2**31 - 1, 2**31, -(2**31) - 1, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64,
    10**40, -(10**40), 10**400, 0.5, -0.0, 1e-320, 1e16, 1e300, -1e308, math.nan, math.inf, -math.inf,
)  # fmt: skip
DEEP: Final = 4000  # nested brackets
MANY: Final = 30_000  # members of one list
MOST_TOKENS: Final = 4000  # of a text that are looked at

# Values that `json.dumps` cannot write are written for a mark, and put in its place afterwards.
_RAW: Final = {
    "@raw-deep@": "[" * DEEP + "]" * DEEP,
    "@raw-objects@": '{"a":' * 200 + "1" + "}" * 200,
    "@raw-digits@": "9" * 5000,
    "@raw-exponent@": "1e999",
    "@raw-cut@": '"unended',
    "@raw-many@": "[" + "0," * (MANY - 1) + "0]",
    "@raw-twice@": '{"a": 1, "a": 2}',
}
_RAW_MARK: Final = re.compile(r'"(@raw-[a-z]+@)"')


def pick(chance: Random, *mutators: tuple[int, Mutator]) -> Mutator:
    """One of the mutators by weight."""
    at = chance.randrange(sum(weight for weight, _ in mutators))
    for weight, mutator in mutators:
        at -= weight
        if at < 0:
            return mutator
    raise AssertionError


def one_of(*mutators: tuple[int, Mutator]) -> Mutator:
    """A mutator that is one of these by weight, and now and then two of them one after the other."""

    def mutate(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        changed = pick(chance, *mutators)(chance, data, others)
        if chance.randrange(5) == 0:
            changed = pick(chance, *mutators)(chance, changed, others)
        return changed

    return mutate


# Bytes


def raw_bytes(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Bits flipped, bytes set, cut out, doubled, cut off, lengths made huge, two files spliced."""
    found = bytearray(data)
    if not found:
        return bytes([chance.randrange(256)])
    kind = chance.randrange(9)
    at = chance.randrange(len(found) if chance.randrange(3) else min(64, len(found)))
    if kind <= 1:
        for _ in range(chance.choice((1, 1, 1, 3, 12))):
            found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    elif kind == 2:
        found[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0x0A, 0x22, 0x1B))
    elif kind == 3:
        del found[at : at + chance.choice((1, 2, 8, 100, 5000))]
    elif kind == 4:
        part = bytes(found[at : at + chance.choice((1, 4, 64, 700))])
        found[at:at] = part * chance.choice((1, 2, 30))
    elif kind == 5:
        del found[at:]
    elif kind == 6:
        width = chance.choice((1, 2, 4, 8))
        value = chance.choice((0, 1, (1 << 8 * width) - 1, (1 << 8 * width - 1) - 1, 1 << 8 * width - 1))
        found[at : at + width] = value.to_bytes(width, chance.choice(("big", "little")))
    elif kind == 7 and others:
        other = chance.choice(list(others))
        start = chance.randrange(len(other) + 1)
        found[at:] = other[start:]
    else:
        found += Random(chance.getrandbits(32)).randbytes(chance.choice((1, 16, 3000)))
    return bytes(found)


def nonsense(chance: Random, _data: bytes, others: Sequence[bytes]) -> bytes:
    """Something else altogether: nothing, noise, another format's beginning."""
    noise = Random(chance.getrandbits(32)).randbytes(400)
    starts = (b"", b"\0" * 64, noise, b"PK\x03\x04" + noise, b"SQLite format 3\0" + noise, b"<?xml version='1.0'?><map/>",
              b"MThd" + noise, b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf", b"[]", b"{}", b"null", b"0", b'"text"')  # fmt: skip
    return chance.choice((*starts, *others))


# Values


def hostile_value(chance: Random, others: Sequence[Any] = ()) -> Any:
    """A number, text or shape that a reader may not have thought of; or a value of another file."""
    kind = chance.randrange(8)
    if kind <= 2:
        return chance.choice(NUMBERS)
    if kind <= 4:
        return chance.choice(TEXTS)
    if kind == 5:
        return chance.choice(tuple(_RAW))
    if kind == 6 and others:
        return random_node(chance, chance.choice(list(others)))
    return chance.choice((None, True, False, [], {}, [[]], [None], {"": {}}, [1, "a", None, {}]))


def random_node(chance: Random, tree: Any) -> Any:
    """A value somewhere in a tree; those near the root as likely as those far below."""
    for _ in range(chance.randrange(8)):
        children = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []
        if not children:
            break
        tree = children[chance.randrange(len(children))]
    return deepcopy(tree)  # a tree that holds itself could not be written


def change_tree(chance: Random, tree: Any, others: Sequence[Any] = ()) -> Any:
    """Replace, remove, double, move or retype one value of a tree of dicts and lists; changes the tree in place."""
    here, key = _place(chance, tree)
    if here is None:
        return hostile_value(chance, others)
    kind = chance.randrange(10)
    if kind <= 3:
        here[key] = hostile_value(chance, others)
    elif kind == 4:
        del here[key]
    elif kind == 5:
        _double(chance, here, key)
    elif kind == 6:
        here[key] = random_node(chance, tree)
    elif kind == 7:
        here[key] = retyped(chance, here[key])
    elif kind == 8 and isinstance(here, dict):
        here[chance.choice(TEXTS)] = here.pop(key)
    else:
        here[key] = nudged(chance, here[key])
    return tree


def _place(chance: Random, tree: Any) -> tuple[Any, Any]:
    """A container in the tree and the key of one of its members; (None, None) where the tree has none."""
    here: Any = None
    key: Any = None
    for _ in range(1 + chance.randrange(7)):
        keys: Any = (
            list(tree) if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
        )
        if not keys:
            break
        here, key = tree, keys[chance.randrange(len(keys))]
        tree = tree[key]
    return here, key


def _double(chance: Random, here: Any, key: Any) -> None:
    times = chance.choice((1, 1, 20, 600))
    if isinstance(here, list):
        here[key:key] = [here[key]] * times
    else:
        for number in range(times):
            here[f"{key}{number}"] = here[key]


def retyped(chance: Random, value: Any) -> Any:
    """The same in another type: 7 as "7", 7.0, [7] or {"7": 7}."""
    text = "x" if isinstance(value, dict | list) else str(value)
    return chance.choice((text, [value], {text: value}, None, True, len(text), float(len(text))))


def nudged(chance: Random, value: Any) -> Any:
    """A value near the old one: one more, the other sign, a text cut or doubled."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        half = value + 0.5 if abs(value) < 2**60 else value // 2
        return chance.choice((value + 1, value - 1, -value, value * 1000, half))
    if isinstance(value, str):
        at = chance.randrange(len(value) + 1)
        return chance.choice(
            (value[:at], value * 2, value.upper(), value[:at] + chance.choice(TEXTS) + value[at:])
        )
    if isinstance(value, list):
        return chance.choice((value[::-1], value[: len(value) // 2], value * 2, {}))
    return hostile_value(chance)


# JSON


def loads(data: bytes) -> Any:
    """The JSON value of a sample or an earlier mutant; None where it is none any more."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def dumps(tree: Any) -> bytes:
    """JSON with everything that only a hostile writer puts there: NaN, endless digits, nesting, one key twice."""
    text = json.dumps(tree, ensure_ascii=True)
    return _RAW_MARK.sub(lambda mark: _RAW.get(mark[1], mark[0]), text).encode()


def json_tree(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """One to three values changed in the parsed document, which stays JSON, or nearly."""
    tree = loads(data)
    if tree is None:
        return raw_bytes(chance, data, others)
    values = [loads(other) for other in others[:2]]
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        tree = change_tree(chance, tree, values)
    return dumps(tree)


def tokens(pattern: str, hostile: Sequence[str]) -> Mutator:
    """A mutator that exchanges, removes or doubles a few of the tokens that a pattern finds in a text."""
    compiled = re.compile(pattern)

    def mutate(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
        text = data.decode("utf-8", "surrogateescape")
        for _ in range(chance.choice((1, 1, 2, 4))):
            found = list(islice(compiled.finditer(text), MOST_TOKENS))
            if not found:
                return raw_bytes(chance, data, others)
            place = found[chance.randrange(len(found))]
            other = found[chance.randrange(len(found))][0]
            new = chance.choice((*hostile, other, "", place[0] * 2, f"{place[0]}{other}"))
            text = text[: place.start()] + new + text[place.end() :]
        return text.encode("utf-8", "surrogateescape")

    return mutate


_WRITTEN: Final = tuple(
    "NaN" if value != value else repr(value)
    for value in NUMBERS
    if not isinstance(value, float) or value == value
)
json_tokens: Final = tokens(
    r'-?\d[\d.eE+-]*|"(?:[^"\\]++|\\.)*+"|true|false|null|[{}\[\]:,]',
    (*_WRITTEN, *_RAW.values(), "NaN", "Infinity", "-Infinity", "1e999", '"\\ud800"', '"\\u0000"', '"\\x"', "{", "}", "[", "]",
     ",", "'", "//", "\ufeff", "\0"),
)  # fmt: skip
json_file: Final = one_of((6, json_tree), (3, json_tokens), (2, raw_bytes), (1, nonsense))

# TOML and CSV

toml_tokens: Final = tokens(
    r'"[^"\n]*"|-?\d[\d._eE+-]*|[A-Za-z_][\w.-]*|[\[\]{}=,\n]|true|false',
    (*_WRITTEN[:23], "inf", "-inf", "nan", "1e999", "9" * 5000, "[" * 2000, "{}", "{ a = {} }", "[]", '"\\ud800"',
    '"\\u001b[31m"',
     '""', "'''", "1979-05-27T07:32:00Z", "07:32:00", "[[x]]", "[x]", "x.y.z = 1\n", "0x10", "\n\n", "=", "\0", "\r", "#", "true",
     '"this"', '":X"', "\ufeff"),
)  # fmt: skip
toml_file: Final = one_of((6, toml_tokens), (2, raw_bytes), (1, nonsense))

_CELLS: Final = (
    *_WRITTEN, "nan", "inf", "-inf", "1e999", "1_000", "０１", "٣", '"', '""', '"a\nb"', "=HYPERLINK(1)", "\0",
    "\x1b[31m", "\u202e",
    "x" * 140_000, "9" * 5000, ",", ";", "\t", "\r", "\n", ",,,,,,,,", "\ufeff", "\u2028", "'", "{}", '{"a": NaN}',
)  # fmt: skip
csv_cells: Final = tokens(r"[^,;\t\n]+|[,;\t\n]", _CELLS)


def csv_rows(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Rows and columns moved: a row doubled, dropped, cut, a header renamed, doubled or taken from another table."""
    rows = data.split(b"\n")
    at = chance.randrange(len(rows))
    kind = chance.randrange(6)
    if kind == 0:
        rows[at:at] = [rows[at]] * chance.choice((1, 3, 300))
    elif kind == 1:
        del rows[at]
    elif kind == 2:
        rows[at] = rows[at].rpartition(b",")[0]
    elif kind == 3 and others:
        rows[0] = chance.choice(list(others)).partition(b"\n")[0]
    elif kind == 4:
        rows[0] = rows[0] + b"," + chance.choice([*rows[0].split(b","), b"", b"score", b"zzz"])
    else:
        rows[at], rows[-1] = rows[-1], rows[at]
    return b"\n".join(rows)


csv_file: Final = one_of((5, csv_cells), (3, csv_rows), (2, raw_bytes), (1, nonsense))
