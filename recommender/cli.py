"""The commands: evaluate, recommend, explain, import, export, bench.

A game mounts `app` under its own command; `python -m recommender` runs it alone.
"""

import typer

app = typer.Typer(
    name="recommender",
    help="What next? Collaborative filtering, skill and content.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def main() -> None:
    """Entry point of `python -m recommender`."""
    app(prog_name="recommender")


@app.callback()
def _group() -> None:
    """Keep `app` a group of commands, however many are mounted."""
