"""A small model of two required outputs and an optional one, as a plugin other than `agents` would have it."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

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
