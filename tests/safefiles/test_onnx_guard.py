"""A model is a file from a stranger: what does not belong is refused by a line that names the fault and its place."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper

from safefiles.errors import FileRefused
from safefiles.onnx_guard import ModelShape, Output, read_model

from .models import (
    INPUT,
    LIMITS,
    SHAPE,
    busy,
    doubling,
    good_bytes,
    good_model,
    guarded,
    initializer,
    rename_input,
    twice,
)

Change = Callable[[onnx.ModelProto], Any]


@pytest.fixture(scope="module")
def good() -> bytes:
    return good_bytes()


def test_a_good_model_passes_and_is_measured(good: bytes) -> None:
    model = guarded(good)
    assert model.input_size == 8
    assert model.outputs == {"melody": 5, "bass": 3, "mood": 1}
    assert model.metadata == {"title": "test", "licence": "MIT"}
    assert model.nodes == 5
    assert model.parameters == (8 + 1) * 16 + (16 + 1) * (5 + 3 + 1)
    assert model.work == 8 * 16 + 16 + 16 * (5 + 3 + 1)


def test_an_optional_output_may_be_missing_and_a_required_one_may_not() -> None:
    model = good_model()
    assert model.graph.output.pop().name == "mood"
    assert guarded(model.SerializeToString()).outputs == {"melody": 5, "bass": 3}
    model.graph.output.pop()
    with pytest.raises(
        FileRefused, match=r"expected outputs 'melody', 'bass' and perhaps 'mood', found \['melody'\]"
    ):
        guarded(model.SerializeToString())
    with pytest.raises(FileRefused, match=r"expected outputs 'melody', 'bass', found \['melody'\]"):
        guarded(model.SerializeToString(), ModelShape(INPUT, SHAPE.outputs[:2]))


def test_an_output_that_nobody_asked_for_is_refused(good: bytes) -> None:
    with pytest.raises(FileRefused, match=r"'bass', found \['bass', 'melody', 'mood'\]"):
        guarded(good, ModelShape(INPUT, SHAPE.outputs[:2]))


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (Output("mood", 2), "expected 2 'mood' per row, found 1"),
        (Output("bass", 1), "expected one 'bass' per row, found 3"),
    ],
)
def test_an_output_of_another_size_is_refused(good: bytes, output: Output, message: str) -> None:
    others = tuple(item for item in SHAPE.outputs if item.name != output.name)
    with pytest.raises(FileRefused, match=message):
        guarded(good, ModelShape(INPUT, (*others, output)))


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ({"nodes": 4}, "expected at most 4 nodes, found 5"),
        ({"initialisers": 7}, "expected at most 7 initializers, found 8"),
        ({"parameters": 296}, "expected at most 296 numbers in all tensors, found more"),
        ({"width": 15}, "expected at most 2 dimensions of 1 to 15"),
        ({"work": 287}, "expected at most 287 multiplications per noise, found more"),
    ],
)
def test_each_limit_is_the_callers(good: bytes, limit: dict[str, int], message: str) -> None:
    guarded(good, limits=replace(LIMITS, **{key: value + 1 for key, value in limit.items()}))
    with pytest.raises(FileRefused, match=message):
        guarded(good, limits=replace(LIMITS, **limit))


def test_the_size_of_the_file_is_limited(good: bytes) -> None:
    guarded(good, limits=replace(LIMITS, file_bytes=len(good)))
    message = f"^model 'x': expected 1 to {len(good) - 1} bytes, found {len(good)}$"
    with pytest.raises(FileRefused, match=message):
        guarded(good, limits=replace(LIMITS, file_bytes=len(good) - 1))


def test_no_more_is_read_than_shows_that_a_file_is_too_large(tmp_path: Path, good: bytes) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(good)
    assert read_model(path, "x", LIMITS) == good
    assert read_model(path, "x", replace(LIMITS, file_bytes=100)) == good[:101]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.onnx")
    with pytest.raises(FileRefused, match=r"^x: expected an \.onnx file, found .*pipe"):
        read_model(tmp_path / "a.onnx", "x", LIMITS)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("a.pkl", "^x: expected an .onnx file, found .pkl$"),
        ("a", "^x: expected an .onnx file, found no suffix$"),
        ("no.onnx", "^x: expected an .onnx file, found no such file$"),
    ],
)
def test_what_is_no_onnx_file_is_not_read(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(FileRefused, match=message):
        read_model(tmp_path / name, "x", LIMITS)


def _external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret.bin")


def _subgraph(model: onnx.ModelProto) -> None:
    branch = helper.make_graph([], "branch", [], [])
    model.graph.node.append(helper.make_node("If", ["melody"], ["x"], then_branch=branch, else_branch=branch))


def _hidden_subgraph(model: onnx.ModelProto) -> None:
    model.graph.node[0].attribute.append(helper.make_attribute("body", helper.make_graph([], "b", [], [])))


def _function(model: onnx.ModelProto) -> None:
    model.functions.append(helper.make_function("own", "F", ["x"], ["y"], [], [helper.make_opsetid("", 17)]))


def _outer_product(model: onnx.ModelProto) -> None:
    column = numpy_helper.from_array(np.ones((4000, 1), dtype=np.float32), "column")
    model.graph.initializer.append(column)
    model.graph.node.append(helper.make_node("Add", [INPUT, "column"], ["wide"]))


def _domain(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.microsoft"


def _second_opset(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def _batch_of_one(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1


def _free_width(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "any"


def _cycle(model: onnx.ModelProto) -> None:
    model.graph.node.insert(0, helper.make_node("Identity", ["melody"], ["early"]))


def _too_many_nodes(model: onnx.ModelProto) -> None:
    for index in range(50):
        model.graph.node.append(helper.make_node("Identity", [INPUT], [f"i{index}"]))


def _wider_output(model: onnx.ModelProto) -> None:
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 6


def _much_metadata(model: onnx.ModelProto) -> None:
    for index in range(65):
        model.metadata_props.add(key=f"key {index}", value="")


BROKEN: dict[str, tuple[Change, str]] = {
    "operator": (
        lambda m: setattr(m.graph.node[1], "op_type", "Loop"),
        "node 1: expected one of Add, .*, found operator 'Loop'",
    ),
    "unknown domain": (_domain, "node 0: expected a standard operator, found domain 'com.microsoft'"),
    "second operator set": (_second_opset, "expected one operator set, found 2"),
    "old operator set": (lambda m: setattr(m.opset_import[0], "version", 9), "version 13 to 21, found '' 9"),
    "future file version": (
        lambda m: setattr(m, "ir_version", 99),
        "expected ONNX IR version 7 to 11, found 99",
    ),
    "external data": (_external, "found external data"),
    "subgraph": (_subgraph, "found operator 'If'"),
    "hidden subgraph": (
        _hidden_subgraph,
        "attribute of node 0 Gemm: expected only known fields, found a subgraph",
    ),
    "functions": (_function, "model: expected only known fields, found functions"),
    "doubling": (doubling, "expected at most 4096 columns, found 8192"),
    "outer product": (_outer_product, r"Add: expected matching shapes, found \[batch, 8\], \[4000, 1\]"),
    "busy": (busy, "expected at most 5000000 multiplications per noise"),
    "input name": (rename_input, "expected input 'noise', found 'obs'"),
    "second input": (
        lambda m: m.graph.input.append(m.graph.output[0]),
        "expected one input 'noise', found 2",
    ),
    "fixed batch": (_batch_of_one, "expected a free batch dimension, found 1"),
    "free width": (_free_width, "expected a fixed size of 1 to 4096 columns"),
    "half precision": (
        lambda m: initializer(m, np.ones((16, 8), dtype=np.float16)),
        "expected float32, found data type 10",
    ),
    "NaN weights": (
        lambda m: initializer(m, np.full((16, 8), np.nan, dtype=np.float32)),
        "expected finite numbers, found NaN or infinity",
    ),
    "weights of another size": (
        lambda m: initializer(m, np.ones((16, 9), dtype=np.float32)),
        r"node 0 Gemm: expected matching shapes",
    ),
    "cubic weights": (
        lambda m: initializer(m, np.ones((4, 4, 8), dtype=np.float32)),
        "expected at most 2 dimensions",
    ),
    "cycle": (_cycle, "node 0 Identity: expected an input defined before, found 'melody'"),
    "redefinition": (lambda m: m.graph.node.append(m.graph.node[0]), "expected a new name, found .* again"),
    "too many nodes": (_too_many_nodes, "expected at most 40 nodes, found"),
    "an output twice": (
        lambda m: m.graph.output.append(m.graph.output[0]),
        r"expected outputs 'melody', 'bass' and perhaps 'mood', found \['bass', 'melody', 'mood'\]",
    ),
    "no outputs": (lambda m: m.graph.ClearField("output"), r"expected outputs .*, found \[\]"),
    "output of another shape": (
        _wider_output,
        r"expected output 'melody' of shape \[batch, 6\], found \[batch, 5\]",
    ),
    "declared memory shapes": (
        lambda m: m.graph.value_info.append(m.graph.output[0]),
        "graph: expected only known fields, found value_info",
    ),
    "sparse weights": (
        lambda m: m.graph.sparse_initializer.add(),
        "graph: expected only known fields, found sparse initializers",
    ),
    "metadata twice": (twice, "expected metadata 'title' once, found it twice"),
    "much metadata": (_much_metadata, "expected at most 64 metadata entries, found 67"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_and_foreign_models_are_refused_by_name(kind: str) -> None:
    change, message = BROKEN[kind]
    model = good_model()
    change(model)
    with pytest.raises(FileRefused, match=message) as refused:
        guarded(model.SerializeToString())
    line = str(refused.value)
    assert line.startswith("model 'x'")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "expected 1 to 5000000 bytes, found 0"),
        (b"\0" * 5_000_001, "expected 1 to 5000000 bytes, found 5000001"),
        (b"not a model at all", "model: expected"),
        (b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00\x8c\x01a\x94.", "model: expected"),
        (b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "model: expected .* bytes"),
        (b"\x08\x08" * 60_000, "expected at most 50000 fields"),
        (b"\x08" + b"\x80" * 12, "expected a number of at most 10 bytes"),
    ],
)
def test_what_is_no_model_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileRefused, match=message):
        guarded(data)


@settings(max_examples=150)
@given(st.data())
def test_damaged_bytes_are_refused_or_read_but_never_crash(good: bytes, data: st.DataObject) -> None:
    hurt = bytearray(good)
    for _ in range(data.draw(st.integers(1, 4))):
        hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(hurt)))
    for candidate in (bytes(hurt), bytes(hurt[:cut])):
        try:
            guarded(candidate)
        except FileRefused:
            continue
