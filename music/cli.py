"""The commands: corpus, train, resume, export, compare, generate, metrics, render, bench.

A game mounts `app` under its own command; `python -m music` runs it alone. Nothing here imports torch, music21 or
scikit-learn: the modules that do are loaded when a command needs them, and without the extra the command says what
to install and exits 2.
"""

import typer

from music.learning_commands import compare, corpus, export, resume, train
from music.piece_commands import bench, generate, metrics, render

app = typer.Typer(
    name="music",
    help="Compose with a GAN: training music, training, export, pieces, sound, measurements.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for command in (corpus, train, resume, export, compare, generate, render, metrics, bench):
    app.command()(command)


def main() -> None:
    """Entry point of `python -m music`."""
    app(prog_name="music")
