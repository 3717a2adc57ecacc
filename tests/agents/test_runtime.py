"""A model is a file from a stranger: broken and foreign ones are refused with a line that names the fault."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from agents.brain_file import LIMITS, read_brain
from agents.contract import CARD_KEY, CONTRACT_KEY, GOLDEN_KEY, Contract
from agents.errors import BrainFailure, BrainRefused
from agents.runtime import load_brain, make_streams, sample_actions
from safefiles import onnx_smoke
from tests.safefiles.models import busy, count_runs, doubling, initializer, rename_input, twice

from .helpers import ROOT, brain_bytes, paddle_contract, small_recipe

pytestmark = pytest.mark.usefixtures("whole")


@pytest.fixture(scope="module")
def good() -> bytes:
    return brain_bytes()


def _save(folder: Path, data: bytes, name: str = "hunter.onnx") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_a_good_brain_loads_and_plays(tmp_path: Path, good: bytes) -> None:
    brain = load_brain(_save(tmp_path, good), paddle_contract(), cache_dir=tmp_path / "cache")
    observations = np.random.default_rng(0).uniform(-1, 1, (64, 8)).astype(np.float32)
    logits, values = brain.evaluate(observations)
    assert logits.shape == (64, 5)
    assert values is not None
    assert values.shape == (64,)
    assert brain.notes == []
    assert brain.card.title == "random"
    # One call for many rows gives what a call per row gives.
    alone = np.concatenate([brain.logits(observations[row : row + 1]) for row in range(64)])
    assert np.allclose(alone, logits, atol=1e-5)
    assert sample_actions(logits, brain.heads, 1.0, make_streams(0, 64)).shape == (64, 2)


def test_a_brain_on_arrays_that_stay_gives_the_same_logits_for_any_number_of_rows(
    tmp_path: Path, good: bytes
) -> None:
    brain = load_brain(_save(tmp_path, good), None, smoke=False)
    rows = np.random.default_rng(0).uniform(-1, 1, (64, 8)).astype(np.float32)
    logits = np.zeros((64, 5), np.float32)
    bound = brain.bind(rows, logits)
    whole, _ = brain.evaluate(rows)
    assert np.array_equal(whole, brain.logits(rows))
    for count in (1, 2, 7, 64):
        logits[:] = 0
        bound.run(count)
        assert np.array_equal(logits[:count], whole[:count])
        assert not logits[count:].any()
    bound.check(64)
    rows[3] = np.nan
    bound.run(64)
    bound.check(3)
    with pytest.raises(BrainFailure, match=r"brain 'hunter.onnx': expected finite logits, found nan"):
        bound.check(4)


def test_arrays_that_a_brain_does_not_fit_are_refused(tmp_path: Path, good: bytes) -> None:
    brain = load_brain(_save(tmp_path, good), None, smoke=False)
    with pytest.raises(BrainFailure, match=r"expected rows of 8 floats, found shape \(2, 9\)"):
        brain.bind(np.zeros((2, 9), np.float32), np.zeros((2, 5), np.float32))
    with pytest.raises(BrainFailure, match=r"brain 'hunter.onnx'.*expected a C-contiguous float32 array"):
        brain.bind(np.zeros((2, 8), np.float32), np.zeros((2, 5)))  # type: ignore[arg-type]
    read_only = np.zeros((2, 5), np.float32)
    read_only.flags.writeable = False
    with pytest.raises(BrainFailure, match=r"found float32 \(2, 5\), read-only"):
        brain.bind(np.zeros((2, 8), np.float32), read_only)
    bound = brain.bind(np.zeros((2, 8), np.float32), np.zeros((2, 4), np.float32))
    with pytest.raises(BrainFailure, match=r"brain 'hunter.onnx'"):
        bound.run(2)


def test_failures_in_a_match_have_their_own_class(tmp_path: Path, good: bytes) -> None:
    brain = load_brain(_save(tmp_path, good), None, smoke=False)
    with pytest.raises(
        BrainFailure, match=r"brain 'hunter.onnx': expected rows of 8 floats, found shape \(2, 9\)"
    ):
        brain.logits(np.zeros((2, 9), dtype=np.float32))
    with pytest.raises(BrainFailure, match="expected finite logits, found nan"):
        brain.logits(np.full((2, 8), np.nan, dtype=np.float32))


def test_other_rules_are_noted_and_other_senses_refused(tmp_path: Path, good: bytes) -> None:
    path = _save(tmp_path, good)
    other = paddle_contract().to_dict()
    other.pop("slots_hash")
    rules = Contract.from_dict({**other, "rules_hash": "changed"})
    assert load_brain(path, rules, smoke=False).notes == [
        "trained under other rules (paddle-2-0.1, here changed)"
    ]
    slots = [dict(slot) for slot in other["slots"]]
    slots[2] = {**slots[2], "size": 3}
    with pytest.raises(
        BrainRefused,
        match=r"^brain 'hunter.onnx': expected observation slot 2 'ball_position' of size 3, found 2$",
    ):
        load_brain(path, Contract.from_dict({**other, "slots": slots}))


Change = Callable[[onnx.ModelProto], Any]


def _metadata(model: onnx.ModelProto, key: str, change: Callable[[Any], Any]) -> None:
    for entry in model.metadata_props:
        if entry.key == key:
            entry.value = json.dumps(change(json.loads(entry.value)))


def _too_many_nodes(model: onnx.ModelProto) -> None:
    for index in range(300):
        model.graph.node.append(helper.make_node("Identity", ["observation"], [f"i{index}"]))


def _two_values(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Concat", ["value", "value"], ["twice"], axis=1))
    del model.graph.output[1]
    model.graph.output.append(helper.make_tensor_value_info("twice", TensorProto.FLOAT, ["batch", 2]))
    for names in (*(node.input for node in model.graph.node), *(node.output for node in model.graph.node)):
        names[:] = [{"value": "once", "twice": "value"}.get(name, name) for name in names]
    model.graph.output[1].name = "value"


def _slot_size(contract: Any) -> Any:
    contract["slots"][0]["size"] = 2
    contract.pop("slots_hash")
    return contract


def _drop_golden(model: onnx.ModelProto) -> None:
    kept = [entry for entry in model.metadata_props if entry.key != GOLDEN_KEY]
    del model.metadata_props[:]
    model.metadata_props.extend(kept)


def _shift_weights(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    array = numpy_helper.to_array(tensor) + np.float32(0.01)
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _swap_heads(model: onnx.ModelProto) -> None:
    _metadata(model, CONTRACT_KEY, lambda contract: {**contract, "heads": contract["heads"][::-1]})


BROKEN: dict[str, tuple[Change, str]] = {
    "operator": (
        lambda m: setattr(m.graph.node[1], "op_type", "Loop"),
        "node 1: expected one of Add, .*, found operator 'Loop'",
    ),
    "doubling": (doubling, "expected at most 4096 columns, found 8192"),
    "busy": (busy, "expected at most 5000000 multiplications per observation"),
    "input name": (rename_input, "expected input 'observation', found 'obs'"),
    "second input": (
        lambda m: m.graph.input.append(m.graph.output[0]),
        "expected input 'action_mask', found 'logits'",
    ),
    "NaN weights": (
        lambda m: initializer(m, np.full((16, 8), np.nan, dtype=np.float32)),
        "expected finite numbers, found NaN or infinity",
    ),
    "too many nodes": (_too_many_nodes, "expected at most 256 nodes, found"),
    "no outputs": (
        lambda m: m.graph.output.pop(0),
        r"expected outputs 'logits' and perhaps 'value', found \['value'\]",
    ),
    "two values": (_two_values, "expected one 'value' per row, found 2"),
    "foreign model": (
        lambda m: m.ClearField("metadata_props"),
        "expected metadata 'agents.contract', found none",
    ),
    "no golden vectors": (_drop_golden, "expected metadata 'agents.golden'"),
    "metadata twice": (
        twice,
        "expected metadata 'agents.card' once|expected metadata 'agents.contract' once",
    ),
    "contract of another size": (
        lambda m: _metadata(m, CONTRACT_KEY, _slot_size),
        "expected .* floats|expected 16 x 9 floats",
    ),
    "card with numbers for text": (
        lambda m: _metadata(m, CARD_KEY, lambda card: {**card, "title": 5}),
        "agents.card > title: expected a string, found 5",
    ),
    "swapped heads": (_swap_heads, "expected action head 0 'move' of size 3, found 'swing' of size 2"),
    "tampered weights": (_shift_weights, "expected its golden logits within 0.0001, found a difference of"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_and_foreign_models_are_refused_by_name(kind: str, tmp_path: Path, good: bytes) -> None:
    change, message = BROKEN[kind]
    model = onnx.load_from_string(good)
    change(model)
    path = _save(tmp_path, model.SerializeToString())
    with pytest.raises(BrainRefused, match=message) as refused:
        load_brain(path, paddle_contract(), smoke=False)
    line = str(refused.value)
    assert line.startswith("brain 'hunter.onnx'")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.onnx", b"", "expected 1 to 5242880 bytes, found 0"),
        ("a.onnx", b"\0" * (LIMITS.file_bytes + 1), "expected 1 to 5242880 bytes, found 5242881"),
        ("a.onnx", b"not a model at all", "model: expected"),
        ("a.onnx", b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x01a\x94.", "model: expected"),
        ("a.onnx", b"\x08\x08" * 60_000, "expected at most 50000 fields"),
        ("a.pkl", b"\x80\x04.", "expected an .onnx file, found .pkl"),
        ("a.zip", b"PK", "expected an .onnx file, found .zip"),
    ],
)
def test_what_is_no_model_is_refused(name: str, data: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(BrainRefused, match=message):
        load_brain(_save(tmp_path, data, name), None)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrainRefused, match=r"brain 'no.onnx': expected an .onnx file, found no such file"):
        load_brain(tmp_path / "no.onnx", None)


def test_the_guard_passes_what_the_exporter_writes_with_every_setting(tmp_path: Path) -> None:
    for net in (
        {"activation": "relu"},
        {"activation": "elu", "pi": [8, 8, 8]},
        {"normalize_observations": True},
        {"vf": []},
    ):
        _data, model = read_brain(_save(tmp_path, brain_bytes(small_recipe(net=net))), "x")
        assert (model.input_size, model.outputs) == (8, {"logits": 5, "value": 1})
    # The last one: a hidden layer of 16, its activation, the action head, a value straight from the senses.
    assert model.work == 8 * 16 + 16 + 16 * 5 + 8


def test_the_first_run_happens_in_a_child_and_is_remembered(
    tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = count_runs(monkeypatch)
    path, cache = _save(tmp_path, good), tmp_path / "cache"
    load_brain(path, None, cache_dir=cache)
    load_brain(path, None, cache_dir=cache)
    assert len(started) == 1
    assert started[0][0] == sys.executable
    # Another file, or a mark from another version, runs again.
    load_brain(_save(tmp_path, brain_bytes(small_recipe(net={"pi": [4]})), "b.onnx"), None, cache_dir=cache)
    for mark in cache.iterdir():
        mark.write_text("{}")
    load_brain(path, None, cache_dir=cache)
    assert len(started) == 3


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.abort()", "crashed in its first run"),
        ('print(\'{"error": "expected finite"}\')', "failed in its first run: expected finite"),
    ],
)
def test_what_breaks_the_child_is_refused_here(
    code: str, message: str, tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = subprocess.run

    def replaced(command: list[str], **options: Any) -> Any:
        return original([sys.executable, "-c", code], **options)

    monkeypatch.setattr(onnx_smoke.subprocess, "run", replaced)
    with pytest.raises(BrainRefused, match=message):
        load_brain(_save(tmp_path, good), None, cache_dir=tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_overflowing_weights_fail_the_first_run(tmp_path: Path, good: bytes) -> None:
    model = onnx.load_from_string(good)
    for tensor in model.graph.initializer:
        array = np.full_like(numpy_helper.to_array(tensor), 3e38)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    with pytest.raises(BrainRefused, match="failed in its first run: expected 1 rows of finite numbers"):
        load_brain(_save(tmp_path, model.SerializeToString()), None)


def test_playing_needs_no_training_package(tmp_path: Path, good: bytes) -> None:
    path = _save(tmp_path, good)
    code = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from agents.runtime import load_brain, make_streams, sample_actions\n"
        f"brain = load_brain(Path({str(path)!r}), None)\n"
        "sample_actions(brain.logits(np.zeros((2, 8), np.float32)), brain.heads, 1.0, make_streams(1, 2))\n"
        "heavy = 'torch stable_baselines3 onnx gymnasium matplotlib tensorboard pettingzoo typer'.split()\n"
        "print(sorted(set(heavy) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
