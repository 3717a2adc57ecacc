"""The one table of formats: what is mutated, by what, who reads it, and which refusals are right.

A new reader of files from outside gets a row here (`tests/contracts/test_readers.py` lists the readers).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from random import Random
from typing import Final

from agents.errors import AgentsError
from game.core.levels.problems import LevelError
from game.match.replay.errors import ReplayRefused
from music.errors import MusicError
from recommender.errors import RecommenderError
from safefiles.errors import FileRefused
from tests.fuzz import readers, samples
from tests.fuzz.containers import midi_file, npy, replay_of, tensor_file, wad_file, zip_of
from tests.fuzz.databases import database_file
from tests.fuzz.models import model_file
from tests.fuzz.mutate import Mutator, csv_file, json_file, one_of, raw_bytes, toml_file
from tests.fuzz.samples import Files, Samples
from tests.fuzz.tiled import level_file, tileset_file
from tests.fuzz.tiled_xml import xml_file

Refusals = tuple[type[Exception], ...]
MUTANTS: Final = 100  # of a format in the usual run


@dataclass(frozen=True)
class Format:
    """A row of the table."""

    name: str
    samples: Callable[[], Samples]
    mutators: Mapping[str, Mutator]  # pattern of a file's name -> what changes such a file
    read: Callable[[Path], list[str]]  # returns what the product told; raises one of `refusals`
    refusals: Refusals = ()  # none: the product goes on and tells
    usual: int = MUTANTS  # mutants in the usual run; 0: only in the long one
    through: int = 3  # of them at least are read to the end, or nothing behind the reader is tried
    seconds: float = 1.0  # of the processor that one file may take
    megabytes: float = 256.0  # that it may take beyond what was there
    known: str = ""  # a fault that stands: why its mutants are not judged in the usual run
    needs: str = ""  # a module without which it is skipped

    def mutant(self, chance: Random) -> Files:
        """A sample with one of its files changed."""
        every = self.samples()
        at = chance.randrange(len(every))
        files = dict(every[at])
        name, mutate = self._target(chance, files)
        others = [
            other[each]
            for other in every
            if other is not every[at]
            for each in other
            if self._alike(each, name)
        ]
        files[name] = mutate(chance, files[name], others)
        return files

    def _target(self, chance: Random, files: Files) -> tuple[str, Mutator]:
        found = [
            (name, mutate)
            for name in sorted(files)
            for pattern, mutate in self.mutators.items()
            if fnmatch(name, pattern)
        ]
        return found[chance.randrange(len(found))]

    def _alike(self, name: str, other: str) -> bool:
        return Path(name).suffix == Path(other).suffix and any(
            fnmatch(name, pattern) for pattern in self.mutators
        )


def _formats(*rows: Format) -> dict[str, Format]:
    return {row.name: row for row in rows}


_AGENTS: Final[Refusals] = (AgentsError,)
_MUSIC: Final[Refusals] = (MusicError,)
_TABLES: Final[Refusals] = (RecommenderError,)
_npz: Final = zip_of(one_of((4, npy), (1, raw_bytes)))
_wheel: Final = zip_of(wad_file)

FORMATS: Final = _formats(
    Format("level", samples.levels, {"mutant.tmj": level_file}, readers.level, (LevelError,)),
    Format("tileset", samples.tilesets, {"set.tsj": tileset_file}, readers.level, (LevelError,)),
    Format(
        "tiled-xml", samples.tiled_xml, {"*.tmx": xml_file, "*.tsx": xml_file, "*.tx": xml_file}, readers.level, (LevelError,),
    ),
    Format("replay", samples.replays, {"*.bsr": replay_of(level_file)}, readers.replay, (ReplayRefused,)),
    Format("brain", samples.brains, {"*.onnx": model_file}, readers.brain, _AGENTS),
    Format("brain-parent", samples.brains, {"*.onnx": model_file}, readers.parent, _AGENTS, usual=0, needs="torch"),
    Format("generator", samples.generators, {"*.onnx": model_file}, readers.generator, _MUSIC),
    Format("tensors", samples.tensors, {"*.safetensors": tensor_file}, readers.tensors, _AGENTS),
    Format("checkpoint", samples.agent_runs, {"checkpoints/*": tensor_file}, readers.checkpoint, _AGENTS, needs="torch"),
    Format(
        "agent-run", samples.agent_runs, {"*.json": json_file, "recipe.toml": toml_file, "checkpoints/*": tensor_file},
        readers.agent_run, _AGENTS, needs="torch",
    ),
    Format(
        "agent-resume", samples.agent_runs, {"*.json": json_file, "recipe.toml": toml_file,
        "checkpoints/*": tensor_file, "pool/*": tensor_file},
        readers.agent_resume, _AGENTS, usual=50, needs="torch",
    ),
    Format("agent-recipe", samples.agent_recipes, {"*.toml": toml_file}, readers.agent_recipe, _AGENTS),
    Format("settings", samples.settings, {"settings.json": json_file}, readers.settings),
    Format("choices", samples.choices, {"levels.json": json_file}, readers.choices),
    Format("piece", samples.pieces, {"*.piece.json": json_file}, readers.piece, _MUSIC),
    Format("midi", samples.midis, {"*.mid": midi_file}, readers.midi, _MUSIC, seconds=3.0),
    Format("feedback", samples.feedback, {"*.sqlite": database_file}, readers.feedback),
    Format("results", samples.results, {"results.sqlite": database_file}, readers.results),
    Format("mark", samples.marks, {"*.json": json_file}, readers.mark, through=0),
    Format("windows", samples.windows, {"*.npz": _npz}, readers.windows, _MUSIC),
    Format("fingerprints", samples.fingerprints, {"*.npz": _npz}, readers.fingerprints, _MUSIC),
    Format("corpus", samples.corpora, {"manifest.json": json_file, "*.npz": _npz}, readers.corpus, _MUSIC, needs="torch"),
    Format("wad", samples.wads, {"*.wad": wad_file}, readers.wad, _MUSIC),
    Format("wheel", samples.wheels, {"*.zip": _wheel}, readers.wad, _MUSIC),
    Format("music-recipe", samples.music_recipes, {"*.toml": toml_file}, readers.music_recipe, _MUSIC, needs="torch"),
    Format(
        "music-run", samples.music_runs, {"run.json": json_file, "recipe.toml": toml_file, "*.csv": csv_file, "*.npz": _npz},
        readers.music_run, _MUSIC, needs="torch",
    ),
    Format("ratings-table", samples.tables, {"ratings.*": csv_file}, readers.table, _TABLES),
    Format("side-table", samples.side_tables, {"items.*": csv_file}, readers.side_table, _TABLES),
    Format("records", samples.records, {"*.csv": csv_file, "*.json": json_file}, readers.records, _TABLES),
    Format("community", samples.communities, {"*.csv": csv_file, "*.json": json_file}, readers.community, _TABLES),
)  # fmt: skip
ALL_REFUSALS: Final[Sequence[type[Exception]]] = (
    AgentsError,
    FileRefused,
    LevelError,
    MusicError,
    RecommenderError,
    ReplayRefused,
)
