"""The `bankshot` command: play, watch, levels, replay, bench, and the commands of the plugins.

Nothing heavy is imported before a command needs it, so that `bankshot --help` is quick. Plugins are mounted
by name through PLUGINS (`mounted`) and loaded when called. Bad input gets one clear line on stderr and a non-zero exit.
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
    choice,
    command_group,
    echo,
    examples,
    fail,
    writable,
    write_json,
)
from safefiles.errors import FileRefused, WorkFailed
from safefiles.foreign import expanded
from safefiles.interrupts import leave

if TYPE_CHECKING:
    from game.app import AppOptions
    from safefiles.help_pages import Parameter

LANGUAGES: Final = ("en", "zh")
LONG_COMMANDS: Final = (
    "agents",
    "bench",
    "music",
)  # a crash of these leaves a log, as one of the window does
_USER_DIR_OPTION: Final = "--user-dir"


class RootGroup(Group):
    """The root command: its own commands, the plugins', and `--user-dir` in any place."""

    refusals = ValueError  # as the game's own modules refuse

    @property
    def shared(self) -> "list[Parameter]":  # type: ignore[override]
        """`--user-dir`, which the page of every command shows."""
        meaning = "Folder of settings, results, replays, levels and brains."
        rows = importlib.import_module("safefiles.help_pages").parameters(self)
        return [row._replace(meaning=meaning, default="") for row in rows if row.name == "user_dir"]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `--user-dir DIR` from wherever it stands, so that every command understands it."""
        rest: list[str] = super().parse_args(ctx, _user_dir_first(args))
        return rest

    def ended(self, error: BaseException) -> tuple[str, int]:
        """Return the line and the exit code for what ended a command; what nobody foresaw leaves a log."""
        try:
            return super().ended(error)
        except Exception:
            return _crashed(error), FAILED

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *PLUGINS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; a plugin's is a stand-in until it is called."""
        if cmd_name in PLUGINS:
            return PluginGroup(cmd_name, PLUGINS[cmd_name])
        return super().get_command(ctx, cmd_name)


def _user_dir_first(args: Sequence[str]) -> list[str]:
    """Return the arguments with every `--user-dir DIR` moved to the front; what follows `--` stays."""
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
replay_app = command_group(None, "Play a recorded match again, or prove it.")
app.add_typer(levels_app, name="levels")
app.add_typer(replay_app, name="replay")

LevelArgument = Annotated[
    str | None,
    typer.Argument(
        help="A level's name, a path ending in .tmj or .tmx, a seed, or a spec such as train:caves:1.",
        show_default="choose in the window",
        autocompletion=level_names,
    ),
]
BrainsOption = Annotated[
    str | None,
    typer.Option(
        help="Brains, bots or .onnx paths for the NPC seats in turn, by commas: hunter,marksman",
        metavar="NAMES",
        show_default="the settings'",
        autocompletion=brain_names,
    ),
]
DifficultyOption = Annotated[
    str | None,
    choice(
        difficulties,
        "How strong the opponents are, easiest first.",
        word="DIFFICULTY",
        show_default="the settings'",
    ),
]
TankOption = Annotated[
    str | None,
    choice([each.name for each in TANK_CLASSES], "Your tank.", word="TANK", show_default="the settings'"),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=2**31 - 1,
        help="Number that all chance of the match is drawn from; the same seed gives the same match.",
        show_default="another each time",
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
        callback=writable("--screenshot", ".png"),
    ),
]
LanguageOption = Annotated[
    str | None,
    choice(LANGUAGES, "Language of the window.", word="LANGUAGE", show_default="the settings'"),
]
FullscreenOption = Annotated[
    bool | None,
    typer.Option(
        "--fullscreen/--window", help="Fill the screen, or open a window.", show_default="the settings'"
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
            "Let this shell complete commands, options and names from its next start on, and exit.",
            word="SHELL",
            show_default="none",
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        choice(
            _SHELLS,
            "Print what --install-completion would give this shell, and exit.",
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
        # Child processes and plugins find it too.
        os.environ[USER_DIR_VARIABLE] = str(expanded(user_dir))
    if context.invoked_subcommand in LONG_COMMANDS:
        from game.app.crash import watch_crashes

        context.with_resource(watch_crashes(UserFolders.find()))
    if context.invoked_subcommand is None:
        from game.app import AppOptions

        _open_window(AppOptions())


@app.command()
@examples("foundry --difficulty ace --tank scout", "train:caves:1 --brains hunter,marksman")
def play(
    level: LevelArgument = None,
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
    """Play a level: straight into a match."""
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
    level: LevelArgument = None,
    brains: BrainsOption = None,
    difficulty: DifficultyOption = None,
    seed: SeedOption = None,
    seconds: SecondsOption = None,
    screenshot: ScreenshotOption = None,
    language: LanguageOption = None,
    fullscreen: FullscreenOption = None,
    mute: MuteOption = False,
) -> None:
    """Watch AI against AI. Where there is no display, it runs as fast as the machine can."""
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
        bool, typer.Option("--brains", help="Run the brains and bots again and compare their actions.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Play a replay's inputs through the core; name the first tick and field that differ, and what is not proven."""
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
@examples("--only core,bots --json bench.json", "--slow")
def bench(
    json_file: JsonOption = None,
    only: Annotated[
        str | None,
        typer.Option(
            help="Measure these rows alone, by commas: names, or how they begin.",
            metavar="ROWS",
            show_default="all",
        ),
    ] = None,
    slow: Annotated[bool, typer.Option("--slow", help="Measure the rows that take minutes too.")] = False,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="PYTHON",
            help="Measure the build of this interpreter in turn, and print ratios.",
            show_default="none",
        ),
    ] = None,
    against_path: Annotated[
        Path | None,
        typer.Option(
            help="With --against: a checkout that it imports from.",
            metavar="FOLDER",
            show_default="what is installed",
        ),
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, help="With --against: how many pairs of each row are measured.")
    ] = 5,
) -> None:
    """Measure this machine: start, core, bots, environments, learner, NPCs, replays, frames, in 5 minutes."""
    from game.cli.bench import run_against, run_bench

    if against is None:
        if against_path is not None:
            raise ValueError("--against-path: expected --against beside it, found none")
        report = run_bench(_names(only), slow=slow)
    else:
        folder = str(expanded(against_path).resolve()) if against_path is not None else ""
        report = run_against(against, folder, _names(only), slow=slow, rounds=rounds)
    write_json(json_file, report)


def _open_window(options: "AppOptions") -> None:
    from game.app import run_app

    code = run_app(options)
    if code == INTERRUPTED:
        fail("interrupted", INTERRUPTED)
    if code:  # the window has said why
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
    """Run the command line and return the exit code; every refusal becomes one line on stderr."""
    group = typer.main.get_command(app)
    assert isinstance(group, RootGroup)
    if "_BANKSHOT_COMPLETE" in os.environ:  # the shell asks
        importlib.import_module("typer.completion").completion_init()
    return group.run(arguments, "bankshot")


def _crashed(error: BaseException) -> str:
    """Save what happened for a report; return one line that says where."""
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
    leave(run(sys.argv[1:]))
