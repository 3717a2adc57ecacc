"""Files are written whole, by `safefiles.writing`: every other place that writes one is listed here with its reason."""

import ast
from collections.abc import Iterator

import pytest

from tests.contracts.tree import DEFINITIONS, ROOT, parsed, shipped_sources

METHODS = {
    "write_text",
    "write_bytes",
    "mkstemp",
    "NamedTemporaryFile",
    "replace",
    "rename",
    "savefig",
    "open",
}
IN_MEMORY = {"stream", "data", "picture"}  # what pictures are drawn into
OWN = {
    "agents/league.py: League.add_results open": "lines are only added and synced; one that was cut off is ended by the next",
    "agents/runs.py: Run.leave_others replace": "a checkpoint goes aside as it is",
    "game/app/crash.py: watch_crashes open": "waits for a signal, which writes it; the next start takes it over",
    "safefiles/aside.py: set_aside replace": "a damaged file goes aside as it is",
    "safefiles/sqlite_mending.py: repair_log open": "single bits, which the checksums know, while others read the log",
    "safefiles/sqlite_mending.py: replace_database replace": "a database that was written and synced by SQLite",
    "safefiles/sqlite_rescue.py: rescue_rows open": "a copy in a temporary folder",
    "safefiles/sqlite_rescue.py: rescue_rows write_bytes": "a copy in a temporary folder",
}


def writes(source: str) -> Iterator[tuple[str, str]]:
    """Yield (function, call) for every call that writes or renames a file."""
    yield from _below(parsed(source), "")


def _below(node: ast.AST, where: str) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, DEFINITIONS):
            yield from _below(child, f"{where}.{child.name}".lstrip("."))
            continue
        if isinstance(child, ast.Call) and (found := _written(child)):
            yield where, found
        yield from _below(child, where)


def _written(call: ast.Call) -> str:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in METHODS or (isinstance(call.func, ast.Name) and name != "open"):
        return ""  # `write_text` of safefiles.writing, `replace` of dataclasses
    owner = ast.unparse(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    if name == "open":
        modes = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        modes += [
            word.value.value
            for word in call.keywords
            if word.arg == "mode" and isinstance(word.value, ast.Constant)
        ]
        opened = owner not in ("wave", "os", "webbrowser") and any(
            isinstance(mode, str) and set(mode) <= set("rwaxbt+") and set(mode) & set("wax+")
            for mode in modes
        )
        return name if opened else ""
    if name == "savefig":
        return "" if isinstance(call.args[0], ast.Name) and call.args[0].id in IN_MEMORY else name
    if name in ("replace", "rename"):
        # Of a text it has two arguments; `os.replace` has two as well
        return name if owner == "os" or (len(call.args) == 1 and not call.keywords) else ""
    return name


def writers() -> set[str]:
    """Every writing call of the shipped sources outside `safefiles.writing`."""
    found = set()
    for file in shipped_sources():
        name = file.relative_to(ROOT).as_posix()
        if name != "safefiles/writing.py":
            found |= {f"{name}: {where} {call}" for where, call in writes(file.read_text(encoding="utf-8"))}
    return found


def test_every_file_is_written_by_one_function_or_listed_with_its_reason() -> None:
    found = writers()
    assert sorted(found - OWN.keys()) == [], "use safefiles.writing, or list the place with its reason"
    assert sorted(OWN.keys() - found) == [], "these are gone: take them off the list"


@pytest.mark.parametrize(
    "source",
    [
        "path.write_text('x')", "path.write_bytes(b'x')", "open(path, 'w')", "path.open('ab')", "path.open(mode='x')",
        "partial.replace(path)", "os.replace(a, b)", "figure.savefig(path, format='png')", "path.open('r+b')",
        "tempfile.mkstemp()",
    ],
)  # fmt: skip
def test_a_writer_is_noticed(source: str) -> None:
    assert len(list(writes(f"def f():\n    {source}"))) == 1


@pytest.mark.parametrize(
    "source",
    [
        "write_text(path, 'x')",
        "text.replace('a', 'b')",
        "replace(piece, tempo=1)",
        "path.open('rb')",
        "wave.open(s, 'wb')",
    ],
)
def test_what_writes_no_file_is_not(source: str) -> None:
    assert list(writes(source)) == []
