"""The generators at play time: noise and conditions in, tokens out. NumPy and onnxruntime only.

generators = load_generators(folder)                      # GeneratorRefused names what is wrong
windows = generators.windows(conditions, seed=1)          # a batch of four-bar windows
chords, lines, drums: the parts one by one, for pieces of any length, as the composer uses them
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from music import contract as co
from music import vocabulary as vo
from music.contract import Floats, Tokens
from music.windows import Windows, empty

Network = Callable[[Floats], list[Floats]]  # input rows -> logits (rows, positions * tokens) of each output


@dataclass(frozen=True)
class Conditions:
    """What is asked for, one entry a window (or a phrase of the composer)."""

    energy: Floats  # (n,) 0 calm .. 1 dense: the share of training windows with fewer notes
    mode: Tokens  # (n,) index of MODES
    style: Tokens  # (n,) index of STYLES

    def rows(self) -> Floats:
        """The generators' condition columns."""
        return co.condition_rows(self.energy, self.mode, self.style)

    def __len__(self) -> int:
        return len(self.energy)


class Generators:
    """Chords, lines and drums from three networks."""

    def __init__(self, networks: Mapping[str, Network], temperatures: Mapping[str, float]) -> None:
        """networks and sampling temperatures by part name (contract.PARTS)."""
        self._networks = dict(networks)
        self.temperatures = dict(temperatures)
        self._features = co.chord_feature_table()

    def chords(self, noise: Floats, conditions: Conditions, chance: np.random.Generator) -> Tokens:
        """Progressions of one window: noise (n, CHORD_NOISE) -> tokens (n, BEATS)."""
        rows = np.concatenate([noise, conditions.rows()], 1)
        return self._draw("chords", rows, chance)[0]

    def lines(
        self,
        shared: Floats,
        bars: Floats,
        conditions: Conditions,
        chords: Tokens,
        chance: np.random.Generator,
        first_bar: int = 0,
    ) -> tuple[Tokens, Tokens]:
        """Melody and bass of phrases of any whole number of bars.

        shared (n, GLOBAL_NOISE), bars (n, m, BAR_NOISE), chords (n, m * BEATS_PER_BAR) -> tokens (n, m * STEPS_PER_BAR)
        twice. Bars stand at places first_bar, first_bar + 1, ... of four-bar phrases.
        """
        count, length = bars.shape[:2]
        padded = np.pad(bars, ((0, 0), (1, 1), (0, 0)))
        features = np.pad(self._features[chords], ((0, 0), (1, 2), (0, 0)))
        starts = np.arange(length) * vo.BEATS_PER_BAR
        context = features[:, starts[:, None] + np.arange(co.CONTEXT_BEATS)].reshape(count, length, -1)
        columns = [
            _each_bar(shared, length),
            padded[:, :-2],
            padded[:, 1:-1],
            padded[:, 2:],
            _each_bar(conditions.rows(), length),
            _places(count, length, first_bar),
            context,
        ]
        melody, bass = self._draw("lines", _flat(columns), chance)
        return melody.reshape(count, -1), bass.reshape(count, -1)

    def drums(
        self,
        shared: Floats,
        bars: Floats,
        conditions: Conditions,
        melody: Tokens,
        bass: Tokens,
        chance: np.random.Generator,
        first_bar: int = 0,
    ) -> Tokens:
        """Drums under lines: shared (n, DRUM_GLOBAL), bars (n, m, DRUM_BAR) -> tokens (n, m * STEPS_PER_BAR)."""
        count, length = bars.shape[:2]
        struck = np.stack([co.onsets(melody), co.onsets(bass)], 1).reshape(count, 2, length, vo.STEPS_PER_BAR)
        columns = [
            _each_bar(shared, length),
            bars,
            _each_bar(conditions.rows(), length),
            _places(count, length, first_bar),
            struck.transpose(0, 2, 1, 3).reshape(count, length, -1),
        ]
        return self._draw("drums", _flat(columns), chance)[0].reshape(count, -1)

    def windows(self, conditions: Conditions, seed: int) -> Windows:
        """Whole windows under generated chords; same seed, same windows."""
        count = len(conditions)
        chance = np.random.default_rng(seed)
        noise = _normal(chance, count, co.CHORD_NOISE)
        chords = self.chords(noise, conditions, chance)
        shared = _normal(chance, count, co.GLOBAL_NOISE)
        bars = _normal(chance, count, vo.BARS, co.BAR_NOISE)
        melody, bass = self.lines(shared, bars, conditions, chords, chance)
        shared, bars = _normal(chance, count, co.DRUM_GLOBAL), _normal(chance, count, vo.BARS, co.DRUM_BAR)
        drums = self.drums(shared, bars, conditions, melody, bass, chance)
        silent = empty(count)
        return Windows(
            melody=melody,
            bass=bass,
            chords=chords,
            drums=drums,
            voices=np.full(count, (1 << len(vo.VOICES)) - 1, np.uint8),
            mode=conditions.mode,
            style=conditions.style,
            piece=silent.piece,
            bar=silent.bar,
        )

    def _draw(self, part: str, rows: Floats, chance: np.random.Generator) -> list[Tokens]:
        """Sample every output of a part: argmax of logits / temperature + Gumbel noise."""
        temperature = self.temperatures[part]
        results = []
        logits = self._networks[part](np.ascontiguousarray(rows, np.float32))
        for found, (_, positions, tokens) in zip(logits, co.PARTS[part].outputs, strict=True):
            scores = found.reshape(-1, positions, tokens)
            if temperature > 0.0:
                noise = chance.random(scores.shape, np.float32)
                gumbel: Floats = -np.log(-np.log(np.clip(noise, 1e-9, 1.0 - 1e-7)))
                scores = scores + np.float32(temperature) * gumbel
            results.append(scores.argmax(-1).astype(np.uint8).reshape(-1, positions))
        return results


def _normal(chance: np.random.Generator, *shape: int) -> Floats:
    return chance.standard_normal(shape, np.float32)


def _each_bar(columns: Floats, bars: int) -> Floats:
    return np.repeat(columns[:, None], bars, axis=1)


def _places(count: int, bars: int, first_bar: int) -> Floats:
    place = np.eye(vo.BARS, dtype=np.float32)[(first_bar + np.arange(bars)) % vo.BARS]
    return np.repeat(place[None], count, axis=0)


def _flat(columns: list[Floats]) -> Floats:
    rows = np.concatenate(columns, 2, dtype=np.float32)
    return rows.reshape(-1, rows.shape[2])
