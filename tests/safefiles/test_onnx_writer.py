"""A graph written node by node is what the guard reads and onnxruntime runs."""

import numpy as np
import onnxruntime
import pytest

from safefiles.onnx_guard import Limits, ModelShape, Output, guard_model
from safefiles.onnx_writer import GraphBuilder

WEIGHT, BIAS = np.arange(6, dtype=np.float64).reshape(2, 3), np.array([1.0, -20.0])
LIMITS = Limits(file_bytes=10_000, nodes=9, initialisers=9, parameters=99, width=99, work=9_999)


def small(metadata: dict[str, str] | None = None) -> bytes:
    graph = GraphBuilder()
    dense = graph.linear("dense", WEIGHT, BIAS, "in")
    raised = graph.node("Add", [dense, graph.constant("more", np.array(2))], "raised")
    graph.node("Relu", [raised], "out")
    return graph.model("small", {"in": 3}, {"out": 2}, metadata or {"a": "1", "b": "2"}, ("test", "0"))


def test_what_is_written_passes_the_guard_and_computes() -> None:
    data = small()
    model = guard_model(data, "small", ModelShape("in", (Output("out", columns=2),)), LIMITS)
    assert (model.input_size, model.metadata) == (3, {"a": "1", "b": "2"})
    rows = np.array([[1, 2, 3], [-1, 0, 0]], np.float32)
    (found,) = onnxruntime.InferenceSession(data).run(["out"], {"in": rows})
    assert found.tolist() == np.maximum(rows @ WEIGHT.T + BIAS + 2, 0).tolist()


def test_the_same_calls_give_the_same_bytes() -> None:
    assert small() == small()
    assert small() != small({"a": "1"})


def test_a_graph_that_is_none_is_refused() -> None:
    graph = GraphBuilder()
    graph.node("Relu", ["nowhere"], "out")
    with pytest.raises(Exception, match="nowhere"):  # onnx's own error, no class of which is documented
        graph.model("bad", {"in": 3}, {"out": 3}, {}, ("test", "0"))
