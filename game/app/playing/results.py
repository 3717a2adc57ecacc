"""Results: the outcome, the statistics, stars to give with one key, and the next level."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.level_library import time_text
from game.app.browse.not_for_me import NotForMe
from game.app.browse.shelf import draw_simulated, simulated_width
from game.app.input.hub import Press
from game.app.playing.next_level_panel import HEIGHT as NEXT_HEIGHT
from game.app.playing.next_level_panel import NextLevelPanel
from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel
from game.app.ui.picks import StarRow
from game.app.ui.prompts import draw_input
from game.app.ui.screen import Screen
from game.app.ui.widgets import Button
from game.player.profile import BestResult

if TYPE_CHECKING:
    from game.app.playing.screen import PlayScreen
    from game.app.stage import Stage

WIDTH: Final = 720  # pt
COLOURS: Final = {"won": theme.GREEN, "lost": theme.RED, "draw": theme.AMBER, "timed_out": theme.AMBER}
SOUNDS: Final = {"won": "win", "lost": "lose", "draw": "draw", "timed_out": "draw"}
ROOM_FOR_NEXT: Final = 640  # pt of height: from here on the suggestion has its own panel
PROMPTS: Final[tuple[tuple[str, str], ...]] = (
    ("confirm", "prompt.select"),
    ("menu_restart", "results.again"),
    ("back", "prompt.levels"),
)
COUNT_UP: Final = 0.9  # seconds until the numbers have counted up


class ResultsScreen(Screen):
    """Opens over the finished match."""

    name = "results"
    overlay = True
    backdrop = False
    prompts = PROMPTS

    def __init__(self, stage: "Stage", play: "PlayScreen", before: BestResult | None) -> None:
        """`before` is the player's best result here before this match."""
        super().__init__(stage)
        self.play = play
        self.match = play.match
        self.outcome = play.match.outcome()
        self.before = before
        self.item = play.match.plan.info.item
        self.stars = stage.profile.rating(self.item) or 0
        self.star_row = StarRow("stars", lambda: self.stars, self._give)
        self.star_row.cursor = self.stars or 4
        won = self.outcome == "won" or play.watch
        again = Button("again", self.label("results.again"), self._again, colour=theme.CYAN)
        self.next_up = NextLevelPanel(
            stage, self.item, "" if play.watch else play.choice.difficulty, self._dismiss
        )
        self.not_for_me = NotForMe(stage, self.next_up.request)
        following = Button("next", self.next_up.label, self._next, colour=theme.GREEN)
        levels = Button("levels", self.label("results.levels"), self.back, colour=theme.CYAN)
        self.star_row.visible = not play.watch
        self.suggests = following.visible = play.choice.replay is None
        if self.suggests:
            self.next_up.request()
        self.next_up.visible = False
        self.buttons = [again, following, levels]
        extra = [self.next_up, self.next_up.button, self.not_for_me.button]
        self.widgets = [self.star_row, *self.buttons, *extra]
        self.focus = following if won and following.visible else again
        self.box = pygame.Rect(0, 0, 0, 0)

    def opened(self) -> None:
        """Play the sound of the outcome once."""
        if self.age == 0:
            self.stage.audio.play(SOUNDS.get(self.outcome, "draw"))
            self.stage.audio.music.outcome()

    def layout(self) -> None:
        """Centre the panel: heading, statistics, stars, buttons."""
        kit = self.kit
        width = min(kit.px(WIDTH), kit.width - kit.px(40))
        self.next_up.visible = self.suggests and kit.height >= kit.px(ROOM_FOR_NEXT)
        extra = kit.px(NEXT_HEIGHT - 26) if self.next_up.visible else 0
        height = min(kit.px(512 if self.star_row.visible else 420) + extra, kit.height - kit.px(70))
        self.box = pygame.Rect(
            (kit.width - width) // 2, (kit.height - height) // 2 - kit.px(10), width, height
        )
        inner = self.box.inflate(-kit.px(64), -kit.px(48))
        row = kit.px(theme.ROW + 4)
        gap = kit.px(theme.GAP)
        buttons = [widget for widget in self.buttons if widget.visible]
        weights = [1.6 if widget.name == "next" else 1.0 for widget in buttons]
        x = inner.x
        for widget, weight in zip(buttons, weights, strict=True):
            each = round((inner.width - (len(buttons) - 1) * gap) * weight / sum(weights))
            widget.rect = pygame.Rect(x, inner.bottom - row, each, row)
            x += each + gap
        below = inner.bottom - row - kit.px(14)
        place = pygame.Rect(inner.x, below - kit.px(NEXT_HEIGHT), inner.width, kit.px(NEXT_HEIGHT))
        self.next_up.layout(place)
        self._layout_undo()
        star_height = kit.px(62)
        top = (place.y - kit.px(8) if extra else below - kit.px(12)) - star_height
        self.star_row.rect = pygame.Rect(inner.centerx - kit.px(160), top, kit.px(320), star_height)

    def _layout_undo(self) -> None:
        """Place the button that undoes "not for me": below the panel, or next to the prompts if they are too near."""
        kit, foot = self.kit, self.prompts_box()
        undo = self.not_for_me.button
        undo.rect = pygame.Rect(0, 0, kit.px(320), kit.px(34))
        undo.rect.midtop = (self.box.centerx, self.box.bottom + kit.px(4))
        if undo.rect.bottom > foot.top:
            left = kit.px(theme.MARGIN // 2)
            undo.rect.width = min(undo.rect.width, foot.left - kit.px(16) - left)
            undo.rect.midleft = (left, foot.centery)

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the panel and the statistics."""
        kit, strings = self.kit, self.kit.strings
        colour = COLOURS.get(self.outcome, theme.CYAN)
        self.dim(target, round(160 * min(1.0, self.age / 0.3)))
        draw_glow(target, self.box, kit.px(16), kit.px(30), colour, 0.7)
        draw_panel(target, self.box, kit.px(16), theme.PANEL, colour, 240, max(1, kit.px(1.5)))
        y = self.box.y + kit.px(50)
        key = f"results.{self.outcome}" if not self.play.watch else self._watched_key()
        place = (self.box.centerx, y)
        kit.text(target, strings(key), place, theme.TITLE + 8, colour, bold=True, anchor="center", glow=0.6)
        y += kit.px(46)
        title = self.match.plan.info.title(strings.language)
        line = f"{title}   ·   {self.play.opponent_text()}"
        kit.text(
            target,
            line,
            (self.box.centerx, y),
            16,
            theme.DIM,
            anchor="center",
            width=self.box.width - kit.px(60),
        )
        self._draw_figures(target, y + kit.px(34))
        if self.star_row.visible:
            ask = strings("results.rate" if not self.stars else "results.rated")
            place = (self.box.centerx, self.star_row.rect.y - kit.px(16))
            kit.text(target, ask, place, 15, theme.DIM, anchor="center")

    def _draw_why(self, target: pygame.Surface) -> None:
        """Draw the reason for the next level in one line if there is no room for its panel."""
        kit, suggestion = self.kit, self.next_up.suggestion
        if not self.suggests or suggestion is None or self.next_up.visible:
            return
        said = self.stage.words.reason(suggestion.reason)
        label = simulated_width(kit) + kit.px(8) if suggestion.simulated else 0
        width = self.box.width - kit.px(64) - label
        place = (self.box.centerx - label // 2, self.buttons[0].rect.y - kit.px(14))
        line = kit.text(target, said, place, 12.5, theme.DIM, anchor="center", width=width)
        if suggestion.simulated:
            draw_simulated(target, kit, (line.right + kit.px(8), line.centery), self.box.right - kit.px(20))

    def _watched_key(self) -> str:
        keys = {"won": "results.team_0", "lost": "results.team_1", "quit": "results.broken_off"}
        return keys.get(self.outcome, f"results.{self.outcome}")

    def _draw_figures(self, target: pygame.Surface, top: int) -> None:
        kit, strings = self.kit, self.kit.strings
        stats = self.match.stats
        share = min(1.0, self.age / COUNT_UP)
        share = 1 - (1 - share) ** 3
        accuracy = round(100 * stats.hits / stats.shots) if stats.shots else 0
        columns = (
            (
                ("results.score", str(round(self.match.score() * share)), self._new_best_score()),
                ("results.time", time_text(round(self.match.ticks * share)), self._new_best_time()),
                ("results.kills", str(round(stats.kills * share)), False),
            ),
            (
                ("results.bank_hits", str(round(stats.bank_hits * share)), False),
                ("results.accuracy", f"{round(accuracy * share)}%", False),
                ("results.deaths", str(round(stats.deaths * share)), False),
            ),
        )
        inner = self.box.inflate(-kit.px(64), 0)
        bottom = (
            self.star_row.rect.y - kit.px(40)
            if self.star_row.visible
            else (self.next_up if self.next_up.visible else self.buttons[0]).rect.y - kit.px(16)
        )
        room = bottom - top
        row = min(kit.px(52), room // 3)
        gap = kit.px(20)
        width = (inner.width - gap) // 2
        for n, column in enumerate(columns):
            x = inner.x + n * (width + gap)
            for k, (key, value, best) in enumerate(column):
                box = pygame.Rect(x, top + k * row, width, row - kit.px(6))
                draw_panel(target, box, kit.px(8), (8, 11, 26), theme.LINE, 210)
                kit.text(
                    target, strings(key), (box.x + kit.px(16), box.centery), 16, theme.DIM, anchor="midleft"
                )
                place = (box.right - kit.px(16), box.centery)
                ink = theme.AMBER if best else theme.TEXT
                figure = kit.text(
                    target, value, place, 23, ink, bold=True, anchor="midright", glow=0.4 if best else 0
                )
                if best and share == 1:
                    place = (figure.x - kit.px(10), box.centery)
                    kit.text(
                        target, strings("results.best"), place, 13, theme.AMBER, bold=True, anchor="midright"
                    )

    @property
    def _counts(self) -> bool:
        """Return whether the match can set a best result: only if the player won."""
        return not self.play.watch and self.outcome == "won"

    def _new_best_score(self) -> bool:
        if not self._counts or self.match.score() <= 0:
            return False
        return self.before is None or self.before.score is None or self.match.score() > self.before.score

    def _new_best_time(self) -> bool:
        """Return whether the time is a new best; not in survival, where every winner plays until the clock runs out."""
        if not self._counts or self.match.objective == "survive":
            return False
        return self.before is None or self.before.ticks is None or self.match.ticks < self.before.ticks

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts, the reason for the next level, and the keys that give stars."""
        kit = self.kit
        self.draw_foot(target)
        self._draw_why(target)
        if kit.device == "key" and self.star_row.visible:
            x = self.star_row.rect.right + kit.px(14)
            first = draw_input(target, kit, "scan:1", (x, self.star_row.rect.centery))
            dash = kit.text(
                target, "–", (first.right + kit.px(4), first.centery), 15, theme.DIM, anchor="midleft"
            )
            draw_input(target, kit, "scan:5", (dash.right + kit.px(4), first.centery))

    def on_action(self, press: Press) -> bool:
        """Give stars by number keys, restart by its key."""
        if press.action.startswith("stars_") and self.star_row.visible:
            self._give(int(press.action.removeprefix("stars_")))
            return True
        if press.action == "menu_restart":
            self._again()
            return True
        if press.action == "menu_dismiss" and self.next_up.suggestion is not None:
            self._dismiss()
            return True
        return press.action == "menu_undo" and self.not_for_me.undo()

    def update(self, seconds: float) -> None:
        """Let time pass; the prompt for "not for me" is shown while there is a suggestion."""
        self.not_for_me.update(seconds)
        shown = self.suggests and self.next_up.suggestion is not None
        self.prompts = ((("menu_dismiss", "prompt.another"),) if shown else ()) + PROMPTS
        super().update(seconds)

    def back(self) -> None:
        """Leave the match for the level list."""
        self.play.leave()

    def _give(self, stars: int) -> None:
        self.stars = stars
        self.star_row.cursor = stars
        self.stage.audio.play("star")
        stored = self.stage.profile.rate(self.item, stars)
        self.next_up.request()
        if stored:
            self.stage.toasts.add(self.kit.strings("results.thanks", stars=stars), theme.AMBER)

    def _again(self) -> None:
        self.stage.back()
        self.play.restart()

    def _next(self) -> None:
        if self.next_up.changing:
            return  # the button has just changed its level
        following = self.next_up.info
        self.stage.back()
        if following is None:
            self.play.restart()
        else:
            self.play.switch_to(following, self.next_up.difficulty)

    def _dismiss(self) -> None:
        suggestion = self.next_up.suggestion
        if suggestion is not None:
            self.not_for_me.dismiss(suggestion.item)
