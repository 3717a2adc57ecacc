"""Measures two builds in turn and takes the ratio of each pair, so that other load on the machine slows both equally."""

from collections.abc import Sequence
from statistics import median
from typing import Final

from game.cli.bench.builds import ROW_SECONDS, SLOW_SECONDS, Build
from game.cli.bench.report import Row
from game.cli.bench.row_table import Measurement

ROUNDS: Final = 5
LEAST_PIECES: Final = 100
FIGURES: Final = ("value", "cpu_value", "p99", "cpu_p99", "bytes")


def compare_row(this: Build, other: Build, item: Measurement, rounds: int) -> Row:
    """Measure a row `rounds` times in both builds, which alternate in going first; return the ratios.

    A first round is not counted, because kernels may have to be compiled for it; it is skipped if the row itself measures a
    first time, or is slow.
    """
    row: Row = {"name": item.name, "what": item.what}
    arguments = {**item.arguments, **item.brief}
    seconds = SLOW_SECONDS if item.slow else ROW_SECONDS
    warm = 0 if item.slow or item.name == "first_tick_s" else 1
    pairs: list[tuple[Row, Row]] = []  # (other, this)
    for n in range(warm + rounds):
        first, second = (this, other) if n % 2 else (other, this)
        found = {id(build): build.measure(item.program, arguments, seconds) for build in (first, second)}
        pair = (found[id(other)], found[id(this)])
        for whose, each in zip(("the other build", "this build"), pair, strict=True):
            if "skipped" in each:
                return {**row, "skipped": f"{whose}: {each['skipped']}"}
        if n >= warm:
            pairs.append(pair)
    return {**row, **ratios(pairs)}


def _has_tail(pairs: Sequence[tuple[Row, Row]]) -> bool:
    """Whether a row measures how long pieces take, with enough pieces for a meaningful 99th percentile."""
    return pairs[0][1]["better"] == "less" and all(
        each["pieces"] >= LEAST_PIECES for pair in pairs for each in pair
    )


def ratios(pairs: Sequence[tuple[Row, Row]]) -> Row:
    """Return the medians, and the ratios this : other of the pairs (other, this) with their spread, for values that both have."""
    row: Row = {"unit": pairs[0][1]["unit"], "better": pairs[0][1]["better"], "ratios": {}, "medians": {}}
    for key in FIGURES:
        numbers = [(old.get(key), new.get(key)) for old, new in pairs]
        both = [(old, new) for old, new in numbers if old and new]
        if len(both) < len(pairs) or (key in ("p99", "cpu_p99") and not _has_tail(pairs)):
            continue
        each = sorted(new / old for old, new in both)
        row["ratios"][key] = {
            "median": median(each),
            "low": each[0],
            "high": each[-1],
            "pairs": len(each),
            "each": [round(new / old, 4) for old, new in both],
        }
        row["medians"][key] = {
            "other": median(old for old, _ in both),
            "this": median(new for _, new in both),
        }
    loads = [each["others"] for pair in pairs for each in pair if "others" in each]
    row["others"] = round(sum(loads) / len(loads), 2) if loads else None
    row["threads"] = pairs[0][1]["threads"]
    row["pairs"] = [{"other": old, "this": new} for old, new in pairs]
    return row
