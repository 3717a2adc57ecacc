"""Facts as rows of a panel, in the largest of several styles in which all of them fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pygame

from game.app.ui import theme
from game.app.ui.kit import Kit

GAP: Final = 8  # pt between a name and its value
BETWEEN: Final = 16  # pt between two facts of a row
SMALLEST: Final = 11.0  # pt of a text
Draw = Callable[[pygame.Surface, pygame.Rect, float], None]


@dataclass(frozen=True)
class Fact:
    """A name and a value: a text, or a function that draws it at the right of a box in a size in points."""

    name: str
    value: str | Draw
    half: bool = False  # whether two such facts may share a row
    measured: bool = False  # whether it says how hard the level is; otherwise what it is


class RowStyle(NamedTuple):
    """How rows are set, in points."""

    row: float  # distance of rows
    size: float  # size of the text
    small: float  # size of the text below the rows
    pairs: bool  # whether two `half` facts share a row
    goal: bool  # whether a paragraph is above the rows
    head: tuple[float, float]  # heights of the title and of the line below it


WIDE_HEAD: Final = (42.0, 36.0)
STYLES: Final = (
    RowStyle(27, 15, 13, pairs=False, goal=True, head=WIDE_HEAD),
    RowStyle(24, 15, 13, pairs=False, goal=True, head=WIDE_HEAD),
    RowStyle(27, 15, 13, pairs=False, goal=False, head=WIDE_HEAD),
    RowStyle(24, 15, 13, pairs=False, goal=False, head=WIDE_HEAD),
    RowStyle(20, 13, 12.5, pairs=True, goal=False, head=(28, 24)),
    RowStyle(18.5, 13, 12, pairs=True, goal=False, head=(28, 24)),
    RowStyle(17, 13, 12, pairs=True, goal=False, head=(28, 24)),
    RowStyle(15.5, 12, 11.5, pairs=True, goal=False, head=(24, 21)),
)


def pack_rows(facts: Sequence[Fact], style: RowStyle) -> list[list[Fact]]:
    """Return the facts grouped into rows."""
    rows: list[list[Fact]] = []
    for fact in facts:
        if style.pairs and fact.half and rows and rows[-1][0].half and len(rows[-1]) == 1:
            rows[-1].append(fact)
        else:
            rows.append([fact])
    return rows


def draw_rows(
    target: pygame.Surface, kit: Kit, rows: Sequence[Sequence[Fact]], box: pygame.Rect, style: RowStyle
) -> int:
    """Draw rows from the top of a box, as many as fit; return the y below them."""
    y, step = box.y, kit.px(style.row)
    for row in rows:
        if y + step > box.bottom:
            break
        halves = style.pairs and row[0].half
        width = (box.width - kit.px(BETWEEN)) // 2 if halves else box.width
        for n, fact in enumerate(row):
            place = pygame.Rect(box.x + n * (width + kit.px(BETWEEN)), y, width, step)
            draw_fact(target, kit, fact, place, style.size)
        y += step
    return y


def draw_fact(target: pygame.Surface, kit: Kit, fact: Fact, box: pygame.Rect, size: float) -> None:
    """Draw a name at the left of a box and its value at the right, in a smaller size if both do not fit."""
    drawn = fit_text_size(kit, fact, box.width, size)
    left = kit.text(target, fact.name, box.topleft, drawn, theme.FAINT)
    room = pygame.Rect(left.right + kit.px(GAP), left.y, box.right - left.right - kit.px(GAP), left.height)
    if callable(fact.value):
        fact.value(target, room, size)
    else:
        place, width = room.topright, room.width
        kit.text(target, fact.value, place, drawn, theme.TEXT, bold=True, anchor="topright", width=width)


def fit_text_size(kit: Kit, fact: Fact, width: int, size: float) -> float:
    """Return the largest size in points, from `size` down to SMALLEST, in which name and value fit into `width` pixels."""
    said = fact.value if isinstance(fact.value, str) else ""
    while size > SMALLEST:
        pixels = kit.px(size)
        needed = kit.fonts.width(fact.name, pixels) + kit.px(GAP) + kit.fonts.width(said, pixels, True)
        if needed <= width:
            break
        size -= 0.5
    return max(size, SMALLEST)
