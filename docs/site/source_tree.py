"""Reads the public interface out of the sources, without importing them: names, signatures, docstrings, comments on fields.

The comment behind a field (`seconds: float  # since 1970`) or above it belongs to its text: units stand there. Only
the manuals of the environments, which a function writes, are had by calling it.
"""

import ast
import importlib
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from docs.site.sources import ROOT

NO_TEXT: Final = ("noqa", "type:", "fmt:")  # comments for tools
Node = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Entry:
    """One public name. `kind` is a directive of Sphinx's Python domain."""

    kind: str  # function, class, exception, data, method, property, attribute
    name: str
    place: str  # the module that defines it, and its name there
    signature: str = ""  # with the parentheses; of a value its type
    value: str = ""
    text: str = ""
    options: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    members: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Module:
    """One source file."""

    name: str
    tree: ast.Module
    comments: dict[int, str]  # by line
    above: frozenset[int]  # lines that are a comment and nothing else


@cache
def module(name: str) -> Module:
    """Read a module of the repository by its dotted name. Raises FileNotFoundError if it is not ours."""
    path = ROOT.joinpath(*name.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return parse(name, file.read_text(encoding="utf-8"))


def parse(name: str, source: str) -> Module:
    """Return the module of a source."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = [each for each in tokens if each.type == tokenize.COMMENT]
    comments = {each.start[0]: each.string.lstrip("# ") for each in found}
    alone = frozenset(each.start[0] for each in found if not each.line[: each.start[1]].strip())
    return Module(name, ast.parse(source), comments, alone)


def exported(name: str) -> list[str]:
    """The names in a module's `__all__`, in their order; empty where it has none."""
    for node in module(name).tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
        ):
            return [str(each) for each in ast.literal_eval(node.value)]
    return []


def find(name: str, wanted: str) -> tuple[Module, Node]:
    """Return the module and the statement that define a name which `name` defines or imports. Raises LookupError."""
    here = module(name)
    for node in _statements(here.tree.body):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == wanted:
            return here, node
        if isinstance(node, ast.Assign | ast.AnnAssign) and wanted in _targets(node):
            return here, node
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == wanted:
                    return find(node.module, alias.name)
    raise LookupError(f"{name}: expected a definition or an import of {wanted!r}, found none")


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a module, those below `if TYPE_CHECKING:` too."""
    for node in body:
        if isinstance(node, ast.If):
            yield from _statements(node.body)
        else:
            yield node


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
    return [each.id for each in targets if isinstance(each, ast.Name)]


def entry(name: str, wanted: str) -> Entry:
    """Return the entry of a public name of the module `name`, from the sources."""
    here, node = find(name, wanted)
    if isinstance(node, ast.FunctionDef):
        return replace(_function(node, "function"), name=wanted, place=f"{here.name}.{node.name}")
    if isinstance(node, ast.ClassDef):
        return replace(_class(here, node), name=wanted)
    (target,) = _targets(node)
    return replace(_value(here, node, target, "data"), name=wanted, place=f"{here.name}.{target}")


def class_entry(here: Module, name: str) -> Entry:
    """Return the entry of one of a module's own classes."""
    return _class(
        here, next(each for each in here.tree.body if isinstance(each, ast.ClassDef) and each.name == name)
    )


class _Unquoted(ast.NodeTransformer):
    """Replaces types written as strings by types."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        if isinstance(node.value, str):
            try:
                return ast.parse(node.value, mode="eval").body
            except SyntaxError:
                return node
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id == "Literal":
            return node
        self.generic_visit(node)
        return node


def _type(node: ast.expr | None) -> str:
    return (
        "" if node is None else ast.unparse(_Unquoted().visit(ast.parse(ast.unparse(node), mode="eval").body))
    )


def _signature(node: ast.FunctionDef, *, method: bool, returns: bool = True) -> str:
    arguments = ast.parse(ast.unparse(node)).body[0].args  # type: ignore[attr-defined]  # a copy
    if method:
        (arguments.posonlyargs or arguments.args).pop(0)
    for each in ast.walk(arguments):
        if isinstance(each, ast.arg) and each.annotation is not None:
            each.annotation = _Unquoted().visit(each.annotation)
    result = f" -> {_type(node.returns)}" if returns and node.returns is not None else ""
    return f"({ast.unparse(arguments)}){result}"


def _decorators(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    names = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
    return {ast.unparse(each).rpartition(".")[2] for each in names}


def _function(node: ast.FunctionDef, kind: str) -> Entry:
    marks = _decorators(node)
    text = ast.get_docstring(node) or ""
    if marks & {"property", "cached_property"}:
        return Entry("property", node.name, "", _type(node.returns), text=text)
    options = tuple(each for each in ("classmethod", "staticmethod", "abstractmethod") if each in marks)
    method = kind == "method" and "staticmethod" not in marks
    return Entry(kind, node.name, "", _signature(node, method=method), text=text, options=options)


def _value(here: Module, node: ast.Assign | ast.AnnAssign, name: str, kind: str) -> Entry:
    annotation = _type(_unfinal(node.annotation)) if isinstance(node, ast.AnnAssign) else ""
    value = "" if node.value is None else _default(node.value)
    return Entry(kind, name, "", annotation, value, _comment(here, node))


def _unfinal(node: ast.expr) -> ast.expr | None:
    """The type in `Final[...]`; none in a bare `Final`."""
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "Final":
        return node.slice
    return None if ast.unparse(node) == "Final" else node


def _default(node: ast.expr) -> str:
    """A value as it is shown: of `field(default_factory=list)` what it makes."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "field":
        given = {each.arg: each.value for each in node.keywords}
        if "default_factory" in given:
            return f"{ast.unparse(given['default_factory'])}()"
        return ast.unparse(given["default"]) if "default" in given else ""
    return ast.unparse(node)


def _comment(here: Module, node: ast.stmt) -> str:
    first = node.lineno
    while first - 1 in here.above:
        first -= 1
    parts = (range(first, node.lineno), range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return "\n\n".join(text for lines in parts if (text := _joined(here, lines)))


def _joined(here: Module, lines: range) -> str:
    found = (here.comments[line] for line in lines if line in here.comments)
    return " ".join(each for each in found if not each.startswith(NO_TEXT))


def _class(here: Module, node: ast.ClassDef) -> Entry:
    bases = [ast.unparse(each).partition("[")[0] for each in node.bases]
    fields = [_value(here, each, _targets(each)[0], "attribute") for each in _fields(node)]
    members = {each.name: each for each in [*fields, *_own_members(here, node)]}
    for base in bases:
        for each in _inherited(here, base):
            members.setdefault(each.name, each)
    error = any(
        base.endswith(("Error", "Exception", "Refused", "Failed")) or base == "WorkFailed" for base in bases
    )
    text = _manual(here, node) or ast.get_docstring(node) or ""
    start = next(
        (each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None
    )
    if start is not None:
        text += "\n\n" + (ast.get_docstring(start) or "")
        signature = _signature(start, method=True, returns=False)
    elif "dataclass" in _decorators(node) or "NamedTuple" in bases:
        signature = _constructor(node)
    else:
        signature = ""
    return Entry(
        "exception" if error else "class",
        node.name,
        f"{here.name}.{node.name}",
        signature,
        text=text,
        bases=tuple(base for base in bases if base not in ("NamedTuple", "Protocol", "Generic")),
        members=tuple(members.values()),
    )


def _fields(node: ast.ClassDef) -> list[ast.AnnAssign]:
    return [
        each
        for each in node.body
        if isinstance(each, ast.AnnAssign) and not _targets(each)[0].startswith("_")
    ]


def _constructor(node: ast.ClassDef) -> str:
    parts = []
    for each in _fields(node):
        value = _default(each.value) if each.value is not None else ""
        call = each.value if isinstance(each.value, ast.Call) else None
        if call is not None and any(
            k.arg == "init" and ast.unparse(k.value) == "False" for k in call.keywords
        ):
            continue
        parts.append(f"{_targets(each)[0]}={value}" if value else _targets(each)[0])
    return f"({', '.join(parts)})"


def _own_members(here: Module, node: ast.ClassDef) -> Iterator[Entry]:
    for each in node.body:
        if not isinstance(each, ast.FunctionDef):
            continue
        if each.name == "__init__":
            yield from _set_by_init(here, each)
        elif not each.name.startswith("_") and not _decorators(each) & {"overload", "setter"}:
            yield _function(each, "method")


def _set_by_init(here: Module, node: ast.FunctionDef) -> Iterator[Entry]:
    """Return public attributes set by a constructor that have an argument or a comment as description."""
    arguments = {each.arg: each for each in [*node.args.args, *node.args.kwonlyargs]}
    for each in node.body:
        if not isinstance(each, ast.Assign | ast.AnnAssign):
            continue
        target = each.target if isinstance(each, ast.AnnAssign) else each.targets[0]
        if not (
            isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"
        ) or target.attr.startswith("_"):
            continue
        comment = _comment(here, each)
        source = arguments.get(each.value.id) if isinstance(each.value, ast.Name) else None
        written = (
            each.annotation if isinstance(each, ast.AnnAssign) else source.annotation if source else None
        )
        if comment or written is not None:
            yield Entry("attribute", target.attr, "", _type(written), text=comment)


def _inherited(here: Module, base: str) -> tuple[Entry, ...]:
    """The public members of a base class of ours."""
    try:
        where, node = find(here.name, base)
    except (LookupError, FileNotFoundError):
        return ()
    return _class(where, node).members if isinstance(node, ast.ClassDef) else ()


def _manual(here: Module, node: ast.ClassDef) -> str:
    """The docstring of a class that a function writes: `Name.__doc__ = manual()`."""
    for each in here.tree.body:
        if (
            isinstance(each, ast.Assign)
            and ast.unparse(each.targets[0]) == f"{node.name}.__doc__"
            and isinstance(each.value, ast.Call)
        ):
            where, function = find(here.name, ast.unparse(each.value.func))
            assert isinstance(function, ast.FunctionDef)
            return str(getattr(importlib.import_module(where.name), function.name)())
    return ""
