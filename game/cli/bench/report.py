"""What a measurement gives, and what the machine is: the plain data of a bench report."""

import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, NamedTuple

import numpy as np

Row = dict[str, Any]
PACKAGES: Final = ("numpy", "numba", "pygame-ce", "onnxruntime", "gymnasium", "torch", "stable-baselines3")


class Skipped(Exception):
    """A measurement that cannot be made here; its text is the reason."""


def rate(name: str, value: float, **facts: Any) -> Row:
    """Return a row of something per second."""
    return {"name": name, "value": round(value, 1), "unit": "1/s", **facts}


class Stopwatch:
    """Times many short pieces of work, by the clock on the wall and by this thread's share of the processor."""

    def __init__(self) -> None:
        self._wall: list[float] = []
        self._cpu: list[float] = []
        self._began = (0.0, 0.0)

    def start(self) -> None:
        """Begin a piece."""
        self._began = (time.thread_time(), time.perf_counter())

    def stop(self, *, keep: bool = True) -> None:
        """End a piece."""
        wall, cpu = time.perf_counter() - self._began[1], time.thread_time() - self._began[0]
        if keep:
            self._wall.append(wall)
            self._cpu.append(cpu)

    @property
    def count(self) -> int:
        """Pieces kept."""
        return len(self._wall)

    def row(self, name: str, unit: str, per_second: float, **facts: Any) -> Row:
        """Return p50 and p99 in `unit`, of which there are `per_second` in a second.

        cpu_p50 and cpu_p99 leave out the time in which other processes had the processor.
        """
        wall = np.percentile(np.array(self._wall) * per_second, (50, 99))
        cpu = np.percentile(np.array(self._cpu) * per_second, (50, 99))
        values = {"p50": wall[0], "p99": wall[1], "cpu_p50": cpu[0], "cpu_p99": cpu[1]}
        rounded = {key: round(float(value), 3) for key, value in values.items()}
        return {"name": name, **rounded, "unit": unit, "count": self.count, **facts}


class Measured(NamedTuple):
    """How much was done in how long."""

    seconds: float  # by the clock on the wall
    cpu_seconds: float  # of this process, all threads together
    amount: int

    def row(self, name: str, **facts: Any) -> Row:
        """Return the rate per second as a row.

        per_cpu_s leaves out the time in which other processes had the processor; the ratio tells how busy it was.
        """
        per_cpu = round(self.amount / max(self.cpu_seconds, 1e-9), 1)
        return rate(name, self.amount / self.seconds, **facts, per_cpu_s=per_cpu)


def measured_for(seconds: float, work: Callable[[], int]) -> Measured:
    """Call `work` until `seconds` have passed; count the sum of what it returned."""
    total, started, cpu = 0, time.perf_counter(), time.process_time()
    while True:
        total += work()
        passed = time.perf_counter() - started
        if passed >= seconds:
            return Measured(passed, time.process_time() - cpu, total)


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
