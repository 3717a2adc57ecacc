"""The best checkpoint of a run: by the evaluations of its training, or by the environment's panel, played now."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from agents.checkpoint import checkpoint_policy
from agents.contract import Contract
from agents.curve import Curve
from agents.errors import RunError
from agents.evaluate import Logits, policy_player
from agents.match_panel import panel_of, play_panel
from agents.recipe import Recipe
from agents.runs import Run
from agents.sampling import apply_mask
from agents.snapshot import SnapshotNet, Weights
from safefiles.text import shown_path

EVERYTHING = 1 << 62  # samples: beyond any row of a curve
PANEL_SEED = 3_000_017  # differs from the seeds of evaluation and export


def best_checkpoint(scores: Mapping[int, float], folder: Path) -> Path | None:
    """The checkpoint in `folder` with the best evaluation, the newest of equal ones; None if none was evaluated."""
    there = {int(path.stem): path for path in folder.glob("*.safetensors") if path.stem.isdecimal()}
    evaluated = [samples for samples in scores if samples in there]
    return there[max(evaluated, key=lambda samples: (scores[samples], samples))] if evaluated else None


def snapshot_logits(tensors: Weights, recipe: Recipe) -> Logits:
    """A function from observations (and masks, if any) to logits of the policy in these tensors."""
    net = SnapshotNet(tensors, recipe.net.activation)

    def logits(
        observations: NDArray[np.float32], mask: NDArray[np.bool_] | None = None
    ) -> NDArray[np.floating[Any]]:
        with torch.inference_mode():
            return apply_mask(net.logits(observations).numpy(), mask)

    return logits


def choose_best(run: Run) -> str:
    """Choose the checkpoint with the best evaluation of `[eval]`; returns a line. RunError if there is none."""
    scores = Curve.load(run.folder, EVERYTHING).scores(run.recipe.eval.opponents)
    path = best_checkpoint(scores, run.checkpoints)
    if path is None:
        raise RunError(
            f"{shown_path(run.folder)}: --best: expected a checkpoint that was evaluated ([eval] every above 0), found none; "
            "--panel plays the environment's panel now"
        )
    run.choose(path.stem)
    score, most = scores[int(path.stem)], max(scores.values())
    line = f"{path.stem}: the best of {len(scores)} evaluations, {_score_text(score, run)}"
    if most > score:
        lost = max(samples for samples in scores if scores[samples] == most)
        line += (
            f" (that at {lost:,} samples was better, {_score_text(most, run)}, and its checkpoint is gone)"
        )
    return line


def _score_text(score: float, run: Run) -> str:
    return f"{100 * score:.1f} % wins" if run.recipe.eval.opponents else f"a mean return of {score:.2f}"


def choose_by_panel(run: Run, matches: int, tell: Callable[[str], None]) -> str:
    """Play the environment's panel with every checkpoint and choose the best; returns a line.

    `tell` is called with a line for each checkpoint. Of equal checkpoints the newest is taken.
    """
    recipe = run.recipe
    kinds = panel_of(recipe.env.id, recipe.env_kwargs())
    contract = Contract.from_dict(run.facts.get("contract"), f"{run.folder.name} > contract")
    means: dict[str, float] = {}
    for path in sorted(run.checkpoints.glob("*.safetensors")):
        try:
            tensors = checkpoint_policy(path)
        except RunError as error:
            tell(f"left out: {error}")
            continue
        logits = snapshot_logits(tensors, recipe)
        player = policy_player(path.stem, logits, recipe.eval.temperature, contract)
        report = play_panel(
            player, kinds, matches=matches, num_worlds=recipe.eval.num_envs, seed=PANEL_SEED, kwargs={}
        )
        means[path.stem] = sum(map(report.mean, (row.title for row in kinds))) / len(kinds)
        tell(f"{path.stem}: {100 * means[path.stem]:.1f} % of the panel's matches")
    if not means:
        raise RunError(
            f"{shown_path(run.folder)}: expected a checkpoint to play the panel, found no intact one"
        )
    name = max(means, key=lambda stem: (means[stem], stem))
    run.choose(name)
    return f"{name}: the best of {len(means)} checkpoints, {100 * means[name]:.1f} % of the panel's matches"
