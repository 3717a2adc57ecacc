"""The focus graph: arrows go where the eye expects, and every widget can be reached from every other."""

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.app.ui.focus import DOWN, LEFT, RIGHT, UP, FocusGraph


def grid(columns: int, rows: int) -> list[pygame.Rect]:
    return [pygame.Rect(x * 110, y * 60, 100, 50) for y in range(rows) for x in range(columns)]


def test_arrows_move_to_the_neighbour_in_a_grid() -> None:
    graph = FocusGraph(grid(3, 3))
    assert graph.neighbour(4, UP) == 1
    assert graph.neighbour(4, DOWN) == 7
    assert graph.neighbour(4, LEFT) == 3
    assert graph.neighbour(4, RIGHT) == 5


def test_up_and_down_wrap_within_the_column() -> None:
    graph = FocusGraph(grid(3, 3))
    assert graph.neighbour(1, UP) == 7
    assert graph.neighbour(7, DOWN) == 1


def test_left_and_right_stay_in_the_row() -> None:
    graph = FocusGraph(grid(2, 2))
    assert graph.neighbour(1, RIGHT) == 1
    assert graph.neighbour(2, LEFT) == 2


def test_tab_walks_the_reading_order_and_round_the_end() -> None:
    graph = FocusGraph(grid(2, 2))
    assert [graph.after(n) for n in (0, 1, 2, 3)] == [1, 2, 3, 0]
    assert graph.after(0, -1) == 3


def test_a_slider_keeps_left_and_right_and_is_still_left_by_up_and_down() -> None:
    rects = [pygame.Rect(0, 0, 300, 40), pygame.Rect(0, 50, 140, 40), pygame.Rect(150, 50, 150, 40)]
    graph = FocusGraph(rects, [True, False, False])
    assert graph.reachable(0) == {0, 1, 2}
    assert graph.reachable(2) == {0, 1, 2}


def test_a_lone_widget_leads_nowhere() -> None:
    graph = FocusGraph([pygame.Rect(0, 0, 10, 10)])
    assert [graph.neighbour(0, direction) for direction in (UP, DOWN, LEFT, RIGHT)] == [0, 0, 0, 0]


rectangles = st.builds(
    pygame.Rect, st.integers(0, 1200), st.integers(0, 700), st.integers(1, 400), st.integers(1, 200)
)


@given(st.lists(st.tuples(rectangles, st.booleans()), min_size=1, max_size=14))
def test_any_layout_can_be_walked_from_anywhere_to_everywhere(layout: list[tuple[pygame.Rect, bool]]) -> None:
    graph = FocusGraph([rect for rect, _ in layout], [adjusts for _, adjusts in layout])
    assert all(graph.reachable(n) == set(range(len(layout))) for n in range(len(layout)))


@pytest.mark.parametrize("cut", [0, 4])
def test_a_widget_that_nothing_leads_to_is_noticed(cut: int) -> None:
    graph = FocusGraph(grid(3, 3))
    for links in graph.links:
        for direction, target in links.items():
            if target == cut:
                links[direction] = (cut + 1) % 9
    start = 8
    assert graph.reachable(start) == set(range(9)) - {cut}
