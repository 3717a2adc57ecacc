"""The widgets: button, toggle, choice and slider; more in `picks`. Each can be used by keys, mouse and pad.

A widget has a rectangle in pixels, which its screen sets in `layout`. Keys and pads reach it through the focus
graph: confirm calls `activate`, left and right call `adjust`. The mouse focuses what it is over and calls `press`
and `drag`. A new widget needs nothing more.
"""

from collections.abc import Callable, Sequence
from typing import Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import draw_bar, draw_glow, draw_panel
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix

FOCUS_SECONDS: Final = 0.12  # time until a widget is fully lit
LABEL_SHARE: Final = 0.46  # share of a row's width; the value has the rest
SMALL_LABEL: Final = 14.5  # pt, of a label on two lines


class Widget:
    """The base of all widgets."""

    focusable = True
    adjusts = False  # uses left and right itself

    def __init__(self, name: str) -> None:
        self.name = name  # unique on its screen; tests and restored focus use it
        self.rect = pygame.Rect(0, 0, 0, 0)
        self.enabled = True
        self.visible = True
        self.scrolls = False  # is in the screen's scroll area
        self.lit = 0.0  # 0..1, follows the focus

    def update(self, focused: bool, seconds: float) -> None:
        """Let the light follow the focus."""
        step = seconds / FOCUS_SECONDS
        self.lit = min(1.0, self.lit + step) if focused else max(0.0, self.lit - step)

    def activate(self) -> None:
        """Do the widget's action (confirm, click)."""

    def adjust(self, step: int) -> bool:
        """Change by `step` (-1 left, 1 right); return whether this widget uses it."""
        return False

    def press(self, position: tuple[int, int]) -> None:
        """React to a left click inside the rectangle."""
        self.activate()

    def drag(self, position: tuple[int, int]) -> None:
        """React to the mouse moving while its left button is held since a press here."""

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the widget."""

    def row_panel(self, target: pygame.Surface, kit: Kit, colour: Colour = theme.CYAN) -> None:
        """Draw the background panel of most widgets, lit by the focus."""
        if self.lit > 0.05:
            pulse = 0.75 + 0.25 * abs(((kit.time * 0.8) % 2) - 1)
            draw_glow(target, self.rect, kit.px(theme.RADIUS), kit.px(theme.GLOW), colour, self.lit * pulse)
        fill = mix(theme.PANEL, theme.PANEL_LIT, round(self.lit * 4) / 4)
        line = mix(theme.LINE, colour, round(self.lit * 4) / 4)
        width = max(1, kit.px(1 + self.lit))
        draw_panel(target, self.rect, kit.px(theme.RADIUS), fill, line, 232, width)


class Button(Widget):
    """A button with a text."""

    def __init__(
        self,
        name: str,
        text: Callable[[], str],
        action: Callable[[], None],
        *,
        colour: Colour = theme.CYAN,
        big: bool = False,
        small: bool = False,
        left: bool = False,
        on: Callable[[], bool] = lambda: False,
    ) -> None:
        """`on` returns whether the state of the button is on; then it is filled with its colour."""
        super().__init__(name)
        self.text = text
        self.action = action
        self.colour = colour
        self.big = big
        self.small = small
        self.left = left  # text at the left side
        self.on = on
        self.faint = False  # can be pressed, but only shows why it does nothing

    def activate(self) -> None:
        """Do the button's action."""
        self.action()

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the panel and the text."""
        self.row_panel(target, kit, self.colour)
        if self.on():
            fill = mix(theme.PANEL, self.colour, 0.42)
            draw_panel(target, self.rect, kit.px(theme.RADIUS), fill, self.colour, 235, max(1, kit.px(1.5)))
        size = theme.LABEL + 5 if self.big else theme.SMALL + 1 if self.small else theme.LABEL
        plain = self.enabled and not self.faint
        colour = mix(theme.TEXT, self.colour, self.lit * 0.6) if plain else theme.FAINT
        room = self.rect.width - kit.px(12 if self.small else 28)
        slide = kit.px(5 * self.lit) if self.left else 0
        if self.left:
            place, anchor = (self.rect.x + kit.px(20) + slide, self.rect.centery), "midleft"
            bar = pygame.Rect(
                self.rect.x, self.rect.y + self.rect.height // 4, kit.px(3), self.rect.height // 2
            )
            pygame.draw.rect(target, mix(theme.LINE, self.colour, self.lit), bar, border_radius=2)
        else:
            place, anchor = self.rect.center, "center"
        kit.text(
            target,
            self.text(),
            place,
            size,
            colour,
            bold=True,
            anchor=anchor,
            width=room,
            glow=0.5 * self.lit,
        )


class _Row(Widget):
    """A labelled row whose value is at the right."""

    adjusts = True

    def __init__(self, name: str, label: Callable[[], str]) -> None:
        super().__init__(name)
        self.label = label

    def draw_label(self, target: pygame.Surface, kit: Kit) -> pygame.Rect:
        """Draw panel and label; return the area for the value."""
        self.row_panel(target, kit)
        inner = self.rect.inflate(-kit.px(36), 0)
        split = round(inner.width * LABEL_SHARE)
        colour = mix(theme.DIM, theme.TEXT, self.lit) if self.enabled else theme.FAINT
        lines, size = self.label_lines(kit)
        step = kit.fonts.line_height(kit.px(size))
        for n, line in enumerate(lines):
            place = (inner.x, inner.centery + round((n - (len(lines) - 1) / 2) * step))
            kit.text(target, line, place, size, colour, anchor="midleft")
        return pygame.Rect(inner.x + split, inner.y, inner.width - split, inner.height)

    def label_lines(self, kit: Kit) -> tuple[list[str], float]:
        """Return the label's lines and their size in points: one, or two small ones if one would be cut."""
        width = round((self.rect.width - kit.px(36)) * LABEL_SHARE) - kit.px(8)
        label = self.label()
        if kit.fonts.width(label, kit.px(theme.BODY)) <= width:
            return [label], theme.BODY
        pixels = kit.px(SMALL_LABEL)
        first, *rest = kit.fonts.wrap(label, pixels, width)
        return [first, kit.fonts.fit(" ".join(rest), pixels, width)] if rest else [first], SMALL_LABEL


class Toggle(_Row):
    """An on/off switch."""

    def __init__(
        self, name: str, label: Callable[[], str], value: Callable[[], bool], change: Callable[[bool], None]
    ) -> None:
        super().__init__(name, label)
        self.value = value
        self.change = change

    def activate(self) -> None:
        """Switch it."""
        self.change(not self.value())

    def adjust(self, step: int) -> bool:
        """Right switches on, left off."""
        if self.value() != (step > 0):
            self.change(step > 0)
        return True

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the label and the switch."""
        area = self.draw_label(target, kit)
        on = self.value()
        track = pygame.Rect(0, 0, kit.px(52), kit.px(26))
        track.midright = area.midright
        colour = theme.CYAN if on else theme.FAINT
        draw_panel(target, track, track.height // 2, mix(theme.PANEL, colour, 0.35 if on else 0.1), colour)
        knob = (track.right - track.height // 2 if on else track.x + track.height // 2, track.centery)
        pygame.draw.circle(target, theme.TEXT if on else theme.DIM, knob, round(track.height * 0.36))
        text = kit.strings("common.on" if on else "common.off")
        place = (track.x - kit.px(14), area.centery)
        kit.text(target, text, place, theme.BODY, theme.TEXT if on else theme.DIM, anchor="midright")


class Choice(_Row):
    """One of several values, with arrows."""

    def __init__(
        self,
        name: str,
        label: Callable[[], str],
        options: Callable[[], Sequence[tuple[str, str]]],
        value: Callable[[], str],
        change: Callable[[str], None],
    ) -> None:
        """`options` gives (value, shown text) pairs."""
        super().__init__(name, label)
        self.options = options
        self.value = value
        self.change = change
        self._arrows = (pygame.Rect(0, 0, 0, 0), pygame.Rect(0, 0, 0, 0))

    def index(self) -> int:
        """Return the index of the value among the options."""
        values = [option for option, _ in self.options()]
        return values.index(self.value()) if self.value() in values else 0

    def adjust(self, step: int) -> bool:
        """Take the next or previous option, with wrap-around."""
        options = self.options()
        if options:
            self.change(options[(self.index() + step) % len(options)][0])
        return True

    def activate(self) -> None:
        """Take the next option."""
        self.adjust(1)

    def press(self, position: tuple[int, int]) -> None:
        """Go back at the left arrow, forward anywhere else."""
        self.adjust(-1 if self._arrows[0].collidepoint(position) else 1)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the label, the arrows and the chosen option."""
        area = self.draw_label(target, kit)
        side = kit.px(30)
        left = pygame.Rect(area.x, area.y, side, area.height)
        right = pygame.Rect(area.right - side, area.y, side, area.height)
        self._arrows = (left, right)
        colour = mix(theme.FAINT, theme.CYAN, self.lit)
        for box, sign in ((left, -1), (right, 1)):
            reach = kit.px(5)
            x = box.centerx + sign * kit.px(2 * self.lit)
            points = [(x - sign * reach, box.centery - reach * 1.5), (x + sign * reach, box.centery)]
            points.append((x - sign * reach, box.centery + reach * 1.5))
            pygame.draw.lines(target, colour, False, points, max(2, kit.px(2.4)))
        options = self.options()
        text = options[self.index()][1] if options else "–"
        room = area.width - 2 * side - kit.px(8)
        kit.text(
            target,
            text,
            area.center,
            theme.BODY,
            theme.TEXT,
            bold=True,
            anchor="center",
            width=room,
            glow=0.35 * self.lit,
        )


class Slider(_Row):
    """A number between two ends."""

    def __init__(
        self,
        name: str,
        label: Callable[[], str],
        value: Callable[[], float],
        change: Callable[[float], None],
        *,
        low: float = 0.0,
        high: float = 1.0,
        step: float = 0.05,
    ) -> None:
        super().__init__(name, label)
        self.value = value
        self.change = change
        self.low, self.high, self.step = low, high, step
        self._track = pygame.Rect(0, 0, 0, 0)

    def _set(self, value: float) -> None:
        steps = round((min(self.high, max(self.low, value)) - self.low) / self.step)
        self.change(round(min(self.high, self.low + steps * self.step), 4))

    def adjust(self, step: int) -> bool:
        """Move by one step."""
        self._set(self.value() + step * self.step)
        return True

    def press(self, position: tuple[int, int]) -> None:
        """Jump to where the mouse is."""
        self.drag(position)

    def drag(self, position: tuple[int, int]) -> None:
        """Follow the mouse."""
        if self._track.width > 0:
            share = (position[0] - self._track.x) / self._track.width
            self._set(self.low + share * (self.high - self.low))

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the label, the track, the knob and the value in percent."""
        area = self.draw_label(target, kit)
        figure = kit.px(58)
        self._track = pygame.Rect(area.x + kit.px(6), 0, area.width - figure - kit.px(12), kit.px(6))
        self._track.centery = area.centery
        share = (self.value() - self.low) / (self.high - self.low)
        draw_bar(target, self._track, share, mix(theme.FAINT, theme.CYAN, 0.55 + 0.45 * self.lit))
        knob = (self._track.x + round(self._track.width * share), area.centery)
        if self.lit > 0.05:
            box = pygame.Rect(0, 0, kit.px(14), kit.px(14))
            box.center = knob
            draw_glow(target, box, kit.px(7), kit.px(10), theme.CYAN, self.lit)
        pygame.draw.circle(target, theme.TEXT, knob, kit.px(8))
        kit.text(target, f"{round(self.value() * 100)}%", area.midright, theme.BODY, anchor="midright")
