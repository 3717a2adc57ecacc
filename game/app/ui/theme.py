"""Colours and sizes of the interface, in one place. Sizes are points: 1 pt is 1 px at 1280×720 and UI scale 1."""

from typing import Final

Colour = tuple[int, int, int]

INK: Final[Colour] = (6, 8, 20)  # behind everything
PANEL: Final[Colour] = (12, 16, 36)
PANEL_LIT: Final[Colour] = (22, 32, 64)
LINE: Final[Colour] = (58, 78, 128)
TEXT: Final[Colour] = (228, 238, 255)
DIM: Final[Colour] = (142, 158, 196)
FAINT: Final[Colour] = (84, 98, 138)
CYAN: Final[Colour] = (70, 222, 255)
MAGENTA: Final[Colour] = (255, 74, 170)
AMBER: Final[Colour] = (255, 192, 72)
GREEN: Final[Colour] = (96, 240, 150)
RED: Final[Colour] = (255, 88, 88)
VIOLET: Final[Colour] = (160, 120, 255)

# One colour for each objective, used on cards, tabs and banners
OBJECTIVE_COLOURS: Final = {"eliminate": RED, "defend": CYAN, "collect": AMBER, "survive": GREEN}

SMALL: Final = 15  # pt
BODY: Final = 18
LABEL: Final = 21
HEADING: Final = 30
TITLE: Final = 46
SCREEN_TITLE: Final = 38

RADIUS: Final = 10  # pt, of a panel's corners
GLOW: Final = 14  # pt, how far a glow reaches
GAP: Final = 12
MARGIN: Final = 40  # pt, from the window's edge
BELOW_CLOCK: Final = 58  # pt: messages there leave the clock of a match free
ROW: Final = 48  # pt, height of a menu row


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour `share` (0 to 1) of the way from `a` to `b`."""
    t = min(1.0, max(0.0, share))
    return (
        round(a[0] + (b[0] - a[0]) * t),
        round(a[1] + (b[1] - a[1]) * t),
        round(a[2] + (b[2] - a[2]) * t),
    )
