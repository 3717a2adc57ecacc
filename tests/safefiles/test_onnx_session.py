"""A model that onnxruntime cannot load or run is an error of ours, in one line."""

import numpy as np
import onnx
import pytest
from onnx import helper

from safefiles.onnx_part import keep_outputs
from safefiles.onnx_session import SessionError, open_session

from .models import INPUT, good_bytes, good_model, guarded


def test_a_model_runs_in_batches_and_names_its_outputs() -> None:
    session = open_session(good_bytes(), INPUT)
    found = session.run(np.zeros((4, 8), np.float32))
    assert dict(zip(session.outputs, (output.shape for output in found), strict=True)) == {
        "melody": (4, 5),
        "bass": (4, 3),
        "mood": (4, 1),
    }


def test_what_onnxruntime_refuses_is_one_line() -> None:
    with pytest.raises(SessionError) as refused:
        open_session(b"not a model", INPUT)
    assert "\n" not in str(refused.value)
    with pytest.raises(SessionError) as failed:
        open_session(good_bytes(), INPUT).run(np.zeros((4, 9), np.float32))
    assert "\n" not in str(failed.value)
    with pytest.raises(SessionError):
        open_session(good_bytes(), "observation").run(np.zeros((4, 8), np.float32))


ROWS = np.random.default_rng(5).normal(size=(9, 8)).astype(np.float32)


def test_bound_arrays_get_what_a_call_returns_for_any_number_of_rows() -> None:
    session = open_session(good_bytes(), INPUT)
    rows, found = ROWS.copy(), np.zeros((9, 3), np.float32)
    bound = session.bind(rows, "bass", found)
    for count in (9, 1, 4, 9):
        found[:] = 7.0
        bound.run(count)
        assert np.array_equal(found[:count], session.run(ROWS[:count])[session.outputs.index("bass")])
        assert (found[count:] == 7.0).all()
    rows[:] = 0.5
    bound.run(2)
    assert np.array_equal(found[:2], session.run(np.full((2, 8), 0.5, np.float32))[1])


def test_arrays_that_do_not_fit_are_refused_in_one_line() -> None:
    session = open_session(good_bytes(), INPUT)
    for count in (0, 10):
        with pytest.raises(SessionError, match=f"rows: expected 1 to 9, found {count}"):
            session.bind(ROWS, "bass", np.zeros((9, 3), np.float32)).run(count)
    for rows, found in (
        (ROWS, np.zeros((9, 4), np.float32)),
        (ROWS[:, :7].copy(), np.zeros((9, 3), np.float32)),
    ):
        with pytest.raises(SessionError) as failed:
            session.bind(rows, "bass", found).run(9)
        assert "\n" not in str(failed.value)
    for array in (ROWS.astype(np.float64), ROWS[::2], ROWS[0], ROWS.T):
        with pytest.raises(
            SessionError, match="rows: expected a C-contiguous float32 array of two dimensions"
        ):
            session.bind(array, "bass", np.zeros((9, 3), np.float32))


@pytest.mark.parametrize("outputs", [["bass"], ["melody", "mood"], ["melody", "bass", "mood"]])
def test_a_part_of_a_model_gives_the_same_bits_with_nothing_that_it_does_not_need(outputs: list[str]) -> None:
    data = good_bytes()
    part = keep_outputs(data, outputs)
    model = onnx.load_from_string(part)
    onnx.checker.check_model(model, full_check=True)
    assert [output.name for output in model.graph.output] == outputs
    assert {tensor.name.partition(".")[0] for tensor in model.graph.initializer} == {"hidden", *outputs}
    assert len(model.graph.node) == 2 + len(outputs)
    assert not model.metadata_props
    whole = open_session(data, INPUT)
    expected = dict(zip(whole.outputs, whole.run(ROWS), strict=True))
    alone = open_session(part, INPUT)
    assert alone.outputs == outputs
    for name, found in zip(alone.outputs, alone.run(ROWS), strict=True):
        assert np.array_equal(found, expected[name])


def test_a_weight_that_only_another_output_needs_is_left_out_wherever_it_stands() -> None:
    model = good_model()
    model.graph.node.append(helper.make_node("Relu", ["bass"], ["floor"]))
    tensors = list(model.graph.initializer)
    del model.graph.initializer[:]
    model.graph.initializer.extend(reversed(tensors))
    guarded(model.SerializeToString())
    part = onnx.load_from_string(keep_outputs(model.SerializeToString(), ["mood"]))
    assert sorted(tensor.name for tensor in part.graph.initializer) == [
        "hidden.bias", "hidden.weight", "mood.bias", "mood.weight",
    ]  # fmt: skip
    assert [node.output[0] for node in part.graph.node] == ["hidden", "active", "mood"]
