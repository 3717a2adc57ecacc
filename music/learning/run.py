"""A training run: a folder with the recipe, a checkpoint and a curve for each generator, sample sheets.

Checkpoints are taken between two steps, never within one. A run that was interrupted at any moment continues from its last
checkpoint with the same result: on one thread the weights are bit for bit the same.
"""

import io
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from music import vocabulary as vo
from music.archives import Arrays, read_arrays
from music.corpus.manifest import Manifest, read_manifest
from music.errors import TrainingError
from music.generators import contract as co
from music.generators.chain import Tilts
from music.generators.energy import EnergyScale
from music.generators.play import Conditions, Generators
from music.learning.curve import Curve
from music.learning.networks import Generator
from music.learning.recipe import MAX_BYTES, Recipe, parse_recipe
from music.learning.sheet import draw_sheet
from music.learning.tasks import TASKS
from music.learning.trainer import Trainer
from music.windows import Windows, read_windows
from safefiles.foreign import parse_json, read_bytes, refuse_errors
from safefiles.text import clean, shown_path
from safefiles.writing import write_atomic, write_text

RUN_VERSION = 1
CHECKPOINT_EVERY = 120.0  # seconds
MEASURES = 8  # rows of a part's curve
MAX_FACTS_BYTES = 64 * 1024
MAX_SECONDS = 1e9  # of training
MAX_CHECKPOINT_BYTES = 1024 * 1024 * 1024  # unpacked

Progress = Callable[[str, int, int, float], None]  # part, step, steps, steps per second


@dataclass
class Corpus:
    """The data of a corpus folder that training uses."""

    train: Windows
    validation: Windows
    scale: EnergyScale
    corpus_hash: str
    manifest: Manifest


def read_corpus(folder: Path) -> Corpus:
    """Read a corpus made by `music corpus`. Raises CorpusError."""
    manifest = read_manifest(folder)
    return Corpus(
        read_windows(folder / "windows-train.npz"),
        read_windows(folder / "windows-validation.npz"),
        manifest.energy,
        manifest.corpus_hash,
        manifest,
    )


class Run:
    """A run folder."""

    def __init__(self, folder: Path, recipe: Recipe, corpus_hash: str) -> None:
        """Use `create` or `open_run`."""
        self.folder, self.recipe, self.corpus_hash = folder, recipe, corpus_hash

    @classmethod
    def create(cls, folder: Path, recipe: Recipe, corpus: Corpus) -> "Run":
        """Make the folder. TrainingError if it already contains a run."""
        if (folder / "run.json").exists():
            raise TrainingError(
                f"{folder}: expected a new folder, found a run; `music resume {folder}` goes on"
            )
        run = cls(folder, recipe, corpus.corpus_hash)
        write_text(folder / "recipe.toml", recipe.text)
        run._save_facts({"seconds": {}})
        return run

    @classmethod
    def open_run(cls, folder: Path) -> "Run":
        """Open a run to resume or export it. TrainingError if the folder is not a run."""
        where = shown_path(folder)
        with refuse_errors(where, "a run folder with run.json and recipe.toml", TrainingError):
            data = read_bytes(folder / "recipe.toml", MAX_BYTES, "a run's recipe", ValueError)
            text = data.decode("utf-8-sig")
            facts = _read_facts(folder)
        return cls(folder, parse_recipe(text, "recipe.toml"), str(facts.get("corpus")))

    def facts(self) -> dict[str, Any]:
        """The contents of run.json. Raises TrainingError."""
        return _read_facts(self.folder)

    def _save_facts(self, facts: dict[str, Any]) -> None:
        facts |= {"version": RUN_VERSION, "vocabulary": vo.vocabulary_hash(), "corpus": self.corpus_hash}
        write_text(self.folder / "run.json", json.dumps(facts, indent=2, sort_keys=True) + "\n")

    def checkpoint(self, part: str) -> Path:
        """The file of a part's newest checkpoint."""
        return self.folder / f"checkpoint-{part}.npz"

    def check_corpus(self, corpus: Corpus) -> None:
        """Raise TrainingError unless the run was trained on this corpus: the training/test split of another corpus differs."""
        if corpus.corpus_hash != self.corpus_hash:
            raise TrainingError(
                f"{self.folder}: expected corpus {self.corpus_hash}, found {corpus.corpus_hash}"
            )

    def train(self, corpus: Corpus, progress: Progress, *, stop: Callable[[], bool] = lambda: False) -> bool:
        """Train the unfinished parts one after another; return whether all are finished.

        `stop` is called between two steps; if it returns True, a checkpoint is written and training ends. After an exception
        the last checkpoint, at most CHECKPOINT_EVERY old, remains: an interrupted step cannot be continued.
        """
        self.check_corpus(corpus)
        torch.set_num_threads(1)
        return all(
            self._train_part(part, number, corpus, progress, stop) for number, part in enumerate(co.PARTS)
        )

    def _train_part(
        self, part: str, number: int, corpus: Corpus, progress: Progress, stop: Callable[[], bool]
    ) -> bool:
        settings = self.recipe.parts[part]
        trainer = Trainer(TASKS[part](corpus.train, corpus.scale), settings, self.recipe.seed * 10 + number)
        curve = Curve(self.folder, part)
        if self.checkpoint(part).exists():
            trainer.load(read_checkpoint(self.checkpoint(part)))
            curve.forget_after(trainer.step)
        seconds = float(self.facts()["seconds"].get(part, 0.0))
        began = saved = time.monotonic()
        first = trainer.step
        every = max(1, settings.steps // MEASURES)
        while trainer.step < settings.steps and not stop():
            report = trainer.train_step()
            now = time.monotonic()
            progress(part, trainer.step, settings.steps, (trainer.step - first) / max(now - began, 1e-9))
            if trainer.step % every == 0 or trainer.step == settings.steps:
                self._measure(part, trainer, corpus, curve, report, seconds + now - began)
            if now - saved >= CHECKPOINT_EVERY:
                self._save(part, trainer, seconds + now - began)
                saved = now
        if trainer.step > first:
            self._save(part, trainer, seconds + time.monotonic() - began)
        return trainer.step >= settings.steps

    def _save(self, part: str, trainer: Trainer, seconds: float) -> None:
        write_arrays(self.checkpoint(part), trainer.state())
        facts = self.facts()
        facts["seconds"][part] = round(seconds, 1)
        self._save_facts(facts)

    def _measure(
        self,
        part: str,
        trainer: Trainer,
        corpus: Corpus,
        curve: Curve,
        report: dict[str, float],
        seconds: float,
    ) -> None:
        """Measure one row of the curve on validation windows with the parts trained so far, and write a sample sheet."""
        from music.learning.quality import quick_quality

        networks = {name: self.network(name) for name in co.PARTS if self.checkpoint(name).exists()}
        networks[part] = trainer.averaged
        row = {"step": float(trainer.step), "seconds": seconds, **report}
        windows = sample_for(networks, corpus, part)
        row |= quick_quality(windows, corpus.validation, part)
        curve.add(row)
        curve.save()
        draw_sheet(windows, self.folder / "sheets" / f"{part}-{trainer.step:06d}.png")

    def network(self, part: str) -> Generator:
        """The averaged generator of a part's newest checkpoint. TrainingError if there is none."""
        path = self.checkpoint(part)
        if not path.exists():
            raise TrainingError(f"{self.folder}: expected {path.name}, found none; `music train` makes it")
        settings = self.recipe.parts[part]
        network = Generator(co.PARTS[part], settings.width, settings.depth, settings.memory)
        arrays = read_checkpoint(path)
        try:
            network.load_state_dict(
                {key: torch.from_numpy(arrays[f"averaged/{key}"].copy()) for key in network.state_dict()}
            )
        except (KeyError, RuntimeError, TypeError) as error:
            raise TrainingError(
                f"{shown_path(path)}: expected arrays that fit the recipe, found {clean(str(error), 160)}"
            ) from error
        return network.requires_grad_(False)

    def generators(
        self, temperatures: dict[str, float], tilts: Mapping[str, Tilts] | None = None
    ) -> Generators:
        """All three parts at their newest checkpoints, in torch."""
        networks = {part: self.network(part) for part in co.PARTS}
        return as_generators(networks, temperatures, tilts)


def as_generators(
    networks: dict[str, Generator],
    temperatures: dict[str, float],
    tilts: Mapping[str, Tilts] | None = None,
) -> Generators:
    """Wrap torch networks in the interface of the ONNX files."""

    def call(network: Generator) -> Any:
        def run(rows: co.Floats) -> list[co.Floats]:
            with torch.no_grad():
                return [logits.flatten(1).numpy() for logits in network(torch.from_numpy(rows))]

        return run

    return Generators({part: call(network) for part, network in networks.items()}, temperatures, tilts)


def sample_for(networks: dict[str, Generator], corpus: Corpus, part: str, count: int = 512) -> Windows:
    """Windows generated by the available networks; a missing part is taken from training windows."""
    needs = TASKS[part].needs
    usable = corpus.train[corpus.train.having(*needs)]
    rows = np.random.default_rng(7).integers(len(usable), size=count)
    real = usable[rows]
    conditions = Conditions(corpus.scale.of(real), real.mode, real.style)
    generators = as_generators(networks, dict.fromkeys(co.PARTS, 1.0))
    chance = np.random.default_rng(11)
    made = {"melody": real.melody, "bass": real.bass, "chords": real.chords, "drums": real.drums}
    if "chords" in networks:
        made["chords"] = generators.chords(
            chance.standard_normal((count, co.CHORD_NOISE), np.float32), conditions, chance
        )
    if "lines" in networks:
        made["melody"], made["bass"] = generators.lines(
            chance.standard_normal((count, co.GLOBAL_NOISE), np.float32),
            chance.standard_normal((count, vo.BARS, co.BAR_NOISE), np.float32),
            conditions,
            made["chords"],
            chance,
        )
    if "drums" in networks:
        made["drums"] = generators.drums(
            chance.standard_normal((count, co.DRUM_GLOBAL), np.float32),
            chance.standard_normal((count, vo.BARS, co.DRUM_BAR), np.float32),
            conditions,
            made["melody"],
            made["bass"],
            chance,
        )
    return Windows(
        **made, voices=real.voices, mode=real.mode, style=real.style, piece=real.piece * 0, bar=real.bar * 0
    )


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write named arrays as an .npz file, atomically."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    write_atomic(path, stream.getvalue())


def read_checkpoint(path: Path) -> Arrays:
    """Read a checkpoint's arrays. TrainingError if it is damaged, too large or contains a value that is not a finite number."""
    arrays = read_arrays(path, "a checkpoint", MAX_CHECKPOINT_BYTES, TrainingError)
    for name, array in arrays.items():
        if array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise TrainingError(f"{shown_path(path.name)} › {shown_path(name, 60)}: expected finite numbers")
    return arrays


def _read_facts(folder: Path) -> dict[str, Any]:
    where = f"{shown_path(folder)} › run.json"
    data = read_bytes(folder / "run.json", MAX_FACTS_BYTES, "a run's facts", ValueError)
    facts = parse_json(data, where, TrainingError)
    if not isinstance(facts, dict) or facts.get("version") != RUN_VERSION:
        raise TrainingError(f"{where}: expected version {RUN_VERSION}")
    if facts.get("vocabulary") != vo.vocabulary_hash():
        found = clean(str(facts.get("vocabulary")), 40)
        raise TrainingError(f"{where} › vocabulary: expected {vo.vocabulary_hash()}, found {found}")
    seconds = facts.get("seconds")
    numbers: list[Any] = list(seconds.values()) if isinstance(seconds, dict) else [""]
    if not all(type(value) in (int, float) and 0 <= value <= MAX_SECONDS for value in numbers):
        raise TrainingError(f"{where} › seconds: expected a number from 0 to {MAX_SECONDS:g} for each part")
    return facts
