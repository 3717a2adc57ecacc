"""Hints of the first matches: one line at a time, until the player has done what it says.

The goal comes first, once for each objective. Shown hints are stored (`shown`), so that the next match continues with
the remaining ones.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.kit import Kit
from game.app.ui.prompts import draw_input
from game.core import rules
from game.core.sim import events as ev
from game.core.sim import state as st

if TYPE_CHECKING:
    from game.app.playing.session import Match

SHOWN_AT_LEAST: Final = 1.2  # seconds, so that a hint can be read even if its action is done already
DONE_SECONDS: Final = 0.7  # seconds that a done hint stays, with a tick mark
TEXT_SECONDS: Final = {"goal": 3.0, "danger": 6.0}  # hints without an action, and their seconds
MOVED_ENOUGH: Final = 2.5 * rules.SU_PER_TILE
AIMED_ENOUGH: Final = 64  # of 256 aims


@dataclass
class HintProgress:
    """The player's actions in this match that end hints."""

    moved: float = 0.0  # su
    aimed: int = 0  # aims turned
    shots: int = 0
    banked: int = 0
    specials: int = 0
    hurt_self: int = 0
    _aim: int | None = field(default=None, repr=False)

    def after_tick(self, match: "Match") -> None:
        """Take over a tick."""
        seat = match.human_seat
        tank = match.world.tanks[match.w, seat]
        self.moved += abs(int(tank[st.TANK_VX])) + abs(int(tank[st.TANK_VY]))
        aim = int(tank[st.TANK_AIM])
        if self._aim is not None:
            turn = abs(aim - self._aim)
            self.aimed += min(turn, rules.AIMS - turn)
        self._aim = aim
        for kind, a, b, _, _ in match.event_rows():
            self.shots += kind == ev.FIRED and a == seat
            self.banked += kind in (ev.BANKED, ev.MIRRORED) and a == seat
            self.specials += kind in (ev.DASHED, ev.MINE_LAID, ev.SHIELD_RAISED) and a == seat
            self.hurt_self += kind == ev.TANK_HIT and a == seat and b & ev.SEAT_MASK == seat


@dataclass(frozen=True)
class Hint:
    """One line: string key `hint.ID`, the inputs to picture, and when it is done."""

    id: str
    actions: tuple[str, ...]
    done: Callable[[HintProgress], bool]


HINTS: Final = (
    Hint("goal", (), lambda d: False),
    Hint("move", ("move_up", "move_left", "move_down", "move_right"), lambda d: d.moved > MOVED_ENOUGH),
    Hint("aim", (), lambda d: d.aimed > AIMED_ENOUGH),
    Hint("fire", ("fire",), lambda d: d.shots >= 2),
    Hint("bank", (), lambda d: d.banked >= 1),
    Hint("danger", (), lambda d: False),
    Hint("special", ("special",), lambda d: d.specials >= 1),
)
GOALS: Final = ("eliminate", "defend", "collect", "survive", "attack", "hunt")
DONE: Final = "done"  # every hint was shown


def hint_names(goal: str) -> list[str]:
    """Return the names under which the hints of a match are stored."""
    return [f"goal:{goal}" if hint.id == "goal" else hint.id for hint in HINTS]


EVERY_NAME: Final = tuple(dict.fromkeys(name for goal in GOALS for name in hint_names(goal)))


class HintGuide:
    """Walks through the hints that were not shown yet; `finished` when all were shown."""

    def __init__(self, *, enabled: bool, goal: str = GOALS[0], shown: str = "") -> None:
        """`goal`: what this match is about. `shown`: the value of `shown` at the end of the last match."""
        self.progress = HintProgress()
        self.goal = goal
        self._seen = set(EVERY_NAME) if shown == DONE else set(shown.split(",")) & set(EVERY_NAME)
        names = hint_names(goal)
        self._left = [
            (name, hint)
            for name, hint in zip(names, HINTS, strict=True)
            if enabled and name not in self._seen
        ]
        self._shown = 0.0
        self._done_for: float | None = None
        self._fade = 0.0

    @property
    def current(self) -> Hint | None:
        """The hint shown now."""
        return self._left[0][1] if self._left else None

    @property
    def finished(self) -> bool:
        """Whether no hint is left in this match."""
        return not self._left

    @property
    def shown(self) -> str:
        """The hints shown so far, as a text to store."""
        return (
            DONE if self._seen.issuperset(EVERY_NAME) else ",".join(n for n in EVERY_NAME if n in self._seen)
        )

    def update(self, seconds: float) -> None:
        """Let time pass; go on to the next hint when this one is done."""
        hint = self.current
        if hint is None:
            return
        self._shown += seconds
        self._fade = min(1.0, self._fade + seconds * 4)
        expired = self._shown > TEXT_SECONDS.get(hint.id, math.inf)
        if self._done_for is None and self._shown > SHOWN_AT_LEAST and (expired or hint.done(self.progress)):
            self._done_for = 0.0
        if self._done_for is not None:
            self._done_for += seconds
            if self._done_for > DONE_SECONDS:
                self._seen.add(self._left.pop(0)[0])
                self._shown, self._done_for, self._fade = 0.0, None, 0.0

    def draw(self, target: pygame.Surface, kit: Kit, special: str) -> None:
        """Draw the hint above the foot of the window."""
        hint = self.current
        if hint is None:
            return
        text = self._text(kit, hint, special)
        inputs = self._inputs(kit, hint)
        pixels = kit.px(theme.BODY + 1)
        text_width = kit.fonts.width(text, pixels, True)
        probe = pygame.Surface((1, 1))
        widths = [draw_input(probe, kit, name, (0, 0), 17).width + kit.px(6) for name in inputs]
        width = min(
            kit.width - kit.px(40), text_width + sum(widths) + kit.px(52) + (kit.px(8) if inputs else 0)
        )
        box = pygame.Rect((kit.width - width) // 2, 0, width, kit.px(52))
        box.bottom = kit.height - kit.px(84) + round((1 - self._fade) * kit.px(16))
        done = self._done_for is not None and hint.id not in TEXT_SECONDS
        colour = theme.GREEN if done else theme.RED if hint.id == "danger" else theme.AMBER
        draw_glow(target, box, kit.px(12), kit.px(14), colour, 0.55 * self._fade)
        draw_panel(target, box, kit.px(12), theme.PANEL, colour, 235)
        x = box.x + kit.px(24)
        for name, step in zip(inputs, widths, strict=True):
            draw_input(target, kit, name, (x, box.centery), 17)
            x += step
        x += kit.px(8) if inputs else 0
        ink = theme.GREEN if done else theme.TEXT
        kit.text(
            target,
            text,
            (x, box.centery),
            theme.BODY + 1,
            ink,
            bold=True,
            anchor="midleft",
            width=box.right - kit.px(20) - x,
        )

    def _text(self, kit: Kit, hint: Hint, special: str) -> str:
        if hint.id == "goal":
            return kit.strings(f"hint.goal.{self.goal}")
        if hint.id == "special":
            return kit.strings(f"hint.special.{special}")
        if hint.id == "aim" and kit.device == "pad":
            return kit.strings("hint.aim_pad")
        return kit.strings(f"hint.{hint.id}")

    @staticmethod
    def _inputs(kit: Kit, hint: Hint) -> list[str]:
        if kit.device == "pad":
            if hint.id == "move":
                return ["pad:left_x+"]
            if hint.id == "aim":
                return ["pad:right_x+"]
            shown = [kit.bindings.input_for(action, "pad") for action in hint.actions]
        else:
            mouse = [kit.bindings.input_for(action, "mouse") for action in hint.actions]
            keys = [kit.bindings.input_for(action, "key") for action in hint.actions]
            shown = [first or second for first, second in zip(mouse, keys, strict=True)]
        return [name for name in shown if name is not None]
