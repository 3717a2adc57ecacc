"""Data never chooses code: a module that is imported by name has a literal name, outside one listed place.

A name may also be an entry of a module-level table of literals, or the parameter of a small loader (`training("export")`)
if every call of that loader passes a literal.
"""

import ast
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT, parsed, shipped_sources

# The places that take any name: `--env module:id`, `--code`, and the trainer's own recipe. The bench's programs look for one
# build's name of a module and then for another's, and are called by their parent, which has a table of them.
LISTED = {
    ("agents.env_ids", "import_env"),
    ("agents.own_code", "load_functions"),
    ("game.cli.bench.programs.launch_game", "first"),
    ("game.cli.bench.programs.measure_row", "main"),
    ("game.cli.bench.programs.timing", "found"),
}
IMPORTERS = {"importlib.import_module", "importlib.__import__", "__import__"}
# Other ways to run code by its name or path; nothing here needs them.
FORBIDDEN = {
    "importlib.util.spec_from_file_location", "pkgutil.resolve_name", "pydoc.locate", "runpy.run_module", "runpy.run_path",
}  # fmt: skip


@dataclass
class Module:
    """One source file as this check sees it."""

    name: str
    tree: ast.Module
    aliases: dict[str, str] = field(default_factory=dict)
    tables: set[str] = field(default_factory=set)  # names of module-level dictionaries of literals
    calls: list[tuple[ast.Call, str, ast.FunctionDef | None]] = field(
        default_factory=list
    )  # full names; around them

    def __post_init__(self) -> None:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    self.aliases[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    self.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for node in self.tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and isinstance(value, ast.Dict):
                if all(isinstance(entry, ast.Constant) for entry in value.values):
                    self.tables.add(target.id)
            elif isinstance(node, ast.FunctionDef):
                self.aliases.setdefault(node.name, f"{self.name}.{node.name}")
        self._visit(self.tree, None)

    def _visit(self, node: ast.AST, function: ast.FunctionDef | None) -> None:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            head, _, rest = _dotted(node.func).partition(".")
            full = ".".join(part for part in (self.aliases.get(head, head), rest) if part)
            self.calls.append((node, full, function))
        for child in ast.iter_child_nodes(node):
            self._visit(child, node if isinstance(node, ast.FunctionDef) else function)

    def fixed(self, argument: ast.expr | None) -> bool:
        """A literal, or an entry of a table of literals."""
        if isinstance(argument, ast.Constant):
            return True
        return (
            isinstance(argument, ast.Subscript)
            and isinstance(argument.value, ast.Name)
            and argument.value.id in self.tables
        )


def _dotted(node: ast.expr) -> str:
    """`a.b.c` of names and attributes; of anything else the attributes alone."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else ""


def _parameter(argument: ast.expr | None, function: ast.FunctionDef | None) -> int | None:
    """The position of the parameter that alone makes up the name, as it is or after a literal: f"music.{name}"."""
    if function is None:
        return None
    parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
    names = [part.value if isinstance(part, ast.FormattedValue) else part for part in parts]
    free = [part for part in names if not isinstance(part, ast.Constant)]
    parameters = [item.arg for item in function.args.args]
    if len(free) == 1 and isinstance(free[0], ast.Name) and free[0].id in parameters:
        return parameters.index(free[0].id)
    return None


def free_imports(sources: dict[str, str]) -> list[str]:
    """`module:line: what` for each import, in these sources by module name, whose name is not fixed."""
    loaders: dict[str, int] = dict.fromkeys(IMPORTERS, 0)  # who imports what its n-th argument names
    modules: dict[str, Module] = {}
    problems: dict[str, None] = {}
    grown = True
    while grown:
        grown = False
        # only a file that mentions one of the names can call it
        words = {name.rpartition(".")[2] for name in (*loaders, *FORBIDDEN)}
        for name, source in sources.items():
            if name not in modules and any(word in source for word in words):
                modules[name] = Module(name, parsed(source))
        for module in modules.values():
            for call, full, function in module.calls:
                if full in FORBIDDEN:
                    problems[f"{module.name}:{call.lineno}: {full}()"] = None
                if full not in loaders or (module.name, function.name if function else "") in LISTED:
                    continue
                position = loaders[full]
                argument = call.args[position] if len(call.args) > position else None
                if module.fixed(argument):
                    continue
                passed = _parameter(argument, function)
                if passed is None or function is None:
                    problems[f"{module.name}:{call.lineno}: {ast.unparse(call)}"] = None
                elif f"{module.name}.{function.name}" not in loaders:
                    loaders[f"{module.name}.{function.name}"] = passed
                    grown = True
    return sorted(problems)


def _module_name(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts)


def test_only_the_listed_place_imports_what_a_name_says() -> None:
    sources = {_module_name(file): file.read_text(encoding="utf-8") for file in shipped_sources()}
    assert len(sources) > 10
    assert free_imports(sources) == []


def test_the_listed_place_is_there() -> None:
    for module, function in LISTED:
        tree = parsed((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "source",
    [
        "import importlib\nimportlib.import_module(card.env)",
        "from importlib import import_module as load\nload(name)",
        "__import__(text.split(':')[0])",
        "import importlib\nimportlib.import_module(name='x')",
        "import importlib\nTABLE = {'a': other}\nimportlib.import_module(TABLE['a'])",
        "import importlib\ndef load(name):\n    return importlib.import_module(f'music.{name}')\nload(card.env)",
        "import importlib\ndef load(name):\n    return importlib.import_module(name)\n"
        "def more(name):\n    return load(name)\nmore(card.env)",
        "import importlib\ndef import_env(name):\n    return importlib.import_module(name)\nimport_env(card.env)",
        "import runpy\nrunpy.run_path('x.py')",
    ],
)
def test_a_free_name_is_found(source: str) -> None:
    assert len(free_imports({"some.module": source})) == 1


@pytest.mark.parametrize(
    "source",
    [
        "import importlib\nimportlib.import_module('torch')",
        "import importlib\nTABLE = {'a': 'music.commands.root', 'b': 'agents.cli'}\nimportlib.import_module(TABLE[name])",
        "import importlib\ndef load(name):\n    return importlib.import_module(f'music.{name}')\nload('learning.train')",
    ],
)
def test_fixed_names_pass(source: str) -> None:
    assert free_imports({"some.module": source}) == []
