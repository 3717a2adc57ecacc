"""Building blocks of the critics and generators."""

import numpy as np
import pytest
import torch

from music import vocabulary as vo
from music.generators import contract as co
from music.generators.play import Conditions, Generators
from music.learning.networks import Generator, batch_spread, sounding_pitches, straight_through
from music.learning.tasks import drum_rows, line_rows
from tests.music.made_windows import made_windows


def sounding_by_hand(tokens: np.ndarray) -> np.ndarray:
    result = np.zeros((*tokens.shape, vo.PITCHES), np.float32)
    for row, line in enumerate(tokens):
        pitch = -1
        for step, token in enumerate(line):
            if token >= vo.FIRST_PITCH:
                pitch = int(token) - vo.FIRST_PITCH
            elif token == vo.REST:
                pitch = -1
            if pitch >= 0:
                result[row, step, pitch] = 1.0
    return result


def test_sounding_pitches_continue_through_holds() -> None:
    tokens = np.random.default_rng(1).choice([0, 1, 1, 1, 5, 20], (50, vo.STEPS)).astype(np.int64)
    one_hot = torch.nn.functional.one_hot(torch.from_numpy(tokens), vo.LINE_TOKENS).float()
    np.testing.assert_array_equal(sounding_pitches(one_hot).numpy(), sounding_by_hand(tokens))
    tokens[0, :3] = (5, 1, 1)
    assert not np.array_equal(
        sounding_pitches(one_hot).numpy(), sounding_by_hand(tokens)
    )  # the check can fail


def test_samples_are_one_hot_and_carry_a_gradient() -> None:
    logits = torch.zeros(200, 3, 5, requires_grad=True)
    chance = torch.Generator().manual_seed(0)
    sample = straight_through(logits, 1.0, chance)
    rounded = sample.detach().numpy().round(5)
    assert set(np.unique(rounded)) == {0.0, 1.0}
    np.testing.assert_array_equal(rounded.sum(-1), 1.0)
    assert rounded.mean((0, 1)).min() > 0.1  # equal logits: every token is drawn
    (sample * torch.arange(5.0)).sum().backward()
    assert float(logits.grad.abs().sum()) > 0.0


def test_a_collapsed_batch_shows_in_its_spread() -> None:
    same = torch.ones(8, 4)
    assert float(batch_spread(same)[0, -1]) < 1e-3
    assert float(batch_spread(torch.randn(8, 4))[0, -1]) > 0.1


def captured(part: str) -> tuple[list[np.ndarray], Generators]:
    """Generators that record their input rows."""
    seen: list[np.ndarray] = []

    def network(name: str):
        def run(rows: np.ndarray) -> list[np.ndarray]:
            if name == part:
                seen.append(rows)
            outputs = co.PARTS[name].outputs
            return [np.zeros((len(rows), positions * tokens), np.float32) for _, positions, tokens in outputs]

        return run

    return seen, Generators({name: network(name) for name in co.PARTS}, dict.fromkeys(co.PARTS, 1.0))


def test_training_and_play_build_the_same_rows() -> None:
    windows = made_windows(5)
    conditions = Conditions(np.linspace(0, 1, 5, dtype=np.float32), windows.mode, windows.style)
    chance = np.random.default_rng(3)
    shared = chance.standard_normal((5, co.GLOBAL_NOISE), np.float32)
    bars = chance.standard_normal((5, vo.BARS, co.BAR_NOISE), np.float32)
    seen, generators = captured("lines")
    generators.lines(shared, bars, conditions, windows.chords, chance)
    noise = torch.from_numpy(np.concatenate([shared, bars.reshape(5, -1)], 1))
    features = torch.from_numpy(co.chord_feature_table()[windows.chords])
    rows = line_rows(noise, torch.from_numpy(conditions.rows()), features)
    np.testing.assert_array_equal(seen[0], rows.numpy())

    seen, generators = captured("drums")
    shared = chance.standard_normal((5, co.DRUM_GLOBAL), np.float32)
    bars = chance.standard_normal((5, vo.BARS, co.DRUM_BAR), np.float32)
    generators.drums(shared, bars, conditions, windows.melody, windows.bass, chance)
    onsets = torch.from_numpy(np.stack([co.line_onsets(windows.melody), co.line_onsets(windows.bass)], -1))
    noise = torch.from_numpy(np.concatenate([shared, bars.reshape(5, -1)], 1))
    rows = drum_rows(noise, torch.from_numpy(conditions.rows()), onsets)
    np.testing.assert_array_equal(seen[0], rows.numpy())


def test_a_phrase_may_have_any_number_of_bars() -> None:
    seen, generators = captured("lines")
    conditions = Conditions(np.array([0.5], np.float32), np.zeros(1, np.uint8), np.zeros(1, np.uint8))
    bars = np.zeros((1, 7, co.BAR_NOISE), np.float32)
    melody, bass = generators.lines(
        np.zeros((1, co.GLOBAL_NOISE), np.float32),
        bars,
        conditions,
        np.zeros((1, 28), np.uint8),
        np.random.default_rng(0),
    )
    assert melody.shape == bass.shape == (1, 7 * vo.STEPS_PER_BAR)
    assert seen[0].shape == (7, co.PARTS["lines"].input_size)


@pytest.mark.parametrize("part", list(co.PARTS))
def test_a_generator_gives_logits_of_its_contract(part: str) -> None:
    network = Generator(co.PARTS[part], width=16, depth=1, memory=8)
    logits = network(torch.zeros(3, co.PARTS[part].input_size))
    assert [tuple(item.shape) for item in logits] == [
        (3, places, tokens) for _, places, tokens in co.PARTS[part].outputs
    ]
