"""Run the generators: noise and conditions in, tokens out. NumPy and onnxruntime only.

Chords, melody and bass are drawn in order of time (`chain.py`), drums independently per step.

generators = load_generators(folder)                      # GeneratorRefused names what is wrong
windows = generators.windows(conditions, seed=1)          # a batch of four-bar windows
chords, lines, drums: the parts one by one, for pieces of any length, as the composer uses them
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from music import vocabulary as vo
from music.generators import chain
from music.generators import contract as co
from music.generators.chain import Chance, Tilts
from music.generators.contract import Floats, Tokens
from music.windows import Windows, empty_windows

Network = Callable[[Floats], list[Floats]]  # input rows -> logits (rows, positions * tokens) of each output


@dataclass(frozen=True)
class Conditions:
    """The requested properties, one entry per window (or per phrase of the composer)."""

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

    def __init__(
        self,
        networks: Mapping[str, Network],
        temperatures: Mapping[str, float],
        tilts: Mapping[str, Tilts] | None = None,
    ) -> None:
        """networks, sampling temperatures and tilts by part name (contract.PARTS); without tilts they are zeros."""
        self._networks = dict(networks)
        self.temperatures = dict(temperatures)
        self.tilts = {part: chain.no_tilts(part) for part in co.PARTS} | dict(tilts or {})
        self._features = co.chord_feature_table()

    def chords(self, noise: Floats, conditions: Conditions, chance: Chance) -> Tokens:
        """Progressions of one window: noise (n, CHORD_NOISE) -> tokens (n, BEATS)."""
        logits = self.chord_logits(noise, conditions)
        return chain.draw_chords(
            logits, self.temperatures["chords"], self.tilts["chords"], conditions.style, chance
        )

    def chord_logits(self, noise: Floats, conditions: Conditions) -> Floats:
        """The logits that `chords` samples: (n, BEATS, CHORD_TOKENS)."""
        return self._logits("chords", np.concatenate([noise, conditions.rows()], 1))[0]

    def lines(
        self,
        shared: Floats,
        bars: Floats,
        conditions: Conditions,
        chords: Tokens,
        chance: Chance,
        first_bar: int = 0,
        known: tuple[Tokens, Tokens] | None = None,
    ) -> tuple[Tokens, Tokens]:
        """Melody and bass of phrases of any whole number of bars.

        shared (n, GLOBAL_NOISE), bars (n, m, BAR_NOISE), chords (n, m * BEATS_PER_BAR) -> tokens (n, m * STEPS_PER_BAR)
        twice. Bars are at places first_bar, first_bar + 1, ... of four-bar phrases. known: tokens of both voices that are
        kept and influence those marked chain.DRAWN.
        """
        logits = self.line_logits(shared, bars, conditions, chords, first_bar)
        return chain.draw_lines(
            logits, self.temperatures["lines"], self.tilts["lines"], chords, conditions.style, chance, known
        )

    def line_logits(
        self, shared: Floats, bars: Floats, conditions: Conditions, chords: Tokens, first_bar: int = 0
    ) -> list[Floats]:
        """The logits that `lines` samples: (n, m * STEPS_PER_BAR, LINE_TOKENS) of melody and of bass."""
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
        return [found.reshape(count, -1, vo.LINE_TOKENS) for found in self._logits("lines", _flat(columns))]

    def drums(
        self,
        shared: Floats,
        bars: Floats,
        conditions: Conditions,
        melody: Tokens,
        bass: Tokens,
        chance: Chance,
        first_bar: int = 0,
    ) -> Tokens:
        """Drums under lines: shared (n, DRUM_GLOBAL), bars (n, m, DRUM_BAR) -> tokens (n, m * STEPS_PER_BAR)."""
        count, length = bars.shape[:2]
        struck = np.stack([co.line_onsets(melody), co.line_onsets(bass)], 1).reshape(
            count, 2, length, vo.STEPS_PER_BAR
        )
        columns = [
            _each_bar(shared, length),
            bars,
            _each_bar(conditions.rows(), length),
            _places(count, length, first_bar),
            struck.transpose(0, 2, 1, 3).reshape(count, length, -1),
        ]
        scores = self._logits("drums", _flat(columns))[0].reshape(count, -1, vo.DRUM_TOKENS)
        temperature = self.temperatures["drums"]
        if temperature > 0.0:
            scores = scores + np.float32(temperature) * chain.gumbel(chance, count, scores.shape[1:])
        drums: Tokens = scores.argmax(-1).astype(np.uint8)
        return drums

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
        silent = empty_windows(count)
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

    def _logits(self, part: str, rows: Floats) -> list[Floats]:
        """The logits of every output of a part, each (rows, positions, tokens)."""
        logits = self._networks[part](np.ascontiguousarray(rows, np.float32))
        return [
            found.reshape(-1, positions, tokens)
            for found, (_, positions, tokens) in zip(logits, co.PARTS[part].outputs, strict=True)
        ]


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
