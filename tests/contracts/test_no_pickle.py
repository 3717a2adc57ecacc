"""Files from strangers never run code: no shipped module imports a pickle or loads one through a library."""

import ast

import pytest

from tests.contracts.tree import ROOT, nodes, shipped_sources

FORBIDDEN_MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}
FORBIDDEN_BUILTINS = {"eval", "exec"}
# The keyword that a loader must be given, as a literal, to be safe.
SAFE_KEYWORD = {"torch.load": ("weights_only", True), "numpy.load": ("allow_pickle", False)}
# Methods of stable-baselines3's models that write or read a cloudpickle.
FORBIDDEN_METHODS = {"save_replay_buffer", "load_replay_buffer"}


def pickle_uses(source: str) -> list[str]:
    """Return `line: what` for every import or call in `source` that could pickle or unpickle."""
    aliases = _aliases(source)
    found = []
    for node in nodes(source):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call):
            found += [f"{node.lineno}: {problem}" for problem in _call_problems(node, aliases)]
            continue
        else:
            continue
        found += [
            f"{node.lineno}: import {name}" for name in names if name.partition(".")[0] in FORBIDDEN_MODULES
        ]
    return found


def _aliases(source: str) -> dict[str, str]:
    """What each imported name stands for: `np` -> `numpy`, `load` -> `torch.load`."""
    aliases = {}
    for node in nodes(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                aliases[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return aliases


def _call_problems(call: ast.Call, aliases: dict[str, str]) -> list[str]:
    name = ast.unparse(call.func)
    head, _, rest = name.partition(".")
    full = ".".join(part for part in (aliases.get(head, head), rest) if part)
    if full in FORBIDDEN_BUILTINS:
        return [f"{full}()"]
    if full in {"importlib.import_module", "__import__"}:
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and str(first.value).partition(".")[0] in FORBIDDEN_MODULES:
            return [f"{full}({first.value!r})"]
    if full.rpartition(".")[2] in FORBIDDEN_METHODS:
        return [f"{name}()"]
    if full in SAFE_KEYWORD:
        keyword, safe = SAFE_KEYWORD[full]
        given = {item.arg: item.value for item in call.keywords}.get(keyword)
        if not (isinstance(given, ast.Constant) and given.value is safe):
            return [f"{name}() without {keyword}={safe}"]
    return []


def test_no_shipped_module_can_unpickle() -> None:
    sources = shipped_sources()
    assert len(sources) > 10
    uses = {
        str(file.relative_to(ROOT)): found
        for file in sources
        if (found := pickle_uses(file.read_text(encoding="utf-8")))
    }
    assert uses == {}


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import os, marshal",
        "import joblib.memory as m",
        "from cloudpickle import loads",
        "def f():\n    import shelve",
        "import importlib\nimportlib.import_module('dill')",
        "__import__('pickle')",
        "import torch\ntorch.load(path)",
        "import torch as t\nt.load(path, weights_only=False)",
        "from torch import load\nload(path, weights_only=flag)",
        "import numpy as np\nnp.load(path)",
        "import numpy as np\nnp.load(path, allow_pickle=True)",
        "model.save_replay_buffer(path)",
        "eval('1')",
    ],
)
def test_a_way_to_unpickle_is_found(line: str) -> None:
    assert len(pickle_uses(line)) >= 1


@pytest.mark.parametrize(
    "line",
    [
        "import json, tomllib",
        "import torch\ntorch.load(path, weights_only=True)",
        "import numpy as np\nnp.load(path, allow_pickle=False)",
        "model.eval()",
        "json.load(stream)",
    ],
)
def test_safe_lines_pass(line: str) -> None:
    assert pickle_uses(line) == []
