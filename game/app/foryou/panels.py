"""The panels of the belief page: taste, skill over time, and the data behind both. Each can be focused, for scrolling."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.foryou.service import FAILED, READY
from game.app.ui import theme
from game.app.ui.draw import draw_bar
from game.app.ui.kit import Kit
from game.app.ui.plots import Point, draw_band_plot, draw_marks, draw_split_bar
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Widget

if TYPE_CHECKING:
    from game.app.stage import Stage
    from recommender.advisor.engine import Beliefs

TASTES: Final = 7  # rows at most
TASTE_ROW: Final = 24  # pt
BAND: Final = 1.28  # standard deviations to each side: 80 % of a normal distribution


class PanelWidget(Widget):
    """A titled panel that only shows something."""

    height = 200  # pt

    def __init__(self, stage: "Stage", name: str, colour: Colour) -> None:
        super().__init__(name)
        self.stage = stage
        self.colour = colour
        self.scrolls = True

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw the title and the contents, or the reason why there are none."""
        self.row_panel(target, kit, self.colour)
        inner = self.rect.inflate(-kit.px(36), -kit.px(24))
        title = kit.strings(f"beliefs.{self.name}")
        kit.text(target, title, inner.topleft, 17, self.colour, bold=True, width=inner.width)
        inner.y += kit.px(30)
        inner.height -= kit.px(30)
        beliefs = self.stage.for_you.beliefs
        if beliefs is None:
            failed = self.stage.for_you.state == FAILED
            text = kit.strings("for_you.failed" if failed else "for_you.thinking")
            kit.text(target, text, inner.center, 15, theme.AMBER if failed else theme.FAINT, anchor="center")
            return
        self.draw_beliefs(target, kit, inner, beliefs)

    def draw_beliefs(self, target: pygame.Surface, kit: Kit, inner: pygame.Rect, beliefs: "Beliefs") -> None:
        """Draw the contents inside `inner`."""

    def draw_nothing(self, target: pygame.Surface, kit: Kit, inner: pygame.Rect, key: str) -> None:
        """Say that nothing is known yet, and what the player can do about it."""
        kit.paragraph(target, kit.strings(key), inner, 15, theme.DIM)


class TastePanel(PanelWidget):
    """How many stars more or less the player gives each tag, and from how many ratings this is known."""

    height = 30 + 24 + TASTES * TASTE_ROW + 26

    def draw_beliefs(self, target: pygame.Surface, kit: Kit, inner: pygame.Rect, beliefs: "Beliefs") -> None:
        """One row for each tag: name, bar, stars, ratings."""
        rows = beliefs.taste[:TASTES]
        if not rows:
            self.draw_nothing(target, kit, inner, "beliefs.no_taste")
            return
        reach = max(0.5, *(abs(effect) for _, effect, _ in rows))
        widest = max(kit.fonts.width(self.stage.words.tag(tag), kit.px(15)) for tag, _, _ in rows)
        names = max(inner.width * 34 // 100, min(inner.width * 46 // 100, widest + kit.px(12)))
        figures = kit.px(104)
        for n, (tag, effect, evidence) in enumerate(rows):
            y = inner.y + n * kit.px(TASTE_ROW) + kit.px(TASTE_ROW // 2)
            sure = 0.35 + 0.65 * min(1.0, evidence / 5)
            name = self.stage.words.tag(tag)
            place = (inner.x, y)
            kit.text(target, name, place, 15, theme.TEXT, anchor="midleft", width=names - kit.px(10))
            bar = pygame.Rect(inner.x + names, 0, inner.width - names - figures, kit.px(9))
            bar.centery = y
            colours = mix(theme.PANEL, theme.GREEN, sure), mix(theme.PANEL, theme.RED, sure)
            draw_split_bar(target, bar, effect, reach, colours)
            colour = theme.GREEN if effect >= 0 else theme.RED
            right = bar.right + kit.px(54)
            kit.text(target, f"{effect:+.1f}", (right, y), 15, colour, bold=True, anchor="midright")
            text = f"×{evidence}"
            kit.text(target, text, (inner.right, y), 13, theme.FAINT, anchor="midright")
        text = kit.strings("beliefs.about_taste")
        kit.text(target, text, inner.bottomleft, 12.5, theme.FAINT, anchor="bottomleft", width=inner.width)


class SkillPanel(PanelWidget):
    """The skill after each match, with its 80 % band: how certain it is."""

    height = TastePanel.height

    def draw_beliefs(self, target: pygame.Surface, kit: Kit, inner: pygame.Rect, beliefs: "Beliefs") -> None:
        """The plot with its marks."""
        points = [Point(moment.value, BAND * moment.uncertainty) for moment in beliefs.skill]
        if len(points) < 2:
            self.draw_nothing(target, kit, inner, "beliefs.no_skill")
            return
        plot = pygame.Rect(inner.x + kit.px(34), inner.y + kit.px(6), inner.width - kit.px(40), 0)
        plot.height = inner.height - kit.px(34)
        draw_band_plot(target, kit, plot, points, theme.CYAN)
        draw_marks(target, kit, plot, points, lambda value: f"{value:.0f}")
        text = kit.strings("beliefs.about_skill", count=len(points))
        kit.text(target, text, inner.bottomleft, 12.5, theme.FAINT, anchor="bottomleft", width=inner.width)


class BasisPanel(PanelWidget):
    """The share of each source: the player, other real players, simulated ones; and which models answer."""

    height = 24 + 30 + 5 * 26 + 44

    def draw_beliefs(self, target: pygame.Surface, kit: Kit, inner: pygame.Rect, beliefs: "Beliefs") -> None:
        """Counts, the weight of simulated players as a bar, and the models' names."""
        strings = kit.strings
        others = max(0, beliefs.real - beliefs.ratings)
        rows = (
            ("beliefs.own", strings("beliefs.own_counts", ratings=beliefs.ratings, matches=beliefs.attempts)),
            ("beliefs.real", strings("beliefs.ratings", count=others)),
            ("beliefs.simulated", strings("beliefs.ratings", count=beliefs.simulated)),
        )
        y = inner.y + kit.px(11)
        step = kit.px(26)
        for key, value in rows:
            kit.text(target, strings(key), (inner.x, y), 15, theme.DIM, anchor="midleft")
            colour = theme.VIOLET if key == "beliefs.simulated" else theme.TEXT
            kit.text(target, value, (inner.right, y), 15, colour, bold=True, anchor="midright")
            y += step
        weight = beliefs.trust if beliefs.simulated else 0.0
        name = kit.text(target, strings("beliefs.trust"), (inner.x, y), 15, theme.DIM, anchor="midleft")
        percent = f"{round(100 * weight)}%"
        kit.text(target, percent, (inner.right, y), 15, theme.VIOLET, bold=True, anchor="midright")
        left, right = max(inner.right - kit.px(190), name.right + kit.px(12)), inner.right - kit.px(55)
        bar = pygame.Rect(left, y - kit.px(7) // 2, max(0, right - left), kit.px(7))
        draw_bar(target, bar, weight, theme.VIOLET)
        y += step - kit.px(9)
        if weight:
            area = pygame.Rect(inner.x, y, inner.width, inner.bottom - y)
            y = kit.paragraph(target, strings("beliefs.about_trust"), area, 12.5, theme.FAINT) + kit.px(4)
        models = strings("for_you.models", models=self.stage.words.models(beliefs.models))
        area = pygame.Rect(inner.x, y, inner.width, inner.bottom - y)
        ready = self.stage.for_you.state == READY
        kit.paragraph(target, models, area, 13.5, theme.DIM if ready else theme.FAINT)
