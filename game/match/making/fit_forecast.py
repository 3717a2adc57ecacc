"""Fits the forecast to the graded levels of the endless shelf: `python -m game.match.making.fit_forecast`."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.special import ndtr

from game.core import rules
from game.core.levels.catalogue import select
from game.core.levels.measures import measures_of
from game.match.difficulty import DIFFICULTY_IDS
from game.match.grading.endless_shelf import SHELF_FILE, shelf_rows, spec_of
from game.match.grading.grade import Counts
from game.match.grading.graders import graders_key
from game.match.grading.measured_scales import scales
from game.match.grading.posterior import Floats, posteriors
from game.match.making.forecast import SCHEMA, SHIPPED_FILE, model_terms
from safefiles.writing import write_atomic

PENALTIES: Final = (1.0, 3.0, 10.0, 30.0, 100.0)  # of the ridge; the best in cross-validation is taken
FOLDS: Final = 5
LEAST_WIDTH: Final = 1e-3


def fit_objective(levels: Sequence[dict[str, float]], modes: Floats) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the model of one objective as JSON holds it, and what cross-validation says of it.

    levels: measures of each level; modes: x of each, (levels, steps).
    """
    names = [name for name in sorted(levels[0]) if len({row[name] for row in levels}) > 1]
    values = np.array([[row[name] for name in names] for row in levels])
    middle, width = values.mean(0), np.maximum(values.std(0), LEAST_WIDTH)
    inputs = model_terms(levels, names, middle, width)
    errors = [_held_out(inputs, modes, penalty) for penalty in PENALTIES]
    best = int(np.argmin([float(np.square(modes - found).mean()) for found in errors]))
    left = modes - errors[best]
    told = {
        "penalty": PENALTIES[best],
        "r": [
            round(float(np.corrcoef(ndtr(errors[best][:, n]), ndtr(modes[:, n]))[0, 1]), 3)
            for n in range(modes.shape[1])
        ],
        "error": [
            round(float(np.abs(ndtr(errors[best][:, n]) - ndtr(modes[:, n])).mean()), 3)
            for n in range(modes.shape[1])
        ],
    }
    model = {
        "names": names,
        "middle": _rounded(middle),
        "width": _rounded(width),
        "slopes": _rounded(_ridge(inputs, modes, PENALTIES[best])),
        "left": _rounded(left.T @ left / len(left)),
    }
    return model, told


def _ridge(inputs: Floats, modes: Floats, penalty: float) -> Floats:
    weights = np.full(inputs.shape[1], penalty)
    weights[0] = 0.0
    slopes: Floats = np.asarray(
        np.linalg.solve(inputs.T @ inputs + np.diag(weights), inputs.T @ modes), np.float64
    )
    return slopes


def _held_out(inputs: Floats, modes: Floats, penalty: float) -> Floats:
    """Return what a model fitted to the other folds says of each level."""
    found = np.empty_like(modes)
    for fold in range(FOLDS):
        out = np.arange(len(modes)) % FOLDS == fold
        found[out] = inputs[out] @ _ridge(inputs[~out], modes[~out], penalty)
    return found


def _rounded(values: Floats) -> Any:
    return np.round(values, 5).tolist()


def fit_all(shelf: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the content of `forecast.json` and, by objective, how well it predicts levels that it was not fitted to."""
    objectives, said = {}, {}
    for name in rules.OBJECTIVE_NAMES:
        rows = [(place, counts) for objective, place, counts in shelf_rows(shelf) if objective == name]
        counts: list[Counts] = [row[1] for row in rows]
        modes, _ = posteriors(counts, scales()[name])
        levels = [measures_of(select(spec_of(name, place))[0]) for place, _ in rows]
        objectives[name], said[name] = fit_objective(levels, modes)
    content = {
        "schema": SCHEMA,
        "graders": graders_key(),
        "command": "python -m game.match.making.fit_forecast",
        "held_out": said,
        "objectives": objectives,
    }
    return content, said


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit the forecast and write the shipped file."""
    parser = argparse.ArgumentParser(
        prog="python -m game.match.making.fit_forecast", description=main.__doc__
    )
    parser.add_argument("--shelf", type=Path, default=SHELF_FILE)
    parser.add_argument("--out", type=Path, default=SHIPPED_FILE)
    chosen = parser.parse_args(arguments)
    content, said = fit_all(json.loads(chosen.shelf.read_text(encoding="utf-8")))
    write_atomic(chosen.out, (json.dumps(content) + "\n").encode())
    for name, row in said.items():
        shares = ", ".join(
            f"{step} {r:.2f} ({error:.3f})"
            for step, r, error in zip(DIFFICULTY_IDS, row["r"], row["error"], strict=True)
        )
        print(f"{name}: r (mean error of the win rate) {shares}; ridge {row['penalty']:g}")


if __name__ == "__main__":
    main()
