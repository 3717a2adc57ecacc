"""Mutators of ONNX models: the JSON in their metadata, their graph and weights through onnx's own classes, and raw protobuf."""

import base64
from collections.abc import Sequence
from random import Random
from typing import Any, Final

import numpy as np

from tests.fuzz.containers import odd_numbers
from tests.fuzz.mutate import NUMBERS, TEXTS, json_tree, nonsense, one_of, raw_bytes

_OPERATORS: Final = (
    "Identity", "Loop", "If", "Scan", "Expand", "Tile", "ConstantOfShape", "RandomNormal", "Gemm", "MatMul", "Relu",
    "Tanh", "Exp", "Log", "Sqrt",
    "Div", "Concat", "Reshape", "Softmax", "Clip", "Cast", "Gather", "Pad", "Resize", "Einsum", "Conv", "LSTM", "Pow",
    "", "x" * 300, "\x1b[31m",
)  # fmt: skip
_DIMS: Final = (0, 1, 2, 7, 64, -1, 4096, 4097, 1 << 20, 1 << 31, 1 << 40, (1 << 63) - 1)


def _parsed(data: bytes) -> Any:
    """The model as onnx's own object; None for what is none any more."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        return onnx.load_model_from_string(data)
    except (DecodeError, ValueError):
        return None


def metadata(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """One entry of the metadata changed: its JSON or base64, its key; dropped, doubled, taken from another model."""
    model = _parsed(data)
    if model is None or not model.metadata_props:
        return raw_bytes(chance, data, others)
    entries = model.metadata_props
    at = chance.randrange(len(entries))
    kind = chance.randrange(10)
    if kind <= 5:
        text = entries[at].value
        with_json = text[:1] in ("{", "[")
        changed = json_tree(chance, text.encode(), ()) if with_json else _other_text(chance, text)
        entries[at].value = changed.decode("utf-8", "replace")
    elif kind == 6:
        del entries[at]
    elif kind == 7:
        entries.add().CopyFrom(entries[at])
    elif kind == 8:
        entry = entries.add()
        entry.key, entry.value = (chance.choice(TEXTS).encode("utf-8", "replace").decode() for _ in range(2))
    elif others and (other := _parsed(others[0])) is not None:
        del entries[:]
        entries.extend(other.metadata_props)
    return _bytes(model)


def _other_text(chance: Random, text: str) -> bytes:
    """A number as text, or base64 of other numbers."""
    if text.isdigit():
        return str(chance.choice(NUMBERS)).encode()
    try:
        numbers = np.frombuffer(base64.b64decode(text), "<f4")
    except ValueError:
        return chance.choice(TEXTS).encode("utf-8", "replace")
    return base64.b64encode(odd_numbers(chance, numbers).tobytes())


def graph(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Nodes, weights, shapes, inputs and outputs, versions: one or two of them changed."""
    model = _parsed(data)
    if model is None:
        return raw_bytes(chance, data, others)
    for _ in range(chance.choice((1, 1, 2))):
        step = chance.choice((_node, _node, _weight, _weight, _shape, _version, _foreign))
        try:
            step(chance, model)
        except (ValueError, IndexError, TypeError, OverflowError):
            return raw_bytes(chance, data, others)
    return _bytes(model)


def _bytes(model: Any) -> bytes:
    data: bytes = model.SerializeToString(deterministic=True)
    return data


def _node(chance: Random, model: Any) -> None:
    """A node dropped, doubled, moved, renamed, rewired into a loop, or with another attribute."""
    nodes = model.graph.node
    if not nodes:
        return
    at = chance.randrange(len(nodes))
    kind = chance.randrange(7)
    if kind == 0:
        del nodes[at]
    elif kind == 1:
        for _ in range(chance.choice((1, 3, 300))):
            nodes.add().CopyFrom(nodes[at])
    elif kind == 2:
        nodes[at].op_type = chance.choice(_OPERATORS)
    elif kind == 3:
        other = nodes[chance.randrange(len(nodes))]
        if nodes[at].input:
            nodes[at].input[0] = chance.choice((*other.output, *other.input, "", "nobody"))
    elif kind == 4:
        nodes[at].domain = chance.choice(("com.microsoft", "ai.onnx.ml", "x" * 300))
    elif kind == 5:
        attribute = nodes[at].attribute.add()
        attribute.name = chance.choice(
            ("alpha", "beta", "transA", "transB", "axis", "to", "body", "value", "x")
        )
        attribute.type, attribute.i, attribute.f = (
            chance.choice((1, 2, 3, 5, 7, 99)),
            chance.choice(_DIMS),
            float("inf"),
        )
    else:
        for attribute in nodes[at].attribute:
            attribute.i, attribute.f = chance.choice(_DIMS), chance.choice((0.0, -1.0, float("nan"), 1e30))


def _weight(chance: Random, model: Any) -> None:
    """An initialiser with other numbers, dimensions, type or place; one dropped, doubled, or renamed to another."""
    tensors = model.graph.initializer
    if not tensors:
        return
    tensor = tensors[chance.randrange(len(tensors))]
    kind = chance.randrange(9)
    if kind <= 2 and tensor.raw_data and len(tensor.raw_data) % 4 == 0:
        tensor.raw_data = odd_numbers(chance, np.frombuffer(tensor.raw_data, "<f4")).tobytes()
    elif kind == 3 and tensor.dims:
        tensor.dims[chance.randrange(len(tensor.dims))] = chance.choice(_DIMS)
    elif kind == 4:
        tensor.dims.extend([1] * chance.choice((1, 9, 200)))
    elif kind == 5:
        tensor.data_type = chance.choice((0, 2, 7, 8, 10, 11, 16, 23, 99))
    elif kind == 6:
        tensor.data_location = 1
        for key, value in (("location", "../../weights.bin"), ("offset", "0"), ("length", "99999999999")):
            entry = tensor.external_data.add()
            entry.key, entry.value = key, value
    elif kind == 7:
        tensor.raw_data = chance.choice((b"", tensor.raw_data[:-1], tensor.raw_data * 2, bytes(1 << 20)))
    else:
        tensor.name = tensors[chance.randrange(len(tensors))].name


def _shape(chance: Random, model: Any) -> None:
    """A dimension, name or type of the inputs or outputs; one more or less of them."""
    values = chance.choice((model.graph.input, model.graph.output))
    if not values:
        return
    value = values[chance.randrange(len(values))]
    kind = chance.randrange(5)
    if kind == 0:
        del values[:]
    elif kind == 1:
        values.add().CopyFrom(value)
    elif kind == 2:
        value.name = chance.choice(("observation", "logits", "value", "", "x" * 300))
    elif kind == 3:
        value.type.tensor_type.elem_type = chance.choice((0, 7, 10, 11, 99))
    else:
        dims = value.type.tensor_type.shape.dim
        if dims:
            dims[chance.randrange(len(dims))].dim_value = chance.choice(_DIMS)


def _version(chance: Random, model: Any) -> None:
    """The versions of the format and of the operators."""
    kind = chance.randrange(4)
    if kind == 0:
        model.ir_version = chance.choice((0, 3, 7, 9, 12, 99, (1 << 63) - 1))
    elif kind == 1 and model.opset_import:
        model.opset_import[0].version = chance.choice((1, 7, 12, 13, 22, 99, (1 << 63) - 1))
    elif kind == 2:
        model.opset_import.add().domain = "com.microsoft"
    else:
        model.producer_name = chance.choice(TEXTS).encode("utf-8", "replace").decode()


def _foreign(chance: Random, model: Any) -> None:
    """What no model of ours has: a subgraph, a function, training information, a sparse weight, a long text."""
    kind = chance.randrange(5)
    if kind == 0 and model.graph.node:
        whole = model.graph.SerializeToString()  # protobuf does not survive copying a message into itself
        attribute = model.graph.node[0].attribute.add()
        attribute.name, attribute.type = "body", 5
        attribute.g.ParseFromString(whole)
    elif kind == 1:
        model.functions.add().name = "f"
    elif kind == 2:
        model.training_info.add()
    elif kind == 3:
        model.graph.sparse_initializer.add()
    else:
        model.graph.doc_string = "x" * chance.choice((1, 70_000))


def swapped(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """The metadata of this model over the graph of another, and other small lies that fit together."""
    model, other = _parsed(data), _parsed(chance.choice(list(others))) if others else None
    if model is None or other is None:
        return graph(chance, data, others)
    model.graph.CopyFrom(other.graph)
    return _bytes(model)


model_file: Final = one_of((6, metadata), (6, graph), (1, swapped), (3, raw_bytes), (1, nonsense))
