"""The command `bench`: a table on the screen, JSON and a plot on request."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from recommender.commands.console import BENCH
from safefiles.console import JsonOption, clean, show, table, write_json
from safefiles.extras import need


@clean
def bench(
    json_file: JsonOption = None,
    scale: Annotated[
        bool,
        typer.Option("--scale", help="Measure 10,000 to 1,000,000 players of 500 items instead; minutes."),
    ] = False,
    plot: Annotated[Path | None, typer.Option("--plot", help="With --scale: a picture (PNG).")] = None,
) -> None:
    """Measure this machine: one rating in and a new top 10, the item path, fits; or memory and time at scale."""
    if plot is not None and not scale:
        raise typer.BadParameter("--plot needs --scale")
    if plot is not None:
        need("matplotlib", BENCH)
    from recommender.evaluation.bench import run_bench, run_scale

    console = Console(stderr=True)
    with console.status("measuring") as status:
        report = (run_scale if scale else run_bench)(lambda line: status.update(f"measuring {line}"))
    show(_table(report["results"]))
    write_json(json_file, report)
    if plot is not None:
        _draw(report["results"], plot)


def _table(results: list[dict[str, Any]]) -> Table:
    rows = []
    for row in results:
        notes = [str(row["what"])] if "what" in row else []
        notes += [f"{part} {size:g}" for part, size in row.get("parts", {}).items()]
        notes += [f"built in {row['build_seconds']:g} s"] if "build_seconds" in row else []
        players = f"{row['players']:,}" if "players" in row else ""
        value = row.get("value", row.get("p50"))
        told = row["name"], players, f"{value:g}", row.get("p99", ""), row["unit"], ", ".join(notes)
        rows.append(told)
    return table(("what", "players", "value or p50", "p99", "unit", "notes"), rows)


def _draw(results: list[dict[str, Any]], path: Path) -> None:
    """Two panels over the number of players: memory by part, and time of a top 10."""
    import io

    from matplotlib.figure import Figure

    from safefiles.writing import write_atomic

    states = [row for row in results if row["name"] == "scale_state_mb"]
    players = [row["players"] for row in states]
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    memory, latency = figure.subplots(1, 2)
    for part, label in (
        ("ratings", "ratings"),
        ("players", "2,000 reference players, 1,024 seats"),
        ("items", "items × items"),
    ):
        memory.plot(players, [row["parts"][part] for row in states], marker="o", label=label)
    memory.plot(
        players, [row["names_mb"] for row in states], marker="o", linestyle=":", label="names (estimate)"
    )
    memory.set(title="Memory of the online state", ylabel="MB", yscale="log")
    for name, label in (
        ("scale_update_top_ms", "one rating in and a new top 10, 2,000 references"),
        ("scale_item_path_ms", "top 10 by items alike"),
    ):
        rows = [row for row in results if row["name"] == name]
        (line,) = latency.plot(players, [row["p50"] for row in rows], marker="o", label=f"{label}, p50")
        latency.plot(
            players,
            [row["cpu_p99"] for row in rows],
            marker="^",
            linestyle="--",
            color=line.get_color(),
            label="p99 of processor time",
        )
    latency.axhline(0.1, color="grey", linewidth=1)
    latency.set(title="Time of an answer", ylabel="ms", yscale="log")
    for panel in (memory, latency):
        panel.set(xscale="log", xlabel="players, 500 items, about 20 ratings each")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2, frameon=False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    write_atomic(path, picture.getvalue())
