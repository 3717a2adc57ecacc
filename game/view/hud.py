"""The display over a match: clock, teams, objective, the player's tank, feed, banners, minimap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pygame

from game.core import rules
from game.core.sim import events, state
from game.core.sim.state import World
from game.view.effects import POPUP_TICKS
from game.view.flares import Popup
from game.view.hud_kit import HudKit
from game.view.minimap import Minimap
from game.view.palette import Colour, Palette, mix, scale_colour
from game.view.shapes import OBJECTIVE_ICONS, PICKUP_ICONS, SPECIAL_ICONS, Icon, bank, mine, target
from game.view.text import FontProvider, Strings, english_text

TOP_BAND: Final = 54  # px at scale 1 that the arena does not cover
BOTTOM_BAND: Final = 60
PLAYER_PANEL: Final = 290  # its width
FEED_TICKS: Final = 330
FEED_ROWS: Final = 5
BANNER_TICKS: Final = 150
FEED_SIZE: Final = 15  # px of letters at scale 1
FEED_HEIGHT: Final = 23
POPUP_SIZE: Final = 17
BOOST_SIDE: Final = 42
CLOCK_SIZE: Final = 26
BANNER_SIZE: Final = 46
PREMULTIPLIED: Final = pygame.BLEND_PREMULTIPLIED
BOOSTS: Final = (
    (state.TANK_SHIELD, rules.PICKUP_SHIELD, rules.PICKUP_SHIELD_TICKS),
    (state.TANK_TRIPLE, rules.PICKUP_TRIPLE, rules.TRIPLE_TICKS),
    (state.TANK_BANK, rules.PICKUP_BANK, rules.BANK_TICKS),
    (state.TANK_SPEED, rules.PICKUP_SPEED, rules.SPEED_TICKS),
)


@dataclass
class FeedRow:
    """One line of the feed: who destroyed whom, and how."""

    by: int
    victim: int
    how: Icon
    age: int = 0


@dataclass
class Banner:
    """Large text across the middle."""

    text: str
    below: str
    colour: Colour
    age: int = 0


def lives_left(world: World, w: int, seat: int) -> int:
    """Return how many lives a seat of team 0 has left, including the current one; -1: of the whole team."""
    lives = rules.OBJECTIVES[int(world.head[w, state.OBJECTIVE]) % rules.N_OBJECTIVES].lives_own
    rows = world.tanks[w]
    own = (rows[:, state.TANK_ACTIVE] != 0) & (rows[:, state.TANK_TEAM] == 0)
    if seat >= 0 and own[seat]:
        own = np.arange(len(rows)) == seat
    return int(np.maximum(lives - rows[own, state.TANK_DEATHS], 0).sum())


class Hud(HudKit):
    """Draws the display. `names[seat]` are shown in the feed."""

    def __init__(
        self,
        size: tuple[int, int],
        ui_scale: float,
        palette: Palette,
        fonts: FontProvider | None = None,
        strings: Strings | None = None,
    ) -> None:
        super().__init__(ui_scale, palette, fonts)
        self.size = size
        self.strings: Strings = strings if strings is not None else english_text
        self.minimap = Minimap(palette, ui_scale)
        self._feed: list[FeedRow] = []
        self._banner: Banner | None = None
        self._focus_seat = -1
        self._names: tuple[str, ...] | None = None  # names of the seats in this match

    def start(self, world: World, w: int, focus_seat: int) -> None:
        """Begin a match: empty feed, the objective as a banner."""
        self._feed.clear()
        self._names = None
        self._focus_seat = focus_seat
        objective = int(world.head[w, state.OBJECTIVE]) % rules.N_OBJECTIVES
        team = int(world.tanks[w, focus_seat, state.TANK_TEAM]) if focus_seat >= 0 else 0
        name = rules.OBJECTIVE_NAMES[objective]
        if team != 0 and objective in (rules.DEFEND, rules.SURVIVE):
            name = "attack" if objective == rules.DEFEND else "hunt"
        text = self.strings(f"hud.goal.{name}", goal=int(world.head[w, state.GOAL]))
        self._banner = Banner(text, "", self.palette.text)

    def prepare(self, popups: Collection[tuple[str, Colour]]) -> None:
        """Bake these rising texts and the fonts of all texts, so that no frame has to."""
        for key, colour in popups:
            self._popup_text(key, colour)
        for size in (FEED_SIZE, BANNER_SIZE, CLOCK_SIZE):
            self.texts.render("0", size, self.palette.text, True)
        for icon in (target, bank, mine):
            self._how_icon(icon)
        self._panels.panel(self.size[0], self.px(FEED_HEIGHT), self.palette.text_dim)
        known = {colour for _, colour in popups}
        for _, kind, _ in BOOSTS:
            if self.palette.pickups[kind] in known:
                self._panels.panel(self.px(BOOST_SIDE), self.px(BOOST_SIDE), self.palette.pickups[kind])

    def _popup_text(self, key: str, colour: Colour) -> pygame.Surface:
        return self.texts.render(self.strings(key), POPUP_SIZE, colour, True)

    def _how_icon(self, how: Icon) -> pygame.Surface:
        return self.icon(f"how{how.__name__}", how, 18, self.palette.text)

    def forget_banner(self) -> None:
        """Hide the banner of the objective, as the caller has shown it."""
        self._banner = None

    def after_tick(self, world: World, w: int, focus_seat: int) -> None:
        """Advance rows and banners; take over the tick's events."""
        self._focus_seat = focus_seat
        for row in self._feed:
            row.age += 1
        self._feed = [row for row in self._feed if row.age < FEED_TICKS][-FEED_ROWS:]
        if self._banner is not None:
            self._banner.age += 1
            if self._banner.age >= BANNER_TICKS:
                self._banner = None
        for kind, a, b, _, _ in world.events[w, : int(world.head[w, state.N_EVENTS])].tolist():
            if kind == events.TANK_DESTROYED:
                how = mine if b & events.MINE_FLAG else bank if b & events.BANKED_FLAG else target
                self._feed.append(FeedRow(b & events.SEAT_MASK, a, how))
            elif kind == events.WAVE_BEGAN:
                self._banner = Banner(self.strings("hud.wave_began", wave=a), "", self.palette.warning)
            elif kind == events.MATCH_ENDED:
                self._banner = self._end_banner(world, w, a, bool(b))

    def _end_banner(self, world: World, w: int, winner: int, timed_out: bool) -> Banner:
        below = self.strings("hud.time_out") if timed_out else ""
        if winner < 0:
            return Banner(self.strings("hud.draw"), below, self.palette.text)
        colour = self.palette.teams[winner % rules.MAX_TEAMS]
        if self._focus_seat < 0:
            return Banner(self.strings(f"hud.team_{winner % rules.MAX_TEAMS}_won"), below, colour)
        own = int(world.tanks[w, self._focus_seat, state.TANK_TEAM])
        if own == winner:
            return Banner(self.strings("hud.won"), below, self.palette.good)
        return Banner(self.strings("hud.lost"), below, self.palette.bad)

    def draw(
        self, surface: pygame.Surface, world: World, w: int, focus_seat: int, names: Sequence[str]
    ) -> None:
        """Draw everything except popups and minimap."""
        if self._names != tuple(names):
            self._names = tuple(names)
            for seat in np.flatnonzero(world.tanks[w, :, state.TANK_ACTIVE]).tolist():
                self._feed_text(world, w, names, seat)  # now, so that no kill has to wait for it
        self._draw_top(surface, world, w)
        self._draw_feed(surface, world, w, names)
        if focus_seat >= 0:
            self._draw_player(surface, world, w, focus_seat)
        self._draw_banner(surface)

    def _draw_top(self, surface: pygame.Surface, world: World, w: int) -> None:
        head = world.head[w]
        middle, y = self.size[0] // 2, self.px(28)
        left = max(0, int(head[state.TIME_LIMIT]) - int(head[state.TICK]))
        seconds = -(-left // rules.TICKS_PER_SECOND)
        hurry = left < 10 * rules.TICKS_PER_SECOND and left // 15 % 2 == 0
        width, height = self.px(128), self.px(44)
        self.panel(surface, (middle - width // 2, y - height // 2, width, height), self.palette.text_dim)
        objective = int(head[state.OBJECTIVE]) % rules.N_OBJECTIVES
        icon = self.icon(f"objective{objective}", OBJECTIVE_ICONS[objective], 24, self.palette.text_dim)
        self.icon_at(surface, icon, middle - width * 0.33, y)
        colour = self.palette.bad if hurry else self.palette.text
        clock = self.texts.render(f"{seconds // 60}:{seconds % 60:02d}", CLOCK_SIZE, colour, True)
        self.blit(surface, clock, middle + self.px(14), y, 0.5)
        teams = self._teams(world, w)
        outer: dict[int, int] = {}
        for n, team in enumerate(teams):
            side = -1 if n % 2 == 0 else 1
            edge = outer.get(side, width // 2 + self.px(8))
            self._draw_team(surface, world, w, team, middle + side * edge, y, side)
            outer[side] = edge + self._team_width(world, w, team) + self.px(8)

    @staticmethod
    def _teams(world: World, w: int) -> list[int]:
        rows = world.tanks[w].tolist()
        return sorted({row[state.TANK_TEAM] % rules.MAX_TEAMS for row in rows if row[state.TANK_ACTIVE]})

    def _team_width(self, world: World, w: int, team: int) -> int:
        """Return the width of a team's panel: shape, progress of the objective, a block per tank."""
        objective = int(world.head[w, state.OBJECTIVE])
        if objective == rules.DEFEND:
            return self.px(190)
        seats = sum(1 for r in world.tanks[w].tolist() if r[state.TANK_ACTIVE] and r[state.TANK_TEAM] == team)
        blocks = seats * (15 if seats <= 7 else 9)
        extra = {rules.COLLECT: 58, rules.SURVIVE: 40 if team == 0 else 0}.get(objective, 0)
        return self.px(58 + blocks + extra)

    def _draw_team(
        self, surface: pygame.Surface, world: World, w: int, team: int, x: int, y: int, side: int
    ) -> None:
        """Draw a team's panel outwards from x: its shape, its progress, its tanks."""
        width, height = self._team_width(world, w, team), self.px(44)
        left = x if side > 0 else x - width
        colour = self.palette.teams[team]
        self.panel(surface, (left, y - height // 2, width, height), colour)
        inner = left + self.px(22) if side > 0 else left + width - self.px(22)
        self.icon_at(surface, self.team_icon(team, 30), inner, y)
        start = inner + side * self.px(24)
        objective = int(world.head[w, state.OBJECTIVE])
        if objective == rules.DEFEND and team == 0:
            self._draw_core_bar(surface, world, w, (left + self.px(14), y), width - self.px(64))
            return
        if objective == rules.COLLECT:
            score = int(world.head[w, state.TEAM_SCORE + team])
            text = self.texts.render(f"{score}/{int(world.head[w, state.GOAL])}", 24, colour, True)
            self.blit(surface, text, start, y, 0.0 if side > 0 else 1.0)
            start += side * (text.get_width() + self.px(14))
        elif objective == rules.SURVIVE and team == 0:
            text = self.texts.render(f"\u00d7{lives_left(world, w, self._focus_seat)}", 22, colour, True)
            self.blit(surface, text, start, y, 0.0 if side > 0 else 1.0)
            start += side * (text.get_width() + self.px(14))
        elif objective == rules.DEFEND:
            wave = self.strings(
                "hud.wave", wave=int(world.head[w, state.WAVE]), waves=int(world.head[w, state.GOAL])
            )
            text = self.texts.render(wave, 13, self.palette.text, True)
            self.blit(surface, text, start - side * self.px(6), y - self.px(10), 0.0 if side > 0 else 1.0)
            self._draw_seats(surface, world, w, team, (start, y + self.px(9)), side)
            return
        self._draw_seats(surface, world, w, team, (start, y), side)

    def _draw_seats(
        self, surface: pygame.Surface, world: World, w: int, team: int, at: tuple[int, int], side: int
    ) -> None:
        """Draw a block per tank: lit if it lives, hollow while it waits, dark if it is out."""
        rows = [r for r in world.tanks[w].tolist() if r[state.TANK_ACTIVE] and r[state.TANK_TEAM] == team]
        step = self.px(15) if len(rows) <= 7 else self.px(9)
        tall, wide = self.px(15), self.px(10) if len(rows) <= 7 else self.px(6)
        for n, row in enumerate(rows):
            x = at[0] + side * n * step - wide // 2
            rect = pygame.Rect(x, at[1] - tall // 2, wide, tall)
            colour = self.palette.teams[team]
            if row[state.TANK_ALIVE]:
                share = (
                    row[state.TANK_HP] / rules.TANK_CLASSES[row[state.TANK_CLASS] % rules.N_CLASSES].armour
                )
                surface.fill(scale_colour(colour, 0.28), rect)
                lit = max(2, round(tall * min(share, 1.0)))
                surface.fill(colour, (rect.x, rect.bottom - lit, wide, lit))
            elif row[state.TANK_RESPAWN] >= 0:
                pygame.draw.rect(surface, scale_colour(colour, 0.5), rect, 1)
            else:
                surface.fill((38, 42, 58), (rect.x, rect.centery - 1, wide, 2))

    def _draw_core_bar(
        self, surface: pygame.Surface, world: World, w: int, at: tuple[int, int], width: int
    ) -> None:
        head = world.head[w]
        share = int(head[state.CORE_HP]) / max(1, int(head[state.CORE_HP_MAX]))
        colour = (
            self.palette.core if share > 0.6 else self.palette.warning if share > 0.3 else self.palette.bad
        )
        label = self.texts.render(self.strings("hud.core"), 13, self.palette.text, True)
        self.blit(surface, label, at[0], at[1] - self.px(10))
        self.bar(surface, (at[0], at[1] + self.px(3), width, self.px(11)), share, colour)

    def _draw_feed(self, surface: pygame.Surface, world: World, w: int, names: Sequence[str]) -> None:
        """Draw who destroyed whom, newest on top; a tank that destroyed itself is named once."""
        y, right = self.px(84), self.size[0] - self.px(14)
        for row in reversed(self._feed):
            fade = min(1.0, (FEED_TICKS - row.age) / 40)
            seats = (row.victim,) if row.victim == row.by else (row.victim, row.by)
            texts = [self._feed_text(world, w, names, seat) for seat in seats]
            across = sum(text.get_width() for text in texts) + self.px(52 if len(texts) > 1 else 46)
            if fade >= 1:
                left = right - across + self.px(10)
                self.panel(
                    surface, (left, y - self.px(12), across, self.px(FEED_HEIGHT)), self.palette.text_dim
                )
            x = float(right)
            for n, text in enumerate(texts):
                text.set_alpha(round(255 * fade))
                self.blit(surface, text, x, y, 1.0)
                text.set_alpha(255)
                x -= text.get_width() + self.px(6)
                if n == 0:
                    self.icon_at(surface, self._how_icon(row.how), x - self.px(9), y)
                    x -= self.px(24)
            y += self.px(24)

    def _feed_text(self, world: World, w: int, names: Sequence[str], seat: int) -> pygame.Surface:
        return self.texts.render(self._name(names, seat), FEED_SIZE, self._seat_colour(world, w, seat), True)

    def _name(self, names: Sequence[str], seat: int) -> str:
        if seat < len(names) and names[seat]:
            return names[seat]
        return (
            self.strings("hud.you") if seat == self._focus_seat else self.strings("hud.seat", number=seat + 1)
        )

    def _seat_colour(self, world: World, w: int, seat: int) -> Colour:
        if not 0 <= seat < world.tanks.shape[1]:
            return self.palette.text_dim
        return self.palette.teams[int(world.tanks[w, seat, state.TANK_TEAM]) % rules.MAX_TEAMS]

    @property
    def player_panel_width(self) -> int:
        """How many pixels at the left the player's panel and all boosts cover."""
        return self.px(14 + PLAYER_PANEL + 12) + len(BOOSTS) * (self.px(BOOST_SIDE) + self.px(6))

    def _draw_player(self, surface: pygame.Surface, world: World, w: int, seat: int) -> None:
        """Draw the player's panel: hit points, reload, special, boosts."""
        row = world.tanks[w, seat].tolist()
        tank_class = rules.TANK_CLASSES[row[state.TANK_CLASS] % rules.N_CLASSES]
        team = row[state.TANK_TEAM] % rules.MAX_TEAMS
        left, width, height = self.px(14), self.px(PLAYER_PANEL), self.px(52)
        top = self.size[1] - height - self.px(4)
        colour = self.palette.teams[team]
        self.panel(surface, (left, top, width, height), colour)
        self.icon_at(surface, self.team_icon(team, 34), left + self.px(28), top + height / 2)
        if not row[state.TANK_ALIVE]:
            self._draw_waiting(surface, row[state.TANK_RESPAWN], left + self.px(56), top + height // 2)
            return
        x = left + self.px(56)
        unit, tall = self.px(22), self.px(18)
        low = row[state.TANK_HP] <= 1
        for n in range(tank_class.armour):
            full = n < row[state.TANK_HP]
            shade = (self.palette.bad if low else colour) if full else (44, 48, 66)
            rect = (x + n * (unit + self.px(3)), top + self.px(9), unit, tall)
            surface.fill(shade, rect)
            if full:
                surface.fill(mix(shade, (255, 255, 255), 0.4), (*rect[:3], max(1, tall // 4)))
        bar_width = 6 * (unit + self.px(3)) - self.px(3)
        share = 1 - row[state.TANK_RELOAD] / tank_class.reload
        bar_colour = self.palette.text if share >= 1 else self.palette.text_dim
        self.bar(surface, (x, top + self.px(36), bar_width, self.px(8)), share, bar_colour)
        self._draw_special(surface, row, tank_class, left + width - self.px(36), top + height // 2)
        self._draw_boosts(surface, row, left + width + self.px(12), top + height // 2)

    def _draw_waiting(self, surface: pygame.Surface, ticks: int, x: int, y: int) -> None:
        if ticks >= 0:
            text = self.strings("hud.back_in", seconds=-(-ticks // rules.TICKS_PER_SECOND))
        else:
            text = self.strings("hud.out")
        self.blit(surface, self.texts.render(text, 20, self.palette.text_dim, True), x, y)

    def _draw_special(
        self, surface: pygame.Surface, row: list[int], tank_class: rules.TankClass, x: int, y: int
    ) -> None:
        ready = row[state.TANK_SPECIAL] == 0
        colour = self.palette.good if ready else self.palette.text_dim
        radius = self.px(21)
        share = 1 - row[state.TANK_SPECIAL] / tank_class.special_cooldown
        pygame.draw.circle(surface, (24, 28, 46), (x, y), radius, max(2, self.px(4)))
        if share > 0:
            box = pygame.Rect(x - radius, y - radius, 2 * radius, 2 * radius)
            quarter = 3.14159265 / 2
            if share >= 1:
                pygame.draw.circle(surface, colour, (x, y), radius, max(2, self.px(4)))
            else:
                pygame.draw.arc(
                    surface, colour, box, quarter - share * 4 * quarter, quarter, max(2, self.px(4))
                )
        icon = SPECIAL_ICONS[tank_class.special]
        self.icon_at(surface, self.icon(f"special{tank_class.special}", icon, 24, colour), x, y)

    def _draw_boosts(self, surface: pygame.Surface, row: list[int], x: int, y: int) -> None:
        for column, kind, ticks in BOOSTS:
            if row[column] <= 0:
                continue
            colour = self.palette.pickups[kind]
            side = self.px(BOOST_SIDE)
            self.panel(surface, (x, y - side // 2, side, side), colour)
            self.icon_at(
                surface,
                self.icon(f"pickup{kind}", PICKUP_ICONS[kind], 22, colour),
                x + side / 2,
                y - self.px(4),
            )
            share = row[column] / ticks
            rect = (x + self.px(6), y + side // 2 - self.px(9), side - self.px(12), self.px(4))
            self.bar(surface, rect, share, colour)
            x += side + self.px(6)

    def _draw_banner(self, surface: pygame.Surface) -> None:
        banner = self._banner
        if banner is None:
            return
        come, go = min(1.0, banner.age / 14), min(1.0, (BANNER_TICKS - banner.age) / 24)
        ease = 1 - (1 - come) ** 3
        fade = round(255 * min(ease, go))
        text = self.texts.render(banner.text, BANNER_SIZE, banner.colour, True)
        x = self.size[0] / 2 + (1 - ease) * self.px(140)
        y = self.size[1] * 0.30
        text.set_alpha(fade)
        self.blit(surface, text, x, y, 0.5)
        text.set_alpha(255)
        width = round(text.get_width() * 1.25 * ease)
        tone = scale_colour(banner.colour, 0.75 * fade / 255)
        for dy in (-0.62, 0.62):
            rect = (
                self.size[0] // 2 - width // 2,
                round(y + dy * text.get_height()),
                width,
                max(1, self.px(2)),
            )
            surface.fill(tone, rect, pygame.BLEND_RGB_ADD)
        if banner.below:
            small = self.texts.render(banner.below, 22, self.palette.text_dim)
            self.blit(surface, small, self.size[0] / 2, y + text.get_height(), 0.5)

    def draw_popups(
        self, surface: pygame.Surface, popups: Sequence[Popup], su_px: float, offset: tuple[float, float]
    ) -> None:
        """Draw short texts that rise from the place of an event."""
        for popup in popups:
            share = popup.age / POPUP_TICKS
            text = self._popup_text(popup.key, popup.colour)
            text.set_alpha(round(255 * min(1.0, (1 - share) * 2.5)))
            y = popup.y * su_px + offset[1] - self.px(24) - self.px(34) * (1 - (1 - share) ** 2)
            y = max(y, float(self.px(TOP_BAND + 10)))
            self.blit(surface, text, popup.x * su_px + offset[0], y, 0.5)
            text.set_alpha(255)
