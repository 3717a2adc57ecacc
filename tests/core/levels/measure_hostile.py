"""Measure what refusing a hostile level file costs: `python -m tests.core.levels.measure_hostile [--json FILE]`.

Each file is read in a process of its own (Linux). Time is the least processor time of three reads (a busy
machine stretches the wall clock); memory is the peak resident size over the one just before. Exits 1 when a
file takes 100 ms or 64 MB, or is read.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from game.core.levels.problems import LevelError
from game.core.levels.tmj import read_level
from tests.core.levels.hostile import MEGABYTE, all_cases, write_case

TIME_LIMIT = 0.1  # seconds
MEMORY_LIMIT = 64 * MEGABYTE
STATUS = Path("/proc/self/status")
PEAK_RESET = Path("/proc/self/clear_refs")


def forget_peak() -> int:
    """Make the system forget the peak so far and return the resident size now, in bytes."""
    PEAK_RESET.write_text("5", encoding="ascii")
    return status_bytes("VmRSS")


def status_bytes(name: str) -> int:
    """Return one of the sizes in the process's status, in bytes."""
    lines = STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


def measure_here(path: Path) -> dict[str, float | int | str]:
    """Read one file in this process and return what it cost."""
    before = forget_peak()
    seconds = []
    code = "read without an error"
    for _ in range(3):
        start = time.process_time()
        try:
            read_level(path)
        except LevelError as error:
            code = error.problems[0].code
        seconds.append(time.process_time() - start)
    return {"name": path.stem, "code": code, "seconds": min(seconds), "bytes": status_bytes("VmHWM") - before}


def measure_all() -> list[dict[str, float | int | str]]:
    """Measure the whole corpus, one child process a file."""
    results = []
    for case in all_cases():
        with tempfile.TemporaryDirectory() as folder:
            path = write_case(case, Path(folder))
            out = subprocess.run(
                [sys.executable, "-m", "tests.core.levels.measure_hostile", "--one", str(path)],
                check=True,
                capture_output=True,
                text=True,
            )
        results.append(json.loads(out.stdout))
    return results


def main() -> int:
    """Print the table, the dearest last; return 1 when a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the numbers here")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure_here(arguments.one)))
        return 0
    results = measure_all()
    for row in sorted(results, key=lambda row: float(row["seconds"])):
        cost = f"{float(row['seconds']) * 1e3:7.2f} ms {int(row['bytes']) / MEGABYTE:6.1f} MB"
        print(f"{row['name']:28} {row['code']:6} {cost}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"schema": 1, "results": results}, indent=1), encoding="utf-8")
    broken = [
        row["name"]
        for row in results
        if float(row["seconds"]) >= TIME_LIMIT
        or int(row["bytes"]) >= MEMORY_LIMIT
        or not str(row["code"]).startswith("E")
    ]
    print(f"{len(results)} files, {len(broken)} over the limits {broken or ''}")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
