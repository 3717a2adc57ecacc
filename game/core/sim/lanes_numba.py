"""The compiled form of `sim.lanes`: LLVM vectors of int32, which use the vector registers of the processor."""

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, models, register_model

from game.core.sim import lanes

_I8: Final = ir.IntType(8)
_I32: Final = ir.IntType(32)
_I64: Final = ir.IntType(64)
_VECTOR: Final = ir.VectorType(_I32, lanes.WIDTH)
_WIDE: Final = ir.VectorType(_I64, lanes.WIDTH)


class LanesType(types.Type):
    """numba's type of a `Lanes`."""

    def __init__(self) -> None:
        super().__init__(name="Lanes")


LANES: Final = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: LanesType) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


def _splat(builder: Any, value: Any, vector: Any = _VECTOR) -> Any:
    kind = vector.element
    if value.type != kind:
        value = builder.trunc(value, kind) if value.type.width > kind.width else builder.sext(value, kind)
    if isinstance(value, ir.Constant):
        return ir.Constant(vector, [value] * lanes.WIDTH)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_I32, 0))
    zeros = ir.Constant(ir.VectorType(_I32, lanes.WIDTH), [0] * lanes.WIDTH)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _mask(builder: Any, truth: Any) -> Any:
    return builder.sext(truth, _VECTOR)


def _true(builder: Any, mask: Any) -> Any:
    return builder.icmp_signed("<", mask, ir.Constant(_VECTOR, [0] * lanes.WIDTH))


_BINARY: Final[dict[Any, Callable[[Any, Any, Any], Any]]] = {
    operator.add: lambda b, x, y: b.add(x, y),
    operator.sub: lambda b, x, y: b.sub(x, y),
    operator.mul: lambda b, x, y: b.mul(x, y),
    operator.and_: lambda b, x, y: b.and_(x, y),
    operator.or_: lambda b, x, y: b.or_(x, y),
    operator.xor: lambda b, x, y: b.xor(x, y),
    operator.lshift: lambda b, x, y: b.shl(x, y),
    operator.rshift: lambda b, x, y: b.ashr(x, y),
    operator.lt: lambda b, x, y: _mask(b, b.icmp_signed("<", x, y)),
    operator.gt: lambda b, x, y: _mask(b, b.icmp_signed(">", x, y)),
}


def _register(
    function: Any, kinds: tuple[Any, ...], result: Any, make: Callable[[Any, Any, Any, Any], Any]
) -> None:
    """Register `function` with numba for arguments of these type classes: make(context, builder, types, values)."""

    class Template(AbstractTemplate):
        key = function

        def generic(self, found: Any, _keywords: Any) -> Any:
            fits = len(found) == len(kinds) and all(map(isinstance, found, kinds))
            return signature(result, *found) if fits else None

    infer_global(function)(Template)

    @lower_builtin(function, *kinds)  # type: ignore[untyped-decorator]
    def emit(context: Any, builder: Any, of: Any, values: Any) -> Any:
        return make(context, builder, of.args, values)


def _binary(make: Callable[[Any, Any, Any], Any]) -> Callable[[Any, Any, Any, Any], Any]:
    return lambda _c, b, _k, v: make(b, v[0], v[1] if v[1].type == _VECTOR else _splat(b, v[1]))


def _select(_context: Any, builder: Any, _kinds: Any, values: Any) -> Any:
    return builder.select(_true(builder, values[0]), values[1], values[2])


def _lower(_context: Any, builder: Any, _kinds: Any, values: Any) -> Any:
    return builder.select(builder.icmp_signed("<", *values), *values)


def _higher(_context: Any, builder: Any, _kinds: Any, values: Any) -> Any:
    return builder.select(builder.icmp_signed(">", *values), *values)


def _any_lane(_context: Any, builder: Any, _kinds: Any, values: Any) -> Any:
    bits = builder.bitcast(_true(builder, values[0]), ir.IntType(lanes.WIDTH))
    return builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


def _product_shifted(_context: Any, builder: Any, _kinds: Any, values: Any) -> Any:
    product = builder.mul(builder.zext(values[0], _WIDE), builder.zext(values[1], _WIDE))
    return builder.trunc(builder.lshr(product, _splat(builder, values[2], _WIDE)), _VECTOR)


def _rough_quotient(_context: Any, builder: Any, _kinds: Any, values: Any) -> Any:
    floats = ir.VectorType(ir.FloatType(), lanes.WIDTH)
    ratio = builder.fdiv(builder.sitofp(values[0], floats), builder.sitofp(values[1], floats))
    return builder.fptosi(ratio, _VECTOR)


def _elements(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """The address of an array's first element."""
    from numba.np.arrayobj import make_array

    return make_array(kind)(context, builder, value).data


def _load(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
    address = builder.gep(_elements(context, builder, kinds[0], values[0]), [values[1]])
    wide = builder.load(builder.bitcast(address, _WIDE.as_pointer()), align=8)
    return builder.trunc(wide, _VECTOR)


def _store(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
    address = builder.gep(_elements(context, builder, kinds[0], values[0]), [values[1]])
    builder.store(builder.sext(values[2], _WIDE), builder.bitcast(address, _WIDE.as_pointer()), align=8)
    return context.get_dummy_value()


def _gather(context: Any, builder: Any, kinds: Any, values: Any) -> Any:
    data = _elements(context, builder, kinds[0], values[0])
    kind = _I8 if kinds[0].dtype.bitwidth == _I8.width else _I32
    found = ir.Constant(ir.VectorType(kind, lanes.WIDTH), ir.Undefined)
    for n in range(lanes.WIDTH):
        lane = ir.Constant(_I32, n)
        index = builder.zext(builder.extract_element(values[1], lane), _I64)
        element = builder.load(builder.gep(data, [index]))
        if kinds[0].dtype.bitwidth > kind.width:
            element = builder.trunc(element, kind)
        found = builder.insert_element(found, element, lane)
    return builder.zext(found, _VECTOR) if kind is _I8 else found


def _lane_numbers(_context: Any, _builder: Any, _kinds: Any, _values: Any) -> Any:
    return ir.Constant(_VECTOR, list(range(lanes.WIDTH)))


_NUMBER: Final = types.Integer


@lru_cache(maxsize=1)
def register() -> None:
    """Register all functions of `sim.lanes` with numba, once."""
    for function, make in _BINARY.items():
        _register(function, (LanesType, LanesType), LANES, _binary(make))
        _register(function, (LanesType, _NUMBER), LANES, _binary(make))
    _register(operator.invert, (LanesType,), LANES, lambda _c, b, _k, v: b.not_(v[0]))
    _register(operator.neg, (LanesType,), LANES, lambda _c, b, _k, v: b.neg(v[0]))
    _register(lanes.splat, (_NUMBER,), LANES, lambda _c, b, _k, v: _splat(b, v[0]))
    _register(lanes.lane_numbers, (), LANES, _lane_numbers)
    _register(
        lanes.equal,
        (LanesType, _NUMBER),
        LANES,
        lambda _c, b, _k, v: _mask(b, b.icmp_signed("==", v[0], _splat(b, v[1]))),
    )
    _register(lanes.where, (LanesType, LanesType, LanesType), LANES, _select)
    _register(lanes.minimum, (LanesType, LanesType), LANES, _lower)
    _register(lanes.maximum, (LanesType, LanesType), LANES, _higher)
    _register(lanes.any_lane, (LanesType,), types.boolean, _any_lane)
    _register(lanes.product_shifted, (LanesType, LanesType, _NUMBER), LANES, _product_shifted)
    _register(lanes.quotient, (LanesType, LanesType), LANES, lambda _c, b, _k, v: b.sdiv(v[0], v[1]))
    _register(lanes.rough_quotient, (LanesType, LanesType), LANES, _rough_quotient)
    _register(lanes.load, (types.Array, _NUMBER), LANES, _load)
    _register(lanes.store, (types.Array, _NUMBER, LanesType), types.void, _store)
    _register(lanes.gather, (types.Array, LanesType), LANES, _gather)
