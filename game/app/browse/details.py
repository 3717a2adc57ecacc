"""The panel beside the level list: what the chosen level is, how the player did there, and what is expected of it."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.card import LevelChooser, problem_count
from game.app.browse.level_library import LevelInfo, time_text
from game.app.browse.shelf import draw_outlook, draw_simulated, mark_of
from game.app.foryou.service import other_difficulty
from game.app.grades import wording
from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel, star
from game.app.ui.prompts import key_label
from game.app.ui.theme import Colour, mix
from game.player.hardness import Hardness
from safefiles.text import shown

if TYPE_CHECKING:
    from recommender.advisor.engine import Suggestion

LINE: Final = 27  # pt from one fact to the next
ROOM_FOR_GOAL: Final = 300  # pt of height from which the goal is explained


class LevelDetails:
    """Draws the panel of one screen."""

    def __init__(self, screen: LevelChooser) -> None:
        self.screen = screen
        self.rect = pygame.Rect(0, 0, 0, 0)

    def draw(self, target: pygame.Surface, info: LevelInfo, suggestion: "Suggestion | None") -> None:
        """Draw a level's details; for a suggestion also why it is one."""
        kit, strings = self.screen.kit, self.screen.kit.strings
        box = self.rect
        colour = theme.OBJECTIVE_COLOURS.get(info.objective, theme.RED)
        draw_glow(target, box, kit.px(theme.RADIUS), kit.px(theme.GLOW), colour, 0.35)
        draw_panel(target, box, kit.px(theme.RADIUS), theme.PANEL, mix(theme.LINE, colour, 0.6), 235)
        inner = box.inflate(-kit.px(32), -kit.px(32))
        y = inner.y
        title = info.title(strings.language)
        kit.text(target, title, (inner.x, y), 25, theme.TEXT, bold=True, width=inner.width, glow=0.3)
        y += kit.px(42)
        if info.level is None:
            self._draw_broken(target, info, pygame.Rect(inner.x, y, inner.width, inner.bottom - y))
            return
        kit.text(target, strings(f"objective.{info.objective}"), (inner.x, y), theme.LABEL, colour, bold=True)
        found = self.screen.stage.grades.hardness(info.level)
        wording.draw_hardness(target, kit, (inner.right, y + kit.px(15)), found, colour)
        y += kit.px(36)
        if info.item in self.screen.not_for_me.marked:
            said = strings("for_you.marked", button=key_label(kit, "menu_dismiss"))
            kit.text(target, said, (inner.x, y), 15, theme.AMBER, bold=True, width=inner.width)
            y += kit.px(LINE)
        if suggestion is not None:
            y = self._draw_why(target, suggestion, pygame.Rect(inner.x, y, inner.width, inner.bottom - y))
        else:
            if inner.height >= kit.px(ROOM_FOR_GOAL):
                text = strings(f"about.objective.{info.objective}")
                room = pygame.Rect(inner.x, y, inner.width, kit.px(110))
                y = kit.paragraph(target, text, room, 15, theme.DIM) + kit.px(14)
            y = self._draw_expected(target, info, inner, y)
        own = self.screen.stage.settings.text("difficulty")
        room = pygame.Rect(inner.x, y, inner.width, inner.bottom - y)
        if suggestion is None:
            y = self._draw_measured(target, found, own, room)
        else:  # its reasons leave little room
            said = wording.sentence(strings, found, suggestion.against or own)
            if kit.paragraph_height(said, 13, room.width) <= room.height:
                y = kit.paragraph(target, said, room, 13, theme.DIM) + kit.px(8)
        if info.count("warning"):
            y = self._draw_warnings(target, info, pygame.Rect(inner.x, y, inner.width, inner.bottom - y))
        self._draw_facts(target, info, inner, y)

    def _draw_broken(self, target: pygame.Surface, info: LevelInfo, room: pygame.Rect) -> None:
        """Draw the file of a broken level and its first errors; the whole list opens when it is chosen."""
        kit, strings = self.screen.kit, self.screen.kit.strings
        kit.text(target, strings("levels.not_playable"), room.topleft, theme.BODY, theme.RED, bold=True)
        y = room.y + kit.px(30)
        place = pygame.Rect(room.x, y, room.width, kit.px(44))
        y = kit.paragraph(target, shown(info.entry.path), place, 13, theme.FAINT) + kit.px(8)
        rest = pygame.Rect(room.x, y, room.width, room.bottom - y - kit.px(30))
        kit.paragraph(target, "\n".join(info.problems("error", strings.language)), rest, 14, theme.DIM)
        foot = (room.x, room.bottom - kit.px(20))
        kit.text(target, strings("levels.read_all"), foot, 14, theme.FAINT, width=room.width)

    def _draw_warnings(self, target: pygame.Surface, info: LevelInfo, room: pygame.Rect) -> int:
        """Draw how many warnings there are and the first of them; return the y below."""
        kit = self.screen.kit
        kit.text(target, problem_count(kit, info, "warning"), room.topleft, 15, theme.AMBER, bold=True)
        area = pygame.Rect(room.x, room.y + kit.px(22), room.width, kit.px(62))
        first = info.problems("warning", kit.strings.language)[0]
        return kit.paragraph(target, first, area, 13, theme.DIM) + kit.px(12)

    def _draw_why(self, target: pygame.Surface, suggestion: "Suggestion", room: pygame.Rect) -> int:
        """Draw the whole reason, who answered, and whether it rests on simulated players; return the y below."""
        kit, stage = self.screen.kit, self.screen.stage
        y = room.y + kit.px(10)
        box = draw_outlook(target, kit, (room.x, y), suggestion.stars, suggestion.chance, 17)
        if suggestion.simulated:
            draw_simulated(target, kit, (box.right + kit.px(10), y), room.right)
        y += kit.px(20)
        own = stage.settings.text("difficulty")
        if other := other_difficulty(suggestion, own):
            names = {"name": kit.strings(f"difficulty.{other}"), "own": kit.strings(f"difficulty.{own}")}
            area = pygame.Rect(room.x, y, room.width, kit.px(44))
            y = kit.paragraph(
                target, kit.strings("for_you.play_at", **names), area, 15, theme.AMBER
            ) + kit.px(6)
        area = pygame.Rect(room.x, y, room.width, kit.px(108))
        y = kit.paragraph(target, stage.words.reason(suggestion.reason), area, 15, theme.TEXT) + kit.px(6)
        notes = [stage.kit.strings("for_you.models", models=stage.words.models(suggestion.models))]
        if mark_of(suggestion) == "explored":
            notes.insert(0, stage.kit.strings("for_you.about_explored"))
        for note in notes:
            area = pygame.Rect(room.x, y, room.width, min(kit.px(40), room.bottom - y))
            if area.height >= kit.px(18):  # what is expected and why goes first
                y = kit.paragraph(target, note, area, 13, theme.FAINT)
        return y + kit.px(12)

    def _draw_measured(self, target: pygame.Surface, found: Hardness, against: str, room: pygame.Rect) -> int:
        """Draw how hard the level is at a difficulty and on what that rests, as far as there is room; return the y below."""
        kit = self.screen.kit
        text = wording.basis(kit.strings, found)
        height = kit.paragraph_height(text, 13, room.width)
        rows = wording.facts(kit.strings, found, against)
        # On what it rests goes before the last of the figures
        rows = rows[: max(0, (room.height - height) // kit.px(LINE))]
        y = room.y
        for name, value in rows:
            self._draw_fact(target, name, value, room, y)
            y += kit.px(LINE)
        if y + height > room.bottom:
            return y
        kit.paragraph(target, text, pygame.Rect(room.x, y, room.width, height), 13, theme.FAINT)
        return y + height + kit.px(10)

    def _draw_expected(self, target: pygame.Surface, info: LevelInfo, inner: pygame.Rect, y: int) -> int:
        """Draw what is expected of a level that was picked from the list; return the y below."""
        outlook = self.screen.stage.for_you.outlooks.get(info.item)
        if outlook is None:
            return y
        kit = self.screen.kit
        heading = kit.strings("for_you.expected")
        kit.text(target, heading, (inner.x, y), 15, theme.FAINT)
        probe = pygame.Surface((1, 1))
        width = draw_outlook(probe, kit, (0, 0), outlook.stars, outlook.chance, 15).width
        draw_outlook(target, kit, (inner.right - width, y + kit.px(11)), outlook.stars, outlook.chance, 15)
        if outlook.simulated:
            left = inner.x + kit.fonts.width(heading, kit.px(15)) + kit.px(8)
            draw_simulated(target, kit, (left, y + kit.px(11)), inner.right - width - kit.px(6))
        return y + kit.px(LINE)

    def _draw_facts(self, target: pygame.Surface, info: LevelInfo, inner: pygame.Rect, y: int) -> None:
        kit, strings = self.screen.kit, self.screen.kit.strings
        rows = max(0, (inner.bottom - y) // kit.px(LINE))  # with little room what the level is goes first
        if rows == 0:
            return
        facts = self._facts(info)
        for key, value in facts[max(0, len(facts) + 1 - rows) :]:
            self._draw_fact(target, strings(key), value, inner, y)
            y += kit.px(LINE)
        stars = self.screen.stars.get(info.item, 0)
        kit.text(target, strings("levels.your_stars"), (inner.x, y), 15, theme.FAINT)
        size = kit.px(17)
        for n in range(5):
            colour: Colour = theme.AMBER if n < stars else theme.FAINT
            place = (inner.right - (5 - n) * (size + kit.px(3)), y + kit.px(2))
            target.blit(star(size, colour, n < stars), place)

    def _facts(self, info: LevelInfo) -> list[tuple[str, str]]:
        """Return (string key, value) rows: what the level is first, what the player reached there last."""
        strings, level = self.screen.kit.strings, info.level
        assert level is not None
        best = self.screen.best.get(info.item)
        sides = strings(
            "levels.sides", own=len(level.team_seats(level.own_team)), enemy=len(level.enemy_seats)
        )
        fastest = time_text(best.ticks) if best is not None and best.ticks is not None else "–"
        facts = [
            ("levels.size", f"{level.width} × {level.height}"),
            ("levels.tanks", sides),
            ("levels.best_time", fastest),
            ("levels.best_score", str(best.score) if best is not None and best.score is not None else "–"),
            ("levels.won", f"{best.won} / {best.played}" if best is not None else "–"),
        ]
        if not info.entry.builtin and level.author:
            facts.insert(0, ("levels.author", level.author))
        return facts

    def _draw_fact(self, target: pygame.Surface, name: str, value: str, inner: pygame.Rect, y: int) -> None:
        kit = self.screen.kit
        left = kit.text(target, name, (inner.x, y), 15, theme.FAINT)
        room = inner.right - left.right - kit.px(8)
        place = (inner.right, y)
        kit.text(target, value, place, 15, theme.TEXT, bold=True, anchor="topright", width=room)
