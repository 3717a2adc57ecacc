"""Write a trained policy as a verified ONNX file.

`graph` builds the graph. Then the file is checked in four ways: onnx's own checker, our loader with
golden vectors, torch against onnxruntime on fresh batches of 1, 7 and 64, and matches (or episodes) before and after export.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.policies import ActorCriticPolicy

from agents.checkpoint import read_checkpoint
from agents.checks import check_evaluation
from agents.contract import GOLDEN_TOLERANCE, Card, Contract, largest_difference
from agents.errors import ExportFailed, RunError
from agents.evaluate import MatchReport, policy_player
from agents.graph import build_model, make_golden, rebuild_policy, torch_logits, torch_values
from agents.health import warning_lines
from agents.match_panel import panel_of, play_panel
from agents.measure import Report, evaluation_kwargs, measure
from agents.recipe import Recipe
from agents.recipe_text import recipe_to_toml
from agents.runs import Run
from agents.runtime import Brain, load_brain
from agents.sampling import apply_mask
from safefiles import foreign
from safefiles.writing import write_atomic, write_text

BATCHES = (1, 7, 64)
MAX_COMPANION_BYTES = 64 << 20
CARD_PANEL_SEED = 3_000_029  # other matches than those that may have chosen the checkpoint


def export_run(run: Run, out: Path, *, matches: int = 200, panel_matches: int = 0) -> dict[str, Any]:
    """Export a run's newest checkpoint to `out` and return the results of the checks. RunError if a check fails.

    `matches` per opponent of the recipe's `[eval]` are played before and after export (0 = none), and `panel_matches` against
    each opponent of the environment's panel after it; the card contains the results.
    """
    if out.suffix != ".onnx":
        raise RunError(f"{out}: expected a file name that ends in .onnx")
    arrays, values = run.restore(read_checkpoint)
    tensors = {name[7:]: value for name, value in arrays.items() if name.startswith("policy/")}
    contract = Contract.from_dict(run.facts.get("contract"), f"{run.folder} > contract")
    policy = rebuild_policy(run.recipe, contract, tensors)
    golden = make_golden(policy, contract, arrays.get("loop/observation"))
    card = make_card(run, int(values["samples"]), float(values["extra"].get("seconds", 0.0)))

    with TemporaryDirectory() as scratch:  # not next to `out`, where a kill would leave a file that is listed
        draft = Path(scratch) / out.name
        write_atomic(draft, build_model(run.recipe, contract, card, golden, tensors))
        brain = load_brain(draft, contract)
        difference = verify_logits(policy, brain)
        comparisons = (
            _compare_matches(run.recipe, contract, policy, brain, _evaluated(run), matches) if matches else []
        )
        panel = _play_panel(run.recipe, contract, brain, panel_matches) if panel_matches else []
    own = [] if run.chosen else list(run.facts.get("evaluation", []))
    after = [*([pair[1].to_dict() for pair in comparisons] or own), *panel]
    data = build_model(run.recipe, contract, Card(**{**card.to_dict(), "evaluation": after}), golden, tensors)
    write_atomic(out, data)
    final = load_brain(out, contract)
    return {
        "schema": 1,
        "file": str(out),
        "checkpoint": run.latest().stem,
        "bytes": len(data),
        "sha256": final.sha256,
        "largest_difference": max(difference, verify_logits(policy, final)),
        "comparisons": [_comparison(before, after) for before, after in comparisons],
        "panel": panel,
    }


def _play_panel(recipe: Recipe, contract: Contract, brain: Brain, matches: int) -> list[dict[str, Any]]:
    """Results of the exported policy against the environment's panel, JSON-able, each with its kind of match."""
    player = policy_player(recipe.title, brain.logits, recipe.eval.temperature, contract, parallel=True)
    report = play_panel(
        player,
        panel_of(recipe.env.id, recipe.env_kwargs()),
        matches=matches,
        num_worlds=recipe.eval.num_envs,
        seed=CARD_PANEL_SEED,
        kwargs={},
    )
    rows: list[dict[str, Any]] = report.to_dict()["results"]
    return rows


def write_companions(run: Run, out: Path) -> list[Path]:
    """Write the recipe, the learning curve and the card next to the model, for a folder that is shipped."""
    brain = load_brain(out, None, smoke=False)
    written = [out.with_name("recipe.toml"), out.with_name("card.json")]
    write_text(written[0], recipe_to_toml(run.recipe))
    write_text(written[1], json.dumps(brain.card.to_dict(), indent=2, ensure_ascii=False) + "\n")
    for number, stage in enumerate(run.facts.get("parents", []), 1):
        written.append(out.with_name(f"recipe-stage{number}.toml"))
        write_text(written[-1], stage["recipe"])
    for name in ("curve.png", "curve.csv"):
        source = run.folder / name
        if source.exists():
            data = foreign.read_bytes(source, MAX_COMPANION_BYTES, "a part of the run", RunError)
            write_atomic(out.with_name(name), data)
            written.append(out.with_name(name))
    return written


def make_card(run: Run, samples: int, seconds: float) -> Card:
    """The card of a run's policy after this many samples and seconds, without evaluation."""
    recipe, facts = run.recipe, run.facts
    parents = facts.get("parents", [])
    stages = [f"began from {stage['title']!r} ({stage['samples']:,} samples)" for stage in parents]
    return Card(
        title=recipe.title,
        character=recipe.character,
        description=recipe.description,
        author=recipe.export.author,
        licence=recipe.licence,
        env=recipe.env.id,
        env_kwargs=dict(recipe.env.kwargs),
        eval_kwargs=dict(recipe.eval.kwargs),
        recipe=recipe_to_toml(recipe),
        source_revision=str(facts.get("source_revision", "")),
        samples=samples + sum(int(stage["samples"]) for stage in parents),
        seconds=seconds + sum(float(stage["seconds"]) for stage in parents),
        seed=recipe.seed,
        machine=str(facts.get("machine", "")),
        created=str(facts.get("created", "")),
        notes="; ".join(filter(None, [recipe.export.notes, *stages, *_warnings(facts)])),
    )


def _warnings(facts: dict[str, Any]) -> list[str]:
    return [f"warning in training: {text}" for text in warning_lines(facts.get("warnings", []))]


def verify_logits(policy: ActorCriticPolicy, brain: Brain) -> float:
    """Compare torch with onnxruntime on batches of 1, 7 and 64; RunError beyond the tolerance."""
    random = np.random.default_rng(1764)
    worst = 0.0
    for rows in BATCHES:
        for scale in (0.3, 1.0, 3.0):
            observations = (scale * random.standard_normal((rows, brain.contract.observation_size))).astype(
                np.float32
            )
            mask = _some_mask(brain, random, rows)
            logits, values = brain.evaluate(observations, mask)
            wanted = apply_mask(torch_logits(policy, observations), mask).astype(np.float32)
            worst = max(worst, largest_difference(logits, wanted))
            if values is not None:
                worst = max(worst, largest_difference(values, torch_values(policy, observations)))
    if worst > GOLDEN_TOLERANCE:
        raise ExportFailed(
            f"export: expected torch and onnxruntime to agree within {GOLDEN_TOLERANCE:g}, found {worst:.3g}"
        )
    return worst


def _some_mask(brain: Brain, random: np.random.Generator, rows: int) -> NDArray[np.bool_] | None:
    """Random masks for a brain that takes masks, each choice allowed with probability 1/2; otherwise None."""
    contract = brain.contract
    return random.random((rows, contract.logits_size)) < 0.5 if contract.masks else None


def _compare_matches(
    recipe: Recipe,
    contract: Contract,
    policy: ActorCriticPolicy,
    brain: Brain,
    evaluated: list[str | None],
    matches: int,
) -> list[tuple[Report, Report]]:
    """Play the same matches or episodes with torch and with the exported file; ExportFailed if the intervals do not overlap."""
    table = recipe.eval
    rivals = check_evaluation(recipe, contract)
    pairs = []

    def of_torch(
        observations: NDArray[np.float32], mask: NDArray[np.bool_] | None = None
    ) -> NDArray[np.floating]:
        return apply_mask(torch_logits(policy, observations), mask)

    for opponent in evaluated:
        before, after = (
            measure(
                policy_player(recipe.title, logits, table.temperature, contract),
                recipe.env.id,
                opponent,
                matches=matches,
                num_envs=table.num_envs,
                seed=recipe.seed + 2_000_003,
                kwargs=evaluation_kwargs(recipe),
                rivals=rivals,
            )
            for logits in (of_torch, brain.logits)
        )
        if before.interval[0] > after.interval[1] or after.interval[0] > before.interval[1]:
            raise ExportFailed(
                f"export: expected the same result before and after, found {before.line()} / {after.line()}"
            )
        pairs.append((before, after))
    return pairs


def _evaluated(run: Run) -> list[str | None]:
    """Opponents of the comparison: the recipe's, or None (the mean return) if the training was evaluated by return."""
    if run.recipe.eval.opponents:
        return list(run.recipe.eval.opponents)
    return [None] if any(row.get("measure") == "return" for row in run.facts.get("evaluation", [])) else []


def _comparison(before: Report, after: Report) -> dict[str, Any]:
    if isinstance(before, MatchReport) and isinstance(after, MatchReport):
        line = f"vs {after.opponent}: {100 * before.win_rate:.1f} % before export, {100 * after.win_rate:.1f} % after"
        return {
            "opponent": after.opponent,
            "before": before.to_dict(),
            "after": after.to_dict(),
            "line": line,
        }
    assert not isinstance(before, MatchReport)
    assert not isinstance(after, MatchReport)
    line = f"mean return: {before.mean_return:.2f} before export, {after.mean_return:.2f} after"
    return {"before": before.to_dict(), "after": after.to_dict(), "line": line}
