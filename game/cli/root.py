"""The `bankshot` command: play, watch, levels, replay, bench, and the commands of the plugins.

Nothing heavy is imported before a command needs it, so that `bankshot --help` is quick. Plugins are mounted
by name through PLUGINS (`mounted`) and loaded when called. Bad input gives one line on stderr and a non-zero exit code.
"""

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
import typer.core
import typer.main

import game
from game.cli.levels import app as levels_app
from game.cli.mounted import PLUGINS, PluginGroup, brain_names, difficulties, level_names
from game.core.rules import TANK_CLASSES
from game.player.paths import USER_DIR_VARIABLE, UserFolders
from safefiles.console import (
    FAILED,
    INTERRUPTED,
    Group,
    JsonOption,
    check_writable,
    choice,
    command_group,
    echo,
    examples,
    fail,
    write_json,
)
from safefiles.errors import FileRefused, WorkFailed
from safefiles.foreign import expand_path
from safefiles.interrupts import exit_process

if TYPE_CHECKING:
    from game.app import AppOptions
    from safefiles.help_pages import Parameter

LANGUAGES: Final = ("en", "zh")
LONG_COMMANDS: Final = (
    "agents",
    "bench",
    "music",
)  # an unexpected error in these commands leaves a log, as in the window
_USER_DIR_OPTION: Final = "--user-dir"


class RootGroup(Group):
    """The root command: its own commands, the plugins', and `--user-dir` in any place."""

    refusals = ValueError  # which the game's own modules raise

    @property
    def shared(self) -> "list[Parameter]":  # type: ignore[override]
        """Return `--user-dir`, which every help page shows."""
        meaning = "Folder of settings, results, replays, levels and brains."
        rows = importlib.import_module("safefiles.help_pages").parameters(self)
        return [row._replace(meaning=meaning, default="") for row in rows if row.name == "user_dir"]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read `--user-dir DIR` at any position, so that every command accepts it."""
        rest: list[str] = super().parse_args(ctx, _user_dir_first(args))
        return rest

    def ended(self, error: BaseException) -> tuple[str, int]:
        """Return the line and the exit code for the error that ended a command; an unexpected error leaves a log."""
        try:
            return super().ended(error)
        except Exception:
            return _crashed(error), FAILED

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *PLUGINS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; a plugin's is loaded when it is called."""
        if cmd_name in PLUGINS:
            return PluginGroup(cmd_name, PLUGINS[cmd_name])
        return super().get_command(ctx, cmd_name)


def _user_dir_first(args: Sequence[str]) -> list[str]:
    """Return the arguments with every `--user-dir DIR` moved to the front; arguments after `--` stay where they are."""
    end = list(args).index("--") if "--" in args else len(args)
    moved: list[str] = []
    kept: list[str] = []
    n = 0
    while n < end:
        if args[n] == _USER_DIR_OPTION:
            moved += args[n : min(n + 2, end)]
            n += 2
            continue
        (moved if args[n].startswith(f"{_USER_DIR_OPTION}=") else kept).append(args[n])
        n += 1
    return [*moved, *kept, *args[end:]]


app = command_group(
    "bankshot",
    "Bankshot: neon hover-tanks, shots that bank, and opponents that learned. Without a command: play.",
    RootGroup,
    invoke_without_command=True,
)
replay_app = command_group(None, "Play a recorded match again, or verify it.")
app.add_typer(levels_app, name="levels")
app.add_typer(replay_app, name="replay")

LEVEL_HELP: Final = "A level's name, a path ending in .tmj or .tmx, a seed, or a spec such as train:caves:1."
PlayedLevelArgument = Annotated[
    str | None,
    typer.Argument(
        help=LEVEL_HELP,
        show_default="the level that you played last, or the easiest",
        autocompletion=level_names,
    ),
]
WatchedLevelArgument = Annotated[
    str | None,
    typer.Argument(help=LEVEL_HELP, show_default="a random one", autocompletion=level_names),
]
BrainsOption = Annotated[
    str | None,
    typer.Option(
        help="Brains, bots or .onnx paths for the NPCs, used in turn, separated by commas: hunter,marksman",
        metavar="NAMES",
        show_default="from the settings",
        autocompletion=brain_names,
    ),
]
DifficultyOption = Annotated[
    str | None,
    choice(
        difficulties,
        "How strong the opponents are, easiest first.",
        word="DIFFICULTY",
        show_default="from the settings",
    ),
]
TankOption = Annotated[
    str | None,
    choice([each.name for each in TANK_CLASSES], "Your tank.", word="TANK", show_default="from the settings"),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=2**31 - 1,
        help="Seed of the match's random numbers; the same seed gives the same match.",
        show_default="a new one each time",
    ),
]
SecondsOption = Annotated[
    float | None,
    typer.Option(help="Stop after this many simulated seconds.", metavar="SECONDS", show_default="no limit"),
]
ScreenshotOption = Annotated[
    Path | None,
    typer.Option(
        help="Write the last frame to this PNG file.",
        metavar="FILE",
        show_default="none",
        callback=check_writable("--screenshot", ".png"),
    ),
]
LanguageOption = Annotated[
    str | None,
    choice(LANGUAGES, "Language of the window.", word="LANGUAGE", show_default="from the settings"),
]
FullscreenOption = Annotated[
    bool | None,
    typer.Option(
        "--fullscreen/--window", help="Fill the screen, or open a window.", show_default="from the settings"
    ),
]
MuteOption = Annotated[bool, typer.Option("--mute", help="Play without sound.")]
ReplayArgument = Annotated[Path, typer.Argument(help="A recorded match (.bsr).")]
_SHELLS: Final = ("bash", "zsh", "fish", "powershell")


@app.callback()
@examples("", "play foundry --difficulty ace", "levels -h")
def root(
    context: typer.Context,
    user_dir: Annotated[
        Path | None,
        typer.Option(
            _USER_DIR_OPTION,
            help=f"Folder of settings, results, replays, levels and brains, for any command. Also ${USER_DIR_VARIABLE}.",
            metavar="FOLDER",
            show_default="the system's place for such files",
        ),
    ] = None,
    install_completion: Annotated[
        str | None,
        choice(
            _SHELLS,
            "Install completion of commands, options and names in this shell, and exit. New shells use it.",
            word="SHELL",
            show_default="none",
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        choice(
            _SHELLS,
            "Print the completion script of this shell, and exit.",
            word="SHELL",
            show_default="none",
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Bankshot: neon hover-tanks, shots that bank, and opponents that learned. Without a command: play."""
    if version:
        echo(f"bankshot {game.__version__}")
        raise typer.Exit
    if install_completion is not None or show_completion is not None:
        _complete_in(install_completion, show_completion)
        raise typer.Exit
    if user_dir is not None:
        # Child processes and plugins read it too.
        os.environ[USER_DIR_VARIABLE] = str(expand_path(user_dir))
    if context.invoked_subcommand in LONG_COMMANDS:
        from game.app.crash import watch_crashes

        context.with_resource(watch_crashes(UserFolders.find()))
    if context.invoked_subcommand is None:
        from game.app import AppOptions

        _open_window(AppOptions())


@app.command()
@examples("foundry --difficulty ace --tank scout", "train:caves:1 --brains hunter,marksman")
def play(
    level: PlayedLevelArgument = None,
    brains: BrainsOption = None,
    difficulty: DifficultyOption = None,
    tank: TankOption = None,
    seed: SeedOption = None,
    seconds: SecondsOption = None,
    screenshot: ScreenshotOption = None,
    language: LanguageOption = None,
    fullscreen: FullscreenOption = None,
    mute: MuteOption = False,
) -> None:
    """Start a match on a level, without the menu."""
    from game.app import AppOptions

    _open_window(
        AppOptions(
            mode="play",
            level=level,
            brains=_names(brains),
            difficulty=difficulty,
            tank_class=tank,
            seed=seed,
            seconds=seconds,
            screenshot=screenshot,
            language=language,
            fullscreen=fullscreen,
            mute=mute,
        )
    )


@app.command()
@examples("foundry --brains hunter,sniper", "7 --seconds 60 --screenshot end.png")
def watch(
    level: WatchedLevelArgument = None,
    brains: BrainsOption = None,
    difficulty: DifficultyOption = None,
    seed: SeedOption = None,
    seconds: SecondsOption = None,
    screenshot: ScreenshotOption = None,
    language: LanguageOption = None,
    fullscreen: FullscreenOption = None,
    mute: MuteOption = False,
) -> None:
    """Watch AI play against AI. Without a display the match runs as fast as the machine can."""
    from game.app import AppOptions

    _open_window(
        AppOptions(
            mode="watch",
            level=level,
            brains=_names(brains),
            difficulty=difficulty,
            seed=seed,
            seconds=seconds,
            screenshot=screenshot,
            language=language,
            fullscreen=fullscreen,
            mute=mute,
        )
    )


@replay_app.command("play")
@examples("match.bsr", "match.bsr --seconds 10 --screenshot frame.png")
def replay_play(
    file: ReplayArgument,
    seconds: SecondsOption = None,
    screenshot: ScreenshotOption = None,
    language: LanguageOption = None,
    fullscreen: FullscreenOption = None,
    mute: MuteOption = False,
) -> None:
    """Play a replay in the window. It runs no model: the NPCs' actions are in the file."""
    from game.app import AppOptions

    _open_window(
        AppOptions(
            mode="replay",
            replay=file,
            seconds=seconds,
            screenshot=screenshot,
            language=language,
            fullscreen=fullscreen,
            mute=mute,
        )
    )


@replay_app.command("verify")
@examples("match.bsr", "match.bsr --brains --json proof.json")
def replay_verify(
    file: ReplayArgument,
    brains: Annotated[
        bool, typer.Option("--brains", help="Also run the brains and bots again and compare their actions.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Simulate the recorded inputs again; report the first tick and field that differ, and what could not be verified."""
    from game.match.replay import load_replay, verify

    replay = load_replay(file)
    if brains:
        from game.match.brain_library import BrainLibrary
        from game.match.replay_check import verify_brains

        folders = UserFolders.find()
        report = verify_brains(replay, BrainLibrary(folders.brains, cache_dir=folders.cache))
    else:
        report = verify(replay)
    write_json(json_file, {**report.to_dict(), "file": str(file)})
    if not report.ok:
        raise WorkFailed(f"{file}: {report.line}")
    echo(f"{file}: {report.line}")
    for title, lines in (("proven", report.proven), ("not proven", report.unproven)):
        for line in lines:
            echo(f"  {title}: {line}")


@app.command()
@examples("--only core,bot --json bench.json", "--slow")
def bench(
    json_file: JsonOption = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Measure only these rows: names or beginnings of names, separated by commas.",
            metavar="ROWS",
            show_default="all",
        ),
    ] = None,
    slow: Annotated[bool, typer.Option("--slow", help="Also measure the rows that take minutes.")] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="PYTHON",
            help="Compare with the Bankshot of this Python interpreter: measure both in turn, and print ratios.",
            show_default="none",
        ),
    ] = None,
    against_path: Annotated[
        Path | None,
        typer.Option(
            help="With --against: the folder of the checkout from which this interpreter imports Bankshot.",
            metavar="FOLDER",
            show_default="the installed package",
        ),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, help="With --against: how many pairs of measurements each row gets.")
    ] = 5,
) -> None:
    """Measure the speed of start, core, bots, environments, learner, NPCs, replays and frames; takes about 5 minutes."""
    from game.cli.bench import run_against, run_bench

    if against is None:
        if against_path is not None:
            raise ValueError("--against-path: expected --against with it, found none")
        report = run_bench(_names(only), slow=slow)
    else:
        folder = str(expand_path(against_path).resolve()) if against_path is not None else ""
        report = run_against(against, folder, _names(only), slow=slow, rounds=rounds)
    write_json(json_file, report)


def _open_window(options: "AppOptions") -> None:
    from game.app import run_app

    code = run_app(options)
    if code == INTERRUPTED:
        fail("interrupted", INTERRUPTED)
    if code:  # the window has shown the reason
        raise typer.Exit(code)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _complete_in(install: str | None, show: str | None) -> None:
    """Install the shell's completion of `bankshot`, or print it."""
    completion = importlib.import_module("typer.completion")
    variable = "_BANKSHOT_COMPLETE"
    if install is not None:
        shell, path = completion.install(shell=install, prog_name="bankshot", complete_var=variable)
        echo(f"{path}: {shell} completes `bankshot` from its next start on")
    else:
        script = completion.get_completion_script(prog_name="bankshot", complete_var=variable, shell=show)
        for line in script.splitlines():
            echo(line)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; every error becomes one line on stderr."""
    group = typer.main.get_command(app)
    assert isinstance(group, RootGroup)
    if "_BANKSHOT_COMPLETE" in os.environ:  # the shell requests completions
        importlib.import_module("typer.completion").completion_init()
    return group.run(arguments, "bankshot")


def _crashed(error: BaseException) -> str:
    """Save a crash report; return one line with its path."""
    from game.app.crash import Journal, save_crash

    assert isinstance(error, Exception)
    try:
        folders = UserFolders.find()
    except FileRefused as refused:
        return f"{type(error).__name__}: {error}; no log ({refused})"
    report = save_crash(folders, error, Journal(), {"command": " ".join(sys.argv[1:])}, None)
    place = f"; the log is in {report.folder}" if report.folder else ""
    return f"{report.summary}{place}"


def main() -> None:
    """Entry point of the `bankshot` command."""
    exit_process(run(sys.argv[1:]))
