"""Fitting finds tilts under which the drawn tokens have the wanted frequencies."""

import numpy as np

from music import vocabulary as vo
from music.generators import chain
from music.generators import contract as co
from music.generators.chain import Counts, Tilts
from music.generators.contract import Floats
from music.generators.play import Conditions, Generators
from music.learning.tilts import LIMIT, chord_fitter, fit_tilts, line_fitter
from music.windows import Windows, empty_windows
from tests.music.fakes import Chords, Drums

COUNT = 300
CHORDS = np.full((COUNT, vo.BEATS), vo.chord_token(0, 1), np.uint8)
STYLE = (np.arange(COUNT) % 2).astype(np.uint8)


def flat(seed: int) -> list[Floats]:
    shape = (COUNT, vo.STEPS, vo.LINE_TOKENS)
    return [np.random.default_rng([seed, voice]).standard_normal(shape, np.float32) for voice in range(2)]


def lines(tilts: Tilts, seed: int) -> tuple[np.ndarray, np.ndarray]:
    return chain.draw_lines(flat(seed), 1.0, tilts, CHORDS, STYLE, np.random.default_rng(seed))


def draw(tilts: Tilts, chance: np.random.Generator) -> Counts:
    melody, bass = chain.draw_lines(flat(2), 1.0, tilts, CHORDS, STYLE, chance)
    return chain.count_lines(melody, bass, CHORDS, STYLE)


def apart(found: Counts, wanted: Counts, name: str) -> float:
    """Total variation distance between the outcomes of a table, averaged over contexts weighted by their wanted frequency."""

    def shares(table: np.ndarray) -> np.ndarray:
        return np.asarray(table / np.maximum(table.sum(-1, keepdims=True), 1))

    distance = np.abs(shares(found[name]) - shares(wanted[name])).sum(-1) / 2
    return float(np.average(distance, weights=wanted[name].sum(-1)))


def hidden() -> dict[str, Floats]:
    """Tilts for stepwise lines of long chord notes, different in the two styles."""
    tilts = chain.no_tilts("lines")
    tilts["interval"] -= 0.25 * np.abs(np.arange(chain.INTERVALS) - 35).astype(np.float32)
    tilts["interval"][:, 1] *= 0.5
    tilts["degree"][..., chain.NON_CHORD] = -1.5
    tilts["rhythm"][:, :, 1:3, :, :, vo.HOLD] = 3.0
    return tilts


def test_the_frequencies_of_other_tilts_are_found_again() -> None:
    wanted = chain.count_lines(*lines(hidden(), 1), CHORDS, STYLE)
    before = draw(chain.no_tilts("lines"), np.random.default_rng(3))
    fitted = fit_tilts(wanted, draw, chain.no_tilts("lines"), 12)
    after = draw(fitted, np.random.default_rng(3))
    for name in chain.SHAPES["lines"]:
        assert apart(after, wanted, name) < 0.25 * apart(before, wanted, name), name
    assert all(np.abs(table).max() <= LIMIT for table in fitted.values())


def test_a_style_without_windows_follows_the_others() -> None:
    wanted = chain.count_lines(*lines(hidden(), 1), CHORDS, STYLE)
    interval = fit_tilts(wanted, draw, chain.no_tilts("lines"), 8)["interval"]
    for absent in (2, 3):
        assert (interval[:, absent, 35] - interval[:, absent, 55]).min() > 1.0


def windows_of(melody: np.ndarray, bass: np.ndarray) -> Windows:
    windows = empty_windows(COUNT)
    windows.melody[:], windows.bass[:], windows.chords[:] = melody, bass, CHORDS
    windows.style[:] = STYLE
    return windows


def test_the_fitters_draw_from_the_networks_they_are_given() -> None:
    def lines_network(rows: Floats) -> list[Floats]:
        chance = np.random.default_rng(8)
        size = vo.STEPS_PER_BAR * vo.LINE_TOKENS
        return [chance.standard_normal((len(rows), size), np.float32) for _ in range(2)]

    networks = {"chords": Chords(0), "lines": lines_network, "drums": Drums(0)}
    generators = Generators(networks, dict.fromkeys(co.PARTS, 1.0))
    conditions = Conditions(np.full(COUNT, 0.5, np.float32), np.zeros(COUNT, np.uint8), STYLE)
    like = windows_of(*lines(hidden(), 1))
    fitted = line_fitter(generators, conditions, like)(1.0, chain.no_tilts("lines"), 4)
    assert fitted["interval"][0, 0, 36] > fitted["interval"][0, 0, 55] + 1.0
    held = chord_fitter(generators, conditions, like)(1.0, chain.no_tilts("chords"), 4)["change"]
    assert (
        held[0, 0, 3, 0, chain.STAY] > held[0, 0, 3, 0, chain.NEW]
    )  # it changes after a bar, except in `like`
