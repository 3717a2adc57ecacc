"""The `bankshot` command: play, watch, levels, replay, bench, and the commands of the plugins.

Nothing heavy is imported before a command needs it, so that `bankshot --help` is quick. Plugins are mounted
by name through PLUGINS and loaded when called. Bad input gets one clear line on stderr and a non-zero exit.
"""

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
import typer.core
import typer.main

import game
from game.cli.levels import app as levels_app
from game.player.paths import USER_DIR_VARIABLE, UserFolders
from safefiles.console import (
    FAILED,
    HELP_NAMES,
    INTERRUPTED,
    Group,
    JsonOption,
    command_group,
    echo,
    fail,
    write_json,
)
from safefiles.errors import FileRefused, WorkFailed
from safefiles.foreign import expanded

if TYPE_CHECKING:
    from game.app import AppOptions
    from game.match.brain_library import BrainEntry, BrainLibrary

LANGUAGES: Final = ("en", "zh")
LONG_COMMANDS: Final = (
    "agents",
    "bench",
    "music",
)  # a crash of these leaves a log, as one of the window does
_USER_DIR_OPTION: Final = "--user-dir"
BRAINS: Final = "brains"
PLAYERS: Final = "players"


class BrainPlaces(NamedTuple):
    """Where a plugin's command takes the path of a brain, and in this game also its name."""

    arguments: str = ""  # its arguments: BRAINS, PLAYERS (brains or bots) or none
    option: str = ""  # the value of this option


class Plugin(NamedTuple):
    """A mounted plugin: where its Typer app is, and its line in the help."""

    target: str  # module:attribute
    help: str
    takes_brains: Mapping[str, BrainPlaces] = MappingProxyType({})  # by command
    defaults: str = ""  # module:function that gives defaults by command, for the arguments


PLUGINS: Final = {
    "agents": Plugin(
        "agents.cli:app",
        "Train opponents, export them as verified ONNX, and measure them.",
        takes_brains={
            "duel": BrainPlaces(PLAYERS),
            "evaluate": BrainPlaces(BRAINS, "--opponent"),
            "inspect": BrainPlaces(BRAINS),
            "train": BrainPlaces(option="--from"),
        },
    ),
    "music": Plugin("music.commands.root:app", "Compose with a GAN: train, generate, measure, render."),
    "recommender": Plugin(
        "recommender.commands.root:app",
        "What to play next: recommend, explain, evaluate, import and export ratings.",
        defaults="game.cli.recommender_defaults:defaults",
    ),
}


# What the targets above name; nothing else is ever imported by a name.
_MODULES: Final = {
    "agents.cli:app": "agents.cli",
    "music.commands.root:app": "music.commands.root",
    "recommender.commands.root:app": "recommender.commands.root",
    "game.cli.recommender_defaults:defaults": "game.cli.recommender_defaults",
}


class PluginGroup(Group):
    """A plugin's commands. Its module is loaded when one is called, not when the group is listed."""

    def __init__(self, name: str, plugin: Plugin) -> None:
        super().__init__(name=name, help=plugin.help, rich_markup_mode=None)
        self._target = plugin.target
        self._takes_brains = plugin.takes_brains
        self._defaults = plugin.defaults

    def loaded(self) -> Any:
        """Return the plugin's own command."""
        return typer.main.get_command(_loaded(self._target))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the call over to the plugin."""
        command = self.loaded()
        if args and args[0] in self._takes_brains and not {*HELP_NAMES} & {*args}:
            extra["obj"] = {"brains": _brain_names(_brain_library().entries())}  # for the plugin's messages
            args = [args[0], *_brain_paths(args[1:], command.commands[args[0]], self._takes_brains[args[0]])]
        if self._defaults:
            extra["default_map"] = _loaded(self._defaults)(args)
        return command.make_context(info_name, args, parent=parent, **extra)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the plugin's commands."""
        names: list[str] = self.loaded().list_commands(ctx)
        return names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command of the plugin."""
        return self.loaded().get_command(ctx, cmd_name)


class RootGroup(Group):
    """The root command: its own commands, the plugins', and `--user-dir` in any place."""

    refusals = ValueError  # as the game's own modules refuse

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


def _brain_library() -> "BrainLibrary":
    from game.match.brain_library import BrainLibrary
    from game.player.paths import UserFolders

    return BrainLibrary(UserFolders.find().brains)


def _brain_names(entries: "list[BrainEntry]") -> list[str]:
    """The names of brains, not of bots, each once."""
    return list(dict.fromkeys(entry.name for entry in entries if entry.path is not None))


def _brain_paths(args: Sequence[str], command: Any, meant: BrainPlaces) -> list[str]:
    """Return the arguments of `command` with the game's names for brains (alone or between commas) turned into paths.

    Only where a brain is meant. Raises ValueError for an argument that must be a brain and is neither name nor path.
    """
    library = _brain_library()
    entries = library.entries()
    found_by = {name: library.named(name) for name in library.names()}
    paths = {
        name: str(entry.path)
        for name, entry in found_by.items()
        if entry is not None and entry.path is not None
    }

    def path_of(text: str, only_brains: bool) -> str:
        if only_brains and text not in paths and not text.endswith(".onnx") and not Path(text).exists():
            names = ", ".join(_brain_names(entries))
            raise ValueError(f"brain: expected one of {names}, or a path to an .onnx file, found {text!r}")
        return ",".join(paths.get(part.strip(), part) for part in text.split(","))

    values = {
        name: 0 if getattr(each, "is_flag", False) else each.nargs
        for each in command.params
        for name in each.opts
    }
    found: list[str] = []
    left, named = 0, ""  # values still due to an option
    for arg in args:
        if left:
            left -= 1
            found.append(path_of(arg, False) if named == meant.option else arg)
        elif arg.startswith("-"):
            named, sign, value = arg.partition("=")
            left = 0 if sign else values.get(named, 0)
            found.append(f"{named}={path_of(value, False)}" if sign and named == meant.option else arg)
        else:
            found.append(path_of(arg, meant.arguments == BRAINS) if meant.arguments else arg)
    return found


def _loaded(target: str) -> Any:
    """Return what a module:attribute of PLUGINS names."""
    return getattr(importlib.import_module(_MODULES[target]), target.partition(":")[2])


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

LevelArgument = Annotated[str | None, typer.Argument(help="A level's name, or a path ending in .tmj.")]
BrainsOption = Annotated[
    str | None, typer.Option(help="Brains, bots or .onnx paths for the NPC seats in turn: hunter,marksman")
]
DifficultyOption = Annotated[str | None, typer.Option(help="rookie, regular, veteran or ace.")]
SeedOption = Annotated[
    int | None, typer.Option(min=0, max=2**31 - 1, help="The same seed gives the same match.")
]
SecondsOption = Annotated[float | None, typer.Option(help="Stop after so many simulated seconds.")]
ScreenshotOption = Annotated[Path | None, typer.Option(help="Write the last frame to this PNG file.")]
LanguageOption = Annotated[str | None, typer.Option(help="en or zh, whatever the settings say.")]
FullscreenOption = Annotated[
    bool | None, typer.Option("--fullscreen/--window", help="Whatever the settings say.", show_default=False)
]
MuteOption = Annotated[bool, typer.Option("--mute", help="Without sound.")]
ReplayArgument = Annotated[Path, typer.Argument(help="A recorded match (.bsr).")]


@app.callback()
def root(
    context: typer.Context,
    user_dir: Annotated[
        Path | None,
        typer.Option(
            _USER_DIR_OPTION,
            help="Where settings, results, replays, levels and brains live. Fits any command. "
            f"Also ${USER_DIR_VARIABLE}.",
        ),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Bankshot: neon hover-tanks, shots that bank, and opponents that learned. Without a command: play."""
    if version:
        echo(f"bankshot {game.__version__}")
        raise typer.Exit
    if user_dir is not None:
        # Child processes and plugins find it too.
        os.environ[USER_DIR_VARIABLE] = str(expanded(user_dir))
    if context.invoked_subcommand in LONG_COMMANDS:
        from game.app.crash import watching

        context.with_resource(watching(UserFolders.find()))
    if context.invoked_subcommand is None:
        from game.app import AppOptions

        _open_window(AppOptions())


@app.command()
def play(
    level: LevelArgument = None,
    brains: BrainsOption = None,
    difficulty: DifficultyOption = None,
    tank: Annotated[str | None, typer.Option(help="scout, ranger or heavy.")] = None,
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
            language=_language(language),
            fullscreen=fullscreen,
            mute=mute,
        )
    )


@app.command()
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
            language=_language(language),
            fullscreen=fullscreen,
            mute=mute,
        )
    )


@replay_app.command("play")
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
            language=_language(language),
            fullscreen=fullscreen,
            mute=mute,
        )
    )


@replay_app.command("verify")
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
def bench(
    json_file: JsonOption = None,
    only: Annotated[str | None, typer.Option(help="Measure these names alone, by commas.")] = None,
) -> None:
    """Measure this machine: core, bots, environments, learner, NPCs, frames and start, in 5 minutes."""
    from game.cli.bench import run_bench

    report = run_bench(_names(only))
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


def _language(text: str | None) -> str | None:
    if text is not None and text not in LANGUAGES:
        raise ValueError(f"--language: expected {' or '.join(LANGUAGES)}, found {text!r}")
    return text


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; every refusal becomes one line on stderr."""
    group = typer.main.get_command(app)
    assert isinstance(group, RootGroup)
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
    sys.exit(run(sys.argv[1:]))
