"""No child process of this Python imports from the folder it is started in: each command has `-P`.

A downloaded pack may hold a `json.py`; Python would take it for its own (see `safefiles.child`).
"""

import ast
import re

import pytest

from tests.contracts.tree import ROOT, nodes, shipped_sources

SAFE = "-P"


def open_children(source: str) -> list[int]:
    """Lines that name this Python's executable other than as the start of a command whose next word is `-P`."""
    safe: set[int] = set()
    named: dict[int, int] = {}  # node: line
    for node in nodes(source):
        if isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1:
            first, second = node.elts[:2]
            if isinstance(second, ast.Constant) and second.value == SAFE:
                safe.add(id(first))
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in ("executable", "_base_executable")
            and isinstance(node.value, ast.Name)
        ):
            named[id(node)] = node.lineno
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            named |= {id(alias): node.lineno for alias in node.names if alias.name == "executable"}
    return sorted(line for node, line in named.items() if node not in safe)


def python_by_name(source: str) -> list[int]:
    """Lines with a command that calls some Python by its name."""
    return [
        node.lineno
        for node in nodes(source)
        if isinstance(node, ast.List | ast.Tuple) and node.elts
        and isinstance(node.elts[0], ast.Constant) and node.elts[0].value in ("python", "python3", "py", "pip")
        and len(node.elts) > 1
    ]  # fmt: skip


def test_every_child_leaves_the_current_folder_out() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in shipped_sources()}
    # parsing takes long, so only what has one of the words
    likely = {file: text for file, text in texts.items() if re.search(r"\bexecutable\b|\"(py|pip)", text)}
    found = {
        file.relative_to(ROOT).as_posix(): lines
        for file, text in likely.items()
        if (lines := open_children(text) + python_by_name(text))
    }
    assert found == {}
    assert ROOT / "safefiles" / "child.py" in likely, "the one place that starts a Python is there"


@pytest.mark.parametrize(
    "source",
    [
        'import sys\ncommand = [sys.executable, "-c", code]',
        'import sys\nsubprocess.run([sys.executable, "-m", "game.app.playing.warm"], stdout=PIPE)',
        "import sys\nprogram = sys.executable",
        'import sys as system\nPopen((system.executable, "-m", "pip"))',
        "from sys import executable\nPopen([executable])",
        'import sys\nPopen([sys.executable, "-m", "x", "-P"])',
        'import subprocess\nsubprocess.run(["python", "-m", "game"])',
    ],
)
def test_a_child_that_imports_from_there_is_found(source: str) -> None:
    assert open_children(source) + python_by_name(source)


def test_a_child_with_the_flag_passes() -> None:
    assert open_children('import sys\nPopen([sys.executable, "-P", "-m", "pip"])') == []
