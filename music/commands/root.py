"""The commands: corpus, train, resume, export, compare, generate, metrics, render, bench.

A game adds `app` to its own command; `python -m music` runs it alone. Nothing here imports torch, music21 or scikit-learn:
the modules that do are loaded when a command needs them. If the extra is missing, the command says what to install and exits
with 2.
"""

from music.commands.learning import compare, corpus, export, resume, train
from music.commands.pieces import bench, generate, metrics, render
from safefiles.console import command_group

app = command_group(
    "music", "Compose with a GAN: training music, training, export, pieces, sound, measurements."
)
for command in (corpus, train, resume, export, compare, generate, render, metrics, bench):
    app.command()(command)


def main() -> None:
    """Entry point of `python -m music`."""
    app(prog_name="python -m music")
