"""The kernel cache: a changed rule or helper is never missed, and bounds checks are never swallowed by it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from game.core.sim.jit import CACHE_VARIABLE, cache_folder, cache_root, source_digest
from tests.contracts.tree import ROOT, walk

# Prints what a compiled kernel gives that uses a table made from the rules and a helper of another file.
FLIGHT = """
import numpy as np
from game.core.sim.flight import leg_end, next_leg
from game.core.sim.tables import Q12
terrain = np.ones((1, 100), np.uint8)
terrain[0].reshape(10, 10)[1:9, 1:9] = 0
leg = next_leg(terrain[0], 10, 70_000, 200_000, 1, 40, 150 * Q12)
print(*leg, *leg_end(10, 70_000, 200_000, 1, 40, *leg))
"""
BOUNDS = """
import numpy as np
from game.core.sim.tanks import is_free
from game.core.sim.state import TANK_SIZE
tanks = np.zeros((1, 4, TANK_SIZE), np.int64)
print(is_free(tanks, 0, int(__import__("sys").argv[1]), 0, 0, 0))
"""


def copy_core(target: Path) -> Path:
    """Copy what the core is made of to `target`."""
    sources = [
        ROOT / "game" / "__init__.py",
        ROOT / "game" / "core" / "__init__.py",
        ROOT / "game" / "core" / "rules.py",
    ]
    for source in [*sources, *walk(ROOT / "game" / "core" / "sim"), *walk(ROOT / "game" / "core" / "bots")]:
        if source.suffix == ".py":
            copy = target / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, copy)
    return target


def run(
    program: str, folder: Path, cache: Path, *arguments: str, **settings: str
) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(folder), CACHE_VARIABLE: str(cache), **settings}
    environment.pop("NUMBA_CACHE_DIR", None)
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def edit(file: Path, good: str, bad: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(good) == 1, f"{good!r} in {file}"
    file.write_text(text.replace(good, bad), encoding="utf-8")


@pytest.mark.slow
def test_changing_a_rule_or_a_helper_changes_the_compiled_result(tmp_path: Path) -> None:
    """One cache for all: numba's own would run the old code, as the kernel's file stays the same."""
    core, cache = copy_core(tmp_path / "core"), tmp_path / "cache"
    results = []
    for file, good, bad in (
        ("game/core/rules.py", 'TankClass("ranger", 18, 4, 30, 60,', 'TankClass("ranger", 18, 4, 30, 50,'),
        ("game/core/sim/tables.py", "FINE = 256  #", "FINE = 128  #"),
    ):
        before = run(FLIGHT, core, cache)
        assert before.returncode == 0, before.stderr
        assert run(FLIGHT, core, cache).stdout == before.stdout
        results.append(before.stdout)
        edit(core / file, good, bad)
    after = run(FLIGHT, core, cache)
    assert after.returncode == 0, after.stderr
    results.append(after.stdout)
    assert len(set(results)) == 3, results
    assert len([folder for folder in cache.iterdir() if folder.is_dir()]) == 3


def test_every_source_of_the_core_is_in_the_digest(tmp_path: Path) -> None:
    core = copy_core(tmp_path)
    digest = source_digest(core / "game" / "core")
    assert digest == source_digest(core / "game" / "core")
    for file in [
        core / "game" / "core" / "rules.py",
        *walk(core / "game" / "core" / "sim"),
        *walk(core / "game" / "core" / "bots"),
    ]:
        kept = file.read_bytes()
        file.write_bytes(kept + b"\n# changed\n")
        assert source_digest(core / "game" / "core") != digest, file
        file.write_bytes(kept)
    (core / "game" / "core" / "sim" / "fresh.py").write_text("", encoding="utf-8")
    assert source_digest(core / "game" / "core") != digest


@pytest.mark.parametrize("variable", ["NUMBA_BOUNDSCHECK", "NUMBA_DISABLE_JIT"])
def test_flags_that_change_the_code_are_in_the_digest(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, "0")
    before = source_digest(ROOT / "game" / "core")
    monkeypatch.setenv(variable, "1")
    assert source_digest(ROOT / "game" / "core") != before


def test_the_cache_lies_where_it_is_asked_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_root() == tmp_path
    assert cache_folder().parent == tmp_path
    monkeypatch.delenv(CACHE_VARIABLE)
    assert cache_root().name == "kernels"


@pytest.mark.slow
def test_an_index_out_of_range_raises_where_bounds_are_checked(tmp_path: Path) -> None:
    """With a cache warmed without the check, which numba by itself would go on using."""
    inside = run(BOUNDS, ROOT, tmp_path, "4")
    assert inside.stdout == "True\n", inside.stderr
    unchecked = run(BOUNDS, ROOT, tmp_path, "5")
    assert unchecked.returncode == 0, "compiled code reads on beyond the end"
    checked = run(BOUNDS, ROOT, tmp_path, "5", NUMBA_BOUNDSCHECK="1")
    assert checked.returncode != 0
    assert "IndexError: index is out of bounds" in checked.stderr
    assert run(BOUNDS, ROOT, tmp_path, "4", NUMBA_BOUNDSCHECK="1").stdout == "True\n"


@pytest.mark.slow
def test_the_whole_core_stays_within_its_arrays(tmp_path: Path) -> None:
    """Matches of every objective with senses, compiled with bounds checks."""
    command = [sys.executable, "-m", "tests.core.sim.proof", "--pairs", "24", "--ticks", "1500"]
    environment = {
        **os.environ,
        "NUMBA_BOUNDSCHECK": "1",
        "PYTHONPATH": str(ROOT),
        CACHE_VARIABLE: str(tmp_path),
    }
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 24 * 76


_LITERALS = """
from game.core.sim.jit import jit

@jit
def callee(value):
    return value + 1

@jit
def caller(value):
    return callee(1) + callee(2) + callee(value)

assert caller(3) == 9
print(len(callee.dispatcher().signatures))
"""


def test_a_constant_argument_asks_for_no_code_of_its_own(tmp_path: Path) -> None:
    program = tmp_path / "literals.py"
    program.write_text(_LITERALS, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(program)],
        env={**os.environ, CACHE_VARIABLE: str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "1"
