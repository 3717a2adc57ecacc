"""Augmentation of the critic's windows."""

import pytest

torch = pytest.importorskip("torch")

from music import vocabulary as vo  # noqa: E402
from music.generators import contract as co  # noqa: E402
from music.learning.augment import MOST_SEMITONES, Augmentation  # noqa: E402

COUNT = 64


def one_hot(positions: int, tokens: int, seed: int = 0) -> "torch.Tensor":
    chance = torch.Generator().manual_seed(seed)
    drawn = torch.randint(tokens, (COUNT, positions), generator=chance)
    return torch.nn.functional.one_hot(drawn, tokens).float()


def changes(turn: int = 0, semitones: int = 0, blank: int | None = None) -> Augmentation:
    shown = torch.ones(COUNT, vo.BARS)
    if blank is not None:
        shown[:, blank] = 0.0
    return Augmentation(
        torch.full((COUNT,), turn, dtype=torch.long), torch.full((COUNT,), semitones, dtype=torch.long), shown
    )


def test_no_change_leaves_everything_as_it_is() -> None:
    line = one_hot(vo.STEPS, vo.LINE_TOKENS)
    none = Augmentation.draw(COUNT, 0.0, torch.Generator().manual_seed(1))
    assert torch.equal(none.line(line), line)
    assert torch.equal(none.chords(one_hot(vo.BEATS, vo.CHORD_TOKENS)), one_hot(vo.BEATS, vo.CHORD_TOKENS))


def test_a_rotation_moves_whole_bars() -> None:
    line = one_hot(vo.STEPS, vo.LINE_TOKENS)
    turned = changes(turn=1).line(line)
    assert torch.equal(turned[:, : vo.STEPS_PER_BAR], line[:, vo.STEPS_PER_BAR : 2 * vo.STEPS_PER_BAR])
    assert torch.equal(turned[:, -vo.STEPS_PER_BAR :], line[:, : vo.STEPS_PER_BAR])
    chords = one_hot(vo.BEATS, vo.CHORD_TOKENS)
    assert torch.equal(changes(turn=1).chords(chords)[:, 0], chords[:, vo.BEATS_PER_BAR])


def test_a_transposition_moves_pitches_and_leaves_rests_and_holds() -> None:
    tokens = torch.tensor(
        [vo.REST, vo.HOLD, vo.FIRST_PITCH, vo.FIRST_PITCH + 5, vo.LINE_TOKENS - 1] + [vo.REST] * 59
    )
    line = torch.nn.functional.one_hot(tokens, vo.LINE_TOKENS).float().expand(COUNT, -1, -1)
    up = changes(semitones=2).line(line)[0]
    assert up[:4].argmax(-1).tolist() == [vo.REST, vo.HOLD, vo.FIRST_PITCH + 2, vo.FIRST_PITCH + 7]
    assert float(up[4].sum()) == 0.0  # beyond the range


@pytest.mark.parametrize("semitones", range(-MOST_SEMITONES, MOST_SEMITONES + 1))
def test_chords_and_their_features_are_transposed_alike(semitones: int) -> None:
    table = torch.from_numpy(co.chord_feature_table())
    chords = one_hot(vo.BEATS, vo.CHORD_TOKENS)
    moved = changes(semitones=semitones)
    assert torch.equal(moved.chords(chords) @ table, moved.chord_features(chords @ table))
    if semitones:
        assert not torch.equal(moved.chords(chords), chords)


def test_lines_and_chords_are_transposed_alike() -> None:
    line = torch.zeros(COUNT, vo.STEPS, vo.LINE_TOKENS)
    pitch = vo.FIRST_PITCH + 12
    line[..., pitch] = 1.0
    token = 1 + (vo.MELODY_LOW + 12) % 12 * len(vo.QUALITIES)
    chords = torch.nn.functional.one_hot(torch.full((COUNT, vo.BEATS), token), vo.CHORD_TOKENS).float()
    moved = changes(semitones=-3)
    note = vo.MELODY_LOW + int(moved.line(line)[0, 0].argmax()) - vo.FIRST_PITCH
    assert note % 12 == vo.chord_root(int(moved.chords(chords)[0, 0].argmax()))


def test_a_blanked_bar_shows_nothing() -> None:
    drums = one_hot(vo.STEPS, vo.DRUM_TOKENS)
    shown = changes(blank=2).in_time(drums).sum((0, 2)).view(vo.BARS, -1).sum(1)
    assert shown[2] == 0.0
    assert (shown[[0, 1, 3]] == COUNT * vo.STEPS_PER_BAR).all()


def test_windows_are_changed_with_the_set_probability_and_some_not_at_all() -> None:
    drawn = Augmentation.draw(20_000, 0.5, torch.Generator().manual_seed(2))
    for changed in (drawn.turn != 0, drawn.semitones != 0, drawn.shown.sum(1) < vo.BARS):
        assert float(changed.float().mean()) == pytest.approx(0.5, abs=0.02)
    assert int(drawn.semitones.abs().max()) == MOST_SEMITONES
    whole = (drawn.turn == 0) & (drawn.semitones == 0) & (drawn.shown.sum(1) == vo.BARS)
    assert float(whole.float().mean()) == pytest.approx(0.125, abs=0.02)


def test_gradients_reach_the_samples() -> None:
    line = one_hot(vo.STEPS, vo.LINE_TOKENS).requires_grad_(True)
    Augmentation.draw(COUNT, 0.5, torch.Generator().manual_seed(3)).line(line).square().sum().backward()
    assert line.grad is not None
    assert float(line.grad.abs().sum()) > 0.0
