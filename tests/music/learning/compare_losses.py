"""Choose the shipped loss: train the lines generator with each, with three seeds, and measure on validation pieces.

    python -m tests.music.learning.compare_losses CORPUS [--steps 2000] [--seeds 3] [--json FILE]

Everything except the loss and its penalty is as in the `standard` recipe. Each loss has the penalty weight of its paper or,
if zero-centred, that of the recipe; WGAN-GP also has three critic steps per generator step (its paper: five). Chords are
those of the validation windows; z and C2ST use the metrics of melody, bass and harmony.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from music import vocabulary as vo
from music.generators import contract as co
from music.generators.play import Conditions
from music.learning.recipe import read_recipe
from music.learning.run import Corpus, as_generators, read_corpus
from music.learning.tasks import TASKS
from music.learning.trainer import Trainer
from music.metrics.comparison import c2st, match_strata, z_score
from music.metrics.formulas import METRICS, measure
from music.windows import Windows, empty_windows

LOSSES: dict[str, dict[str, Any]] = {
    "relativistic": {},
    "hinge": {},
    "wgan-gp": {"penalty_weight": 10.0, "critic_steps": 3},
}
TEMPERATURES = (0.5, 1.0)


def lines_under(trainer: Trainer, corpus: Corpus, like: Windows, temperature: float) -> Windows:
    """Melody and bass from the trainer's averaged generator, with the windows' chords, energies and modes."""
    generators = as_generators({"lines": trainer.averaged}, {"lines": temperature})
    chance = np.random.default_rng(2)
    count = len(like)
    conditions = Conditions(corpus.scale.of(like), like.mode, like.style)
    melody, bass = generators.lines(
        chance.standard_normal((count, co.GLOBAL_NOISE), np.float32),
        chance.standard_normal((count, vo.BARS, co.BAR_NOISE), np.float32),
        conditions,
        like.chords,
        chance,
    )
    none = empty_windows(count)
    voices = like.voices & ~np.uint8(1 << vo.VOICES.index("drums"))
    return Windows(melody, bass, like.chords, none.drums, voices, like.mode, like.style, none.piece, none.bar)


def train(loss: str, seed: int, steps: int, corpus: Corpus, like: Windows) -> dict[str, Any]:
    """One training; return the result of the temperature with the lower z."""
    torch.set_num_threads(1)
    base = read_recipe("standard").parts["lines"]
    settings = replace(base, **{"loss": loss, "steps": steps, **LOSSES[loss]})
    trainer = Trainer(TASKS["lines"](corpus.train, corpus.scale), settings, seed * 10 + 1)
    began = time.process_time()
    while trainer.step < steps:
        trainer.train_step()
    seconds = time.process_time() - began
    chosen = np.array(["drums" not in metric.voices for metric in METRICS])
    real = measure(like)[:, chosen]
    rows = []
    for temperature in TEMPERATURES:
        made = measure(match_strata(lines_under(trainer, corpus, like, temperature), like, seed=3).windows)[
            :, chosen
        ]
        told = c2st(real, made, like.piece, np.arange(len(made)), seed=0)
        rows.append({"temperature": temperature, "z": z_score(made, real), "c2st": told})
    best = min(rows, key=lambda row: row["z"])
    return {"loss": loss, "seed": seed, "steps": steps, "processor_seconds": round(seconds), **best}


def main() -> None:
    """Train all; print a row for each and the means."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    corpus = read_corpus(options.corpus)
    like = corpus.validation[corpus.validation.having("melody", "harmony", "bass")]
    rows = []
    for seed in range(1, options.seeds + 1):
        for loss in LOSSES:
            rows.append(train(loss, seed, options.steps, corpus, like))
            print(json.dumps(rows[-1]), flush=True)
            if options.json:
                options.json.write_text(
                    json.dumps({"schema": 1, "rows": rows}, indent=1) + "\n", encoding="utf-8"
                )
    for loss in LOSSES:
        found = [[row["z"], row["c2st"]] for row in rows if row["loss"] == loss]
        mean = np.mean(found, 0)
        spread = np.std(found, 0, ddof=1) if len(found) > 1 else np.zeros(2)
        print(f"{loss:14s} z {mean[0]:.3f} ± {spread[0]:.3f}   C2ST {mean[1]:.3f} ± {spread[1]:.3f}")


if __name__ == "__main__":
    main()
