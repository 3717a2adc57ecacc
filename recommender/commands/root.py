"""The commands: evaluate, recommend, explain, simulate, import, export, bench.

A game mounts `app` under its own command; `python -m recommender` runs it alone.
"""

from recommender.commands.advice import explain, recommend
from recommender.commands.bench import bench
from recommender.commands.evaluate import evaluate
from recommender.commands.exchange import export_records, import_records
from recommender.commands.simulate import simulate
from safefiles.console import command_group

app = command_group("recommender", "Suggestions by collaborative filtering, skill and content.")
app.command()(evaluate)
app.command()(recommend)
app.command()(explain)
app.command()(simulate)
app.command("import")(import_records)
app.command("export")(export_records)
app.command()(bench)


def main() -> None:
    """Entry point of `python -m recommender`."""
    app(prog_name="python -m recommender")


@app.callback()
def _group() -> None:
    """Keep `app` a group of commands, with any number of mounted ones."""
