"""Check an untrusted ONNX file with a bounded protobuf reader and an allow-list, without the onnx package.

A model passes only if its graph takes one float input of a fixed size (batch free) through a bounded number of
allow-listed operators to the outputs that its caller expects, each one row per row of the input. The shape of every
value is worked out here, so no graph can use huge memory or time by broadcasting. Field numbers follow onnx.proto3
(ONNX IR version 8 to 10).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safefiles.errors import FileRefused
from safefiles.foreign import read_regular, refuse_errors
from safefiles.onnx_messages import say
from safefiles.onnx_operators import BATCH, OPERATORS, GraphNode, Shape, shape_text, work_of
from safefiles.protobuf import BYTES, FIXED32, VARINT, Fields, Message, Reader, Value
from safefiles.text import clean

OPSETS = range(13, 22)
IR_VERSIONS = range(7, 12)
MAX_METADATA = 64  # entries

_FLOAT = 1  # TensorProto.DataType.FLOAT


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How large a model may be."""

    file_bytes: int
    nodes: int
    initialisers: int
    parameters: int  # numbers in all initialisers together
    width: int  # columns of any value in the graph
    work: int  # multiplications per row of the input


@dataclass(frozen=True)
class Output:
    """An output of shape (batch, columns)."""

    name: str
    columns: int | None = None  # None: as many as the model says
    required: bool = True


@dataclass(frozen=True)
class ModelShape:
    """Allowed inputs and outputs: at least one output is required, and no others are allowed.

    `more_inputs` may follow the first one, in this order.
    """

    input: str
    outputs: tuple[Output, ...]
    more_inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class GuardedModel:
    """The guard's facts about a model that passed."""

    metadata: dict[str, str]
    input_size: int  # columns of the first input
    inputs: dict[str, int]  # columns of each input, by name
    outputs: dict[str, int]  # columns of each output, by name
    nodes: int
    parameters: int
    work: int  # multiplications per row of the input


def read_model(path: Path, name: str, limits: Limits) -> bytes:
    """Return the bytes of an `.onnx` file, at most as many as the guard needs to refuse a file that is too large.

    FileRefused if the name has another suffix or the file cannot be read. `name` is its name in messages.
    """
    if path.suffix != ".onnx":
        raise FileRefused(say("suffix", where=name, found=path.suffix or say("no_suffix")))
    with refuse_errors(name, say("onnx_file")):
        return read_regular(
            path, limits.file_bytes
        )  # a pipe of that name is not opened: reading would wait for ever


def guard_model(data: bytes, name: str, shape: ModelShape, limits: Limits) -> GuardedModel:
    """Check the bytes of an `.onnx` file; FileRefused says what is not allowed, and where."""
    if not 1 <= len(data) <= limits.file_bytes:
        raise FileRefused(say("file_bytes", where=name, most=limits.file_bytes, found=len(data)))
    reader = Reader(name, _REFUSED_FIELDS)
    model = reader.message(memoryview(data), "model", _MODEL)
    _check_header(reader, model, name)
    graph = reader.message(reader.one(model, "graph", "model"), "graph", _GRAPH)
    metadata = _metadata(reader, model, name, limits)
    return _Graph(reader, graph, name, shape, limits).check(metadata)


# Each table: field number -> (name, wire type). A field not listed is refused by number.
_MODEL: Fields = {
    1: ("ir_version", VARINT),
    2: ("producer_name", BYTES),
    3: ("producer_version", BYTES),
    4: ("domain", BYTES),
    5: ("model_version", VARINT),
    6: ("doc_string", BYTES),
    7: ("graph", BYTES),
    8: ("opset_import", BYTES),
    14: ("metadata_props", BYTES),
}
_OPSET: Fields = {1: ("domain", BYTES), 2: ("version", VARINT)}
_ENTRY: Fields = {1: ("key", BYTES), 2: ("value", BYTES)}
_GRAPH: Fields = {
    1: ("node", BYTES),
    2: ("name", BYTES),
    5: ("initializer", BYTES),
    10: ("doc_string", BYTES),
    11: ("input", BYTES),
    12: ("output", BYTES),
}
_NODE: Fields = {
    1: ("input", BYTES),
    2: ("output", BYTES),
    3: ("name", BYTES),
    4: ("op_type", BYTES),
    5: ("attribute", BYTES),
    6: ("doc_string", BYTES),
    7: ("domain", BYTES),
}
_ATTRIBUTE: Fields = {
    1: ("name", BYTES),
    2: ("f", FIXED32),
    3: ("i", VARINT),
    5: ("t", BYTES),
    13: ("doc_string", BYTES),
    20: ("type", VARINT),
}
_TENSOR: Fields = {
    1: ("dims", VARINT),
    2: ("data_type", VARINT),
    8: ("name", BYTES),
    9: ("raw_data", BYTES),
    12: ("doc_string", BYTES),
    14: ("data_location", VARINT),
}
_VALUE_INFO: Fields = {1: ("name", BYTES), 2: ("type", BYTES), 3: ("doc_string", BYTES)}
_TYPE: Fields = {1: ("tensor_type", BYTES), 6: ("denotation", BYTES)}
_TENSOR_TYPE: Fields = {1: ("elem_type", VARINT), 2: ("shape", BYTES)}
_SHAPE: Fields = {1: ("dim", BYTES)}
_DIMENSION: Fields = {1: ("dim_value", VARINT), 2: ("dim_param", BYTES), 3: ("denotation", BYTES)}

# Names, for messages, of fields that hostile or foreign models use.
_REFUSED_FIELDS = {
    ("model", 20): say("training_info"),
    ("model", 25): say("functions"),
    ("model", 26): say("device_config"),
    ("graph", 13): "value_info",
    ("graph", 14): say("quantization"),
    ("graph", 15): say("sparse_initializers"),
    ("attribute", 6): say("subgraph"),
    ("attribute", 11): say("subgraphs"),
    ("attribute", 22): say("sparse_tensor"),
    ("tensor", 13): say("external"),
    ("tensor", 4): say("float_data"),
}


def _check_header(reader: Reader, model: Message, name: str) -> None:
    version = reader.number(model, "ir_version", "model")
    if version not in IR_VERSIONS:
        raise FileRefused(
            say("ir_version", where=name, low=IR_VERSIONS[0], high=IR_VERSIONS[-1], found=version)
        )
    imports = model.get("opset_import", [])
    if len(imports) != 1:
        raise FileRefused(say("one_opset", where=name, found=len(imports)))
    opset = reader.message(imports[0], "opset_import", _OPSET)
    domain, number = (
        reader.string(opset, "domain", "opset_import"),
        reader.number(opset, "version", "opset_import"),
    )
    if domain not in ("", "ai.onnx") or number not in OPSETS:
        raise FileRefused(
            say("opset", where=name, low=OPSETS[0], high=OPSETS[-1], domain=domain, found=number)
        )


def _metadata(reader: Reader, model: Message, name: str, limits: Limits) -> dict[str, str]:
    entries = model.get("metadata_props", [])
    if len(entries) > MAX_METADATA:
        raise FileRefused(say("most_metadata", where=name, most=MAX_METADATA, found=len(entries)))
    metadata: dict[str, str] = {}
    for index, entry in enumerate(entries):
        where = f"metadata {index}"
        fields = reader.message(entry, where, _ENTRY)
        key = reader.string(fields, "key", where)
        if key in metadata:
            raise FileRefused(say("metadata_twice", where=name, key=key))
        metadata[key] = (
            reader.text(reader.one(fields, "value", where), where, limits.file_bytes)
            if "value" in fields
            else ""
        )
    return metadata


class _Graph:
    """Walks the nodes in order, working out every shape."""

    def __init__(self, reader: Reader, graph: Message, name: str, shape: ModelShape, limits: Limits) -> None:
        self.reader, self.graph, self.name = reader, graph, name
        self.shape, self.limits = shape, limits
        self.shapes: dict[str, Shape] = {}
        self.parameters = self.work = 0

    def check(self, metadata: dict[str, str]) -> GuardedModel:
        """Inputs, initialisers, nodes, outputs: in that order."""
        self._count("node", self.limits.nodes)
        self._count("initializer", self.limits.initialisers)
        inputs = self._inputs()
        for index, tensor in enumerate(self.graph.get("initializer", [])):
            self._define(*self._tensor(tensor, f"tensor {index}"), f"tensor {index}")
        for index, node in enumerate(self.graph.get("node", [])):
            self._node(self._read_node(node, index))
        outputs = dict(self._value_info(value, "output") for value in self.graph.get("output", []))
        self._check_outputs(outputs)
        return GuardedModel(
            metadata=metadata,
            input_size=inputs[self.shape.input],
            inputs=inputs,
            outputs={name: found[1] for name, found in outputs.items()},
            nodes=len(self.graph.get("node", [])),
            parameters=self.parameters,
            work=self.work,
        )

    def _inputs(self) -> dict[str, int]:
        """Columns of each input: the one that must be there first, then those that may be."""
        found = self.graph.get("input", [])
        allowed = (self.shape.input, *self.shape.more_inputs)
        if not 1 <= len(found) <= len(allowed):
            raise FileRefused(say("one_input", where=self.name, name=allowed[0], found=len(found)))
        sizes: dict[str, int] = {}
        for value, expected in zip(found, allowed, strict=False):
            name, shape = self._value_info(value, "input")
            if name != expected:
                raise FileRefused(say("input_name", where=self.name, name=expected, found=f"{name!r:.60}"))
            self._define(name, shape, "input")
            sizes[name] = shape[1]
        return sizes

    def _check_outputs(self, outputs: dict[str, Shape]) -> None:
        known = {output.name: output for output in self.shape.outputs}
        required = [name for name, output in known.items() if output.required]
        if (
            not outputs.keys() >= set(required)
            or outputs.keys() - known.keys()
            or len(self.graph.get("output", [])) != len(outputs)
        ):
            optional = [name for name, output in known.items() if not output.required]
            needed, perhaps = (", ".join(map(repr, names)) for names in (required, optional))
            expected = (
                say("perhaps", needed=needed, perhaps=perhaps) if needed and perhaps else needed or perhaps
            )
            found = clean(str(sorted(outputs)), 200)
            raise FileRefused(say("outputs", where=self.name, expected=expected, found=found))
        for name, shape in outputs.items():
            made = self.shapes.get(name)
            if made != shape:
                raise FileRefused(
                    say(
                        "output_shape",
                        where=self.name,
                        name=name,
                        expected=shape_text(shape),
                        found=shape_text(made),
                    )
                )
            columns = known[name].columns
            if columns is not None and shape[1] != columns:
                count = say("one") if columns == 1 else str(columns)
                raise FileRefused(
                    say("output_columns", where=self.name, count=count, name=name, found=shape[1])
                )

    def _count(self, key: str, most: int) -> None:
        if len(self.graph.get(key, [])) > most:
            raise FileRefused(say(f"most_{key}s", where=self.name, most=most, found=len(self.graph[key])))

    def _define(self, name: str, shape: Shape, where: str) -> None:
        if not name or name in self.shapes:
            raise self.reader.fail(where, "new_name", found=f"{name!r:.60}")
        if len(shape) == 2 and shape[1] > self.limits.width:
            raise self.reader.fail(where, "most_columns", most=self.limits.width, found=shape[1])
        self.shapes[name] = shape

    def _value_info(self, value: Value, where: str) -> tuple[str, Shape]:
        """A graph input or output: float, (batch free, fixed columns)."""
        reader = self.reader
        info = reader.message(value, where, _VALUE_INFO)
        name = reader.string(info, "name", where)
        where = f"{where} {name!r:.60}"
        kind = reader.message(reader.one(info, "type", where), where, _TYPE)
        tensor = reader.message(reader.one(kind, "tensor_type", where), where, _TENSOR_TYPE)
        if reader.number(tensor, "elem_type", where) != _FLOAT:
            raise reader.fail(where, "element_type", found=reader.number(tensor, "elem_type", where))
        dims = reader.message(reader.one(tensor, "shape", where), where, _SHAPE).get("dim", [])
        if len(dims) != 2:
            raise reader.fail(where, "two_dimensions", found=len(dims))
        batch, columns = (reader.message(dim, where, _DIMENSION) for dim in dims)
        if "dim_value" in batch:
            raise reader.fail(where, "free_batch", found=f"{batch['dim_value'][0]!r:.20}")
        size = reader.number(columns, "dim_value", where)
        if "dim_param" in columns or not 1 <= size <= self.limits.width:
            raise reader.fail(where, "fixed_size", most=self.limits.width, found=size or say("free"))
        return name, (BATCH, size)

    def _tensor(self, value: Value, where: str) -> tuple[str, Shape]:
        """An initialiser: float32 raw data of exactly the size its dimensions say, all finite."""
        reader = self.reader
        tensor = reader.message(value, where, _TENSOR)
        name = reader.string(tensor, "name", where)
        where = f"{where} {name!r:.60}"
        if reader.number(tensor, "data_location", where) != 0:
            raise reader.fail(where, "external_data")
        if reader.number(tensor, "data_type", where) != _FLOAT:
            raise reader.fail(where, "data_type", found=reader.number(tensor, "data_type", where))
        dims = tensor.get("dims", [])
        if len(dims) > 2 or not all(isinstance(dim, int) and 1 <= dim <= self.limits.width for dim in dims):
            raise reader.fail(where, "tensor_dimensions", most=self.limits.width, found=f"{dims!r:.60}")
        shape = tuple(int(dim) for dim in dims if isinstance(dim, int))
        count = math.prod(shape)
        self.parameters += count
        if self.parameters > self.limits.parameters:
            raise reader.fail(where, "most_numbers", most=self.limits.parameters)
        raw = reader.one(tensor, "raw_data", where)
        if isinstance(raw, int) or len(raw) != 4 * count:
            found = 0 if isinstance(raw, int) else len(raw)
            raise reader.fail(where, "tensor_bytes", expected=4 * count, shape=list(shape), found=found)
        numbers: NDArray[np.float32] = np.frombuffer(raw, dtype="<f4")
        if not np.isfinite(numbers).all():
            raise reader.fail(where, "not_finite")
        return name, shape

    def _read_node(self, value: Value, index: int) -> GraphNode:
        reader = self.reader
        where = f"node {index}"
        message = reader.message(value, where, _NODE)
        op = reader.string(message, "op_type", where)
        if reader.string(message, "domain", where) not in ("", "ai.onnx"):
            raise reader.fail(where, "operator_domain", found=reader.string(message, "domain", where))
        if op not in OPERATORS:
            known = ", ".join(sorted(OPERATORS))
            raise reader.fail(where, "operator", known=known, found=f"{op!r:.60}")
        where = f"{where} {op}"
        names = {
            key: [reader.text(item, where) for item in message.get(key, [])] for key in ("input", "output")
        }
        node = GraphNode(where, op, names["input"], names["output"])
        allowed = OPERATORS[op].attributes
        for item in message.get("attribute", []):
            self._attribute(node, reader.message(item, say("attribute_of", where=where), _ATTRIBUTE), allowed)
        return node

    def _attribute(self, node: GraphNode, attribute: Message, allowed: tuple[str, ...]) -> None:
        name = self.reader.string(attribute, "name", node.where)
        if name not in allowed:
            known = ", ".join(allowed) or say("none")
            raise self.reader.fail(node.where, "attribute", known=known, found=f"{name!r:.60}")
        if "t" in attribute:
            node.tensor = self._tensor(
                self.reader.one(attribute, "t", node.where), say("tensor_of", where=node.where)
            )[1]
        elif "f" in attribute:
            value = self.reader.one(attribute, "f", node.where)
            assert not isinstance(value, int)  # its wire type was checked
            node.numbers[name] = float(np.frombuffer(value, dtype="<f4")[0])
        else:
            node.numbers[name] = float(self.reader.number(attribute, "i", node.where))

    def _node(self, node: GraphNode) -> None:
        """Work out the shape of what the node gives."""
        rule = OPERATORS[node.op]
        low, high = rule.inputs
        if not low <= len(node.inputs) <= high or len(node.outputs) != 1:
            ends = {"inputs": len(node.inputs), "outputs": len(node.outputs)}
            raise self.reader.fail(node.where, "operator_ends", low=low, high=high, **ends)
        shapes: list[Shape | None] = []
        for name in node.inputs:
            if name and name not in self.shapes:
                raise self.reader.fail(node.where, "defined_before", found=f"{name!r:.60}")
            shapes.append(self.shapes[name] if name else None)
        shape = rule.shape(node, shapes)
        if shape is None:
            found = ", ".join(shape_text(item) for item in shapes)
            found = f"{found} {node.numbers or ''}".rstrip()
            raise self.reader.fail(node.where, "matching_shapes", found=found)
        self.work += work_of(node, shapes, shape)
        if self.work > self.limits.work:
            raise self.reader.fail(node.where, "most_work", most=self.limits.work, name=self.shape.input)
        self._define(node.outputs[0], shape, node.where)
