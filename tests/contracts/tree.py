"""The project's folders as the contract tests see them: what ships, what is source, what is text."""

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE_ROOTS = tuple(
    name for name in ("agents", "game", "music", "recommender", "safefiles") if (ROOT / name).is_dir()
)
SKIPPED_FOLDERS = {"__pycache__", "build", "dist", "node_modules", "out", "runs", "shared", "venv"}
DEFINITIONS = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
)  # a tuple: asking a union takes much longer
TEXT_SUFFIXES = {".md", ".py", ".toml", ".txt", ".yaml", ".yml"}


def project_table() -> dict[str, Any]:
    """`pyproject.toml`, parsed."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def walk(folder: Path) -> Iterator[Path]:
    """Every file below `folder` that belongs to the project, without caches, builds and hidden folders."""
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.name in SKIPPED_FOLDERS or entry.name.endswith(".egg-info"):
            continue
        if entry.is_dir():
            yield from walk(entry)
        else:
            yield entry


@lru_cache(maxsize=2000)
def parsed(source: str) -> ast.Module:
    """The tree of a source; several contracts look at every file, and parsing is most of what that costs. Change none."""
    return ast.parse(source)


@lru_cache(maxsize=2000)
def nodes(source: str) -> tuple[ast.AST, ...]:
    """Every node of the tree of a source, in the order of `ast.walk`."""
    return tuple(ast.walk(parsed(source)))


def shipped_sources() -> list[Path]:
    """The Python files of every package that ships."""
    return [file for root in PACKAGE_ROOTS for file in walk(ROOT / root) if file.suffix == ".py"]


def copy_project(target: Path, *, only_python: bool = False) -> Path:
    """Copy the packages and the files that a build reads to `target`, and return it."""
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md"):
        shutil.copy(ROOT / name, target / name)
    for root in PACKAGE_ROOTS:
        for file in walk(ROOT / root):
            if only_python and file.suffix != ".py":
                continue
            copy = target / file.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
    return target


def run_python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with `arguments` in `cwd`, whose packages come first; no input, output captured."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(cwd), "NO_COLOR": "1", "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
