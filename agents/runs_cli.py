"""The commands about several runs: compare. Nothing here imports torch before it is needed."""

from pathlib import Path
from typing import Annotated

import typer

from agents.cli_options import TABLE_WIDTH, module
from safefiles.console import JsonOption, clean, echo, show, table, write_json
from safefiles.extras import need


@clean
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders.")],
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Also draw the curves over samples and over processor time (PNG)."),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Runs side by side: what each cost and came to, and what differs in their recipes."""
    tables = module("run_table")
    if plot is not None:
        need("matplotlib", "train")
    rows = tables.rows_of(runs)
    headings, cells = tables.table_cells(rows)
    show(table(headings, cells, right=True), width=TABLE_WIDTH)
    differing = tables.differences(rows)
    if differing:
        names = [row.name for row in rows]
        cells = [[key, *map(_value, values)] for key, values in differing.items()]
        show(table(["differs", *names], cells), width=max(TABLE_WIDTH, 30 + 20 * len(names)))
    elif len(rows) > 1:
        echo("the recipes do not differ")
    if plot is not None:
        tables.draw(rows, plot)
    found = {"runs": [row.to_dict() for row in rows], "differences": differing}
    groups = [tables.summary(group) | {"names": [row.name for row in group]} for group in tables.groups(rows)]
    write_json(json_file, {"schema": 1, **found, "groups": groups})


def _value(value: object) -> str:
    if isinstance(value, dict):
        return " to ".join(map(str, value.values()))[:40]
    return "-" if value is None else str(value)[:40]
