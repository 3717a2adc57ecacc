"""Training continues exactly where it stopped, and it learns."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
import torch

from music import vocabulary as vo
from music.errors import TrainingError
from music.generators.energy import measure_energy_scale
from music.learning.baseline import rolls_of, sample_article, train_article, windows_from_rolls
from music.learning.losses import LOSSES
from music.learning.tasks import TASKS, GeneratorTask
from music.learning.trainer import Trainer, TrainerSettings
from tests.music.made_windows import made_windows

LESSON = {"batch": 32, "width": 64, "depth": 1, "memory": 32, "critic_width": 24, "generator_rate": 2e-3}
SMALL = {"batch": 4, "width": 16, "depth": 1, "memory": 8, "critic_width": 8, "encoder_width": 16}


@lru_cache
def task(part: str, count: int = 20) -> GeneratorTask:
    torch.set_num_threads(1)
    windows = made_windows(count)
    return TASKS[part](windows, measure_energy_scale(windows))


def weights(trainer: Trainer) -> list[np.ndarray]:
    return [parameter.detach().numpy().copy() for parameter in trainer.averaged.parameters()]


@pytest.mark.parametrize(
    ("part", "loss"),
    [
        *((part, "relativistic") for part in TASKS),
        *(("chords", loss) for loss in LOSSES if loss != "relativistic"),
    ],
)
def test_a_run_resumed_is_the_run_that_went_on(part: str, loss: str) -> None:
    settings = TrainerSettings(
        steps=6, loss=loss, penalty_every=2, rebuild_only=2, rebuild=0.2, augment=0.5, **SMALL
    )
    through = Trainer(task(part), settings, seed=3)
    for _ in range(6):
        through.train_step()
    first = Trainer(task(part), settings, seed=3)
    for _ in range(3):
        first.train_step()
    second = Trainer(task(part), settings, seed=99)  # another start: all must come from the state
    second.load(first.state())
    for _ in range(3):
        second.train_step()
    for mine, theirs in zip(weights(second), weights(through), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_state_without_the_optimiser_is_another_run() -> None:
    settings = TrainerSettings(steps=8, **SMALL)
    first = Trainer(task("drums"), settings, seed=3)
    for _ in range(3):
        first.train_step()
    state = first.state()
    second = Trainer(task("drums"), settings, seed=3)
    second.load({key: value for key, value in state.items() if "adam" not in key})
    first.train_step()
    second.train_step()
    assert any(not np.array_equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))


def test_a_state_of_other_networks_is_refused() -> None:
    state = Trainer(task("drums"), TrainerSettings(steps=8, **SMALL), seed=3).state()
    other = Trainer(task("drums"), TrainerSettings(steps=8, **{**SMALL, "width": 48}), seed=3)
    with pytest.raises(TrainingError, match="does not fit these settings"):
        other.load(state)


Damage = Callable[[dict[str, np.ndarray]], object]
DAMAGES: dict[str, Damage] = {
    "a moment of another form": lambda state: state.update(
        {"generator_adam/0/exp_avg": np.zeros((1, 1), np.float32)}
    ),
    "a moment of no weight": lambda state: state.update({"critic_adam/900/step": np.zeros(1, np.float32)}),
    "half of what Adam remembers": lambda state: state.pop("critic_adam/0/exp_avg_sq"),
    "a step of many": lambda state: state.update({"critic_adam/0/step": np.zeros(3, np.float32)}),
    "text for numbers": lambda state: state.update({"chance": np.array(["x"])}),
    "a step beyond the end": lambda state: state.update({"counts": np.array([9, 9])}),
    "a step before the start": lambda state: state.update({"counts": np.array([-1, 9])}),
    "one count": lambda state: state.update({"counts": np.array([1])}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_refused_before_a_step_is_taken(damage: str) -> None:
    settings = TrainerSettings(steps=8, **SMALL)
    first = Trainer(task("drums"), settings, seed=3)
    for _ in range(2):
        first.train_step()
    state = first.state()
    Trainer(task("drums"), settings, seed=3).load(dict(state))
    DAMAGES[damage](state)
    with pytest.raises(TrainingError, match="checkpoint of drums: does not fit these settings"):
        Trainer(task("drums"), settings, seed=3).load(state)


@pytest.mark.slow
def test_drums_learn_the_beats_of_the_kick() -> None:
    lesson = task("drums", 200)
    trainer = Trainer(lesson, TrainerSettings(steps=150, rebuild_only=60, rebuild=0.2, **LESSON), seed=1)

    def kicks_in_place() -> float:
        """How much more often the kick is on beats 1 and 3 than elsewhere."""
        chance = torch.Generator().manual_seed(5)
        drums = lesson.samples(trainer.averaged, lesson.batch(128, chance), 1.0, chance)[0].argmax(-1)
        kick = (drums % 2 == 1).float().mean(0)
        on = kick[:: 2 * vo.STEPS_PER_BEAT].mean()
        return float(on - (kick.sum() - on * 8) / (vo.STEPS - 8))

    assert kicks_in_place() < 0.2
    for _ in range(150):
        trainer.train_step()
    assert kicks_in_place() > 0.6  # 1 in the lesson


def test_windows_without_the_voice_are_refused() -> None:
    windows = made_windows(4)
    with pytest.raises(TrainingError, match="expected windows with melody, bass, drums, found none"):
        TASKS["drums"](windows[np.zeros(0, np.intp)], measure_energy_scale(windows))


def test_the_articles_roll_holds_its_notes() -> None:
    windows = made_windows(20)
    back = windows_from_rolls(rolls_of(windows) > 0, windows)
    assert (
        back.bass == windows.bass
    ).mean() > 0.7  # repeated pitches merge into one note: a roll has no onsets
    assert (back.chords == windows.chords).mean() > 0.5
    back.check("rolls")


def test_the_articles_network_trains_and_samples() -> None:
    windows = made_windows(40)
    generator = train_article(windows, steps=3, seed=1)
    made = sample_article(generator, windows, seed=2)
    made.check("article")
    assert len(made) == len(windows)
