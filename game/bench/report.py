"""What a measurement gives, and what the machine is: the plain data of a bench report."""

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import numpy as np

Row = dict[str, Any]
PACKAGES: Final = ("numpy", "numba", "pygame-ce", "onnxruntime", "gymnasium", "torch", "stable-baselines3")


class Skipped(Exception):
    """A measurement that cannot be made here; its text is the reason."""


def rate(name: str, value: float, **facts: Any) -> Row:
    """Return a row of something per second."""
    return {"name": name, "value": round(value, 1), "unit": "1/s", **facts}


def percentiles(name: str, values: "np.ndarray[Any, Any]", unit: str, **facts: Any) -> Row:
    """Return a row of p50 and p99 of many timings."""
    p50, p99 = np.percentile(values, (50, 99))
    return {
        "name": name,
        "p50": round(float(p50), 3),
        "p99": round(float(p99), 3),
        "unit": unit,
        "count": int(values.size),
        **facts,
    }


def measured_for(seconds: float, work: Callable[[], int]) -> tuple[float, int]:
    """Call `work` until `seconds` have passed; return (seconds, sum of what it returned)."""
    total, started = 0, time.perf_counter()
    while True:
        total += work()
        passed = time.perf_counter() - started
        if passed >= seconds:
            return passed, total


def machine_facts() -> Row:
    """Return what the numbers depend on: processor, system, Python and packages."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": load if load is None else round(load, 2),  # of the last minute, before the bench
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor()
