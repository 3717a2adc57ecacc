"""Sampling settings of a run: tilts fitted on training pieces, temperatures chosen on validation pieces."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from music.errors import TrainingError
from music.generators import chain
from music.generators import contract as co
from music.generators.chain import Tilts
from music.generators.play import Conditions, Generators
from music.learning.run import Corpus, Run
from music.learning.tilts import FITTERS, ROUNDS
from music.metrics.comparison import match_strata, z_score
from music.metrics.formulas import measure
from music.windows import Windows

TEMPERATURES = (0.3, 0.5, 0.7, 0.85, 1.0)
CHOICE_WINDOWS = 1500
FIT_WINDOWS = 3000
TRIAL_ROUNDS = 6  # of fitting, for each temperature that is tried

Progress = Callable[[str, int, int], None]  # the trial's name, trials done, trials in all


@dataclass(frozen=True)
class Sampling:
    """Temperatures and tilts, by part."""

    temperatures: dict[str, float]
    tilts: dict[str, Tilts]

    @classmethod
    def plain(cls, temperature: float) -> "Sampling":
        """One temperature for all parts, and no tilts."""
        return cls(dict.fromkeys(co.PARTS, temperature), {part: chain.no_tilts(part) for part in co.PARTS})

    def with_part(self, part: str, temperature: float, tilts: Tilts) -> "Sampling":
        """A copy with other settings for one part."""
        return Sampling({**self.temperatures, part: temperature}, {**self.tilts, part: tilts})

    def of(self, run: Run) -> Generators:
        """The run's generators with these settings."""
        return run.generators(self.temperatures, self.tilts)


def draw_conditions(corpus: Corpus, like: Windows, count: int, seed: int) -> Conditions:
    """Draw conditions for `count` windows: style and mode as in `like`, energies from training windows of that style and mode."""
    chance = np.random.default_rng([seed, 21])
    rows = chance.integers(len(like), size=count)
    style, mode = like.style[rows], like.mode[rows]
    usable = corpus.train[corpus.train.having("melody", "harmony", "bass")]
    levels = corpus.scale.of(usable)
    energy = np.empty(count, np.float32)
    for key in sorted(set(zip(style.tolist(), mode.tolist(), strict=True))):
        wanted = (style == key[0]) & (mode == key[1])
        pool = levels[(usable.style == key[0]) & (usable.mode == key[1])]
        energy[wanted] = chance.choice(pool if len(pool) else levels, int(wanted.sum()))
    return Conditions(energy, mode, style)


def choose_sampling(run: Run, corpus: Corpus, progress: Progress | None = None) -> Sampling:
    """Choose for each part in turn the temperature, with tilts fitted to it, that has the least z against validation windows.

    `progress` is called before every trial with its name, the number of trials done and the number in all. TrainingError for
    another corpus than the run's, and if the corpus has no validation windows.
    """
    run.check_corpus(corpus)
    like = corpus.validation[corpus.validation.having("melody", "harmony", "bass")]
    if not len(like):
        raise TrainingError(
            "temperatures: expected validation windows with melody, harmony and bass, found none; "
            "a corpus of more pieces has them"
        )
    train = corpus.train[corpus.train.having("melody", "harmony", "bass")]
    conditions = draw_conditions(corpus, like, CHOICE_WINDOWS, seed=1)
    training_conditions = draw_conditions(corpus, train, FIT_WINDOWS, seed=2)
    real = measure(like)
    chosen = Sampling.plain(0.7)
    done, trials_in_all = 0, len(co.PARTS) * len(TEMPERATURES) + len(FITTERS)

    def begin(what: str) -> None:
        nonlocal done
        if progress is not None:
            progress(what, done, trials_in_all)
        done += 1

    for part in co.PARTS:
        fitter = FITTERS[part](chosen.of(run), training_conditions, train) if part in FITTERS else None
        tilts: Tilts = chain.no_tilts(part)
        trials: dict[float, Sampling] = {}
        scores: dict[float, float] = {}
        for temperature in TEMPERATURES:
            begin(f"{part} at temperature {temperature:g}")
            if fitter is not None:
                tilts = fitter(temperature, tilts, TRIAL_ROUNDS)  # from those of the temperature before
            trials[temperature] = chosen.with_part(part, temperature, tilts)
            made = match_strata(trials[temperature].of(run).windows(conditions, seed=2), like, seed=3).windows
            scores[temperature] = z_score(measure(made), real)
        best = min(scores, key=lambda key: scores[key])
        chosen = trials[best]
        if fitter is not None:
            begin(f"tilts of {part}")
            chosen = chosen.with_part(part, best, fitter(best, chosen.tilts[part], ROUNDS))
    if progress is not None:
        progress("", done, trials_in_all)
    return chosen
