"""The operators that a model may use, and the shape of their results.

Every value is a constant or one row per row of the input, so a graph can neither broadcast to a huge value nor
hide how much work it is. An operator with a rule here is allowed; all others are refused.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

BATCH = -1  # the free first dimension in a shape
Shape = tuple[int, ...]  # (BATCH, columns) for values that depend on the input


@dataclass
class GraphNode:
    """One operation of a graph, as far as its shape depends on it."""

    where: str
    op: str
    inputs: list[str]
    outputs: list[str]
    numbers: dict[str, float] = field(default_factory=dict)
    tensor: Shape | None = None


def shape_text(shape: Shape | None) -> str:
    """Return a shape as text."""
    return (
        "nothing"
        if shape is None
        else str(["batch" if size == BATCH else size for size in shape]).replace("'", "")
    )


def _is_batch(shape: Shape | None) -> bool:
    return shape is not None and len(shape) == 2 and shape[0] == BATCH


Shapes = list[Shape | None]


def _same_shape(node: GraphNode, shapes: Shapes) -> Shape | None:
    """Element by element over one batch value."""
    return shapes[0] if _is_batch(shapes[0]) else None


def _flatten(node: GraphNode, shapes: Shapes) -> Shape | None:
    return _same_shape(node, shapes) if node.numbers.get("axis", 1.0) == 1.0 else None


def _clip(node: GraphNode, shapes: Shapes) -> Shape | None:
    bounds_fit = all(bound is None or bound in ((), (1,)) for bound in shapes[1:])
    return _same_shape(node, shapes) if bounds_fit else None


def _pairwise(node: GraphNode, shapes: Shapes) -> Shape | None:
    """Two batch values of one width, or one with a constant row or scalar."""
    first, second = shapes
    if not _is_batch(first):
        first, second = second, first
    if first is None or second is None or not _is_batch(first):
        return None
    fits = (first, (first[1],), (1, first[1]), (), (1,), (1, 1))
    return first if second in fits else None


def _gemm(node: GraphNode, shapes: Shapes) -> Shape | None:
    left, right = shapes[:2]
    if (
        node.numbers.get("transA", 0.0) != 0.0
        or left is None
        or right is None
        or _is_batch(right)
        or len(right) != 2
    ):
        return None
    if not all(math.isfinite(node.numbers.get(key, 1.0)) for key in ("alpha", "beta")):
        return None
    inner, columns = right if node.numbers.get("transB", 0.0) == 0.0 else (right[1], right[0])
    bias = shapes[2] if len(shapes) > 2 else None
    bias_fits = bias is None or bias in ((columns,), (1, columns), (), (1,))
    return (BATCH, columns) if _is_batch(left) and left[1] == inner and bias_fits else None


def _concat(node: GraphNode, shapes: Shapes) -> Shape | None:
    if node.numbers.get("axis") not in (1.0, -1.0) or not all(_is_batch(shape) for shape in shapes):
        return None
    return (BATCH, sum(shape[1] for shape in shapes if shape is not None))


def _constant(node: GraphNode, shapes: Shapes) -> Shape | None:
    return node.tensor


def work_of(node: GraphNode, shapes: Shapes, result: Shape) -> int:
    """Multiplications per row of the input, one per column for the element-wise operators."""
    if node.op in ("Gemm", "MatMul") and shapes[0] is not None:
        return shapes[0][1] * result[1]
    return result[-1] if result else 1


@dataclass(frozen=True)
class Operator:
    """How many inputs an operator takes (fewest, most), its attributes, and its shape rule (None: no fit)."""

    inputs: tuple[int, int]
    attributes: tuple[str, ...]
    shape: Callable[[GraphNode, Shapes], Shape | None]


OPERATORS: dict[str, Operator] = {
    "Gemm": Operator((2, 3), ("alpha", "beta", "transA", "transB"), _gemm),
    "MatMul": Operator((2, 2), (), _gemm),
    "Add": Operator((2, 2), (), _pairwise),
    "Sub": Operator((2, 2), (), _pairwise),
    "Mul": Operator((2, 2), (), _pairwise),
    "Div": Operator((2, 2), (), _pairwise),
    "Clip": Operator((1, 3), (), _clip),
    "Concat": Operator((1, 16), ("axis",), _concat),
    "Constant": Operator((0, 0), ("value",), _constant),
    "Flatten": Operator((1, 1), ("axis",), _flatten),
    "Identity": Operator((1, 1), (), _same_shape),
    "Tanh": Operator((1, 1), (), _same_shape),
    "Relu": Operator((1, 1), (), _same_shape),
    "Elu": Operator((1, 1), ("alpha",), _same_shape),
    "LeakyRelu": Operator((1, 1), ("alpha",), _same_shape),
    "Sigmoid": Operator((1, 1), (), _same_shape),
}
