"""What a module takes from another that it imports by name, late, is there: neither mypy nor the linter sees such names."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.contracts.tree import PACKAGE_ROOTS, ROOT, nodes, shipped_sources

IMPORTERS = ("import_module", "import_library")


PLACE = re.compile(rf"({'|'.join(PACKAGE_ROOTS)})((?:\.[a-z_]+)+):([A-Za-z_]+)")


def nodes_of(path: Path) -> tuple[ast.AST, ...]:
    return nodes(path.read_text(encoding="utf-8"))


def module_name(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")


def prefix_of(function: ast.FunctionDef) -> str | None:
    """The package in which a helper such as `_module(name)` looks modules up; None for any other function."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and called(node) == "import_module" and node.args:
            text = node.args[0]
            if (
                isinstance(text, ast.JoinedStr)
                and len(text.values) == 2
                and isinstance(text.values[0], ast.Constant)
            ):
                return str(text.values[0].value)
    return None


def called(call: ast.Call) -> str:
    """The last part of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@cache
def helpers() -> dict[str, dict[str, str]]:
    """For each file the helpers that it defines, and the packages that these look modules up in."""
    found: dict[str, dict[str, str]] = {}
    for path in shipped_sources():
        own = {
            node.name: prefix
            for node in nodes_of(path)
            if isinstance(node, ast.FunctionDef) and (prefix := prefix_of(node)) is not None
        }
        if own:
            found[module_name(path)] = own
    return found


def helpers_in(path: Path) -> dict[str, str]:
    """The helpers that a file defines or imports, by the names that it uses."""
    found = dict(helpers().get(module_name(path), {}))
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom) and node.module in helpers():
            for each in node.names:
                if each.name in helpers()[node.module]:
                    found[each.asname or each.name] = helpers()[node.module][each.name]
    return found


def module_of(node: ast.AST | None, known: dict[str, str]) -> str | None:
    """The module that an expression imports; None for any other expression."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return None
    name = node.args[0].value
    if called(node) in IMPORTERS:
        return str(name)
    return f"{known[called(node)]}{name}" if called(node) in known else None


def taken(path: Path) -> Iterator[tuple[str, str, int]]:
    """Module, name and line of everything that a file takes from modules that it imports late."""
    known = helpers_in(path)
    for scope in nodes_of(path):
        if not isinstance(scope, ast.Module | ast.FunctionDef):
            continue
        variables: dict[str, str] = {}
        for node in ast.walk(scope):
            if isinstance(node, ast.Assign | ast.AnnAssign) and (module := module_of(node.value, known)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                variables |= {target.id: module for target in targets if isinstance(target, ast.Name)}
        for node in ast.walk(scope):
            if not isinstance(node, ast.Attribute):
                continue
            found = module_of(node.value, known)
            if found is None and isinstance(node.value, ast.Name) and not isinstance(scope, ast.Module):
                found = variables.get(node.value.id)
            if found is not None and found.split(".")[0] in PACKAGE_ROOTS:
                yield found, node.attr, node.lineno


@cache
def cases() -> frozenset[tuple[str, str, str]]:
    """Place, module and name of all that is taken late, also of what a text such as `agents.league_cli:run` names."""
    found = set()
    for path in shipped_sources():
        file = path.relative_to(ROOT).as_posix()
        found |= {(f"{file}:{line}", module, name) for module, name, line in taken(path)}
        for node in nodes_of(path):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and (place := PLACE.fullmatch(node.value))
            ):
                found.add((f"{file}:{node.lineno}", place[1] + place[2], place[3]))
    return frozenset(found)


def test_late_imports_are_found() -> None:
    """The search knows the helpers of the command lines, modules that are kept in a variable, and places in texts."""
    assert {"game.cli.", "agents.", "music."} <= {
        prefix for own in helpers().values() for prefix in own.values()
    }
    known = {(place.partition(":")[0], module, name) for place, module, name in cases()}
    assert ("game/cli/levels.py", "game.cli.level_repair", "repair_levels") in known
    assert ("game/cli/levels.py", "game.core.levels.catalogue", "PATH_SUFFIXES") in known
    assert any(file == "game/cli/mounted.py" for file, _, _ in known)


def test_what_is_taken_late_is_there() -> None:
    missing = [
        f"{place}: {module} has no {name}"
        for place, module, name in sorted(cases())
        if not hasattr(importlib.import_module(module), name)
    ]
    assert missing == []
