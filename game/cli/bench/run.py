"""Runs the measurements one after the other, shows them as a table and returns them as plain data."""

import difflib
import importlib
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn
from rich.table import Table

import game
from game.cli.bench.report import Row, Skipped, machine_facts
from safefiles.console import Label, show, table

SCHEMA: Final = 1
LIMIT_SECONDS: Final = 270.0  # nothing begins after this, so that a bench ends within five minutes

# name of the result -> part of the bench : function, in the order of the report
MEASURES: Final = {
    "core_agent_steps_per_s": "core:agent_steps",
    "core_ticks_per_s": "core:ticks",
    "bot_decisions_per_s": "core:bot_decisions",
    "vector_env_agent_steps_per_s": "core:vector_env",
    "npc_decision_us": "play:npc_decisions",
    "frame_ms": "play:frames",
    "train_samples_per_s": "learner:train_samples",
    "startup_s": "play:startup",
    "first_tick_s": "play:first_tick",
    "cold_compile_s": "play:cold_compile",
}
_PARTS: Final = {
    "core": "game.cli.bench.core",
    "learner": "game.cli.bench.learner",
    "play": "game.cli.bench.play",
}


def run_bench(only: Sequence[str] = ()) -> dict[str, Any]:
    """Measure everything, or what `only` names, and print a table; return the report.

    What cannot be measured here is a row with the reason under "skipped". Raises ValueError for an unknown name.
    """
    for name in only:
        if name not in MEASURES:
            near = difflib.get_close_matches(name, MEASURES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"--only: expected one of {', '.join(MEASURES)}, found {name!r}{hint}")
    names = [name for name in MEASURES if not only or name in only]
    console = Console(stderr=True)
    machine = machine_facts()
    results: list[Row] = []
    started = time.monotonic()
    columns = (Label(), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:
            progress.update(task, description=name)
            if time.monotonic() - started > LIMIT_SECONDS:
                results.append({"name": name, "skipped": f"{LIMIT_SECONDS:.0f} s were over"})
            else:
                results += _measure(name)
            progress.advance(task)
    seconds = round(time.monotonic() - started, 1)
    show(_table(results))
    return {
        "schema": SCHEMA,
        "version": game.__version__,
        "machine": machine,
        "seconds": seconds,
        "results": results,
    }


def _measure(name: str) -> list[Row]:
    part, _, function = MEASURES[name].partition(":")
    try:
        measure: Callable[[], list[Row]] = getattr(importlib.import_module(_PARTS[part]), function)
        return measure()
    except Skipped as reason:
        return [{"name": name, "skipped": str(reason)}]
    except (ImportError, OSError, RuntimeError, ValueError) as error:
        return [{"name": name, "skipped": f"{type(error).__name__}: {error}"[:300]}]


def _table(results: Sequence[Row]) -> Table:
    rows = [(row["name"], _value(row), _facts(row)) for row in results]
    return table(("what", "value", "of"), rows, title="Bankshot bench")


def _value(row: Row) -> str:
    if "skipped" in row:
        return "skipped"
    if "p50" in row:
        return f"{row['p50']:,.1f} / {row['p99']:,.1f} {row['unit']}"
    return (
        f"{row['value']:,.0f} {row['unit']}" if row["value"] >= 100 else f"{row['value']:.2f} {row['unit']}"
    )


def _facts(row: Row) -> str:
    if "skipped" in row:
        return str(row["skipped"])
    shown = ("learner", "env", "epochs", "batch", "threads", "preview", "num_envs", "npcs", "brain", "size")
    facts = ", ".join(f"{key} {row[key]}" for key in shown if key in row)
    return f"p50 / p99; {facts}" if "p50" in row else facts
