"""The write-ahead log of an SQLite file, read by its format: a wrong bit is found and corrected before SQLite opens it.

SQLite silently drops a frame with a wrong checksum and everything after it: right for a write that a killed
process left unfinished, but a flipped bit then loses what was acknowledged. The checksum is linear in the log's words
modulo 2**32, so one wrong bit is known from it, and three times out of four its place too: the factors repeat for the
highest bits of a word. Source: "WAL-mode File Format", sqlite.org/walformat.html.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEADER: Final = 32  # bytes
FRAME: Final = 24  # bytes before each page
MAGICS: Final = (0x377F0682, 0x377F0683)  # checksums of little-endian words, of big-endian ones
PAGE_SIZES: Final = frozenset(1 << power for power in range(9, 17))
NEAR_BITS: Final = 2  # salts that differ in so few of their 64 bits are the same, damaged
MOST_BYTES: Final = 64 << 20  # a log is cut at 4 MB; a larger one is left to SQLite
MOST_MENDED: Final = 100  # wrong frames that are looked through bit by bit, some 20 ms each
VERSION: Final = 3007000
SOMEWHERE: Final = -1  # one bit is wrong, and the checksum allows several places
_MASK: Final = 0xFFFFFFFF

Pair = tuple[int, int]


@dataclass(frozen=True)
class Log:
    """Result of reading a log. `data` is the corrected log, None if nothing had to or could be corrected."""

    data: bytes | None = None
    bits: int = 0  # put right
    lost: int = 0  # frames that are damaged beyond that, with a commit after them
    rest: bool = False  # whether anything follows its last commit, or may


def examine_log(data: bytes) -> Log:
    """Examine a log. An unfinished last write is not damage: it was never acknowledged.

    Nor is what a larger transaction left behind that was rolled back or killed: a later, smaller commit takes the place
    of its first frames, and the others, which go on from one another, stay. None of them is a commit. So a frame that
    does not go on from the one before is damage only where a commit follows it.

    Frames damaged beyond a bit are given a right checksum as they are, so that what follows them can be read; whoever
    uses such a log must check every page.
    """
    if not HEADER + FRAME < len(data) <= MOST_BYTES:
        return Log(rest=len(data) > MOST_BYTES)
    log = bytearray(data)
    bits = _mend_header(log)
    if bits is None:
        return Log(lost=int(_was_a_log(log)))
    order, size = "<>"[MAGICS.index(int.from_bytes(log[:4], "big"))], int.from_bytes(log[8:12], "big")
    salts = bytes(log[16:24])
    starts = [_pair(log, 24)]
    tries = MOST_MENDED
    lost, waiting = 0, 0  # frames beyond repair: before a commit, and since the last one
    last = commit = HEADER  # the end of the last frame that is sound or was put right; of the last commit
    for start in range(HEADER, len(log) - FRAME - size + 1, FRAME + size):
        if not _near(bytes(log[start + 8 : start + 16]), salts):
            break  # of an earlier turn of the log, or never written
        starts, mended = _mend_frame(log, start, size, order, starts, salts, tries > 0)
        if mended is None:
            tries -= 1
            waiting += 1
            continue
        if mended == SOMEWHERE:
            tries -= 1
            waiting += 1
        is_commit = log[start + 4 : start + 8] != bytes(4)  # only a commit says how large the database is now
        if waiting and not is_commit:
            continue
        bits += max(0, mended)
        lost, waiting = lost + waiting, 0
        last = start + FRAME + size
        commit = last if is_commit else commit
    if lost:
        _reseal(log, order, size, last)
    changed = bits or lost
    return Log(bytes(log[:last]) + data[last:] if changed else None, bits, lost, commit < len(data))


def _mend_header(log: bytearray) -> int | None:
    """Put a wrong bit of the header right; return how many there were, None where it cannot be known."""
    stored = _pair(log, 24)
    trials: list[bytearray] = []
    for magic, order in zip(MAGICS, "<>"):
        words = _words(log[:24], order)
        found = _sum(words, (0, 0))
        if found == stored and _is_header(log, magic):
            return 0
        resealed = log[:24] + struct.pack(">II", *found)
        if _distance(log[24:HEADER], resealed[24:]) == 1:
            trials.append(resealed)
        for bit in _wrong_bits(words, found, stored):
            trials.append(log[:HEADER])
            _flip(trials[-1], 0, bit, order)
        trials = [trial for trial in trials if _is_header(trial, magic) and _begins(trial, log, order)]
        if len(trials) == 1:
            log[:HEADER] = trials[0]
            return 1
    return None


def _begins(header: bytearray, log: bytearray, order: str) -> bool:
    """Whether the first frame goes on from this header: of several places of a wrong bit it knows the right one."""
    size = int.from_bytes(header[8:12], "big")
    if len(log) < HEADER + FRAME + size:
        return False
    same = header[16:24] == log[HEADER + 8 : HEADER + 16]
    return same and _frame_sum(log, HEADER, size, order, _pair(header, 24)) == _pair(log, HEADER + 16)


def _is_header(log: bytearray, magic: int) -> bool:
    """Whether the fields that are known beforehand are right."""
    found, version, size = struct.unpack_from(">III", log)
    return found == magic and version == VERSION and size in PAGE_SIZES


def _was_a_log(log: bytearray) -> bool:
    """Whether a header that cannot be put right was one: two of its three fixed fields are."""
    magic, version, size = struct.unpack_from(">III", log)
    return [magic in MAGICS, version == VERSION, size in PAGE_SIZES].count(True) >= 2


def _mend_frame(
    log: bytearray, start: int, size: int, order: str, starts: Sequence[Pair], salts: bytes, bitwise: bool
) -> tuple[list[Pair], int | None]:
    """Put a wrong bit of one frame right.

    `starts`: what its checksum may go on from. Returns the same for the next frame, and how many bits were wrong:
    SOMEWHERE for one whose place is not known, None for more than one.
    """
    stored = _pair(log, start + 16)
    wrong_salt = _distance(log[start + 8 : start + 16], salts)
    if any(_frame_sum(log, start, size, order, sums) == stored for sums in starts):
        log[start + 8 : start + 16] = salts
        return [stored], wrong_salt
    if wrong_salt or not bitwise:
        return [stored], None
    found = _frame_sum(log, start, size, order, starts[0])
    places = _wrong_bits(_frame_words(log, start, size, order), found, stored)
    if _pair_distance(found, stored) == 1:  # the checksum's own bit
        if not places:
            log[start + 16 : start + 24] = struct.pack(">II", *found)
            return [found], 1
        return [stored, found], SOMEWHERE
    if len(places) == 1:
        _flip(log, start if places[0] < 64 else start + FRAME - 8, places[0], order)
        return [stored], 1
    return [stored], SOMEWHERE if places else None


def _reseal(log: bytearray, order: str, size: int, end: int) -> None:
    """Give every frame before `end` the checksum of what it holds."""
    sums, salts = _pair(log, 24), log[16:24]
    for start in range(HEADER, end, FRAME + size):
        sums = _frame_sum(log, start, size, order, sums)
        log[start + 8 : start + 24] = salts + struct.pack(">II", *sums)


def _wrong_bits(words: Sequence[int], found: Pair, stored: Pair) -> list[int]:
    """Return each bit (32 times the word and the bit's value) that alone explains a wrong checksum.

    A word that is larger by d changes the checksum by d times its two factors: Fibonacci numbers, counted from the end.
    """
    wanted = (stored[0] - found[0]) & _MASK, (stored[1] - found[1]) & _MASK
    places = []
    for place, (word, first, second) in enumerate(zip(words, *_factors(len(words)))):
        for bit in range(32):
            step = -(1 << bit) if word >> bit & 1 else 1 << bit
            if (step * first) & _MASK == wanted[0] and (step * second) & _MASK == wanted[1]:
                places.append(place * 32 + bit)
    return places


def _factors(count: int) -> tuple[list[int], list[int]]:
    """How much each word counts in the two sums: found by running the sum over a single 1."""
    first, second = [0] * count, [0] * count
    sums = {0: (1, 1), 1: (0, 1)}  # after the pair of words in which a 1 stands first, second
    for place in range(count - 2, -1, -2):
        for half, (a, b) in sums.items():
            first[place + half], second[place + half] = a, b
        sums = {half: _after_pair(pair) for half, pair in sums.items()}
    return first, second


def _after_pair(pair: Pair) -> Pair:
    a = (pair[0] + pair[1]) & _MASK
    return a, (pair[1] + a) & _MASK


def _sum(words: Sequence[int], sums: Pair) -> Pair:
    """The log's checksum of an even number of words, going on from `sums`."""
    a, b = sums
    for place in range(0, len(words), 2):
        a = (a + words[place] + b) & _MASK
        b = (b + words[place + 1] + a) & _MASK
    return a, b


def _words(data: bytes | bytearray, order: str) -> tuple[int, ...]:
    return struct.unpack(f"{order}{len(data) // 4}I", bytes(data))


def _frame_words(log: bytearray, start: int, size: int, order: str) -> tuple[int, ...]:
    """What a frame's checksum is of: its first two fields and its page."""
    return _words(log[start : start + 8] + log[start + FRAME : start + FRAME + size], order)


def _frame_sum(log: bytearray, start: int, size: int, order: str, sums: Pair) -> Pair:
    return _sum(_frame_words(log, start, size, order), sums)


def _flip(log: bytearray, start: int, bit: int, order: str) -> None:
    """Turn over a bit, counted over words of 32 bits from `start`."""
    word, place = divmod(bit, 32)
    byte = place // 8 if order == "<" else 3 - place // 8
    log[start + word * 4 + byte] ^= 1 << place % 8


def _pair(log: bytearray, start: int) -> Pair:
    first, second = struct.unpack_from(">II", log, start)
    return first, second


def _near(salts: bytes, expected: bytes) -> bool:
    return _distance(salts, expected) <= NEAR_BITS


def _distance(one: bytes | bytearray, other: bytes | bytearray) -> int:
    return (int.from_bytes(one, "big") ^ int.from_bytes(other, "big")).bit_count()


def _pair_distance(one: Pair, other: Pair) -> int:
    return (one[0] ^ other[0]).bit_count() + (one[1] ^ other[1]).bit_count()
