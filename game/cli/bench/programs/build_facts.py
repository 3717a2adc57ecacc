"""Which build it is that a row is measured of."""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from .timing import Row, Unable, found, member

PACKAGES = (
    "numpy",
    "numba",
    "llvmlite",
    "pygame-ce",
    "onnxruntime",
    "gymnasium",
    "torch",
    "stable-baselines3",
)


def facts() -> Row:
    """Return where it lies, its version, and who made its kernels."""
    game = found("game")
    if not getattr(game, "__version__", None):
        raise Unable(f"the package `game` in {getattr(game, '__file__', None)} is not Bankshot")
    return {
        "folder": str(game.__file__).rpartition("game")[0].rstrip("/\\"),
        "version": game.__version__,
        "python": platform.python_version(),
        "packages": {name: known for name in PACKAGES if (known := _version(name))},
        "kernels": _kernels(),
    }


def _kernels() -> str:
    try:
        prebuilt: Any = found("game.core.sim.prebuilt")
    except Unable:
        return "numba"
    if prebuilt.prebuilt() is not None:
        return "machine code that ships"
    return f"numba ({member(prebuilt, 'unavailable_reason', 'why_not')() or 'it is of other sources'})"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
