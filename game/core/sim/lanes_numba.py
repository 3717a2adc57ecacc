"""What numba makes of `sim.lanes`: LLVM vectors of int32, which become the registers of whatever processor there is."""

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.extending import lower_builtin, models, register_model, type_callable

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
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: LanesType) -> None:
        super().__init__(manager, kind, _VECTOR)


def _splat(builder: Any, value: Any, vector: Any = _VECTOR) -> Any:
    kind = vector.element
    if value.type != kind:
        value = builder.trunc(value, kind) if value.type.width > kind.width else builder.sext(value, kind)
    if isinstance(value, ir.Constant):
        return ir.Constant(vector, [value] * lanes.WIDTH)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(_I32, 0))
    zeros = ir.Constant(ir.VectorType(_I32, lanes.WIDTH), [0] * lanes.WIDTH)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _as_lanes(builder: Any, kind: Any, value: Any) -> Any:
    return value if isinstance(kind, LanesType) else _splat(builder, value)


def _mask(builder: Any, truth: Any) -> Any:
    return builder.sext(truth, _VECTOR)


def _true(builder: Any, mask: Any) -> Any:
    return builder.icmp_signed("<", mask, ir.Constant(_VECTOR, [0] * lanes.WIDTH))


def _is(kind: Any, wanted: Any) -> bool:
    return isinstance(kind, wanted)


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
_UNARY: Final[dict[Any, Callable[[Any, Any], Any]]] = {
    operator.invert: lambda b, x: b.not_(x),
    operator.neg: lambda b, x: b.neg(x),
}


def _register_operators() -> None:
    for function, make in _BINARY.items():
        _register_binary(function, make)
    for function, single in _UNARY.items():
        _register_unary(function, single)


def _register_binary(function: Any, make: Callable[[Any, Any, Any], Any]) -> None:
    @type_callable(function)
    def typed(context: Any) -> Any:
        def typer(a: Any, b: Any) -> Any:
            if _is(a, LanesType) and _is(b, (LanesType, types.Integer)):
                return LANES
            return None

        return typer

    for other in (LanesType, types.Integer):

        @lower_builtin(function, LanesType, other)
        def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            second = _as_lanes(builder, signature.args[1], arguments[1])
            return make(builder, arguments[0], second)


def _register_unary(function: Any, make: Callable[[Any, Any], Any]) -> None:
    @type_callable(function)
    def typed(context: Any) -> Any:
        def typer(a: Any) -> Any:
            return LANES if _is(a, LanesType) else None

        return typer

    @lower_builtin(function, LanesType)
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return make(builder, arguments[0])


def _register(
    function: Any, kinds: tuple[Any, ...], result: Any, make: Callable[[Any, Any, Any, Any], Any]
) -> None:
    """Register `function` for arguments of these classes of types: make(context, builder, types, values)."""

    @type_callable(function)
    def typed(context: Any) -> Any:
        def fitting(*found: Any) -> Any:
            return result if all(map(isinstance, found, kinds)) else None

        typers: list[Callable[..., Any]] = [  # numba looks at how many arguments a typer names
            lambda: result,
            lambda a: fitting(a),
            lambda a, b: fitting(a, b),
            lambda a, b, c: fitting(a, b, c),
        ]
        return typers[len(kinds)]

    @lower_builtin(function, *kinds)
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return make(context, builder, signature.args, arguments)


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
    """Tell numba of all functions of `sim.lanes`, once."""
    _register_operators()
    _register(lanes.splat, (_NUMBER,), LANES, lambda _c, b, _k, v: _splat(b, v[0]))
    _register(lanes.lane_numbers, (), LANES, _lane_numbers)
    _register(
        lanes.same,
        (LanesType, _NUMBER),
        LANES,
        lambda _c, b, _k, v: _mask(b, b.icmp_signed("==", v[0], _splat(b, v[1]))),
    )
    _register(lanes.where, (LanesType, LanesType, LanesType), LANES, _select)
    _register(lanes.lower, (LanesType, LanesType), LANES, _lower)
    _register(lanes.higher, (LanesType, LanesType), LANES, _higher)
    _register(lanes.any_lane, (LanesType,), types.boolean, _any_lane)
    _register(lanes.product_shifted, (LanesType, LanesType, _NUMBER), LANES, _product_shifted)
    _register(lanes.quotient, (LanesType, LanesType), LANES, lambda _c, b, _k, v: b.sdiv(v[0], v[1]))
    _register(lanes.load, (types.Array, _NUMBER), LANES, _load)
    _register(lanes.store, (types.Array, _NUMBER, LanesType), types.void, _store)
    _register(lanes.gather, (types.Array, LanesType), LANES, _gather)
