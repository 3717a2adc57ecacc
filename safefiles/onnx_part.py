"""Cuts a model down to the part that some outputs need, so that computing one output does not wait for the others.

onnxruntime computes the whole graph, or finds the required part again at every call, which costs more than a small
network itself.
"""

from collections.abc import Collection

from safefiles.protobuf import BYTES, Reader, Value, encode

_GRAPH, _METADATA = 7, 14  # fields of ModelProto (onnx.proto3)
_NODE, _INITIALISER, _OUTPUT = 1, 5, 12  # fields of GraphProto
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_TENSOR_NAME = 8
_VALUE_NAME = 1


def keep_outputs(data: bytes, outputs: Collection[str]) -> bytes:
    """Return a model that passed the guard with only these outputs, and without its metadata.

    Nodes and weights that no other output needs stay as they are, byte by byte, so the results do too.
    """
    reader = Reader("model", {})
    fields = list(reader.fields(memoryview(data), "model"))
    graph = next(value for number, _, value in fields if number == _GRAPH)
    part = _part_of_graph(reader, graph, outputs)
    return b"".join(
        encode(number, wire, part if number == _GRAPH else value)
        for number, wire, value in fields
        if number != _METADATA
    )


def _part_of_graph(reader: Reader, graph: Value, outputs: Collection[str]) -> memoryview:
    fields = [(number, value) for number, _, value in reader.fields(_view(graph), "graph")]
    needed = set(outputs)
    nodes = set()  # places of those that are needed
    for place, (number, value) in reversed(
        list(enumerate(fields))
    ):  # a node stands behind those that it reads
        if number == _NODE and not needed.isdisjoint(_names(reader, value, _NODE_OUTPUT)):
            needed.update(_names(reader, value, _NODE_INPUT))
            nodes.add(place)
    names = {_INITIALISER: (_TENSOR_NAME, needed), _OUTPUT: (_VALUE_NAME, set(outputs))}
    kept = bytearray()
    for place, (number, value) in enumerate(fields):
        if number == _NODE and place not in nodes:
            continue
        if number in names:
            at, wanted = names[number]
            if wanted.isdisjoint(_names(reader, value, at)):
                continue
        kept += encode(number, BYTES, value)
    return memoryview(kept)


def _names(reader: Reader, value: Value, field: int) -> list[str]:
    """Return the strings of a field of a message."""
    found = reader.fields(_view(value), "graph")
    return [bytes(_view(name)).decode() for number, _, name in found if number == field]


def _view(value: Value) -> memoryview:
    assert isinstance(value, memoryview)  # the guard saw to it
    return value
