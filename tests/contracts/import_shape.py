"""The shape of the imports, counted: `python -m tests.contracts.import_shape [PACKAGE]`.

Prints the circles of modules (groups of modules that reach one another, imports under TYPE_CHECKING and inside functions
counted), the imports inside functions, and the longest chain of packages in each package. Exits 1 where there is a circle.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Mapping

import grimp
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tests.contracts.tree import ROOT, parsed

PACKAGES = ("agents", "game", "music", "recommender", "safefiles")
Graph = Mapping[str, set[str]]


def modules(packages: Iterable[str] = PACKAGES) -> Graph:
    """Return which modules each module imports, wherever in its file it does. A package is its `__init__`."""
    graph = grimp.build_graph(*packages, include_external_packages=False)
    return {name: graph.find_modules_directly_imported_by(name) for name in sorted(graph.modules)}


def circles(graph: Graph) -> list[list[str]]:
    """Return the groups of two or more nodes that reach one another, the largest first."""
    names = sorted(graph)
    number = {name: place for place, name in enumerate(names)}
    ties = [(number[one], number[other]) for one in names for other in graph[one]]
    rows, columns = np.array(ties, dtype=int).reshape(-1, 2).T
    matrix = csr_array((np.ones(len(ties)), (rows, columns)), shape=(len(names), len(names)))
    _, group = connected_components(matrix, directed=True, connection="strong")
    groups: dict[int, list[str]] = {}
    for name, label in zip(names, group.tolist(), strict=True):
        groups.setdefault(label, []).append(name)
    return sorted((members for members in groups.values() if len(members) > 1), key=len, reverse=True)


def packages_of(graph: Graph, top: str) -> Graph:
    """Return the graph of the children of `top`: a package below it, or a module right in it, is one node."""

    def node(name: str) -> str | None:
        parts = name.split(".")
        return ".".join(parts[:2]) if parts[0] == top and len(parts) > 1 else None

    ties: dict[str, set[str]] = {}
    for name, imported in graph.items():
        if (own := node(name)) is not None:
            ties.setdefault(own, set()).update(
                other for each in imported if (other := node(each)) not in (None, own)
            )
    return ties


def longest_chain(graph: Graph) -> list[str]:
    """Return the longest way along imports in a graph without circles, from the importer down."""
    known: dict[str, list[str]] = {}

    def chain(name: str) -> list[str]:
        if name not in known:
            below = [chain(other) for other in sorted(graph.get(name, ()))]
            known[name] = [name, *max(below, key=len, default=[])]
        return known[name]

    return max((chain(name) for name in sorted(graph)), key=len, default=[])


def inside_functions() -> Counter[str]:
    """Return how many import statements stand inside functions, by top-level package."""
    found: Counter[str] = Counter()
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found[package] += _imports_below(parsed(path.read_text(encoding="utf-8")), inside=False)
    return found


def _imports_below(node: ast.AST, *, inside: bool) -> int:
    """Return how many imports stand below a node in a function; `inside`: it is in one. Expressions hold none."""
    count = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            count += inside
        elif not isinstance(child, ast.expr):
            function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            count += _imports_below(child, inside=inside or function)
    return count


def main() -> int:
    """Print the counts."""
    graph = modules()
    found = circles(graph)
    print(f"circles of modules: {len(found)}")
    for group in found:
        ties = sum(len(graph[name] & set(group)) for name in group)
        print(f"  {len(group)} modules, {ties} ties: {', '.join(group)}")
    inside = inside_functions()
    print(
        f"imports inside functions: {inside.total()} ({', '.join(f'{name} {count}' for name, count in inside.items())})"
    )
    for top in PACKAGES:
        ties = packages_of(graph, top)
        around = circles(ties)
        if around:
            print(f"{top}: packages in a circle: {'; '.join(', '.join(group) for group in around)}")
        else:
            chain = longest_chain(ties)
            print(
                f"{top}: {len(ties)} parts, longest chain {len(chain)}: {' > '.join(name.split('.')[1] for name in chain)}"
            )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
