"""The command `bench`: a table on the screen, JSON and a plot on request."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from recommender.commands.console import BENCH
from recommender.errors import RecommenderError
from safefiles.console import JsonOption, clean_exit, examples, make_table, print_table, write_json
from safefiles.extras import require


@clean_exit
@examples("", "--scale --plot scale.png")
def bench(
    json_file: JsonOption = None,
    scale: Annotated[
        bool,
        typer.Option(
            "--scale", help="Measure 10,000 to 1,000,000 ratings of 500 items instead, which takes minutes."
        ),
    ] = False,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot", help="With --scale: also draw a picture (PNG).", metavar="FILE", show_default="none"
        ),
    ] = None,
) -> None:
    """Measure the processor time of suggestions (store a rating, suggest ten) and of fits; or opening and memory at scale."""
    if plot is not None and not scale:
        raise RecommenderError("--plot: expected --scale with it, found none")
    if plot is not None:
        require("matplotlib", BENCH)
    from recommender.evaluation.bench import run_bench, run_scale

    console = Console(stderr=True)
    with console.status("measuring") as status:
        report = (run_scale if scale else run_bench)(lambda line: status.update(f"measuring {line}"))
    print_table(_table(report["results"]))
    write_json(json_file, report)
    if plot is not None:
        _draw(report["results"], plot)


def _table(results: list[dict[str, Any]]) -> Table:
    rows = []
    for row in results:
        notes = [str(row["what"])] if "what" in row else []
        notes += [f"at most {row['peak_mb']:g} MB, {row['before_mb']:g} before"] if "peak_mb" in row else []
        notes += [f"opened in {row['open_seconds']:g} s"] if "open_seconds" in row else []
        notes += [f"first list {row['first_list_ms']:g} ms"] if "first_list_ms" in row else []
        ratings = f"{row['ratings']:,}" if "ratings" in row else ""
        value = row.get("value", row.get("p50"))
        cells = (
            row["name"],
            ratings,
            f"{value:g}",
            row.get("p99", ""),
            row.get("max", ""),
            row["unit"],
            ", ".join(notes),
        )
        rows.append(cells)
    return make_table(("what", "ratings", "value or p50", "p99", "max", "unit", "notes"), rows)


def _draw(results: list[dict[str, Any]], path: Path) -> None:
    """Three panels over the number of ratings: memory, opening, and the time of a list."""
    import io

    from matplotlib.figure import Figure

    from safefiles.writing import write_atomic

    opened = [row for row in results if row["name"] == "scale_open_s"]
    lists = [row for row in results if row["name"] == "scale_list_ms"]
    ratings = [row["ratings"] for row in opened]
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    memory, opening, latency = figure.subplots(1, 3)
    memory.plot(ratings, [row["peak_mb"] for row in opened], marker="o", label="at most")
    memory.plot(
        ratings, [row["before_mb"] for row in opened], linestyle=":", label="before anything is opened"
    )
    memory.set(title="Memory", ylabel="MB", ylim=(0, None))
    opening.plot(ratings, [row["value"] for row in opened], marker="o", label="store opened and first list")
    opening.set(title="Opening", ylabel="s of processor time", ylim=(0, None))
    for key in ("p50", "p99", "max"):
        latency.plot(ratings, [row[key] for row in lists], marker="o", label=key)
    latency.set(title="One rating in and a new top 10", ylabel="ms of processor time", ylim=(0, None))
    for panel in (memory, opening, latency):
        panel.set(xscale="log", xlabel="ratings of 500 items")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    write_atomic(path, picture.getvalue())
