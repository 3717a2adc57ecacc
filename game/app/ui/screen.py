"""`Screen`: the base of all screens: focus, mouse, scrolling, and the order layout → update → draw."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.input.actions import DIRECTIONS, InputContext
from game.app.input.hub import Press
from game.app.ui.draw import darken_rect
from game.app.ui.focus import FocusGraph
from game.app.ui.kit import Kit
from game.app.ui.picks import StarRow, Tabs
from game.app.ui.prompts import draw_prompts
from game.app.ui.theme import CYAN, FAINT, MARGIN, mix
from game.app.ui.widgets import Widget

if TYPE_CHECKING:
    from game.app.playing.session import Match
    from game.app.stage import Stage

WHEEL_STEP: Final = 60  # pt per notch


class Screen:
    """One screen on the app's stack. Subclasses fill `widgets`, place them in `layout` and paint in `draw_back`."""

    name = "screen"
    context = InputContext.MENU
    overlay = False  # whether the screen below is visible
    covers = False  # other overlays below it are not drawn
    backdrop = True  # the live match is drawn behind it
    pinned_share = 0.12  # share of the window's height for a message that stays at the top
    toasts_top = 18  # pt above the first message
    toasts_right = False  # whether messages are at the right, because a long heading is at the left
    has_match = False  # it plays a match, whose music goes on under other screens
    prompts: tuple[tuple[str, str], ...] = (("confirm", "prompt.select"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage") -> None:
        self.stage = stage
        self.kit: Kit = stage.kit
        self.widgets: list[Widget] = []
        self.focus: Widget | None = None
        self.scroll_area: pygame.Rect | None = None
        self.content_height = 0  # scrolled pixels
        self.scroll = 0.0
        self.age = 0.0  # seconds since it opened, for its animation
        self._scroll_target = 0.0
        self._graph: FocusGraph | None = None
        self._graph_rects: list[tuple[str, tuple[int, int, int, int]]] = []
        self._places: dict[str, pygame.Rect] = {}
        self._grabbed: Widget | None = None

    # Methods for subclasses

    def layout(self) -> None:
        """Set every widget's rectangle for the kit's size; those with `scrolls` without the scroll offset."""

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the part behind the widgets."""

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the part in front of the widgets."""

    def on_action(self, press: Press) -> bool:
        """Handle an action that navigation did not use; return whether it was used."""
        return False

    def type_text(self, event: pygame.event.Event) -> bool:
        """Handle a key or typed text before it becomes an action; return whether it was used."""
        return False

    @property
    def text_field(self) -> pygame.Rect | None:
        """The rectangle of the text field in window pixels; None if no text is typed, then the input method is off."""
        return None

    def on_focus(self, widget: Widget) -> None:
        """Called when the focus has moved."""

    def back(self) -> None:
        """Leave the screen (Esc, B)."""
        self.stage.back()

    def opened(self) -> None:
        """Called when the screen is on top (again)."""

    @property
    def shown_match(self) -> "Match | None":
        """The match that it plays or watches."""
        return None

    def closed(self) -> None:
        """Called when the screen was removed."""

    def resized(self) -> None:
        """Called when the window has another size."""

    def tick(self) -> None:
        """Advance the screen's simulation, if any, by one tick."""

    def poll(self) -> None:
        """Take over the results of threads; called every frame, on top or not."""

    def focus_lost(self) -> None:
        """Called when the window goes to the background."""

    def pad_lost(self) -> None:
        """Called when a gamepad was unplugged."""

    def close_requested(self) -> None:
        """Called when the player closes the window."""
        self.stage.quit()

    # Methods that the app calls

    def draw_at(self, target: pygame.Surface, alpha: float) -> None:
        """Draw at `alpha` (0 to 1) between two ticks; menus ignore it."""
        self.draw(target)

    def update(self, seconds: float) -> None:
        """Let time pass."""
        self.age += seconds
        self.place()
        for widget in self.widgets:
            widget.update(widget is self.focus, seconds)
        share = min(1.0, seconds * 16)
        self.scroll += (self._scroll_target - self.scroll) * share
        if abs(self._scroll_target - self.scroll) < 0.5:
            self.scroll = self._scroll_target

    def draw(self, target: pygame.Surface) -> None:
        """Draw the screen."""
        self.place()
        self.draw_back(target)
        for widget in self.widgets:
            if widget.visible and not widget.scrolls:
                widget.draw(target, self.kit)
        area = self.scroll_area
        if area is not None:
            clip = target.get_clip()
            target.set_clip(area)
            for widget in self.widgets:
                if widget.visible and widget.scrolls and widget.rect.colliderect(area):
                    widget.draw(target, self.kit)
            target.set_clip(clip)
            self._draw_scroll_bar(target, area)
        self.draw_front(target)

    def place(self) -> None:
        """Lay the widgets out and move the scrolling ones."""
        self.layout()
        self._places = {widget.name: widget.rect.copy() for widget in self.widgets}
        if self.scroll_area is not None:
            most = max(0, self.content_height - self.scroll_area.height)
            self._scroll_target = min(float(most), max(0.0, self._scroll_target))
            for widget in self.widgets:
                if widget.scrolls:
                    widget.rect = widget.rect.move(0, -round(self.scroll))
        if self.focus is None or not self.can_focus(self.focus):
            self.focus = next((widget for widget in self.widgets if self.can_focus(widget)), None)

    def can_focus(self, widget: Widget) -> bool:
        """Return whether a widget may take the focus now."""
        return widget in self.widgets and widget.focusable and widget.enabled and widget.visible

    def set_focus(self, widget: Widget, *, sound: bool = True) -> None:
        """Move the focus and scroll it into view."""
        if widget is self.focus or not self.can_focus(widget):
            return
        self.focus = widget
        if sound:
            self.stage.audio.play("ui_move")
        self.reveal(widget)
        self.on_focus(widget)

    def focus_name(self, name: str) -> None:
        """Move the focus to the widget of that name, if there is one."""
        self.place()
        for widget in self.widgets:
            if widget.name == name:
                self.set_focus(widget, sound=False)

    def reveal(self, widget: Widget) -> None:
        """Scroll so that a widget is visible."""
        area = self.scroll_area
        if area is None or not widget.scrolls or widget.name not in self._places:
            return
        rect = self._places[widget.name]
        margin = self.kit.px(16)
        top = rect.top - area.top - margin
        bottom = rect.bottom - area.top + margin - area.height
        if self._scroll_target > top:
            self._scroll_target = float(max(0, top))
        elif self._scroll_target < bottom:
            self._scroll_target = float(bottom)

    def graph(self) -> FocusGraph:
        """Return the focus graph of the widgets that can be focused now."""
        targets = self.targets()
        rects = [self._graph_place(widget) for widget in targets]
        key = [(widget.name, (r.x, r.y, r.w, r.h)) for widget, r in zip(targets, rects, strict=True)]
        if self._graph is None or key != self._graph_rects:
            self._graph = FocusGraph(rects, [widget.adjusts for widget in targets])
            self._graph_rects = key
        return self._graph

    def targets(self) -> list[Widget]:
        """Return the widgets that can be focused, in the graph's order."""
        return [widget for widget in self.widgets if self.can_focus(widget)]

    def press(self, press: Press) -> None:
        """Handle an input action."""
        action = press.action
        if action in DIRECTIONS:
            self._move(action)
        elif action == "next_widget":
            targets = self.targets()
            if self.focus in targets:
                self.set_focus(targets[self.graph().after(targets.index(self.focus))])
        elif action in ("page_left", "page_right") and self._turn_page(-1 if action == "page_left" else 1):
            pass
        elif action == "confirm" and self.focus is not None:
            self.stage.audio.play("ui_confirm")
            self.focus.activate()
        elif self.on_action(press):
            pass
        elif action == "back":
            self.stage.audio.play("ui_back")
            self.back()

    def mouse(self, event: pygame.event.Event) -> None:
        """Handle a mouse event in window pixels."""
        if event.type == pygame.MOUSEMOTION:
            if self._grabbed is not None:
                self._grabbed.drag(event.pos)
                return
            over = self._widget_at(event.pos)
            if over is not None:
                self.set_focus(over)
                if isinstance(over, StarRow):
                    over.drag(event.pos)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            over = self._widget_at(event.pos)
            if over is not None:
                self.set_focus(over, sound=False)
                self._grabbed = over
                self.stage.audio.play("ui_confirm")
                over.press(event.pos)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 3:
            over = self._widget_at(event.pos)  # the wheel may have brought another one under the mouse
            if over is not None:
                self.set_focus(over, sound=False)
        elif event.type == pygame.MOUSEBUTTONUP and event.button == 1:
            self._grabbed = None
        elif event.type == pygame.MOUSEWHEEL and self.scroll_area is not None:
            self._scroll_target -= event.y * self.kit.px(WHEEL_STEP)

    def let_go(self) -> None:
        """Drop the widget held by the mouse: another screen gets the release of the button."""
        self._grabbed = None

    def takes_button(self, event: pygame.event.Event) -> bool:
        """Return whether a mouse button acts like a key: in a menu the right one needs a widget under it."""
        return (
            self.context != InputContext.MENU or event.button != 3 or self._widget_at(event.pos) is not None
        )

    def _widget_at(self, position: tuple[int, int]) -> Widget | None:
        for widget in reversed(self.widgets):
            if not self.can_focus(widget) or not widget.rect.collidepoint(position):
                continue
            if (
                widget.scrolls
                and self.scroll_area is not None
                and not self.scroll_area.collidepoint(position)
            ):
                continue
            return widget
        return None

    def _move(self, direction: str) -> None:
        focus = self.focus
        if focus is None:
            return
        if direction in ("left", "right") and focus.adjusts:
            if focus.adjust(-1 if direction == "left" else 1):
                self.stage.audio.play("ui_adjust")
            return
        targets = self.targets()
        target = self.graph().neighbour(targets.index(focus), direction)
        self.set_focus(targets[target])

    def _turn_page(self, step: int) -> bool:
        for widget in self.widgets:
            if isinstance(widget, Tabs) and widget.enabled and widget.visible:
                widget.adjust(step)
                self.stage.audio.play("ui_adjust")
                return True
        return False

    def _graph_place(self, widget: Widget) -> pygame.Rect:
        """Return a widget's place without scrolling: widgets below the scroll area are moved down accordingly."""
        rect = self._places.get(widget.name, widget.rect)
        area = self.scroll_area
        if area is not None and not widget.scrolls and rect.top >= area.bottom:
            return rect.move(0, max(0, self.content_height - area.height))
        return rect

    def _draw_scroll_bar(self, target: pygame.Surface, area: pygame.Rect) -> None:
        if self.content_height <= area.height:
            return
        kit = self.kit
        track = pygame.Rect(area.right + kit.px(6), area.y, kit.px(5), area.height)
        pygame.draw.rect(target, mix((0, 0, 0), FAINT, 0.35), track, border_radius=track.width)
        height = max(kit.px(30), track.height * area.height // self.content_height)
        room = track.height - height
        y = track.y + round(room * self.scroll / max(1, self.content_height - area.height))
        pygame.draw.rect(
            target, mix(FAINT, CYAN, 0.6), (track.x, y, track.width, height), border_radius=track.width
        )

    def draw_foot(self, target: pygame.Surface) -> None:
        """Draw the line of prompts if this screen is on top and keys count."""
        if self.stage.top is self and not self.stage.guard.active:
            self._draw_prompts(target)

    def prompts_box(self) -> pygame.Rect:
        """Return the rectangle of the prompts."""
        return self._draw_prompts(pygame.Surface((1, 1)))

    def _draw_prompts(self, target: pygame.Surface) -> pygame.Rect:
        kit = self.kit
        return draw_prompts(target, kit, self.prompts, kit.width - kit.px(MARGIN), kit.height - kit.px(24))

    def label(self, key: str) -> Callable[[], str]:
        """Return a function that returns the text of `key` in the current language."""
        return lambda: self.kit.strings(key)

    def dim(self, target: pygame.Surface, alpha: int) -> None:
        """Darken everything drawn so far."""
        darken_rect(target, target.get_rect(), alpha)
