"""The commands: train, resume, export, inspect, evaluate, duel, compare, exploit, sweep, recipes; and those of a league.

A game mounts `app` under its own command; `python -m agents` runs it alone. This module does not import torch: the modules that
do are loaded when a command needs them; without the extra the command says what to install and exits with 2.
"""

from typing import Final

from agents import measure_cli, runs_cli, train_cli
from agents.league_cli import app as league_app
from safefiles.console import command_group

app = command_group(
    "agents",
    "Train policies in any Gymnasium env, export them as verified ONNX, and measure them.",
)
COMMANDS: Final = (
    train_cli.train,
    train_cli.imitate,
    train_cli.resume,
    train_cli.export,
    measure_cli.inspect,
    measure_cli.evaluate,
    measure_cli.duel,
    runs_cli.compare,
    runs_cli.exploit,
    runs_cli.sweep,
    train_cli.recipes,
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(league_app)


def main() -> None:
    """Entry point of `python -m agents`."""
    app(prog_name="python -m agents")
