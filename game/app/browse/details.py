"""The details panel of the level list: what the chosen level is, the player's results, expected stars and chance."""

from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.card import LevelChooser, problem_count
from game.app.browse.fact_rows import STYLES, Draw, Fact, RowStyle, draw_rows, pack_rows
from game.app.browse.level_library import LevelInfo, time_text
from game.app.browse.shelf import draw_outlook, draw_simulated, mark_of
from game.app.foryou.service import other_difficulty
from game.app.grades import wording
from game.app.grades.edge import player_edge
from game.app.ui import theme
from game.app.ui.draw import draw_glow, draw_panel, star
from game.app.ui.prompts import key_label
from game.app.ui.theme import Colour, mix
from game.player.hardness import Hardness
from recommender.reasons import percent
from safefiles.text import shown_path

if TYPE_CHECKING:
    from recommender.advisor.engine import Outlook, Suggestion

TITLE_SIZES: Final = (25, 22, 20, 18, 16)  # pt: sizes of a title; the largest that fits is used
TIGHT_TITLE: Final = 20  # pt, if there is little room
ROOM_FOR_WHY: Final = 300  # pt of height: from here on a suggestion gets its long explanation
ROOM_FOR_WARNING: Final = 62  # pt of height for the first warning


class LevelDetails:
    """Draws the details panel of one screen."""

    def __init__(self, screen: LevelChooser) -> None:
        self.screen = screen
        self.rect = pygame.Rect(0, 0, 0, 0)
        self._styled: tuple[tuple[object, ...], RowStyle] | None = None

    def draw(self, target: pygame.Surface, info: LevelInfo, suggestion: "Suggestion | None") -> None:
        """Draw a level's details; for a suggestion also the reason."""
        kit = self.screen.kit
        box = self.rect
        colour = theme.OBJECTIVE_COLOURS.get(info.objective, theme.RED)
        draw_glow(target, box, kit.px(theme.RADIUS), kit.px(theme.GLOW), colour, 0.35)
        draw_panel(target, box, kit.px(theme.RADIUS), theme.PANEL, mix(theme.LINE, colour, 0.6), 235)
        inner = box.inflate(-kit.px(32), -kit.px(32))
        if info.level is None:
            self._draw_broken(target, info, self._draw_title(target, info, inner, STYLES[0]))
            return
        found = self.screen.stage.grades.hardness(info.level)
        if suggestion is not None:
            self._draw_suggested(target, info, suggestion, found, inner)
            return
        facts, basis = self._facts(info, found), wording.basis_text(kit.strings, found)
        style = self._style_for(info, facts, basis, inner)
        room = self._draw_head(target, info, found, inner, style)
        if style.goal:
            text = kit.strings(f"about.objective.{info.objective}")
            y = kit.paragraph(target, text, room, 15, theme.DIM) + kit.px(14)
            room = pygame.Rect(room.x, y, room.width, inner.bottom - y)
        self._draw_all(target, info, facts, basis, room, style)

    def _draw_all(
        self,
        target: pygame.Surface,
        info: LevelInfo,
        facts: list[Fact],
        basis: str,
        room: pygame.Rect,
        style: RowStyle,
    ) -> None:
        """Draw the measurements and their basis, the warnings, and what the level is."""
        kit = self.screen.kit
        measured = [fact for fact in facts if fact.measured]
        y = draw_rows(target, kit, pack_rows(measured, style), room, style)
        y = kit.paragraph(
            target, basis, pygame.Rect(room.x, y, room.width, room.bottom - y), style.small, theme.FAINT
        ) + kit.px(style.row / 3)
        if info.count("warning") and not style.pairs:
            y = self._draw_warnings(target, info, pygame.Rect(room.x, y, room.width, room.bottom - y))
        rest = pygame.Rect(room.x, y, room.width, room.bottom - y)
        draw_rows(target, kit, pack_rows([fact for fact in facts if not fact.measured], style), rest, style)

    def _style_for(self, info: LevelInfo, facts: list[Fact], basis: str, inner: pygame.Rect) -> RowStyle:
        """Return the largest style in which everything fits; it is searched again only if the contents have changed."""
        kit = self.screen.kit
        said = tuple((one.name, one.value if isinstance(one.value, str) else "") for one in facts)
        marked = info.item in self.screen.not_for_me.marked
        warned = info.count("warning")
        key = (info.objective, warned, said, basis, inner.size, kit.unit, kit.strings.language, marked)
        if self._styled is None or self._styled[0] != key:
            fitting = (
                each for each in STYLES if self._height(info, facts, basis, inner.width, each) <= inner.height
            )
            self._styled = key, next(fitting, STYLES[-1])
        return self._styled[1]

    def _height(self, info: LevelInfo, facts: list[Fact], basis: str, width: int, style: RowStyle) -> int:
        """Return the height in pixels of the whole panel in a style."""
        kit = self.screen.kit
        measured = [one for one in facts if one.measured]
        others = [one for one in facts if not one.measured]
        rows = len(pack_rows(measured, style)) + len(pack_rows(others, style))
        height = self._head_height(info, style) + rows * kit.px(style.row)
        height += kit.paragraph_height(basis, style.small, width) + kit.px(style.row / 3)
        if style.goal:
            text = kit.strings(f"about.objective.{info.objective}")
            height += kit.paragraph_height(text, 15, width) + kit.px(14)
        if info.count("warning") and not style.pairs:  # otherwise the head shows them
            height += kit.px(22 + ROOM_FOR_WARNING + 12)
        return height

    def _draw_title(
        self, target: pygame.Surface, info: LevelInfo, inner: pygame.Rect, style: RowStyle
    ) -> pygame.Rect:
        """Draw the title in the largest size that fits; return the rectangle below it."""
        kit = self.screen.kit
        title = info.title(kit.strings.language)
        sizes = [size for size in TITLE_SIZES if not style.pairs or size <= TIGHT_TITLE]
        size = kit.size_for(title, inner.width, sizes, True)
        height = kit.px(style.head[0])
        place = (inner.x, inner.y + height // 2 - kit.px(2))
        kit.text(
            target, title, place, size, theme.TEXT, bold=True, anchor="midleft", width=inner.width, glow=0.3
        )
        return pygame.Rect(inner.x, inner.y + height, inner.width, inner.height - height)

    def _draw_head(
        self, target: pygame.Surface, info: LevelInfo, found: Hardness, inner: pygame.Rect, style: RowStyle
    ) -> pygame.Rect:
        """Draw title, objective, bars and "not for me"; return the rectangle below them."""
        kit, strings = self.screen.kit, self.screen.kit.strings
        colour = theme.OBJECTIVE_COLOURS.get(info.objective, theme.RED)
        room, tight = self._draw_title(target, info, inner, style), style.pairs
        size = 15 if tight else theme.LABEL
        line = kit.text(target, strings(f"objective.{info.objective}"), room.topleft, size, colour, bold=True)
        bars = wording.draw_hardness(target, kit, (inner.right, line.centery), found, colour)
        if tight and info.count("warning"):
            place = (bars.x - kit.px(10), line.centery)
            label = problem_count(kit, info, "warning")
            kit.text(target, label, place, 13, theme.AMBER, bold=True, anchor="midright")
        y = room.y + kit.px(style.head[1])
        if info.item in self.screen.not_for_me.marked:
            said = strings("for_you.marked", button=key_label(kit, "menu_dismiss"))
            kit.text(target, said, (inner.x, y), size - 2, theme.AMBER, bold=True, width=inner.width)
            y += kit.px(20 if tight else 27)
        return pygame.Rect(inner.x, y, inner.width, inner.bottom - y)

    def _head_height(self, info: LevelInfo, style: RowStyle) -> int:
        kit = self.screen.kit
        marked = info.item in self.screen.not_for_me.marked
        return sum(map(kit.px, style.head)) + kit.px(20 if style.pairs else 27) * marked

    def _draw_suggested(
        self,
        target: pygame.Surface,
        info: LevelInfo,
        suggestion: "Suggestion",
        found: Hardness,
        inner: pygame.Rect,
    ) -> None:
        """Draw a suggestion: first the reason, then the measurements, then what the level is, as far as there is room."""
        kit = self.screen.kit
        tight = inner.height < kit.px(ROOM_FOR_WHY)
        first = next(each for each in STYLES if each.pairs) if tight else STYLES[0]
        room = self._draw_head(target, info, found, inner, first)
        y = self._draw_why(target, suggestion, room, 13 if tight else 15)
        own = self.screen.stage.settings.text("difficulty")
        said = wording.hardness_sentence(kit.strings, found, suggestion.against or own)
        height = kit.paragraph_height(said, first.small, room.width)
        if y + height <= inner.bottom:
            area = pygame.Rect(room.x, y, room.width, height)
            y = kit.paragraph(target, said, area, first.small, theme.DIM) + kit.px(6)
        if info.count("warning") and not tight:
            rest = pygame.Rect(room.x, y, room.width, inner.bottom - y)
            y = self._draw_warnings(target, info, rest)
        rest = pygame.Rect(room.x, y, room.width, inner.bottom - y)
        facts = self._own_facts(info)
        style = next(
            (each for each in STYLES if len(pack_rows(facts, each)) * kit.px(each.row) <= rest.height),
            STYLES[-1],
        )
        draw_rows(target, kit, pack_rows(facts, style), rest, style)

    def _draw_broken(self, target: pygame.Surface, info: LevelInfo, room: pygame.Rect) -> None:
        """Draw the path of a broken level and its first errors; choosing the level opens the whole list."""
        kit, strings = self.screen.kit, self.screen.kit.strings
        kit.text(target, strings("levels.not_playable"), room.topleft, theme.BODY, theme.RED, bold=True)
        y = room.y + kit.px(30)
        place = pygame.Rect(room.x, y, room.width, kit.px(44))
        y = kit.paragraph(target, shown_path(info.entry.path), place, 13, theme.FAINT) + kit.px(8)
        rest = pygame.Rect(room.x, y, room.width, room.bottom - y - kit.px(30))
        kit.paragraph(target, "\n".join(info.problems("error", strings.language)), rest, 14, theme.DIM)
        foot = (room.x, room.bottom - kit.px(20))
        kit.text(target, strings("levels.read_all"), foot, 14, theme.FAINT, width=room.width)

    def _draw_warnings(self, target: pygame.Surface, info: LevelInfo, room: pygame.Rect) -> int:
        """Draw the number of warnings and, if there is room, the first one; return the y below."""
        kit = self.screen.kit
        if room.height < kit.px(22):
            return room.y
        kit.text(target, problem_count(kit, info, "warning"), room.topleft, 15, theme.AMBER, bold=True)
        if room.height < kit.px(22 + ROOM_FOR_WARNING):
            return room.y + kit.px(22)
        area = pygame.Rect(room.x, room.y + kit.px(22), room.width, kit.px(ROOM_FOR_WARNING))
        first = info.problems("warning", kit.strings.language)[0]
        return kit.paragraph(target, first, area, 13, theme.DIM) + kit.px(12)

    def _draw_why(
        self, target: pygame.Surface, suggestion: "Suggestion", room: pygame.Rect, size: float
    ) -> int:
        """Draw the whole reason, which models answered, and whether simulated players count; return the y below.

        size: of the text in points; in a small size the models are left out, as the shelf's heading names them.
        """
        kit, stage = self.screen.kit, self.screen.stage
        y = room.y + kit.px(10)
        box = draw_outlook(target, kit, (room.x, y), suggestion.stars, suggestion.chance, size + 2)
        if suggestion.simulated:
            draw_simulated(target, kit, (box.right + kit.px(10), y), room.right)
        y += kit.px(20)
        own = stage.settings.text("difficulty")
        if other := other_difficulty(suggestion, own):
            names = {"name": kit.strings(f"difficulty.{other}"), "own": kit.strings(f"difficulty.{own}")}
            area = pygame.Rect(room.x, y, room.width, kit.px(44))
            y = kit.paragraph(
                target, kit.strings("for_you.play_at", **names), area, size, theme.AMBER
            ) + kit.px(6)
        area = pygame.Rect(room.x, y, room.width, kit.px(108))
        y = kit.paragraph(
            target, stage.words.reason(suggestion.reason, chance=False), area, size, theme.TEXT
        ) + kit.px(6)
        if size < 15:
            return y
        notes = [stage.kit.strings("for_you.models", models=stage.words.models(suggestion.models))]
        if mark_of(suggestion) == "explored":
            notes.insert(0, stage.kit.strings("for_you.about_explored"))
        for note in notes:
            area = pygame.Rect(room.x, y, room.width, min(kit.px(40), room.bottom - y))
            if area.height >= kit.px(18):  # expectations and the reason come first
                y = kit.paragraph(target, note, area, 13, theme.FAINT)
        return y + kit.px(12)

    def _facts(self, info: LevelInfo, found: Hardness) -> list[Fact]:
        """Return the facts: expectations and measurements first, then what the level is and the player's best results."""
        kit, stage = self.screen.kit, self.screen.stage
        facts: list[Fact] = []
        outlook = stage.for_you.outlooks.get(info.item)
        if outlook is not None:
            facts.append(Fact(kit.strings("for_you.expected"), self._outlook(outlook), measured=True))
        elif (
            found.grade is not None
        ):  # an endless level: the recommender knows only those that it may suggest
            edge = player_edge(stage.settings, stage.for_you)
            chance = percent(found.grade.chance(edge.strength, edge.difficulty), kit.strings.language)
            said = kit.strings("for_you.chance", percent=chance)
            facts += [Fact(kit.strings("for_you.expected"), said, measured=True)] if edge.known else []
        own = stage.settings.text("difficulty")
        facts += [Fact(*row, measured=True) for row in wording.hardness_rows(kit.strings, found, own)]
        return facts + self._own_facts(info)

    def _own_facts(self, info: LevelInfo) -> list[Fact]:
        """Return what the level is and the player's best results; two of these facts may share a row."""
        strings, level = self.screen.kit.strings, info.level
        assert level is not None
        best = self.screen.best.get(info.item)
        sides = strings(
            "levels.sides", own=len(level.team_seats(level.own_team)), enemy=len(level.enemy_seats)
        )
        fastest = time_text(best.ticks) if best is not None and best.ticks is not None else "–"
        facts = [
            ("size", f"{level.width} × {level.height}"),
            ("tanks", sides),
            ("best_time", fastest),
            ("best_score", str(best.score) if best is not None and best.score is not None else "–"),
            ("won", f"{best.won} / {best.played}" if best is not None else "–"),
        ]
        rows = [Fact(strings(f"levels.{key}"), value, half=True) for key, value in facts]
        if not info.entry.builtin and level.author:
            rows.insert(0, Fact(strings("levels.author"), level.author))
        return [*rows, Fact(strings("levels.your_stars"), self._stars(info.item), half=True)]

    def _outlook(self, outlook: "Outlook") -> Draw:
        """Return a function that draws the expected stars, the player's own chance, and whether simulated players count."""
        kit = self.screen.kit

        def draw(target: pygame.Surface, room: pygame.Rect, size: float) -> None:
            probe = pygame.Surface((1, 1))
            width = draw_outlook(probe, kit, (0, 0), outlook.stars, outlook.chance, size).width
            draw_outlook(target, kit, (room.right - width, room.centery), outlook.stars, outlook.chance, size)
            if outlook.simulated:
                draw_simulated(target, kit, (room.x, room.centery), room.right - width - kit.px(6))

        return draw

    def _stars(self, item: str) -> Draw:
        """Return a function that draws the player's stars."""
        kit = self.screen.kit
        given = self.screen.stars.get(item, 0)

        def draw(target: pygame.Surface, room: pygame.Rect, size: float) -> None:
            side = kit.px(size + (2 if size >= 15 else -1))
            for n in range(5):
                colour: Colour = theme.AMBER if n < given else theme.FAINT
                place = (room.right - (5 - n) * (side + kit.px(size / 6)), room.centery - side // 2)
                target.blit(star(side, colour, n < given), place)

        return draw
