"""The `bankshot` command: play, watch, levels, replay, bench, and the commands of the plugins.

Nothing heavy is imported before a command needs it, so that `bankshot --help` is quick. Plugins are mounted
by name through PLUGINS and loaded when called. Bad input gets one clear line on stderr and a non-zero exit.
"""

import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer
import typer.core
import typer.main

import game
from game.level_commands import app as levels_app
from game.paths import USER_DIR_VARIABLE

if TYPE_CHECKING:
    from game.app import AppOptions

ERROR: Final = 1
BAD_ARGUMENT: Final = 2
INTERRUPTED: Final = 130
LANGUAGES: Final = ("en", "zh")
_USER_DIR_OPTION: Final = "--user-dir"


class Plugin(NamedTuple):
    """A mounted plugin: where its Typer app is, and its line in the help."""

    target: str  # module:attribute
    help: str
    takes_brains: tuple[str, ...] = ()  # commands that understand paths of brains, and here also their names
    brain_option: str = ""  # an option whose value may be one, of whichever command
    defaults: str = ""  # module:function that gives defaults by command, for the arguments


PLUGINS: Final = {
    "agents": Plugin(
        "agents.cli:app",
        "Train opponents, export them as verified ONNX, and measure them.",
        takes_brains=("duel", "evaluate", "inspect"),
        brain_option="--from",
    ),
    "music": Plugin("music.cli:app", "Compose with a GAN: train, generate, measure, render."),
    "recommender": Plugin(
        "recommender.cli:app",
        "What to play next: recommend, explain, evaluate, import and export ratings.",
        defaults="game.advice_defaults:defaults",
    ),
}


# What the targets above name; nothing else is ever imported by a name.
_MODULES: Final = {
    "agents.cli:app": "agents.cli",
    "music.cli:app": "music.cli",
    "recommender.cli:app": "recommender.cli",
    "game.advice_defaults:defaults": "game.advice_defaults",
}


class PluginGroup(typer.core.TyperGroup):
    """A plugin's commands. Its module is loaded when one is called, not when the group is listed."""

    def __init__(self, name: str, plugin: Plugin) -> None:
        super().__init__(name=name, help=plugin.help, rich_markup_mode=None)
        self._target = plugin.target
        self._takes_brains = plugin.takes_brains
        self._brain_option = plugin.brain_option
        self._defaults = plugin.defaults

    def loaded(self) -> Any:
        """Return the plugin's own command."""
        return typer.main.get_command(_loaded(self._target))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the call over to the plugin."""
        if args and args[0] in self._takes_brains:
            args = [args[0], *_brain_paths(args[1:])]
        elif self._brain_option in args:
            at = args.index(self._brain_option) + 1
            args = [*args[:at], *_brain_paths(args[at : at + 1]), *args[at + 1 :]]
        command = self.loaded()
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


class RootGroup(typer.core.TyperGroup):
    """The root command: its own commands, the plugins', and `--user-dir` in any place."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `--user-dir DIR` from wherever it stands, so that every command understands it."""
        rest: list[str] = super().parse_args(ctx, _user_dir_first(args))
        return rest

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands."""
        return [*super().list_commands(ctx), *PLUGINS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command; a plugin's is a stand-in until it is called."""
        if cmd_name in PLUGINS:
            return PluginGroup(cmd_name, PLUGINS[cmd_name])
        return super().get_command(ctx, cmd_name)


def _brain_paths(args: Sequence[str]) -> list[str]:
    """Return the arguments with the game's names for brains (alone or between commas) turned into paths."""
    from game.brain_library import BrainLibrary
    from game.paths import UserFolders

    entries = BrainLibrary(UserFolders.find().brains).entries()
    paths = {entry.name: str(entry.path) for entry in reversed(entries) if entry.path is not None}
    return [
        arg if arg.startswith("-") else ",".join(paths.get(part, part) for part in arg.split(","))
        for arg in args
    ]


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


app = typer.Typer(
    name="bankshot",
    cls=RootGroup,
    help="Bankshot: neon hover-tanks, shots that bank, and opponents that learned. Without a command: play.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
replay_app = typer.Typer(
    help="Play a recorded match again, or prove it.", no_args_is_help=True, rich_markup_mode=None
)
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
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
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
        typer.echo(f"bankshot {game.__version__}")
        raise typer.Exit
    if user_dir is not None:
        # Child processes and plugins find it too.
        os.environ[USER_DIR_VARIABLE] = str(user_dir.expanduser().absolute())
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
def replay_verify(file: ReplayArgument, json_file: JsonOption = None) -> None:
    """Play a replay's inputs through the core; name the first tick and field that differ."""
    from game.replay import load_replay, verify

    report = verify(load_replay(file))
    _write_json(json_file, {**report.to_dict(), "file": str(file)})
    if not report.ok:
        raise ValueError(f"{file}: {report.line}")
    typer.echo(f"{file}: {report.line}")


@app.command()
def bench(
    json_file: JsonOption = None,
    only: Annotated[str | None, typer.Option(help="Measure these names alone, by commas.")] = None,
) -> None:
    """Measure this machine: core, bots, environments, learner, NPCs, frames and start, in 5 minutes."""
    from game.bench import run_bench

    report = run_bench(_names(only))
    _write_json(json_file, report)


def _open_window(options: "AppOptions") -> None:
    from game.app import run_app

    code = run_app(options)
    if code:
        raise typer.Exit(code)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def _language(text: str | None) -> str | None:
    if text is not None and text not in LANGUAGES:
        raise ValueError(f"--language: expected {' or '.join(LANGUAGES)}, found {text!r}")
    return text


def _write_json(path: Path | None, value: Any) -> None:
    if path is None:
        return
    import json

    from safefiles.writing import write_atomic

    write_atomic(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code; every refusal becomes one line on stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(
                errors="replace"
            )  # a console that lacks a sign shows another instead of failing
    try:
        code = app(list(arguments), prog_name="bankshot", standalone_mode=False)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    except OSError as error:
        return _fail(f"{error.filename or 'file'}: {error.strerror or error}", ERROR)
    except (ValueError, ImportError) as error:
        return _fail(str(error), ERROR)
    except Exception as error:
        # Usage errors of Typer's own copy of click, which has no public classes
        if not hasattr(error, "format_message"):
            if type(error).__name__ == "Abort":
                return _fail("interrupted", INTERRUPTED)
            return _crashed(error)
        return _fail(error.format_message(), BAD_ARGUMENT)
    return code if isinstance(code, int) else 0


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    return code


def _crashed(error: Exception) -> int:
    """Save what happened for a report; one line says where."""
    from game.app.crash import Journal, save_crash
    from game.paths import UserFolders

    report = save_crash(UserFolders.find(), error, Journal(), {"command": " ".join(sys.argv[1:])}, None)
    place = f"; the log is in {report.folder}" if report.folder else ""
    return _fail(f"{report.summary}{place}", ERROR)


def main() -> None:
    """Entry point of the `bankshot` command."""
    sys.exit(run(sys.argv[1:]))
