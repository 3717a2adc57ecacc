"""Pictures of keys, mouse buttons and pad buttons, and the line of prompts at the foot of a screen."""

from collections.abc import Callable, Sequence
from typing import Final

import pygame

from game.app.input.keyboard import KeyLayout, us_character
from game.app.ui import theme
from game.app.ui.draw import cached_surface, rounded_rect
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour

KEY_NAMES: Final = {
    "return": "Enter",
    "escape": "Esc",
    "space": "Space",
    "backspace": "Back",
    "tab": "Tab",
    "lshift": "Shift",
    "rshift": "Shift",
    "lctrl": "Ctrl",
    "rctrl": "Ctrl",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
}
PAD_NAMES: Final = {
    "a": "A",
    "b": "B",
    "x": "X",
    "y": "Y",
    "back": "View",
    "start": "Menu",
    "dpad_left": "◀",
    "dpad_right": "▶",
    "dpad_up": "▲",
    "dpad_down": "▼",
    "left_shoulder": "LB",
    "right_shoulder": "RB",
    "left_trigger": "LT",
    "right_trigger": "RT",
}
PAD_COLOURS: Final[dict[str, Colour]] = {
    "a": theme.GREEN,
    "b": theme.RED,
    "x": (90, 160, 255),
    "y": theme.AMBER,
}


def input_label(name: str, layout: KeyLayout, knows: Callable[[str], bool] = lambda _: True) -> str:
    """Return the short text for an input such as `key:return`; key names are not translated.

    `knows` returns whether a character can be drawn; if not, a key shows the character of a US keyboard, as keyboards of
    other scripts do too.
    """
    device, _, rest = name.partition(":")
    if device == "scan":
        printed = layout.character_at(rest)
        return printed if knows(printed) else us_character(rest).upper()
    if device == "key":
        return KEY_NAMES.get(rest, rest.upper() if len(rest) <= 3 else rest.capitalize())
    if device == "mouse":
        return {"left": "LMB", "right": "RMB", "middle": "MMB"}.get(rest, rest.capitalize())
    if rest.startswith(("left_", "right_")) and rest[-1] in "+-":
        return "LS" if rest.startswith("left_") else "RS"
    return PAD_NAMES.get(rest, rest.replace("_", " ").title())


def key_label(kit: Kit, action: str) -> str:
    """Return the short text for the input of an action on the player's device, for use in a sentence."""
    name = kit.bindings.input_for(action, kit.device)
    return input_label(name, kit.layout, kit.fonts.knows) if name is not None else ""


def draw_input(
    target: pygame.Surface, kit: Kit, name: str, position: tuple[int, int], size: float = theme.SMALL
) -> pygame.Rect:
    """Draw the picture of an input with the middle of its left side at `position`; return its box."""
    device, _, rest = name.partition(":")
    if device == "mouse":
        return _draw_mouse(target, kit, rest, position, size)
    label = input_label(name, kit.layout, kit.fonts.knows)
    colour = PAD_COLOURS.get(rest, theme.TEXT) if device == "pad" else theme.TEXT
    text = kit.fonts.render(label, kit.px(size * 0.86), colour, True)
    height = kit.px(size * 1.62)
    width = max(height, text.get_width() + kit.px(size * 0.75))
    rect = pygame.Rect(position[0], position[1] - height // 2, width, height)
    round_ends = device == "pad"
    radius = height // 2 if round_ends else kit.px(5)

    def make() -> pygame.Surface:
        cap = rounded_rect(rect.size, radius, (24, 32, 60), 245)
        edge = colour if round_ends else (120, 138, 186)
        cap.blit(rounded_rect(rect.size, radius, edge, 255, max(1, kit.px(1.2))), (0, 0))
        if not round_ends:
            shadow = pygame.Rect(kit.px(3), height - kit.px(4), width - kit.px(6), max(1, kit.px(1.6)))
            pygame.draw.rect(cap, (66, 80, 124), shadow, border_radius=2)
        return cap

    target.blit(cached_surface(("cap", rect.size, radius, colour), make), rect)
    target.blit(text, text.get_rect(center=(rect.centerx, rect.centery - (0 if round_ends else kit.px(1)))))
    return rect


def _draw_mouse(
    target: pygame.Surface, kit: Kit, button: str, position: tuple[int, int], size: float
) -> pygame.Rect:
    height = kit.px(size * 1.8)
    width = round(height * 0.7)
    rect = pygame.Rect(position[0], position[1] - height // 2, width, height)

    def make() -> pygame.Surface:
        scale = 4
        w, h = width * scale, height * scale
        big = pygame.Surface((w, h), pygame.SRCALPHA)
        body = pygame.Rect(0, 0, w, h)
        radius = w // 2
        pygame.draw.rect(big, (24, 32, 60, 245), body, border_radius=radius)
        if button in ("left", "right"):
            lit = pygame.Surface((w, h), pygame.SRCALPHA)
            pygame.draw.rect(lit, (*theme.CYAN, 255), body, border_radius=radius)
            half = pygame.Rect(0 if button == "left" else w // 2, 0, w // 2, h * 2 // 5)
            big.blit(lit, half, half)
        line = max(scale, w // 14)
        pygame.draw.rect(big, (150, 168, 214, 255), body, line, border_radius=radius)
        pygame.draw.line(big, (150, 168, 214, 255), (w // 2, 0), (w // 2, h * 2 // 5), line)
        pygame.draw.line(big, (150, 168, 214, 255), (0, h * 2 // 5), (w, h * 2 // 5), line)
        return pygame.transform.smoothscale(big, (width, height))

    target.blit(cached_surface(("mouse", rect.size, button), make), rect)
    return rect


def draw_prompts(
    target: pygame.Surface, kit: Kit, prompts: Sequence[tuple[str, str]], right: int, y: int
) -> pygame.Rect:
    """Draw (input action, string key) prompts right-aligned at pixel `right`, centred on pixel `y`; return their box."""
    x = right
    box = pygame.Rect(right, y, 0, 0)
    for action, key in reversed(prompts):
        name = kit.bindings.input_for(action, kit.device)
        if name is None:
            continue
        label = kit.fonts.render(kit.strings(key), kit.px(theme.SMALL), theme.DIM)
        x -= label.get_width()
        target.blit(label, label.get_rect(midleft=(x, y)))
        probe = pygame.Surface((1, 1))
        width = draw_input(probe, kit, name, (0, 0)).width
        x -= width + kit.px(8)
        box = box.union(draw_input(target, kit, name, (x, y)))
        x -= kit.px(22)
    return box
