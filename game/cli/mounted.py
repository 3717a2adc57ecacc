"""The plugins' commands inside `bankshot`: loaded by name when called, with the game's brain names replaced by paths."""

import importlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import typer.main

from safefiles.console import FILLED, HELP_NAMES, Group

if TYPE_CHECKING:
    from game.match.brain_library import BrainEntry, BrainLibrary

BRAINS: Final = "brains"
PLAYERS: Final = "players"


class BrainPlaces(NamedTuple):
    """Which arguments or option of a plugin's command take a brain: a path, and in this game also a name."""

    arguments: str = ""  # what its arguments are: BRAINS, PLAYERS (brains or bots) or none
    option: str = ""  # the option whose value is a brain
    after: int = 0  # number of arguments before them


class Plugin(NamedTuple):
    """A mounted plugin: the place of its Typer app, and its line in the help."""

    target: str  # module:attribute
    help: str
    takes_brains: Mapping[str, BrainPlaces] = MappingProxyType({})  # by command
    defaults: str = ""  # module:function that returns defaults by command for the arguments
    filled: str = ""  # module:function that names the parameters of a command that have such defaults
    more: Mapping[str, str] = MappingProxyType(
        {}
    )  # the game's own commands added to the plugin's: module:attribute by name


PLUGINS: Final = {
    "agents": Plugin(
        "agents.cli:app",
        "Train opponents, export them as verified ONNX, and measure them.",
        takes_brains={
            "duel": BrainPlaces(PLAYERS),
            "evaluate": BrainPlaces(BRAINS, "--opponent"),
            "exploit": BrainPlaces(BRAINS),
            "inspect": BrainPlaces(BRAINS),
            "league add": BrainPlaces(BRAINS, after=1),
            "train": BrainPlaces(option="--from"),
        },
        more={"brains": "game.cli.brain_commands:app"},
    ),
    "music": Plugin("music.commands.root:app", "Compose with a GAN: train, generate, measure, render."),
    "recommender": Plugin(
        "recommender.commands.root:app",
        "What to play next: recommend, explain, evaluate, import and export ratings.",
        defaults="game.cli.recommender_defaults:defaults",
        filled="game.cli.recommender_defaults:filled_parameters",
    ),
}


# The targets named above; nothing else is imported by name.
_MODULES: Final = {
    "agents.cli:app": "agents.cli",
    "game.cli.brain_commands:app": "game.cli.brain_commands",
    "music.commands.root:app": "music.commands.root",
    "recommender.commands.root:app": "recommender.commands.root",
    "game.cli.completion:brain_names": "game.cli.completion",
    "game.cli.completion:level_names": "game.cli.completion",
    "game.cli.completion:model_names": "game.cli.completion",
    "game.match.difficulty:DIFFICULTY_IDS": "game.match.difficulty",
    "game.cli.recommender_defaults:defaults": "game.cli.recommender_defaults",
    "game.cli.recommender_defaults:filled_parameters": "game.cli.recommender_defaults",
}


class _LateDefaults(Mapping[str, Any]):
    """The defaults of a command by parameter, computed when one is looked up: a call that is refused earlier needs none."""

    def __init__(self, plugin: Plugin, args: Sequence[str]) -> None:
        self._plugin = plugin
        self._args = args

    @cached_property
    def _names(self) -> Collection[str]:
        names: Collection[str] = load_target(self._plugin.filled)(self._args[0])
        return names

    @cached_property
    def _found(self) -> Mapping[str, Any]:
        found: dict[str, Mapping[str, Any]] = load_target(self._plugin.defaults)(self._args)
        return found.get(self._args[0], {})

    def __getitem__(self, name: str) -> Any:
        if name not in self._names:
            raise KeyError(name)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


class PluginGroup(Group):
    """A plugin's commands. Its module is loaded when one is called, not when the group is listed."""

    def __init__(self, name: str, plugin: Plugin) -> None:
        super().__init__(name=name, help=plugin.help, rich_markup_mode=None)
        self._plugin = plugin

    def plugin_command(self) -> Any:
        """Return the plugin's own command, with the game's commands added."""
        command: Any = typer.main.get_command(load_target(self._plugin.target))
        for name, target in self._plugin.more.items():
            command.add_command(typer.main.get_command(load_target(target)), name)
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Let the plugin parse the call."""
        command = self.plugin_command()
        if extra.get("resilient_parsing"):  # the shell requests completions: nothing is read or written
            names = load_target("game.cli.completion:model_names")() if self._plugin.takes_brains else []
            return command.make_context(info_name, args, parent=parent, obj={"brains": names}, **extra)
        if self._plugin.filled and {*HELP_NAMES} & {*args}:
            extra["obj"] = {FILLED: load_target(self._plugin.filled)}
        words = next((n for n in (1, 2) if " ".join(args[:n]) in self._plugin.takes_brains), 0)
        if words and not {*HELP_NAMES} & {*args}:
            extra["obj"] = {"brains": _brain_names(_brain_library().entries())}  # for the plugin's messages
            called, meant = command, self._plugin.takes_brains[" ".join(args[:words])]
            for word in args[:words]:
                called = called.commands[word]
            args = [*args[:words], *_brain_paths(args[words:], called, meant)]
        if self._plugin.defaults and args and not {*HELP_NAMES} & {*args}:
            extra["default_map"] = {args[0]: _LateDefaults(self._plugin, args)}
        return command.make_context(info_name, args, parent=parent, **extra)

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the plugin's commands."""
        names: list[str] = self.plugin_command().list_commands(ctx)
        return names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command of the plugin."""
        return self.plugin_command().get_command(ctx, cmd_name)


def _brain_library() -> "BrainLibrary":
    from game.match.brain_library import BrainLibrary
    from game.player.paths import UserFolders

    return BrainLibrary(UserFolders.find().brains)


def _brain_names(entries: "list[BrainEntry]") -> list[str]:
    """Return the names of brains, without bots, each once."""
    return list(dict.fromkeys(entry.name for entry in entries if entry.path is not None))


def _brain_paths(args: Sequence[str], command: Any, meant: BrainPlaces) -> list[str]:
    """Return the arguments of `command` with the game's names for brains (alone or between commas) turned into paths.

    Only arguments that mean a brain are changed. Raises ValueError for such an argument that is neither a name nor a path.
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
        if only_brains and text not in paths and not text.endswith(".onnx") and not os.path.exists(text):
            names = ", ".join(_brain_names(entries))
            raise ValueError(f"brain: expected one of {names}, or a path to an .onnx file, found {text!r}")
        return ",".join(paths.get(part.strip(), part) for part in text.split(","))

    values = {
        name: 0 if getattr(each, "is_flag", False) else each.nargs
        for each in command.params
        for name in each.opts
    }
    found: list[str] = []
    left, named = 0, ""  # values that still belong to an option
    before = meant.after
    for arg in args:
        if left:
            left -= 1
            found.append(path_of(arg, False) if named == meant.option else arg)
        elif arg.startswith("-"):
            named, sign, value = arg.partition("=")
            left = 0 if sign else values.get(named, 0)
            found.append(f"{named}={path_of(value, False)}" if sign and named == meant.option else arg)
        elif before or not meant.arguments:
            before = max(0, before - 1)
            found.append(arg)
        else:
            found.append(path_of(arg, meant.arguments == BRAINS))
    return found


def load_target(target: str) -> Any:
    """Return the object that a module:attribute of PLUGINS names."""
    return getattr(importlib.import_module(_MODULES[target]), target.partition(":")[2])


def level_names(incomplete: str) -> list[str]:
    """Return the shell's completions for a level; the code is loaded on the first call."""
    found: list[str] = load_target("game.cli.completion:level_names")(incomplete)
    return found


def brain_names(incomplete: str) -> list[str]:
    """Return the shell's completions for brains and bots; the code is loaded on the first call."""
    found: list[str] = load_target("game.cli.completion:brain_names")(incomplete)
    return found


def difficulties() -> tuple[str, ...]:
    """Return the difficulties, easiest first; the code is loaded on the first call."""
    found: tuple[str, ...] = load_target("game.match.difficulty:DIFFICULTY_IDS")
    return found
