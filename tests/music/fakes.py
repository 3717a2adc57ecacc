"""Untrained generators: fixed random weights by seed, biased towards chords and scales.

Their output is only regular, but it has bars, chords, rests and held notes, depends on noise and conditions, and is fast.
"""

from functools import lru_cache

import numpy as np

from music import vocabulary as vo
from music.generators import contract as co
from music.generators.contract import Floats
from music.generators.files import GeneratorSet
from music.generators.play import Generators

DIATONIC = (  # root, quality
    ((0, 1), (2, 2), (4, 2), (5, 1), (7, 1), (9, 2)),
    ((9, 2), (0, 1), (2, 2), (4, 2), (5, 1), (7, 1)),
)
SCALE = (0, 2, 4, 5, 7, 9, 11)


def columns(part: str) -> dict[str, slice]:
    """The columns of each input of a part in its rows."""
    result, at = {}, 0
    for name, size in co.PARTS[part].inputs:
        result[name] = slice(at, at + size)
        at += size
    return result


def weights(seed: int, rows: int, columns: int) -> Floats:
    return np.random.default_rng(seed).standard_normal((rows, columns), np.float32)


class Chords:
    """One diatonic chord a bar, chosen by the noise."""

    def __init__(self, seed: int) -> None:
        self.pick = weights(seed, co.CHORD_NOISE, vo.BARS * len(DIATONIC[0]))

    def __call__(self, rows: Floats) -> list[Floats]:
        place = columns("chords")
        scores = (rows[:, place["noise"]] @ self.pick).reshape(len(rows), vo.BARS, -1)
        logits = np.full((len(rows), vo.BEATS, vo.CHORD_TOKENS), -50.0, np.float32)
        minor = rows[:, place["conditions"]][:, 2] > 0
        for row in range(len(rows)):
            for index, (root, quality) in enumerate(DIATONIC[int(minor[row])]):
                token = vo.chord_token(root, quality)
                logits[row, :, token] = np.repeat(scores[row, :, index], vo.BEATS_PER_BAR)
        return [logits.reshape(len(rows), -1)]


class Lines:
    """Notes of the chord, more often on beats than between them."""

    def __init__(self, seed: int) -> None:
        size = co.GLOBAL_NOISE + co.BAR_NOISE
        self.melody = weights(seed, size, vo.STEPS_PER_BAR * vo.LINE_TOKENS) / np.float32(np.sqrt(size))
        self.bass = weights(seed + 1, size, vo.STEPS_PER_BAR * vo.LINE_TOKENS) / np.float32(np.sqrt(size))

    def __call__(self, rows: Floats) -> list[Floats]:
        place = columns("lines")
        noise = np.concatenate([rows[:, place["global noise"]], rows[:, place["noise of the bar"]]], 1)
        energy = rows[:, place["conditions"]][:, 0]
        chords = rows[:, place["chords"]].reshape(len(rows), co.CONTEXT_BEATS, co.CHORD_FEATURES)[:, 1:5, 12:]
        found = []
        for low, weight, beat_only in (
            (vo.MELODY_LOW, self.melody, False),
            (vo.BASS_LOW, self.bass, True),
        ):
            logits = (noise @ weight).reshape(len(rows), vo.STEPS_PER_BAR, vo.LINE_TOKENS).copy()
            classes = (low + np.arange(vo.PITCHES)) % 12
            middle = -np.abs(np.arange(vo.PITCHES) - vo.PITCHES / 2) / 6.0
            for step in range(vo.STEPS_PER_BAR):
                member = chords[:, step // vo.STEPS_PER_BEAT][:, classes]
                strong = 2.0 if step % 4 == 0 else 0.0 if step % 2 == 0 and not beat_only else -4.0
                logits[:, step, vo.FIRST_PITCH :] += 3.0 * member + middle + strong + 1.5 * energy[:, None]
                logits[:, step, vo.FIRST_PITCH :] -= 2.0 * ~np.isin(classes, SCALE)
            logits[:, :, vo.HOLD] += 4.0
            found.append(logits.reshape(len(rows), -1))
        return found


class Drums:
    """A beat with more hits at higher energy."""

    def __init__(self, seed: int) -> None:
        self.weight = weights(seed, co.DRUM_BAR, vo.STEPS_PER_BAR * vo.DRUM_TOKENS) * np.float32(0.2)

    def __call__(self, rows: Floats) -> list[Floats]:
        place = columns("drums")
        logits = (rows[:, place["noise of the bar"]] @ self.weight).reshape(
            len(rows), vo.STEPS_PER_BAR, vo.DRUM_TOKENS
        )
        logits = logits.copy()
        energy = rows[:, place["conditions"]][:, :1]
        for step in range(vo.STEPS_PER_BAR):
            wanted = 0
            if step % 8 == 0:
                wanted |= 1
            if step % 8 == 4:
                wanted |= 2
            if step % 2 == 0:
                wanted |= 4
            logits[:, step, wanted] += 4.0
            logits[:, step, 0] += 2.0 - 2.0 * energy[:, 0]
        return [logits.reshape(len(rows), -1)]


@lru_cache
def fake_generators(seed: int = 0) -> GeneratorSet:
    """A set of untrained generators; the seed determines the weights."""
    networks = {"chords": Chords(seed), "lines": Lines(seed + 10), "drums": Drums(seed + 20)}
    temperatures = {"chords": 0.0, "lines": 0.6, "drums": 0.3}
    sha256 = dict.fromkeys(co.PARTS, f"{seed:064x}")
    return GeneratorSet(Generators(networks, temperatures), {}, sha256)
