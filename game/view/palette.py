"""Colours and team shapes of the view, as tables: a new palette is one more row."""

from dataclasses import dataclass, field
from typing import Final

from game.core import rules

Colour = tuple[int, int, int]

# Shapes that distinguish teams without colour: the ring below a tank and the emblem on its turret.
SHAPE_CIRCLE: Final = 0
SHAPE_DIAMOND: Final = 1
SHAPE_TRIANGLE: Final = 2
SHAPE_SQUARE: Final = 3
TEAM_SHAPES: Final = (SHAPE_CIRCLE, SHAPE_DIAMOND, SHAPE_TRIANGLE, SHAPE_SQUARE)


@dataclass(frozen=True)
class Theme:
    """Colours of one arena: the look of a level, independent of the teams."""

    void: Colour  # outside the arena
    nebula: Colour
    floor: Colour
    grid: Colour
    wall_fill: Colour
    wall_edge: Colour


THEMES: Final = (
    Theme((5, 6, 16), (22, 20, 66), (9, 12, 30), (26, 36, 84), (25, 30, 84), (92, 112, 255)),
    Theme((9, 5, 17), (48, 16, 62), (17, 10, 31), (56, 32, 84), (54, 26, 86), (178, 98, 255)),
    Theme((3, 9, 12), (8, 46, 48), (6, 17, 22), (18, 54, 58), (12, 54, 58), (38, 184, 160)),
    Theme((7, 8, 14), (30, 32, 56), (12, 14, 24), (36, 42, 66), (38, 44, 70), (146, 164, 214)),
)


@dataclass(frozen=True)
class Palette:
    """One complete set of colours."""

    name: str
    teams: tuple[Colour, ...]
    danger: Colour  # a shot that has banked: it hurts anyone
    brick: Colour
    brick_glow: Colour
    water: Colour
    cover: Colour
    mirror: Colour
    core: Colour
    portals: tuple[Colour, ...]  # one per pair, repeating
    pickups: tuple[Colour, ...]  # by rules.PICKUP_*
    energy: Colour  # energy cells
    shield: Colour
    good: Colour
    warning: Colour
    bad: Colour
    text: Colour = (226, 234, 255)
    text_dim: Colour = (138, 150, 190)
    panel: Colour = (8, 11, 26)
    themes: tuple[Theme, ...] = field(default=THEMES)

    def __post_init__(self) -> None:
        if len(self.teams) != rules.MAX_TEAMS:
            raise ValueError(
                f"palette {self.name!r}: expected {rules.MAX_TEAMS} team colours, found {len(self.teams)}"
            )
        if len(self.pickups) != len(rules.PICKUP_NAMES):
            raise ValueError(
                f"palette {self.name!r}: expected {len(rules.PICKUP_NAMES)} pick-up colours, "
                f"found {len(self.pickups)}"
            )


DEFAULT: Final = Palette(
    name="neon",
    teams=((38, 222, 255), (255, 142, 36), (132, 255, 74), (255, 232, 84)),
    danger=(255, 38, 104),
    brick=(158, 92, 66),
    brick_glow=(255, 150, 84),
    water=(26, 92, 186),
    cover=(44, 176, 108),
    mirror=(206, 240, 255),
    core=(122, 255, 214),
    portals=(
        (190, 92, 255),
        (64, 232, 190),
        (255, 196, 72),
        (255, 104, 196),
        (110, 160, 255),
        (176, 255, 92),
    ),
    pickups=((92, 255, 140), (96, 170, 255), (255, 92, 200), (198, 120, 255), (255, 224, 72)),
    energy=(255, 240, 130),
    shield=(110, 205, 255),
    good=(92, 255, 150),
    warning=(255, 206, 72),
    bad=(255, 66, 86),
)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour `share` (0..1) of the way from a to b."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def scale_colour(colour: Colour, factor: float) -> Colour:
    """Return the colour with its light multiplied by `factor`, capped at white."""
    return (
        min(255, round(colour[0] * factor)),
        min(255, round(colour[1] * factor)),
        min(255, round(colour[2] * factor)),
    )
