"""Many mutants in slices: each slice in a child process of its own, so that whatever ends it is told of its mutant.

    python -m tests.fuzz.slices FORMAT FIRST LAST FOLDER      the child: a line of JSON on its output for each mutant

Mutant SEED of a format is `mutant(FORMAT, SEED)`, the same on every machine with the same libraries. Of models every
`CHILD_EVERY`-th goes through its first run in a child process, as an unknown model does in the game.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.contracts.tree import ROOT, shipped_sources
from tests.fuzz.check import FAULT, READ, REFUSED, judge, warm, without_child, write
from tests.fuzz.formats import FORMATS, Format
from tests.fuzz.planted import PLANTED
from tests.fuzz.samples import Files

JOURNEY: Final = "journey"
SLICE: Final = 1000  # mutants
JOURNEYS: Final = 20  # of a slice
CHILD_EVERY: Final = 100
SILENCE: Final = 300.0  # seconds without a word after which a child counts as hanging
MEMORY: Final = 4 << 30  # bytes of address space beyond what a child has when it begins


@dataclass
class Tally:
    """What became of some mutants of one format."""

    format: str
    mutants: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0  # seconds of the processor
    slowest_seed: int = -1
    megabytes: float = 0.0  # the most beyond what was before
    faults: dict[str, str] = field(default_factory=dict)  # seed -> what it was

    def count(self, row: dict[str, Any]) -> None:
        """Take one mutant in."""
        self.mutants += 1
        self.read += row["outcome"] == READ
        self.refused += row["outcome"] == REFUSED
        if row["outcome"] == FAULT:
            self.faults[str(row["seed"])] = row["told"]
        if row["seconds"] > self.slowest:
            self.slowest, self.slowest_seed = row["seconds"], row["seed"]
        self.megabytes = max(self.megabytes, row["megabytes"])

    def add(self, other: "Tally") -> None:
        """Take another tally in."""
        self.mutants += other.mutants
        self.read += other.read
        self.refused += other.refused
        self.faults |= other.faults
        if other.slowest > self.slowest:
            self.slowest, self.slowest_seed = other.slowest, other.slowest_seed
        self.megabytes = max(self.megabytes, other.megabytes)


def find(name: str) -> Format:
    """The row of a name: a format, the journey, or a planted fault."""
    if name == JOURNEY:
        from tests.fuzz.journey import ROW

        return ROW
    return FORMATS[name] if name in FORMATS else PLANTED[name]


def mutant(row: Format, seed: int) -> Files:
    """The mutant of a seed."""
    return row.mutant(Random(f"{row.name}-{seed}"))


def source_digest() -> str:
    """The hash of everything that decides a verdict here: the product's sources and this laboratory's."""
    digest = hashlib.sha256()
    for file in (*shipped_sources(), *sorted((ROOT / "tests" / "fuzz").glob("*.py"))):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def run_slice(row: Format, first: int, last: int, out: Path, told: Callable[[], None]) -> Tally:
    """The tally of seeds first to last - 1, from OUT/slices where it was finished before; `told` after each mutant.

    Mutants that failed are left in OUT/faults/FORMAT-SEED.
    """
    path = out / "slices" / f"{row.name}-{first:06}-{last:06}.json"
    sources = source_digest()
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.pop("sources") == sources:
            for _ in range(last - first):
                told()
            return Tally(**kept)
    tally = Tally(row.name)
    at = first
    while at < last:
        at = _child(row, at, last, out, tally, told)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps({"sources": sources, **asdict(tally)}), encoding="utf-8")
    partial.replace(path)
    return tally


def _child(row: Format, first: int, last: int, out: Path, tally: Tally, told: Callable[[], None]) -> int:
    """Run seeds in a child until they are through or it ends; return the seed to go on from."""
    work = out / "work" / f"{row.name}-{first:06}"
    errors = out / "work" / f"{row.name}-{first:06}.err"
    errors.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        "-X",
        "faulthandler",
        "-m",
        "tests.fuzz.slices",
        row.name,
        str(first),
        str(last),
        str(work),
    ]
    at, begun = first, False
    with errors.open("wb") as stream, subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stream, text=True, env=_environment(work)
    ) as child:  # fmt: skip
        assert child.stdout is not None
        watch = _Watch(child)
        for line in child.stdout:
            watch.heard()
            answer = json.loads(line)
            begun = "begins" in answer
            if begun:
                at = answer["begins"]
            elif "seed" in answer:
                tally.count(answer)
                at = answer["seed"] + 1
                told()
        code = child.wait()
        watch.stop()
    if code == 0 and at >= last:
        shutil.rmtree(work, ignore_errors=True)
        errors.unlink()
        return last
    if not begun:
        raise RuntimeError(f"{row.name}: the child ended with code {code} outside a mutant: {_tail(errors)}")
    what = (
        "was silent and stopped"
        if watch.silent
        else f"ended by signal {-code}"
        if code < 0
        else f"exited with code {code}"
    )
    told_of = f"the process {what}: {_tail(errors)}"
    tally.count({"outcome": FAULT, "seed": at, "told": told_of, "seconds": 0.0, "megabytes": 0.0})
    place = _fault_folder(work, row.name, at)
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(work, place, symlinks=True)
    (place / "fault.txt").write_text(told_of + "\n", encoding="utf-8")
    told()
    return at + 1


def _fault_folder(work: Path, name: str, seed: int) -> Path:
    """Where a mutant that failed is left."""
    return work.parent.parent / "faults" / f"{name}-{seed}"


class _Watch:
    """Kills a child that says nothing for too long."""

    def __init__(self, child: "subprocess.Popen[str]") -> None:
        self._child, self.silent = child, False
        self._timer = self._started()

    def _started(self) -> threading.Timer:
        timer = threading.Timer(SILENCE, self._kill)
        timer.daemon = True
        timer.start()
        return timer

    def _kill(self) -> None:
        self.silent = True
        self._child.kill()

    def heard(self) -> None:
        self._timer.cancel()
        self._timer = self._started()

    def stop(self) -> None:
        self._timer.cancel()


def _environment(work: Path) -> dict[str, str]:
    """No window, no sound, a user folder of its own, this checkout first."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SDL_VIDEODRIVER": "dummy",
        "SDL_AUDIODRIVER": "dummy",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        "BANKSHOT_USER_DIR": str(work.with_suffix(".user").absolute()),
    }


def _tail(errors: Path) -> str:
    """The line of a crash that says where it was, or the last one."""
    lines = errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    places = [line.strip() for line in lines if line.strip().startswith("File ")]
    return (places or lines[-1:] or ["no word"])[0]


def _limit_memory() -> None:
    """Let a reader that asks for too much get a MemoryError before the machine runs out."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def main(arguments: list[str]) -> int:
    """The child's side."""
    name, first, last, work = arguments[0], int(arguments[1]), int(arguments[2]), Path(arguments[3])
    row = find(name)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")  # what a reader prints goes elsewhere
    os.dup2(2, 1)

    def answer(**values: Any) -> None:
        answers.write(json.dumps(values) + "\n")
        answers.flush()

    with without_child():
        for sample in row.samples():
            warm(row, work, sample)
            answer(warm=True)
    _limit_memory()
    models = name == JOURNEY or any(pattern.endswith(".onnx") for pattern in row.mutators)
    for seed in range(first, last):
        files = mutant(row, seed)
        write(work, files)
        answer(begins=seed)
        with contextlib.nullcontext() if models and seed % CHILD_EVERY == 0 else without_child():
            verdict = judge(row, work, memory=True)
        if verdict.outcome == FAULT:
            place = _fault_folder(work, name, seed)
            write(place, files)
            (place / "fault.txt").write_text(verdict.told + "\n", encoding="utf-8")
        answer(seed=seed, **asdict(verdict))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
