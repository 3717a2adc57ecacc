"""Write a trained policy as an ONNX file that proves itself.

The graph is built from the weights by hand (no tracer, so no dependence on torch's exporter): observation
statistics, policy network -> `logits`, value network -> `value`, batch free. Then the file is checked four
ways: onnx's own checker, our loader with golden vectors, torch against onnxruntime on fresh batches of 1, 7
and 64, and matches before and after export.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from stable_baselines3.common.policies import ActorCriticPolicy

from agents import __version__
from agents.brain_file import INPUT, LOGITS, VALUE
from agents.checkpoint import read_checkpoint
from agents.contract import (
    GOLDEN_ROWS,
    GOLDEN_TOLERANCE,
    Card,
    Contract,
    Golden,
    largest_difference,
    write_metadata,
)
from agents.errors import ExportFailed, RunError
from agents.evaluate import MatchReport, Player, evaluate
from agents.networks import ACTIVATION_OPERATORS, EPSILON, policy_settings
from agents.recipe import Recipe, recipe_to_toml
from agents.runtime import Brain, load_brain
from agents.train import Run
from safefiles.writing import write_atomic, write_text

OPSET = 17
IR_VERSION = 8
BATCHES = (1, 7, 64)

Arrays = dict[str, NDArray[Any]]


def export_run(run: Run, out: Path, *, matches: int = 200) -> dict[str, Any]:
    """Export a run's newest checkpoint to `out` and return what was verified. RunError where a check fails.

    `matches` per opponent of the recipe's `[eval]` are played before and after export (0 = none).
    """
    if out.suffix != ".onnx":
        raise RunError(f"{out}: expected a file name that ends in .onnx")
    arrays, values = read_checkpoint(run.latest())
    tensors = {name[7:]: value for name, value in arrays.items() if name.startswith("policy/")}
    contract = Contract.from_dict(run.facts.get("contract"), f"{run.folder} > contract")
    policy = rebuild_policy(run.recipe, contract, tensors)
    golden = make_golden(policy, contract, arrays.get("loop/observation"))
    card = make_card(run, int(values["samples"]))

    draft = out.with_name(f".{out.stem}.draft.onnx")
    try:
        write_atomic(draft, build_model(run.recipe, contract, card, golden, tensors))
        brain = load_brain(draft, contract)
        difference = verify_logits(policy, brain)
        comparisons = _compare_matches(run.recipe, policy, brain, matches) if matches else []
    finally:
        draft.unlink(missing_ok=True)
    after = [pair[1].to_dict() for pair in comparisons] or list(run.facts.get("evaluation", []))
    data = build_model(run.recipe, contract, Card(**{**card.to_dict(), "evaluation": after}), golden, tensors)
    write_atomic(out, data)
    final = load_brain(out, contract)
    return {
        "schema": 1,
        "file": str(out),
        "bytes": len(data),
        "sha256": final.sha256,
        "largest_difference": max(difference, verify_logits(policy, final)),
        "comparisons": [_comparison(before, after) for before, after in comparisons],
    }


def write_companions(run: Run, out: Path) -> list[Path]:
    """Put the recipe, the learning curve and the card beside the model, for a folder that is shipped."""
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
            write_atomic(out.with_name(name), source.read_bytes())
            written.append(out.with_name(name))
    return written


def rebuild_policy(
    recipe: Recipe, contract: Contract, tensors: Mapping[str, NDArray[Any]]
) -> ActorCriticPolicy:
    """The stable-baselines3 policy with the checkpoint's weights: the reference that the export is compared
    with.
    """
    low, high = (np.full(contract.observation_size, bound, dtype=np.float32) for bound in (-np.inf, np.inf))
    policy = ActorCriticPolicy(
        spaces.Box(low, high, dtype=np.float32),
        spaces.MultiDiscrete([head.size for head in contract.heads]),
        lambda _: 0.0,
        **policy_settings(recipe),
    )
    expected = policy.state_dict()
    missing = [
        name
        for name, tensor in expected.items()
        if tensors.get(name, np.empty(0)).shape != tuple(tensor.shape)
    ]
    if missing:
        raise RunError(
            f"checkpoint: expected tensor {missing[0]!r} of shape {list(expected[missing[0]].shape)}"
        )
    policy.load_state_dict({name: torch.from_numpy(tensors[name]) for name in expected})
    policy.set_training_mode(False)
    return policy


def torch_logits(policy: ActorCriticPolicy, observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """What stable-baselines3 computes: features, policy network, action network."""
    with torch.inference_mode():
        features = policy.features_extractor(torch.from_numpy(observations))
        logits: NDArray[np.float32] = policy.action_net(policy.mlp_extractor.forward_actor(features)).numpy()
    return logits


def torch_values(policy: ActorCriticPolicy, observations: NDArray[np.float32]) -> NDArray[np.float32]:
    """The value network's estimate, one per row."""
    with torch.inference_mode():
        features = policy.features_extractor(torch.from_numpy(observations))
        values: NDArray[np.float32] = policy.value_net(policy.mlp_extractor.forward_critic(features)).numpy()[
            :, 0
        ]
    return values


def build_model(
    recipe: Recipe, contract: Contract, card: Card, golden: Golden, tensors: Mapping[str, NDArray[Any]]
) -> bytes:
    """The ONNX file's bytes: the same input gives the same bytes."""
    builder = _Builder(tensors, ACTIVATION_OPERATORS[recipe.net.activation])
    features = builder.normalise(INPUT)
    hidden = builder.tower("mlp_extractor.policy_net", features)
    builder.linear("action_net", hidden, LOGITS)
    hidden = builder.tower("mlp_extractor.value_net", features)
    builder.linear("value_net", hidden, VALUE)
    sizes = {INPUT: contract.observation_size, LOGITS: contract.logits_size, VALUE: 1}
    info = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
        for name, size in sizes.items()
    }
    graph = helper.make_graph(
        builder.nodes, "policy", [info[INPUT]], [info[LOGITS], info[VALUE]], builder.tensors
    )
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="agents",
        producer_version=__version__,
    )
    helper.set_model_props(model, write_metadata(contract, card, golden))
    onnx.checker.check_model(model, full_check=True)
    data: bytes = model.SerializeToString(deterministic=True)
    return data


class _Builder:
    """Collects nodes and tensors of the graph; names follow the policy's own."""

    def __init__(self, source: Mapping[str, NDArray[Any]], activation: str) -> None:
        self.source, self.activation = source, activation
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype=np.float32), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self.nodes.append(
            helper.make_node(operator, inputs, [output], name=f"{operator}_{output}", **attributes)
        )
        return output

    def normalise(self, source: str) -> str:
        """(x - mean) * scale, clipped, where the recipe normalised; else the observation as it is."""
        if "features_extractor.mean" not in self.source:
            return source
        # float32 throughout, as the learner computed it.
        scale = 1.0 / np.sqrt(
            self.source["features_extractor.variance"].astype(np.float32) + np.float32(EPSILON)
        )
        clip = float(self.source["clip"])
        shifted = self.node(
            "Sub", [source, self.constant("mean", self.source["features_extractor.mean"])], "shifted"
        )
        scaled = self.node("Mul", [shifted, self.constant("scale", scale)], "scaled")
        bounds = [
            self.constant(name, np.array(value)) for name, value in (("lowest", -clip), ("highest", clip))
        ]
        return self.node("Clip", [scaled, *bounds], "normalised")

    def tower(self, name: str, source: str) -> str:
        """The hidden layers of one network."""
        index = 0
        while f"{name}.{index}.weight" in self.source:
            source = self.linear(f"{name}.{index}", source, f"{name}.{index}")
            source = self.node(self.activation, [source], f"{name}.{index + 1}")
            index += 2
        return source

    def linear(self, name: str, source: str, output: str) -> str:
        weight, bias = (
            self.constant(f"{name}.{part}", self.source[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        return self.node("Gemm", [source, weight, bias], output, transB=1)


def make_golden(policy: ActorCriticPolicy, contract: Contract, seen: NDArray[Any] | None) -> Golden:
    """GOLDEN_ROWS observations, most of them met in training, the rest drawn from the slots' ranges."""
    random = np.random.default_rng(16)
    low = np.concatenate([np.full(s.size, -1.0 if s.low is None else s.low) for s in contract.slots])
    high = np.concatenate([np.full(s.size, 1.0 if s.high is None else s.high) for s in contract.slots])
    rows = random.uniform(low, high, (GOLDEN_ROWS, contract.observation_size)).astype(np.float32)
    if seen is not None and seen.ndim == 2 and seen.shape[1] == contract.observation_size:
        real = seen[np.linspace(0, len(seen) - 1, min(len(seen), GOLDEN_ROWS - 4)).astype(np.int64)]
        rows[: len(real)] = real
    return Golden(rows, torch_logits(policy, rows))


def make_card(run: Run, samples: int) -> Card:
    """The card of a run's policy, without evaluation."""
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
        recipe=recipe_to_toml(recipe),
        source_revision=str(facts.get("source_revision", "")),
        samples=samples + sum(int(stage["samples"]) for stage in parents),
        seconds=float(facts.get("seconds", 0.0)) + sum(float(stage["seconds"]) for stage in parents),
        seed=recipe.seed,
        machine=str(facts.get("machine", "")),
        created=str(facts.get("created", "")),
        notes="; ".join(filter(None, [recipe.export.notes, *stages])),
    )


def verify_logits(policy: ActorCriticPolicy, brain: Brain) -> float:
    """Compare torch with onnxruntime on batches of 1, 7 and 64; RunError beyond the tolerance."""
    random = np.random.default_rng(1764)
    worst = 0.0
    for rows in BATCHES:
        for scale in (0.3, 1.0, 3.0):
            observations = (scale * random.standard_normal((rows, brain.contract.observation_size))).astype(
                np.float32
            )
            logits, values = brain.evaluate(observations)
            worst = max(worst, largest_difference(logits, torch_logits(policy, observations)))
            if values is not None:
                worst = max(worst, largest_difference(values, torch_values(policy, observations)))
    if worst > GOLDEN_TOLERANCE:
        raise ExportFailed(
            f"export: expected torch and onnxruntime to agree within {GOLDEN_TOLERANCE:g}, found {worst:.3g}"
        )
    return worst


def _compare_matches(
    recipe: Recipe, policy: ActorCriticPolicy, brain: Brain, matches: int
) -> list[tuple[MatchReport, MatchReport]]:
    """The same matches by torch and by the exported file; ExportFailed where the intervals do not meet."""
    table = recipe.eval
    kwargs = {key: value for key, value in recipe.env.kwargs.items() if key != "opponent"} | table.kwargs
    pairs = []
    for opponent in table.opponents:
        reports = [
            evaluate(
                Player(recipe.title, logits, table.temperature),
                recipe.env.id,
                opponent,
                matches=matches,
                num_envs=table.num_envs,
                seed=recipe.seed + 2_000_003,
                kwargs=kwargs,
            )
            for logits in (lambda observations: torch_logits(policy, observations), brain.logits)
        ]
        before, after = reports
        if before.interval[0] > after.interval[1] or after.interval[0] > before.interval[1]:
            raise ExportFailed(
                f"export: expected the same win rate before and after, found {before.line()} / {after.line()}"
            )
        pairs.append((before, after))
    return pairs


def _comparison(before: MatchReport, after: MatchReport) -> dict[str, Any]:
    rates = f"{100 * before.win_rate:.1f} % before export, {100 * after.win_rate:.1f} % after"
    line = f"vs {after.opponent}: {rates}"
    return {"opponent": after.opponent, "before": before.to_dict(), "after": after.to_dict(), "line": line}
