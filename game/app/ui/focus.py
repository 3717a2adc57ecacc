"""The focus graph: the widget to which the arrow keys, the stick and Tab move.

Neighbours are found from the rectangles on the screen: the nearest in the pressed direction, those in line first.
If that leaves a widget that no arrow reaches or leaves, up and down follow the reading order instead, so that every
focusable widget can always be reached from every other with the arrows alone.
"""

from collections.abc import Sequence
from typing import Final

import pygame

UP: Final = "up"
DOWN: Final = "down"
LEFT: Final = "left"
RIGHT: Final = "right"


class FocusGraph:
    """Neighbours of a screen's focusable rectangles, by index."""

    def __init__(self, rects: Sequence[pygame.Rect], adjusts: Sequence[bool] | None = None) -> None:
        """Take the rectangles; `adjusts[n]`: widget n uses left and right itself (a slider)."""
        self.rects = [pygame.Rect(rect) for rect in rects]
        self.adjusts = list(adjusts) if adjusts is not None else [False] * len(self.rects)
        count = len(self.rects)
        self.order = sorted(
            range(count), key=lambda n: (self.rects[n].centery // 8, self.rects[n].centerx, n)
        )
        self.links: list[dict[str, int]] = [{} for _ in range(count)]
        for n in range(count):
            for direction in (UP, DOWN, LEFT, RIGHT):
                self.links[n][direction] = self._nearest(n, direction)
        self._wrap()
        if count and not self._connected():
            self._follow_reading_order()

    def neighbour(self, index: int, direction: str) -> int:
        """Return the index that `direction` leads to from `index`; `index` itself if there is none."""
        return self.links[index][direction]

    def after(self, index: int, step: int = 1) -> int:
        """Return the widget `step` places later in reading order, with wrap-around."""
        place = self.order.index(index)
        return self.order[(place + step) % len(self.order)]

    def reachable(self, start: int) -> set[int]:
        """Return every widget that the arrows can reach from `start`."""
        seen = {start}
        waiting = [start]
        while waiting:
            n = waiting.pop()
            for direction, target in self.links[n].items():
                if self.adjusts[n] and direction in (LEFT, RIGHT):
                    continue
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
        return seen

    def _nearest(self, n: int, direction: str) -> int:
        here = self.rects[n]
        best, best_cost = n, float("inf")
        for m, there in enumerate(self.rects):
            if m == n:
                continue
            cost = _cost(here, there, direction)
            if cost is not None and cost < best_cost:
                best, best_cost = m, cost
        return best

    def _wrap(self) -> None:
        """Connect up at the top with the bottom and the other way round, within the same column if possible."""
        for n, links in enumerate(self.links):
            for direction, reverse in ((UP, DOWN), (DOWN, UP)):
                if links[direction] != n:
                    continue
                end, steps = n, 0
                while self.links[end][reverse] != end and steps <= len(self.rects):
                    following = self.links[end][reverse]
                    forwards = self.rects[following].centery - self.rects[end].centery
                    if (forwards > 0) != (reverse == DOWN):
                        break  # already a wrapped link
                    end, steps = following, steps + 1
                links[direction] = end

    def _connected(self) -> bool:
        count = len(self.rects)
        return all(len(self.reachable(n)) == count for n in range(count))

    def _follow_reading_order(self) -> None:
        for place, n in enumerate(self.order):
            self.links[n][UP] = self.order[place - 1]
            self.links[n][DOWN] = self.order[(place + 1) % len(self.order)]


def _cost(here: pygame.Rect, there: pygame.Rect, direction: str) -> float | None:
    """Return the cost of moving in `direction` from `here` to `there`, None if it is not in that direction."""
    if direction in (LEFT, RIGHT):
        ahead = there.centerx - here.centerx if direction == RIGHT else here.centerx - there.centerx
        aside = abs(there.centery - here.centery)
        overlap = min(here.bottom, there.bottom) - max(here.top, there.top)
        gap = there.left - here.right if direction == RIGHT else here.left - there.right
        if overlap <= 0:
            return None  # left and right never leave the row
    else:
        ahead = there.centery - here.centery if direction == DOWN else here.centery - there.centery
        aside = abs(there.centerx - here.centerx)
        overlap = min(here.right, there.right) - max(here.left, there.left)
        gap = there.top - here.bottom if direction == DOWN else here.top - there.bottom
    if ahead <= 0 or gap < -min(here.height, there.height) // 2:
        return None
    penalty = 0.0 if overlap > 0 else 2.5 * aside
    return max(0, gap) + ahead * 0.05 + aside * 0.3 + penalty
