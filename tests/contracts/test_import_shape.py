"""No module stands in a circle of imports, and the packages of `game` are few layers; the counts can tell otherwise."""

import pytest

from tests.contracts import import_shape as shape

LAYERS = 6  # of game/: __main__, cli, app and env, player, match and view, core
INSIDE = 228  # imports inside functions: no more than there are


@pytest.fixture(scope="module")
def graph() -> shape.Graph:
    return shape.modules()


def test_no_module_reaches_itself(graph: shape.Graph) -> None:
    assert len(graph) > 300
    assert shape.circles(graph) == []


@pytest.mark.parametrize("top", shape.PACKAGES)
def test_no_package_reaches_itself(graph: shape.Graph, top: str) -> None:
    assert shape.circles(shape.packages_of(graph, top)) == []


def test_the_game_has_six_layers(graph: shape.Graph) -> None:
    assert len(shape.longest_chain(shape.packages_of(graph, "game"))) <= LAYERS


def test_imports_inside_functions_do_not_grow() -> None:
    assert shape.inside_functions().total() <= INSIDE


def test_a_circle_and_a_chain_are_seen() -> None:
    ring = {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": set[str]()}
    assert shape.circles(ring) == [["a", "b", "c"]]
    assert shape.longest_chain({"a": {"b", "c"}, "b": {"c"}, "c": set[str](), "d": {"c"}}) == ["a", "b", "c"]
    assert shape.packages_of({"g.x.one": {"g.y", "h"}, "g.y": {"g.y.z"}}, "g") == {
        "g.x": {"g.y"},
        "g.y": set[str](),
    }
