"""The level list: a grid of cards, filtered by objective, with details of the chosen one at the side."""

from typing import TYPE_CHECKING, Final

import pygame

from game import rules
from game.app.library import LevelInfo, time_text
from game.app.ui import theme
from game.app.ui.draw import baked, draw_glow, draw_panel, rounded, star, vignette
from game.app.ui.kit import Kit
from game.app.ui.picks import Tabs
from game.app.ui.screen import Screen
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Button, Widget
from game.profile import BestResult

if TYPE_CHECKING:
    from game.app.app import App

CARD_WIDTH: Final = 204  # pt, at least
DETAIL_WIDTH: Final = 330
FILTERS: Final = ("all", *rules.OBJECTIVE_NAMES, "mine")
MOST_NEW_PICTURES: Final = 1  # drawn in one frame, so that opening the list never hitches


class LevelCard(Widget):
    """A level's picture, title, objective, difficulty, best result and stars."""

    def __init__(self, screen: "LevelsScreen", info: LevelInfo) -> None:
        super().__init__(info.item)
        self.screen = screen
        self.info = info
        self.scrolls = True

    def activate(self) -> None:
        """Choose the level, or show what is wrong with it."""
        self.screen.choose(self.info)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the card; a broken level's is grey."""
        info = self.info
        broken = info.level is None
        colour = theme.RED if broken else theme.OBJECTIVE_COLOURS[info.objective]
        self.row_panel(target, kit, colour)
        pad = kit.px(8)
        picture_box = pygame.Rect(self.rect.x + pad, self.rect.y + pad, self.rect.width - 2 * pad, 0)
        picture_box.height = picture_box.width * 9 // 16
        self._draw_picture(target, kit, picture_box, broken)
        y = picture_box.bottom + kit.px(7)
        ink = theme.FAINT if broken else mix(theme.TEXT, (255, 255, 255), self.lit)
        title = info.title(kit.strings.language)
        kit.text(
            target,
            title,
            (self.rect.x + pad + kit.px(2), y),
            theme.BODY - 1,
            ink,
            bold=True,
            width=picture_box.width,
        )
        y += kit.px(25)
        if broken:
            count = kit.strings("levels.errors", count=len(info.errors))
            kit.text(target, count, (self.rect.x + pad + kit.px(2), y), 13, theme.RED)
            return
        name = kit.strings(f"objective.{info.objective}")
        kit.text(target, name, (self.rect.x + pad + kit.px(2), y), 13, colour, bold=True)
        assert info.level is not None
        draw_pips(target, kit, (self.rect.right - pad, y + kit.px(9)), info.level.difficulty, colour)

    def _draw_picture(self, target: pygame.Surface, kit: Kit, box: pygame.Rect, broken: bool) -> None:
        picture = None if broken else self.screen.picture(self.info, box.size)
        if picture is None:
            draw_panel(target, box, kit.px(6), (16, 18, 30), theme.LINE, 255)
            mark = "!" if broken else "…"
            kit.text(target, mark, box.center, 40, theme.FAINT, bold=True, anchor="center")
            return

        def make() -> pygame.Surface:
            scaled = picture.convert_alpha()
            scaled.blit(
                rounded(box.size, kit.px(6), (255, 255, 255), 255),
                (0, 0),
                special_flags=pygame.BLEND_RGBA_MIN,
            )
            return scaled

        target.blit(baked(("card", self.info.item, box.size), make), box)
        best = self.screen.best.get(self.info.item)
        if best is not None and best.won:
            self._draw_badge(target, kit, box, time_text(best.ticks or 0), theme.GREEN)
        elif best is not None:
            self._draw_badge(target, kit, box, kit.strings("levels.tried"), theme.DIM)
        stars = self.screen.stars.get(self.info.item, 0)
        size = kit.px(14)
        for n in range(stars):
            place = (box.right - kit.px(6) - (stars - n) * (size + 1), box.bottom - size - kit.px(6))
            target.blit(star(size, theme.AMBER, True), place)

    def _draw_badge(
        self, target: pygame.Surface, kit: Kit, box: pygame.Rect, text: str, colour: Colour
    ) -> None:
        width = kit.fonts.width(text, kit.px(13), True) + kit.px(14)
        badge = pygame.Rect(box.x + kit.px(6), box.y + kit.px(6), width, kit.px(21))
        draw_panel(target, badge, kit.px(6), (6, 8, 18), colour, 225)
        kit.text(target, text, badge.center, 13, colour, bold=True, anchor="center")


def draw_pips(target: pygame.Surface, kit: Kit, right: tuple[int, int], filled: int, colour: Colour) -> None:
    """Draw a difficulty of 1 to 5 as slanted bars that end at `right` (the middle of their right side)."""
    width, height, step = kit.px(5), kit.px(11), kit.px(8)
    for n in range(5):
        x = right[0] - (5 - n) * step
        y = right[1] - height // 2
        points = [(x + width // 2, y), (x + width + width // 2, y), (x + width, y + height), (x, y + height)]
        pygame.draw.polygon(target, colour if n < filled else mix(theme.PANEL, theme.FAINT, 0.6), points)


class LevelsScreen(Screen):
    """Choose a level."""

    name = "levels"
    prompts = (("confirm", "prompt.choose"), ("page_right", "prompt.filter"), ("back", "prompt.back"))

    def __init__(self, app: "App") -> None:
        super().__init__(app)
        self.filter = "all"
        self.best: dict[str, BestResult] = {}
        self.stars: dict[str, int] = {}
        self.tabs = Tabs("filter", self._filters, lambda: self.filter, self._show)
        self.back_button = Button("back", self.label("common.back"), self.back)
        self._columns = 1
        self._new_pictures = 0
        self._detail = pygame.Rect(0, 0, 0, 0)
        app.library.refresh()
        self._build()
        last = app.settings.text("last_level")
        if any(widget.name == last for widget in self.widgets):
            self.focus_name(last)

    def _build(self) -> None:
        shown = [info for info in self.app.library.levels if self._fits(info)]
        self.widgets = [self.tabs, *(LevelCard(self, info) for info in shown), self.back_button]
        cards = [widget for widget in self.widgets if isinstance(widget, LevelCard)]
        if self.focus is not self.tabs:
            self.focus = cards[0] if cards else self.tabs

    def _fits(self, info: LevelInfo) -> bool:
        if self.filter == "mine":
            return not info.entry.builtin
        return self.filter in ("all", info.objective)

    def _filters(self) -> list[tuple[str, str, Colour]]:
        strings = self.kit.strings
        colours = {"all": theme.CYAN, "mine": theme.VIOLET, **theme.OBJECTIVE_COLOURS}
        keys = {
            name: f"levels.{name}" if name in ("all", "mine") else f"objective.{name}" for name in FILTERS
        }
        return [(name, strings(key), colours[name]) for name, key in keys.items()]

    def _show(self, name: str) -> None:
        self.filter = name
        self._scroll_target = 0.0
        self._build()

    def picture(self, info: LevelInfo, size: tuple[int, int]) -> pygame.Surface | None:
        """Return a card's picture, drawing at most a few new ones a frame."""
        picture = self.app.library.picture(info, size, may_draw=False)
        if picture is None and self._new_pictures < MOST_NEW_PICTURES:
            self._new_pictures += 1
            picture = self.app.library.picture(info, size)
        return picture

    def choose(self, info: LevelInfo) -> None:
        """Go on to the match set-up, or show a broken file's errors."""
        from game.app.screens.dialog import Dialog
        from game.app.screens.setup import SetupScreen

        if info.level is None:
            strings = self.kit.strings
            close = (("close", strings("common.close"), lambda: None),)
            text = "\n".join(info.errors) or strings("levels.unreadable")
            title = strings("levels.broken", name=info.entry.path.name)
            self.app.push(Dialog(self.app, title, text, close, colour=theme.RED))
            return
        self.app.push(SetupScreen(self.app, info))

    def opened(self) -> None:
        """Read results and stars, which may be new."""
        self.best = self.app.profile.all_best()
        self.stars = self.app.profile.all_ratings()

    def layout(self) -> None:
        """Tabs above, cards in a scrolling grid, details at the right."""
        kit = self.kit
        margin = kit.px(theme.MARGIN)
        top = kit.px(92)
        detail_width = kit.px(DETAIL_WIDTH) if kit.width > kit.px(900) else 0
        grid_width = kit.width - 2 * margin - detail_width - (kit.px(30) if detail_width else 0)
        self.tabs.rect = pygame.Rect(margin, top, kit.width - 2 * margin, kit.px(38))
        gap = kit.px(14)
        columns = max(1, (grid_width + gap) // (kit.px(CARD_WIDTH) + gap))
        width = (grid_width - gap * (columns - 1)) // columns
        height = (width - kit.px(16)) * 9 // 16 + kit.px(66)
        first = top + kit.px(38 + 20)
        foot = kit.height - kit.px(56) - kit.px(theme.ROW - 6)
        cards = [widget for widget in self.widgets if isinstance(widget, LevelCard)]
        for n, card in enumerate(cards):
            row, column = divmod(n, columns)
            card.rect = pygame.Rect(
                margin + column * (width + gap), first + row * (height + gap), width, height
            )
        rows = -(-len(cards) // columns)
        self.scroll_area = pygame.Rect(
            margin - kit.px(14), first - kit.px(10), grid_width + kit.px(28), foot - first - kit.px(4)
        )
        self.content_height = rows * (height + gap) + kit.px(10)
        self.back_button.rect = pygame.Rect(margin, foot + kit.px(2), kit.px(190), kit.px(theme.ROW - 6))
        self._detail = pygame.Rect(
            kit.width - margin - detail_width, first, detail_width, foot - first - kit.px(12)
        )

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading and the details."""
        kit = self.kit
        self._new_pictures = 0
        self.dim(target, 195)
        vignette(target, 150)
        kit.text(
            target, kit.strings("levels.title"), (kit.px(theme.MARGIN), kit.px(28)), theme.TITLE - 8, theme.TEXT, bold=True,
            glow=0.35,
        )  # fmt: skip
        if self._detail.width and isinstance(self.focus, LevelCard):
            self._draw_detail(target, self.focus.info)
        if not any(isinstance(widget, LevelCard) for widget in self.widgets) and self.scroll_area is not None:
            text = kit.strings("levels.none", folder=str(self.app.folders.levels))
            kit.paragraph(
                target, text, self.scroll_area.inflate(-kit.px(40), -kit.px(40)), theme.BODY, theme.DIM
            )

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)

    def _draw_detail(self, target: pygame.Surface, info: LevelInfo) -> None:
        kit, strings = self.kit, self.kit.strings
        box = self._detail
        colour = theme.OBJECTIVE_COLOURS.get(info.objective, theme.RED)
        draw_glow(target, box, kit.px(theme.RADIUS), kit.px(theme.GLOW), colour, 0.35)
        draw_panel(target, box, kit.px(theme.RADIUS), theme.PANEL, mix(theme.LINE, colour, 0.6), 235)
        inner = box.inflate(-kit.px(32), -kit.px(32))
        y = inner.y
        kit.text(
            target,
            info.title(strings.language),
            (inner.x, y),
            25,
            theme.TEXT,
            bold=True,
            width=inner.width,
            glow=0.3,
        )
        y += kit.px(42)
        if info.level is None:
            kit.text(target, strings("levels.not_playable"), (inner.x, y), theme.BODY, theme.RED, bold=True)
            rest = pygame.Rect(inner.x, y + kit.px(34), inner.width, inner.bottom - y - kit.px(34))
            kit.paragraph(target, "\n".join(info.errors), rest, 14, theme.DIM)
            return
        level = info.level
        kit.text(target, strings(f"objective.{info.objective}"), (inner.x, y), theme.LABEL, colour, bold=True)
        draw_pips(target, kit, (inner.right, y + kit.px(15)), level.difficulty, colour)
        y += kit.px(36)
        text = strings(f"about.objective.{info.objective}")
        y = kit.paragraph(target, text, pygame.Rect(inner.x, y, inner.width, kit.px(110)), 15, theme.DIM)
        y += kit.px(14)
        best = self.best.get(info.item)
        stars = self.stars.get(info.item, 0)
        facts = [
            ("levels.size", f"{level.width} × {level.height}"),
            (
                "levels.tanks",
                strings("levels.sides", own=len(level.team_seats(0)), enemy=len(level.enemy_seats)),
            ),
            (
                "levels.best_time",
                time_text(best.ticks) if best is not None and best.ticks is not None else "–",
            ),
            ("levels.best_score", str(best.score) if best is not None else "–"),
            ("levels.won", f"{best.won} / {best.played}" if best is not None else "–"),
        ]
        if not info.entry.builtin and level.author:
            facts.insert(0, ("levels.author", level.author))
        for key, value in facts:
            kit.text(target, strings(key), (inner.x, y), 15, theme.FAINT)
            place = (inner.right, y)
            kit.text(
                target,
                value,
                place,
                15,
                theme.TEXT,
                bold=True,
                anchor="topright",
                width=inner.width * 6 // 10,
            )
            y += kit.px(27)
        kit.text(target, strings("levels.your_stars"), (inner.x, y), 15, theme.FAINT)
        size = kit.px(17)
        for n in range(5):
            filled = n < stars
            place = (inner.right - (5 - n) * (size + kit.px(3)), y + kit.px(2))
            target.blit(star(size, theme.AMBER if filled else theme.FAINT, filled), place)
