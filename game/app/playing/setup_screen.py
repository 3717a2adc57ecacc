"""Match set-up: play or watch, against which brain, how strong, and in which tank."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pygame

from game.app.browse.card import problem_count
from game.app.browse.level_library import LevelInfo
from game.app.grades.wording import draw_hardness, hardness_sentence
from game.app.playing.launch import open_match, settings_choice
from game.app.ui import theme
from game.app.ui.draw import cached_surface, draw_bar, draw_glow, draw_panel, draw_vignette, rounded_rect
from game.app.ui.screen import Screen
from game.app.ui.theme import mix
from game.app.ui.widgets import Button, Choice
from game.core import rules
from game.match.brain_library import MIXED
from game.player.hardness import EDITED
from game.player.settings import BY_PLAYER

if TYPE_CHECKING:
    from game.app.stage import Stage

LEFT_WIDTH: Final = 520  # pt
TIGHT: Final = 430  # pt between heading and prompts; below this the layout is closer
NOTE: Final = (16, 15, 14, 13, 12)  # pt: sizes of the note's text; the largest that fits is used
# The bars in the tank panel, and the value of a full bar
STATS: Final = (
    ("speed", max(c.speed for c in rules.TANK_CLASSES)),
    ("armour", max(c.armour for c in rules.TANK_CLASSES)),
    ("fire_rate", max(60 / c.reload for c in rules.TANK_CLASSES)),
    ("shot_speed", max(c.shot_speed for c in rules.TANK_CLASSES)),
    ("damage", max(c.damage for c in rules.TANK_CLASSES)),
    ("banks", max(c.banks for c in rules.TANK_CLASSES)),
)
CLASS_NAMES: Final = tuple(c.name for c in rules.TANK_CLASSES)


class SetupScreen(Screen):
    """All choices for a match, with those of the last match as defaults."""

    name = "setup"
    prompts = (("confirm", "prompt.select"), ("left", "prompt.change"), ("back", "prompt.back"))

    def __init__(self, stage: "Stage", info: LevelInfo, suggested: str = "") -> None:
        """`suggested`: the difficulty at which this level is best played; "": the player's own."""
        super().__init__(stage)
        self.info = info
        self._suggested = suggested
        self.opponents = stage.opponents
        self.opponents.refresh()
        settings = stage.settings
        if self.opponents.find(settings.text("brain")) is None:
            settings.set("brain", MIXED)
        if settings.text("difficulty") not in self.opponents.difficulty_ids:
            settings.set("difficulty", self.opponents.default_difficulty)
        self.start_button = Button("start", self._start_text, self._start, colour=theme.GREEN, big=True)
        self.own_brain = MIXED
        self.mode = self._setting_row("mode", self._modes)
        self.brain = self._setting_row("brain", self._brains)
        self.watched = Choice(
            "own_brain", self.label("setup.own_brain"), self._brains, lambda: self.own_brain, self._own
        )
        self.difficulty = Choice(
            "difficulty",
            self.label("setup.difficulty"),
            self._difficulties,
            lambda: self.suggested or settings.text("difficulty"),
            lambda value: self._set("difficulty", value),
        )
        self.tank = self._setting_row("tank_class", self._tanks)
        self.problems = Button(
            "problems", self._warning_text, self._show_problems, colour=theme.AMBER, small=True
        )
        self.problems.visible = info.count("warning") > 0
        back = Button("back", self.label("common.back"), self.back)
        self.widgets = [
            self.start_button,
            self.mode,
            self.watched,
            self.brain,
            self.difficulty,
            self.tank,
            self.problems,
            back,
        ]
        self._changes = stage.library.changes
        self._picture = pygame.Rect(0, 0, 0, 0)
        self._note = pygame.Rect(0, 0, 0, 0)
        self._panel = pygame.Rect(0, 0, 0, 0)

    def _setting_row(self, key: str, options: Callable[[], Sequence[tuple[str, str]]]) -> Choice:
        settings = self.stage.settings
        return Choice(
            key,
            self.label(f"setup.{key}"),
            options,
            lambda: settings.text(key),
            lambda value: self._set(key, value),
        )

    def _set(self, key: str, value: str) -> None:
        self.stage.settings.set(key, value)
        if key == "difficulty":
            self._suggested = ""
            self.stage.settings.set("difficulty_by", BY_PLAYER)

    def _modes(self) -> list[tuple[str, str]]:
        return [(mode, self.kit.strings(f"mode.{mode}")) for mode in ("play", "watch")]

    def _difficulties(self) -> list[tuple[str, str]]:
        named = self.opponents.difficulties()
        strings = self.kit.strings
        return [
            (each, strings("setup.suggested", name=name) if each == self.suggested else name)
            for each, name in named
        ]

    def _brains(self) -> list[tuple[str, str]]:
        return [(row.id, row.label) for row in self.opponents.rows if row.usable]

    def _tanks(self) -> list[tuple[str, str]]:
        return [(name, self.kit.strings(f"class.{name}")) for name in CLASS_NAMES]

    def _own(self, brain: str) -> None:
        self.own_brain = brain

    @property
    def watching(self) -> bool:
        """Whether the match is only watched."""
        return self.stage.settings.text("mode") == "watch"

    @property
    def suggested(self) -> str:
        """The difficulty suggested for this match, until the player chooses one; "": none."""
        return "" if self.watching else self._suggested

    def _start_text(self) -> str:
        return self.kit.strings("setup.watch" if self.watching else "setup.start")

    def _warning_text(self) -> str:
        return f"!   {problem_count(self.kit, self.info, 'warning')}"

    def _show_problems(self) -> None:

        self.stage.show("problems", self.info, self._take_over)

    def _take_over(self, info: LevelInfo) -> None:
        """Continue with the file that was read again; go back if it can no longer be played."""
        if info.level is None:
            self.stage.back()
            return
        self.info = info
        self.problems.visible = info.count("warning") > 0
        if not self.problems.visible and self.focus is self.problems:
            self.focus = self.start_button

    def _follow(self) -> None:
        """Read the level's file again."""
        library = self.stage.library
        found = library.find(self.info.item)
        self._changes = library.changes
        if found is not None and found is not self.info and found.entry.path == self.info.entry.path:
            self._take_over(found)

    def update(self, seconds: float) -> None:
        """Let time pass, and follow the level's file."""
        library = self.stage.library
        library.watch()
        if library.changes != self._changes:
            self._follow()
            if self.stage.top is not self:
                return
        super().update(seconds)

    def _start(self) -> None:
        self._follow()
        if self.stage.top is not self:  # the file can no longer be played
            return
        self.stage.save_settings()
        choice = settings_choice(self.stage, watch=self.watching, own_brain=self.own_brain)
        open_match(self.stage, self.info, replace(choice, suggested=self.suggested))

    def layout(self) -> None:
        """Place picture and facts at the left, choices at the right; in a low window closer, with both buttons in one row."""
        kit = self.kit
        self.watched.visible = self.watching
        self.tank.visible = not self.watching
        margin = kit.px(theme.MARGIN)
        gap = kit.px(36)
        left_width = min(kit.px(LEFT_WIDTH), (kit.width - 2 * margin - gap) // 2)
        top = kit.px(112)
        bottom = kit.height - kit.px(56)
        tight = bottom - top < kit.px(TIGHT)
        picture_height = min(left_width * 9 // 16, (bottom - top) * (9 if tight else 10) // 20)
        self._picture = pygame.Rect(margin, top, left_width, picture_height)
        self._panel = pygame.Rect(
            margin, top + picture_height + kit.px(16), left_width, bottom - top - picture_height - kit.px(16)
        )
        x = margin + left_width + gap
        width = kit.width - margin - x
        row, space = kit.px(theme.ROW - 6 if tight else theme.ROW + 2), kit.px(6 if tight else 10)
        y = top
        for widget in self.widgets[1:-2]:
            if widget.visible:
                widget.rect = pygame.Rect(x, y, width, row)
                y += row + space
        back = self.widgets[-1]
        if tight:
            high = row + kit.px(6)
            back.rect = pygame.Rect(x, bottom - high, width * 3 // 10, high)
            left = back.rect.right + kit.px(12)
            self.start_button.rect = pygame.Rect(left, bottom - high, x + width - left, high)
        else:
            high = row + kit.px(14)
            back.rect = pygame.Rect(x, bottom - row, width, row)
            self.start_button.rect = pygame.Rect(x, back.rect.y - space - high, width, high)
        foot = self.start_button.rect.y
        if self.problems.visible:
            high = row - kit.px(8 if tight else 14)
            foot -= high + kit.px(8)
            self.problems.rect = pygame.Rect(x, foot, width, high)
        self._note = pygame.Rect(x, y + kit.px(4), width, foot - y - kit.px(12))

    def draw_back(self, target: pygame.Surface) -> None:
        """Draw the heading, the picture and the panel below it."""
        kit, strings = self.kit, self.kit.strings
        self.dim(target, 195)
        draw_vignette(target, 150)
        level = self.info.level
        assert level is not None
        colour = theme.OBJECTIVE_COLOURS[self.info.objective]
        margin = kit.px(theme.MARGIN)
        title = self.info.title(strings.language)
        kit.heading(target, title, (margin, kit.px(26)), width=kit.width - 2 * margin)
        self._draw_objective(target, colour)
        self._draw_picture(target, colour)
        draw_panel(target, self._panel, kit.px(theme.RADIUS), theme.PANEL, theme.LINE, 235)
        if self.watching:
            self._draw_goal(target, colour)
        else:
            self._draw_tank(target)
        self._draw_note(target)

    def _draw_objective(self, target: pygame.Surface, colour: theme.Colour) -> None:
        """Draw the goal and the bars of difficulty between heading and picture."""
        kit, level = self.kit, self.info.level
        assert level is not None
        y = self._picture.y - kit.px(20)
        name = kit.strings(f"objective.{self.info.objective}")
        kit.text(target, name, (self._picture.x, y), 16, colour, bold=True, anchor="midleft")
        found = self.stage.grades.hardness(level)
        bars = draw_hardness(target, kit, (self._picture.right, y), found, colour)
        if found.state in EDITED:
            place = (bars.x - kit.px(8), y)
            kit.text(target, kit.strings("grade.edited"), place, 13, theme.AMBER, anchor="midright")

    def _draw_picture(self, target: pygame.Surface, colour: theme.Colour) -> None:
        kit, box = self.kit, self._picture
        picture = self.stage.library.picture(self.info, box.size)
        level = self.info.level
        assert level is not None
        draw_glow(target, box, kit.px(10), kit.px(18), colour, 0.5)
        if picture is None:  # still being drawn
            draw_panel(target, box, kit.px(10), (16, 18, 30), colour, 200)
        else:
            target.blit(
                cached_surface(
                    ("setup", level.digest, colour, box.size), lambda: self._add_frame(picture, colour)
                ),
                box,
            )

    def _add_frame(self, picture: pygame.Surface, colour: theme.Colour) -> pygame.Surface:
        """Return the picture with rounded corners and an edge."""
        size, radius = picture.get_size(), self.kit.px(10)
        surface = picture.convert_alpha()
        surface.blit(
            rounded_rect(size, radius, (255, 255, 255), 255), (0, 0), special_flags=pygame.BLEND_RGBA_MIN
        )
        surface.blit(rounded_rect(size, radius, colour, 200, max(1, self.kit.px(1.5))), (0, 0))
        return surface

    def _draw_goal(self, target: pygame.Surface, colour: theme.Colour) -> None:
        kit, strings = self.kit, self.kit.strings
        inner = self._panel.inflate(-kit.px(36), -kit.px(30))
        kit.text(
            target, strings(f"objective.{self.info.objective}"), inner.topleft, theme.LABEL, colour, bold=True
        )
        rest = pygame.Rect(inner.x, inner.y + kit.px(36), inner.width, inner.height - kit.px(36))
        kit.paragraph(target, strings(f"about.objective.{self.info.objective}"), rest, 16, theme.DIM)

    def _draw_tank(self, target: pygame.Surface) -> None:
        kit, strings = self.kit, self.kit.strings
        name = self.stage.settings.text("tank_class")
        tank = rules.TANK_CLASSES[CLASS_NAMES.index(name)]
        inner = self._panel.inflate(-kit.px(36), -kit.px(28))
        heading = kit.text(
            target, strings(f"class.{name}"), inner.topleft, theme.LABEL, theme.CYAN, bold=True
        )
        special = strings("setup.special", name=strings(f"special.{rules.SPECIAL_NAMES[tank.special]}"))
        kit.text(
            target, special, (inner.right, heading.centery), 15, theme.AMBER, bold=True, anchor="midright"
        )
        values = {
            "speed": tank.speed,
            "armour": tank.armour,
            "fire_rate": 60 / tank.reload,
            "shot_speed": tank.shot_speed,
            "damage": tank.damage,
            "banks": tank.banks,
        }
        y = heading.bottom + kit.px(4)
        row = min(kit.px(29), (self._panel.bottom - kit.px(8) - y) // len(STATS))
        size = min(15.0, row / kit.unit * 0.8)
        for key, most in STATS:
            place = (inner.x, y + row // 2)
            kit.text(target, strings(f"stat.{key}"), place, size, theme.DIM, anchor="midleft")
            bar = pygame.Rect(inner.x + inner.width * 2 // 5, 0, inner.width * 3 // 5, kit.px(8))
            bar.centery = y + row // 2
            draw_bar(target, bar, values[key] / most, mix(theme.CYAN, theme.MAGENTA, 0.15))
            y += row

    def _draw_note(self, target: pygame.Surface) -> None:
        """Draw the explanation of the focused choice."""
        kit, strings = self.kit, self.kit.strings
        settings = self.stage.settings
        if self.focus is self.difficulty:
            text = self.opponents.difficulty_text(self.suggested or settings.text("difficulty"))
        elif self.focus in (self.brain, self.watched):
            chosen = self.own_brain if self.focus is self.watched else settings.text("brain")
            row = self.opponents.find(chosen)
            text = row.text if row is not None else ""
        elif self.focus is self.tank:
            text = strings(f"about.class.{settings.text('tank_class')}")
        else:
            text = strings(f"about.objective.{self.info.objective}")
        broken = [
            strings("brain.broken", name=row.label, reason=row.text)
            for row in self.opponents.rows
            if not row.usable
        ]
        if self.suggested and self.focus in (self.difficulty, self.start_button):
            own = strings(f"difficulty.{settings.text('difficulty')}")
            text = strings("setup.about_suggested", name=own) + "\n" + text
        if self.focus in (self.difficulty, self.start_button) and self.info.level is not None:
            found = self.stage.grades.hardness(self.info.level)
            text += "\n" + hardness_sentence(strings, found, self.suggested or settings.text("difficulty"))
        if self._note.height < kit.px(20):
            return
        room = self._note
        fitting = (each for each in NOTE if kit.paragraph_height(text, each, room.width) <= room.height)
        size = next(fitting, NOTE[-1])
        y = kit.paragraph(target, text, self._note, size, theme.DIM)
        if broken and self.focus in (self.brain, self.watched):
            rest = pygame.Rect(
                self._note.x, y + kit.px(10), self._note.width, self._note.bottom - y - kit.px(10)
            )
            if rest.height > kit.px(20):
                kit.paragraph(target, "\n".join(broken), rest, 14, theme.FAINT)

    def draw_front(self, target: pygame.Surface) -> None:
        """Draw the prompts."""
        self.draw_foot(target)
