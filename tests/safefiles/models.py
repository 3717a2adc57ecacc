"""A small model of two required outputs and an optional one, as a plugin other than `agents` would have it."""

import subprocess
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from safefiles import onnx_smoke
from safefiles.onnx_guard import GuardedModel, Limits, ModelShape, Output, guard_model

INPUT = "noise"
SHAPE = ModelShape(INPUT, (Output("melody"), Output("bass", columns=3), Output("mood", 1, required=False)))
LIMITS = Limits(
    file_bytes=5_000_000, nodes=40, initialisers=40, parameters=5_000_000, width=4096, work=5_000_000
)
SIZES = {INPUT: 8, "melody": 5, "bass": 3, "mood": 1}


def good_model() -> onnx.ModelProto:
    """Noise of 8 through a hidden layer of 16 to melody (5), bass (3) and mood (1)."""
    random = np.random.default_rng(11)
    nodes, tensors = [], []

    def linear(source: str, inner: int, name: str, columns: int) -> None:
        for part, shape in (("weight", (columns, inner)), ("bias", (columns,))):
            value = random.normal(0, 0.5, shape).astype(np.float32)
            tensors.append(numpy_helper.from_array(value, f"{name}.{part}"))
        nodes.append(helper.make_node("Gemm", [source, f"{name}.weight", f"{name}.bias"], [name], transB=1))

    linear(INPUT, SIZES[INPUT], "hidden", 16)
    nodes.append(helper.make_node("Tanh", ["hidden"], ["active"]))
    for name in ("melody", "bass", "mood"):
        linear("active", 16, name, SIZES[name])
    info = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", size])
        for name, size in SIZES.items()
    }
    outputs = [value for name, value in info.items() if name != INPUT]
    graph = helper.make_graph(nodes, "generator", [info[INPUT]], outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {"title": "test", "licence": "MIT"})
    onnx.checker.check_model(model, full_check=True)
    return model


def good_bytes() -> bytes:
    """`good_model` as the bytes of a file."""
    data: bytes = good_model().SerializeToString(deterministic=True)
    return data


def guarded(data: bytes, shape: ModelShape = SHAPE, limits: Limits = LIMITS) -> GuardedModel:
    """What the guard says to `data`; messages call the file `model 'x'`."""
    return guard_model(data, "model 'x'", shape, limits)


def initializer(model: onnx.ModelProto, array: np.ndarray) -> None:
    """Put other numbers in the place of the first initialiser."""
    old = model.graph.initializer[0]
    old.CopyFrom(numpy_helper.from_array(array, old.name))


def doubling(model: onnx.ModelProto) -> None:
    """A few bytes that ask for an array 2^24 times as wide."""
    name = model.graph.input[0].name
    for index in range(24):
        model.graph.node.append(helper.make_node("Concat", [name, name], [f"d{index}"], axis=1))
        name = f"d{index}"


def busy(model: onnx.ModelProto) -> None:
    """Products of large matrices, one after the other; the input has 8 columns."""
    model.graph.initializer.append(numpy_helper.from_array(np.ones((8, 1000), dtype=np.float32), "w0"))
    model.graph.initializer.append(numpy_helper.from_array(np.ones((1000, 1000), dtype=np.float32), "w1"))
    model.graph.node.append(helper.make_node("MatMul", [model.graph.input[0].name, "w0"], ["b0"]))
    for index in range(8):
        model.graph.node.append(helper.make_node("MatMul", [f"b{index}", "w1"], [f"b{index + 1}"]))


def rename_input(model: onnx.ModelProto) -> None:
    """Call the input otherwise than its reader does."""
    model.graph.input[0].name = "obs"


def twice(model: onnx.ModelProto) -> None:
    """Two entries of one key in the metadata."""
    model.metadata_props.append(model.metadata_props[0])


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands of the children that try models from now on, in a list that grows."""
    started: list[list[str]] = []
    original = subprocess.run

    def counting(command: list[str], **options: Any) -> Any:
        started.append(command)
        return original(command, **options)

    monkeypatch.setattr(onnx_smoke.subprocess, "run", counting)
    return started
