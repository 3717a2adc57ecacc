"""Build the machine code that ships with the package (`python -m game.cli.build_kernels build`), or `check` it.

Every kernel that Python calls is recorded, with the types of its arguments, while matches are played, watched, recorded,
verified, simulated and stepped as environments. numba compiles each for a generic processor (so that the result does not
depend on the building machine); the final LLVM modules are linked into one, everything except the entries is made
internal, and LLVM emits an object file for each platform. `game/core/sim/prebuilt.py` loads them and explains entries.

With the versions of numba and llvmlite in constraints.txt, the same sources give the same bytes. Building takes some minutes
on one processor.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import threading
import zlib
from pathlib import Path
from typing import Any, Final

import llvmlite.binding as llvm
from llvmlite import ir

from game.cli.exercise import run_all_kernels
from game.core.sim import jit, prebuilt
from safefiles.child import child_environment, python_command
from safefiles.console import echo
from safefiles.writing import write_atomic, write_text

jit.point_numba_at_cache()

from numba import types  # noqa: E402  (the cache folder must be set first)
from numba.core import cgutils  # noqa: E402
from numba.core.registry import cpu_target  # noqa: E402

BUILD: Final = {  # for the child that compiles: numba's code must not depend on this machine
    prebuilt.VARIABLE: "0",
    "NUMBA_CPU_NAME": "generic",
    "NUMBA_CPU_FEATURES": "",
    "PYTHONHASHSEED": "0",
}
OUTSIDE: Final = frozenset(
    {"memcpy", "memmove", "memset"}
)  # functions outside its object that an entry may call
LEVEL: Final = 9  # of zlib
OPTIMISATION: Final = 3  # of LLVM


def record_calls() -> dict[tuple[Any, Any], None]:
    """Play everything once; return (kernel, numba's types of its arguments) of each call from Python, in order."""
    calls: dict[tuple[Any, Any], None] = {}

    def note(kernel: jit.Kernel, args: tuple[Any, ...]) -> None:
        dispatcher = kernel.dispatcher()
        calls.setdefault((kernel, tuple(dispatcher.typeof_pyval(value) for value in args)))

    original = jit.Kernel.__call__
    # One at a time: of two threads that call a new kernel, one would get the other's result from numba's cache, which has
    # only machine code, no module to link.
    alone = threading.Lock()

    def recorded(self: jit.Kernel, *args: Any) -> Any:
        with alone:
            found = original(self, *args)
            note(self, args)
        return found

    jit.Kernel.__call__ = recorded  # type: ignore[method-assign]
    try:
        run_all_kernels()
    finally:
        jit.Kernel.__call__ = original  # type: ignore[method-assign]
    return calls


def argument_rows(kind: Any, where: str) -> list[Any]:
    """Return the row of the table for one argument. Raises ValueError for a type that an entry cannot take."""
    if isinstance(kind, types.BaseTuple):
        parts: Any = kind
        return ["tuple", *(argument_rows(each, where) for each in parts)]
    if isinstance(kind, types.Array):
        if kind.layout != "C" or not kind.mutable:
            raise ValueError(f"{where}: expected a C-contiguous array that may be written, found {kind}")
        return ["array", str(kind.dtype), kind.ndim]
    if str(kind) in ("int64", "uint64", "float64", "bool"):
        return [str(kind)]
    raise ValueError(f"{where}: expected an array, a tuple, int64, uint64, float64 or bool, found {kind}")


def result_kind(kind: Any, where: str) -> tuple[str, int]:
    """Return the result's kind in the table, and its number of values. Raises ValueError for any other result."""
    parts: Any = kind
    if isinstance(kind, types.BaseTuple) and {str(each) for each in parts} == {"int64"}:
        return "tuple", len(parts)
    if str(kind) == "none":
        return "none", 0
    if str(kind) in ("int64", "uint64", "float64", "bool"):
        return str(kind), 1
    raise ValueError(f"{where}: expected a number, a tuple of int64 or nothing as its result, found {kind}")


def compile_entries() -> tuple[list[dict[str, Any]], bytes]:
    """Compile every entry; return the rows of the table and the linked module as LLVM bitcode."""
    rows: list[dict[str, Any]] = []
    modules = []
    for kernel, kinds in record_calls():
        where = f"{kernel.py_func.__module__}.{kernel.py_func.__name__}"
        compiled = kernel.dispatcher().overloads[kinds]
        label = f"bankshot_{len(rows)}_{kernel.py_func.__name__.strip('_')}"
        result, results = result_kind(compiled.signature.return_type, where)
        rows.append(
            {
                "label": label,
                "module": kernel.py_func.__module__,
                "kernel": kernel.py_func.__name__,
                "args": [argument_rows(each, where) for each in kinds],
                "result": result,
                "results": results,
            }
        )
        module = llvm.parse_bitcode(compiled.library._final_module.as_bitcode())
        module.link_in(llvm.parse_assembly(_trampoline(compiled, label)))
        for function in module.functions:
            if (
                not function.is_declaration
                and function.linkage == llvm.Linkage.external
                and function.name != label
            ):
                function.linkage = "linkonce_odr"  # several entries may contain the same helper
        modules.append(module)
    whole = modules[0]
    for module in modules[1:]:
        whole.link_in(module)
    _internalise(whole, {row["label"] for row in rows})
    return rows, whole.as_bitcode()


def _trampoline(compiled: Any, label: str) -> str:
    """The LLVM assembly of `int32 label(int64 *block)`, which calls a compiled kernel."""
    convention = cpu_target.target_context.call_conv
    described = compiled.fndesc
    kind = convention.get_function_type(described.restype, described.argtypes)
    module = ir.Module(f"entry_{label}")
    module.triple = compiled.library._final_module.triple
    callee = ir.Function(module, kind, described.mangled_name)
    word = ir.IntType(64)
    entry = ir.Function(module, ir.FunctionType(ir.IntType(32), [word.as_pointer()]), label)
    builder = ir.IRBuilder(entry.append_basic_block("entry"))
    returned, failed = kind.args[0].pointee, kind.args[1].pointee
    result = cgutils.alloca_once(builder, returned)
    error = cgutils.alloca_once_value(builder, ir.Constant(failed, None))
    arguments = []
    for n, each in enumerate(kind.args[2:]):
        slot = builder.gep(entry.args[0], [ir.Constant(word, n)])
        arguments.append(builder.load(builder.bitcast(slot, each.as_pointer())))
    status = builder.call(callee, [result, error, *arguments])
    behind = builder.gep(entry.args[0], [ir.Constant(word, len(arguments))])
    if str(described.restype) != "none":
        builder.store(builder.load(result), builder.bitcast(behind, returned.as_pointer()))
    builder.ret(status)
    text: str = cgutils.normalize_ir_text(str(module))
    return text


def _internalise(module: Any, labels: set[str]) -> None:
    """Make only the entries visible, and remove code that none of them uses."""
    for function in module.functions:
        if not function.is_declaration:
            function.linkage = "external" if function.name in labels else "internal"
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine(opt=OPTIMISATION)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_module_pass_manager()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)
    outside = {
        each.name for each in module.functions if each.is_declaration and not each.name.startswith("llvm.")
    }
    if unknown := sorted(outside - OUTSIDE):
        raise ValueError(
            f"expected no code from outside but {', '.join(sorted(OUTSIDE))}, found {unknown[0]:.100}"
        )


def emit_object(bitcode: bytes, target: prebuilt.Platform) -> bytes:
    """Return the object file of a platform."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(target.triple).create_target_machine(
        cpu=target.processor, features="", opt=OPTIMISATION, reloc="pic", codemodel="small"
    )
    module = llvm.parse_bitcode(bitcode)
    module.triple = target.triple
    module.data_layout = str(machine.target_data)
    code: bytes = machine.emit_object(module)
    return code


def build(folder: Path) -> None:
    """Write the table and the objects of all platforms into `folder`; runs in the child that compiles."""
    rows, bitcode = compile_entries()
    objects = {name: emit_object(bitcode, target) for name, target in prebuilt.PLATFORMS.items()}
    for name, code in objects.items():
        write_atomic(folder / f"{name}.o.z", zlib.compress(code, LEVEL))
    table = {
        "schema": prebuilt.SCHEMA,
        "sources": prebuilt.digest_of(prebuilt.source_files()),
        "objects": {name: hashlib.sha256(code).hexdigest() for name, code in objects.items()},
        "entries": rows,
    }
    write_text(folder / prebuilt.TABLE.name, json.dumps(table, indent=1) + "\n")


def build_in_child(folder: Path) -> None:
    """Build into `folder` in a separate child process with an empty cache. Raises RuntimeError if that fails."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = child_environment({**BUILD, jit.CACHE_VARIABLE: scratch})
        done = subprocess.run(
            python_command("-m", "game.cli.build_kernels", "--into", str(folder)), env=settings, check=False
        )
    if done.returncode != 0:
        raise RuntimeError(f"the child that compiles ended with {done.returncode}")


def main() -> int:
    """Build, or build in a temporary folder and compare."""
    parser = argparse.ArgumentParser(
        prog="python -m game.cli.build_kernels", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("what", nargs="?", choices=("build", "check"))
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.into is not None:
        build(arguments.into)
        return 0
    if arguments.what is None:
        parser.error("expected build or check")
    if arguments.what == "build":
        prebuilt.FOLDER.mkdir(exist_ok=True)
        build_in_child(prebuilt.FOLDER)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        build_in_child(Path(scratch))
        differing = [
            path.name
            for path in sorted(Path(scratch).iterdir())
            if not (prebuilt.FOLDER / path.name).is_file()
            or (prebuilt.FOLDER / path.name).read_bytes() != path.read_bytes()
        ]
    for name in differing:
        echo(
            f"{name}: expected the build of the present sources, found another file: python -m game.cli.build_kernels build"
        )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
