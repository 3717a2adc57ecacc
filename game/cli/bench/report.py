"""Facts about the machine, and the tables of a report."""

import os
import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from safefiles.console import make_table

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[str, Any]
SECONDS: Final = {"1/s": "/s"}


def machine_facts() -> Row:
    """Return the facts that the results depend on: processor, system, cores and load."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": load if load is None else round(load, 2),  # of the last minute, before the bench
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()


def rounded_text(value: float) -> str:
    """Return a number with as many digits as are significant."""
    if abs(value) >= 999.5:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def results_table(results: Sequence[Row]) -> "Table":
    """Return the table of one build."""
    lines = []
    for row in results:
        if "skipped" in row:
            lines.append((row["name"], row["what"], row["skipped"], "", "", "", "", ""))
            continue
        unit = SECONDS.get(row["unit"], f" {row['unit']}")
        size = f", {row['bytes'] / 2**20:,.2f} MiB" if "bytes" in row else ""
        lines.append(
            (
                row["name"],
                row["what"],
                f"{rounded_text(row['value'])}{unit}{size}",
                rounded_text(row["cpu_value"]),
                _percentiles(row, "p50", "p99"),
                _percentiles(row, "cpu_p50", "cpu_p99"),
                f"{row['pieces']} x {row['piece']}",
                f"{row['threads']}; {row.get('others', '?')}",
            )
        )
    heads = (
        "row",
        "what",
        "by the clock",
        "by processor time",
        "p50 / p99",
        "processor p50 / p99",
        "of",
        "threads; load",
    )
    caption = "load: processors that other processes took meanwhile"
    return make_table(heads, lines, title="Bankshot bench", caption=caption)


def _percentiles(row: Row, middle: str, high: str) -> str:
    """Return the two percentiles; for a single piece, its time."""
    return (
        f"{rounded_text(row[middle])} / {rounded_text(row[high])}"
        if row["pieces"] > 1
        else rounded_text(row[middle])
    )


def ratios_table(results: Sequence[Row], other: str) -> "Table":
    """Return the table of two builds: medians of the pairs' ratios, this build : the other."""
    lines = []
    for row in results:
        if "skipped" in row:
            lines.append((row["name"], row["what"], row["skipped"], "", "", "", ""))
            continue
        for key, ratio in row["ratios"].items():
            of = row["medians"][key]
            lines.append(
                (
                    row["name"],
                    f"{row['what']}: {_words(key)} ({row['unit'] if key != 'bytes' else 'bytes'})",
                    rounded_text(of["other"]),
                    rounded_text(of["this"]),
                    f"{ratio['median']:.3g}",
                    f"{ratio['low']:.3g} to {ratio['high']:.3g}",
                    f"{ratio['pairs']}; {row['others']}",
                )
            )
    heads = ("row", "what", "other", "this", "this : other", "spread", "pairs; load")
    return make_table(
        heads, lines, title=f"Bankshot bench against {other}", caption="median of the pairs' ratios"
    )


def _words(key: str) -> str:
    names = {"value": "by the clock", "cpu_value": "by processor time", "cpu_p99": "p99 by processor time"}
    return names.get(key, key)
