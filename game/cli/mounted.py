"""The plugins' commands inside `bankshot`: loaded by name when called, and told of the game's names for brains."""

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
    """Where a plugin's command takes the path of a brain, and in this game also its name."""

    arguments: str = ""  # its arguments: BRAINS, PLAYERS (brains or bots) or none
    option: str = ""  # the value of this option
    after: int = 0  # so many arguments come before them


class Plugin(NamedTuple):
    """A mounted plugin: where its Typer app is, and its line in the help."""

    target: str  # module:attribute
    help: str
    takes_brains: Mapping[str, BrainPlaces] = MappingProxyType({})  # by command
    defaults: str = ""  # module:function that gives defaults by command, for the arguments
    filled: str = (
        ""  # module:function that names the parameters of a command for which there are such defaults
    )
    more: Mapping[str, str] = MappingProxyType(
        {}
    )  # the game's own commands among them: module:attribute by name


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
        filled="game.cli.recommender_defaults:filled",
    ),
}


# What the targets above name; nothing else is ever imported by a name.
_MODULES: Final = {
    "agents.cli:app": "agents.cli",
    "game.cli.brain_commands:app": "game.cli.brain_commands",
    "music.commands.root:app": "music.commands.root",
    "recommender.commands.root:app": "recommender.commands.root",
    "game.cli.completion:brain_names": "game.cli.completion",
    "game.cli.completion:level_names": "game.cli.completion",
    "game.cli.completion:shipped_and_own": "game.cli.completion",
    "game.match.difficulty:DIFFICULTY_IDS": "game.match.difficulty",
    "game.cli.recommender_defaults:defaults": "game.cli.recommender_defaults",
    "game.cli.recommender_defaults:filled": "game.cli.recommender_defaults",
}


class _LateDefaults(Mapping[str, Any]):
    """The defaults of a command by parameter, found out when one is looked up: a call that is refused before needs none."""

    def __init__(self, plugin: Plugin, args: Sequence[str]) -> None:
        self._plugin = plugin
        self._args = args

    @cached_property
    def _names(self) -> Collection[str]:
        names: Collection[str] = loaded(self._plugin.filled)(self._args[0])
        return names

    @cached_property
    def _found(self) -> Mapping[str, Any]:
        found: dict[str, Mapping[str, Any]] = loaded(self._plugin.defaults)(self._args)
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

    def loaded(self) -> Any:
        """Return the plugin's own command, with the game's among its commands."""
        command: Any = typer.main.get_command(loaded(self._plugin.target))
        for name, target in self._plugin.more.items():
            command.add_command(typer.main.get_command(loaded(target)), name)
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand the call over to the plugin."""
        command = self.loaded()
        if extra.get("resilient_parsing"):  # the shell asks what may follow: nothing is read or written
            names = loaded("game.cli.completion:shipped_and_own")() if self._plugin.takes_brains else []
            return command.make_context(info_name, args, parent=parent, obj={"brains": names}, **extra)
        if self._plugin.filled and {*HELP_NAMES} & {*args}:
            extra["obj"] = {FILLED: loaded(self._plugin.filled)}
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
        names: list[str] = self.loaded().list_commands(ctx)
        return names

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return one command of the plugin."""
        return self.loaded().get_command(ctx, cmd_name)


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
    left, named = 0, ""  # values still due to an option
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


def loaded(target: str) -> Any:
    """Return what a module:attribute of PLUGINS names."""
    return getattr(importlib.import_module(_MODULES[target]), target.partition(":")[2])


def level_names(incomplete: str) -> list[str]:
    """Return what the shell offers for a level; loaded when it asks."""
    found: list[str] = loaded("game.cli.completion:level_names")(incomplete)
    return found


def brain_names(incomplete: str) -> list[str]:
    """Return what the shell offers for brains and bots; loaded when it asks."""
    found: list[str] = loaded("game.cli.completion:brain_names")(incomplete)
    return found


def difficulties() -> tuple[str, ...]:
    """Return the difficulties, the easiest first; loaded when one is given or listed."""
    found: tuple[str, ...] = loaded("game.match.difficulty:DIFFICULTY_IDS")
    return found
