"""Clocks of the bench's programs and the rows they report; no module of the game is imported here."""

import importlib
import importlib.util
import os
import time
from collections.abc import Callable
from typing import Any, ClassVar, Final

import numpy as np

resource: Any = importlib.import_module("resource") if os.name == "posix" else None

Row = dict[str, Any]
MORE: Final = "more"  # of which is better
LESS: Final = "less"


class Unable(Exception):
    """A row that cannot be measured by this build or on this machine; its text is the reason."""


def found(*names: str) -> Any:
    """Return the first module that can be imported: a build that is older or newer may call it otherwise."""
    for name in names:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
    raise Unable(f"this build has none of the modules {', '.join(names)}")


def member(module: Any, *names: str) -> Any:
    """Return the first of these members that a module has: older builds have older names."""
    for name in names:
        if hasattr(module, name):
            return getattr(module, name)
    raise Unable(f"this build's {module.__name__} has none of {', '.join(names)}")


def needed(*packages: str) -> None:
    """Raise Unable where a package that only training needs is not installed."""
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise Unable(f"this needs {', '.join(missing)}, which the extra `train` brings")


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_seconds() -> float:
    """Return the processor time of this process, of all its threads and of its children that ended."""
    own = time.process_time()
    if resource is None:
        return own
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own + float(children.ru_utime + children.ru_stime)


def busy_seconds() -> float | None:
    """Return the processor time that all processes of this machine took since it started; None where unknown."""
    try:
        with open("/proc/stat", encoding="ascii") as stream:
            user, nice, system, _idle, _waiting, *rest = map(int, stream.readline().split()[1:])
    except (OSError, ValueError):
        return None
    return (user + nice + system + sum(rest[:3])) / float(os.sysconf("SC_CLK_TCK"))


class Watch:
    """Times pieces of work: by the clock on the wall, and by the processor time of those who did it.

    With one thread a piece's processor time is the thread's; with more it is that of the process and its children.
    """

    profiler: ClassVar[Any] = (
        None  # a cProfile.Profile that is to see the pieces alone, whoever measures them
    )

    def __init__(self, threads: int = 1, *, children: bool = False) -> None:
        """`threads`: how many do the work; `children`: whether other processes do."""
        self.threads = threads
        self.amount = 0.0
        self._clock = time.thread_time if threads == 1 and not children else processor_seconds
        self._wall: list[float] = []
        self._cpu: list[float] = []
        self._began = (0.0, 0.0)
        self._outside = (time.perf_counter(), processor_seconds(), busy_seconds())

    @property
    def count(self) -> int:
        """Pieces kept."""
        return len(self._wall)

    def start(self) -> None:
        """Begin a piece."""
        if self.profiler is not None:
            self.profiler.enable()
        self._began = (self._clock(), time.perf_counter())

    def stop(self, amount: float = 1.0) -> None:
        """End a piece in which `amount` of what is counted was done."""
        wall, cpu = time.perf_counter() - self._began[1], self._clock() - self._began[0]
        if self.profiler is not None:
            self.profiler.disable()
        self.add(wall, cpu, amount)

    def add(self, wall: float, cpu: float, amount: float = 1.0) -> None:
        """Add a piece that was timed elsewhere, in seconds."""
        self.amount += amount
        self._wall.append(wall)
        self._cpu.append(cpu)

    def repeat(self, work: Callable[[], float], seconds: float, least: int = 1) -> None:
        """Do pieces of work, each of which returns its amount, until `seconds` have passed."""
        until = time.perf_counter() + seconds
        while self.count < least or time.perf_counter() < until:
            self.start()
            self.stop(work())

    def rate(self, piece: str, **facts: Any) -> Row:
        """Return the row of what is done in a second: `value` by the clock, `cpu_value` by processor time."""
        return {
            "unit": "1/s",
            "better": MORE,
            "value": _short(self.amount / max(sum(self._wall), 1e-9)),
            "cpu_value": _short(self.amount / max(sum(self._cpu), 1e-9)),
            **self._pieces(piece, facts),
        }

    def spans(self, piece: str, unit: str, per_second: float, **facts: Any) -> Row:
        """Return the row of how long a piece takes, in `unit`, of which there are `per_second` in a second: the medians."""
        row = self._pieces(piece, facts, unit, per_second)
        return {"unit": unit, "better": LESS, "value": row["p50"], "cpu_value": row["cpu_p50"], **row}

    def total(self, piece: str, unit: str, scale: float = 1.0, **facts: Any) -> Row:
        """Return the row of how long all pieces took together, `scale` times."""
        return {
            "unit": unit,
            "better": LESS,
            "value": _short(sum(self._wall) * scale),
            "cpu_value": _short(sum(self._cpu) * scale),
            **self._pieces(piece, facts),
        }

    def _pieces(
        self, piece: str, facts: dict[str, Any], unit: str = "ms", per_second: float = 1e3
    ) -> dict[str, Any]:
        wall = np.percentile(np.array(self._wall) * per_second, (50, 99))
        cpu = np.percentile(np.array(self._cpu) * per_second, (50, 99))
        return {
            "piece": f"{piece} ({unit})",
            "p50": _short(wall[0]),
            "p99": _short(wall[1]),
            "cpu_p50": _short(cpu[0]),
            "cpu_p99": _short(cpu[1]),
            "pieces": self.count,
            "wall_s": _short(sum(self._wall)),
            "cpu_s": _short(sum(self._cpu)),
            "threads": self.threads,
            **self._load(),
            **facts,
        }

    def _load(self) -> dict[str, Any]:
        """How many processors other processes took meanwhile, and the system's own figure of the last minute."""
        wall, cpu, busy = self._outside
        passed = time.perf_counter() - wall
        load: dict[str, Any] = {}
        if hasattr(os, "getloadavg"):
            load["load"] = round(os.getloadavg()[0], 2)
        now = busy_seconds()
        if busy is not None and now is not None and passed > 0:
            others = (now - busy - (processor_seconds() - cpu)) / passed
            load["others"] = round(max(0.0, others), 2)
        return load


def _short(value: float) -> float:
    """Five digits are more than any of these figures is good for."""
    return float(f"{value:.5g}")
