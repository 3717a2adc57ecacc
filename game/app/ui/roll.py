"""The piano roll: notes that move past a playhead, coloured voices, separate lanes for drums, and an overview below."""

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import pygame

from game.app.ui import theme
from game.app.ui.draw import cached_surface, draw_glow, draw_panel
from game.app.ui.kit import Kit
from game.app.ui.theme import Colour, mix
from game.app.ui.widgets import Widget

if TYPE_CHECKING:
    from music.piece import Note, Piece

VOICE_COLOURS: Final[dict[str, Colour]] = {
    "harmony": theme.VIOLET,
    "bass": theme.MAGENTA,
    "melody": theme.CYAN,
    "drums": theme.AMBER,
}
STEPS_PER_BAR: Final = 16
STEPS_PER_BEAT: Final = 4
BARS_SHOWN: Final = 8
PLAYHEAD: Final = 0.25  # share of the width at which the playhead stays while the piece moves
LEAST_RANGE: Final = 24  # semitones
DRUM_LANES: Final = 6
HEADER: Final = 20  # pt, for the sections' names
OVERVIEW: Final = 32  # pt
LONGEST: Final = 64  # steps by which a note may begin before the window


class PianoRoll(Widget):
    """Shows a piece. Left and right move the bar, a click jumps to its place, confirm plays."""

    adjusts = True

    def __init__(
        self,
        name: str,
        position: Callable[[], float],
        seek: Callable[[float], None],
        play: Callable[[], None],
        section_name: Callable[[str], str],
    ) -> None:
        """`position` in bars; `section_name` returns a section's name in the player's language."""
        super().__init__(name)
        self.piece: Piece | None = None
        self._position = position
        self._seek = seek
        self._play = play
        self._section_name = section_name
        self._notes: list[tuple[Note, str, bool]] = []  # note, voice, whether it sounds; sorted by start
        self._starts: list[int] = []
        self._range = (48, 84)
        self._area = pygame.Rect(0, 0, 0, 0)
        self._strip = pygame.Rect(0, 0, 0, 0)
        self._left = 0.0  # bar at the left edge
        self._overview: tuple[tuple[int, int], pygame.Surface] | None = None

    def show(self, piece: "Piece | None") -> None:
        """Show another piece; the same one again takes no time."""
        if piece is self.piece:
            return
        self.piece = piece
        self._overview = None
        self._notes = []
        if piece is not None:
            self._notes = [(note, voice, True) for voice, notes in piece.voices.items() for note in notes]
            self._notes += [(note, voice, False) for voice, notes in _silent(piece) for note in notes]
            self._notes.sort(key=lambda item: item[0].start)
        self._starts = [note.start for note, _, _ in self._notes]
        pitches = [note.pitch for note, voice, _ in self._notes if voice != "drums"]
        low, high = (min(pitches), max(pitches)) if pitches else (48, 84)
        spare = max(0, LEAST_RANGE - (high - low))
        self._range = (low - 2 - spare // 2, high + 2 + (spare + 1) // 2)

    def activate(self) -> None:
        """Play or stop."""
        self._play()

    def adjust(self, step: int) -> bool:
        """Go one bar back or forward, with wrap-around."""
        if self.piece is None:
            return False
        self._seek((int(self._position()) + step) % self.piece.bars)
        return True

    def press(self, position: tuple[int, int]) -> None:
        """Jump to the place of the click, in the notes or in the overview."""
        if self.piece is None:
            return
        if self._strip.collidepoint(position):
            self._seek(int((position[0] - self._strip.x) / self._strip.width * self.piece.bars))
        elif self._area.collidepoint(position):
            bars = self._bars_shown()
            self._seek(
                min(
                    self.piece.bars - 1,
                    int(self._left + (position[0] - self._area.x) / self._area.width * bars),
                )
            )

    def drag(self, position: tuple[int, int]) -> None:
        """Follow the mouse along the overview."""
        if self.piece is not None and self._strip.width and self._strip.collidepoint(position):
            self.press(position)

    def draw(self, target: pygame.Surface, kit: Kit) -> None:
        """Draw everything at the current position."""
        if self.lit > 0.05:
            draw_glow(target, self.rect, kit.px(theme.RADIUS), kit.px(theme.GLOW), theme.CYAN, self.lit * 0.7)
        line = mix(theme.LINE, theme.CYAN, round(self.lit * 4) / 4)
        draw_panel(target, self.rect, kit.px(theme.RADIUS), (7, 9, 22), line, 245, max(1, kit.px(1)))
        if self.piece is None:
            return
        inner = self.rect.inflate(-kit.px(14), -kit.px(12))
        header, strip = kit.px(HEADER), kit.px(OVERVIEW)
        self._strip = pygame.Rect(inner.x, inner.bottom - strip, inner.width, strip)
        self._area = pygame.Rect(
            inner.x, inner.y + header, inner.width, inner.height - header - strip - kit.px(8)
        )
        if self._area.height < kit.px(30):
            return
        position = self._position()
        bars = self._bars_shown()
        self._left = min(max(0.0, position - PLAYHEAD * bars), max(0.0, self.piece.bars - bars))
        clip = target.get_clip()
        target.set_clip(pygame.Rect(inner.x, inner.y, inner.width, header + self._area.height))
        self._draw_grid(target, kit, inner.y, position)
        self._draw_notes(target, kit, position)
        self._draw_playhead(target, kit, position)
        target.set_clip(clip)
        self._draw_overview(target, kit, position)

    def _bars_shown(self) -> int:
        assert self.piece is not None
        return min(BARS_SHOWN, self.piece.bars)

    def _x(self, bar: float) -> float:
        return self._area.x + (bar - self._left) * self._area.width / self._bars_shown()

    def _draw_grid(self, target: pygame.Surface, kit: Kit, top: int, position: float) -> None:
        piece, area = self.piece, self._area
        assert piece is not None
        first = int(self._left)
        chosen = pygame.Rect(round(self._x(int(position))), area.y, 0, area.height)
        chosen.width = round(self._x(int(position) + 1)) - chosen.x
        pygame.draw.rect(target, (16, 22, 48), chosen)
        for bar in range(first, first + self._bars_shown() + 2):
            for beat in range(4):
                x = round(self._x(bar + beat / 4))
                colour = (44, 56, 100) if beat == 0 else (20, 26, 52)
                pygame.draw.line(target, colour, (x, area.y), (x, area.bottom))
            if bar < piece.bars:
                place = (round(self._x(bar)) + kit.px(4), top + kit.px(1))
                kit.text(target, str(bar + 1), place, 11, theme.FAINT)
        for section in piece.sections:
            x = round(self._x(section.bar)) + kit.px(24)
            end = round(self._x(section.bar + section.bars))
            x = max(x, min(area.x + kit.px(24), end - kit.px(70)))
            if end > area.x and x < area.right:
                text = self._section_name(section.name)
                kit.text(target, text, (x, top), 12, theme.DIM, bold=True)

    def _lanes(self) -> int:
        """Return the height of the drums' part, pixels."""
        return max(DRUM_LANES * 3, self._area.height // 5)

    def _rect_of(self, note: "Note", voice: str) -> pygame.Rect:
        area, lanes = self._area, self._lanes()
        x = round(self._x(note.start / STEPS_PER_BAR))
        end = round(self._x((note.start + note.length) / STEPS_PER_BAR))
        if voice == "drums":
            height = lanes / DRUM_LANES
            y = area.bottom - (_lane(note.pitch) + 1) * height
            width = max(3, round((self._x(1) - self._x(0)) / STEPS_PER_BAR * 0.55))
            return pygame.Rect(x, round(y) + 1, width, max(2, round(height) - 2))
        low, high = self._range
        height = (area.height - lanes - 4) / (high - low)
        y = area.bottom - lanes - 4 - (note.pitch - low + 1) * height
        return pygame.Rect(x, round(y), max(2, end - x - 1), max(3, round(height)))

    def _draw_notes(self, target: pygame.Surface, kit: Kit, position: float) -> None:
        now = position * STEPS_PER_BAR
        first = bisect_left(self._starts, self._left * STEPS_PER_BAR - LONGEST)
        last = bisect_left(self._starts, (self._left + self._bars_shown()) * STEPS_PER_BAR)
        shown = self._notes[first:last]
        y = self._area.bottom - self._lanes() - 2
        pygame.draw.line(target, (34, 42, 80), (self._area.x, y), (self._area.right, y))
        for wanted in VOICE_COLOURS:
            colour = VOICE_COLOURS[wanted]
            for note, voice, sounds in shown:
                if voice != wanted:
                    continue
                rect = self._rect_of(note, voice)
                if rect.right < self._area.x or rect.x > self._area.right:
                    continue
                if not sounds:
                    pygame.draw.rect(target, mix((7, 9, 22), colour, 0.35), rect, 1)
                    continue
                playing = note.start <= now < note.start + note.length
                ink = mix((7, 9, 22), colour, 0.45 + 0.45 * note.velocity / 127)
                if playing:
                    ink = mix(colour, (255, 255, 255), 0.65)
                    key = ("note", colour, kit.px(14))
                    light = cached_surface(key, lambda c=colour: _light(c, kit.px(14)))  # type: ignore[misc]
                    place = light.get_rect(center=(round(self._x(position)), rect.centery))
                    target.blit(light, place, special_flags=pygame.BLEND_RGB_ADD)
                pygame.draw.rect(target, ink, rect, border_radius=min(3, rect.height // 2))

    def _draw_playhead(self, target: pygame.Surface, kit: Kit, position: float) -> None:
        x = round(self._x(position))
        line = pygame.Rect(x - 1, self._area.y, 2, self._area.height)
        pygame.draw.rect(target, mix(theme.TEXT, theme.CYAN, 0.4), line)
        reach = kit.px(5)
        points = [(x - reach, self._area.y), (x + reach, self._area.y), (x, self._area.y + reach * 1.4)]
        pygame.draw.polygon(target, theme.TEXT, points)

    def _draw_overview(self, target: pygame.Surface, kit: Kit, position: float) -> None:
        strip, piece = self._strip, self.piece
        assert piece is not None
        if self._overview is None or self._overview[0] != strip.size:
            self._overview = (strip.size, self._painted_overview(strip.size))
        target.blit(self._overview[1], strip)
        width = strip.width / piece.bars
        window = pygame.Rect(
            round(strip.x + self._left * width), strip.y, round(self._bars_shown() * width), strip.height
        )
        pygame.draw.rect(target, mix(theme.LINE, theme.CYAN, 0.5), window, 1, border_radius=3)
        x = round(strip.x + position * width)
        pygame.draw.line(target, theme.TEXT, (x, strip.y), (x, strip.bottom - 1), max(1, kit.px(1.5)))

    def _painted_overview(self, size: tuple[int, int]) -> pygame.Surface:
        piece = self.piece
        assert piece is not None
        surface = pygame.Surface((max(1, size[0]), max(1, size[1])))
        surface.fill((11, 14, 30))
        for number, section in enumerate(piece.sections):
            x, end = (round(size[0] * bar / piece.bars) for bar in (section.bar, section.bar + section.bars))
            shade = (22, 28, 58) if number % 2 else (15, 19, 42)
            pygame.draw.rect(surface, shade, (x, 0, end - x, size[1]))
        low, high = self._range
        steps = piece.bars * STEPS_PER_BAR
        for note, voice, sounds in self._notes:
            if voice == "drums" or not sounds:
                continue
            x = round(size[0] * note.start / steps)
            width = max(1, round(size[0] * note.length / steps))
            y = round((size[1] - 3) * (1 - (note.pitch - low) / (high - low))) + 1
            pygame.draw.rect(surface, mix((11, 14, 30), VOICE_COLOURS[voice], 0.75), (x, y, width, 2))
        return surface


def _silent(piece: "Piece") -> list[tuple[str, "tuple[Note, ...]"]]:
    """Return the notes of the muted voices; none if they are damaged."""
    from music.edits import muted_notes
    from music.errors import MusicError

    try:
        return list(muted_notes(piece).items())
    except MusicError:
        return []


def _lane(pitch: int) -> int:
    """Return the lane of a drum, from below: kick, snare, closed hat, open hat, tom, cymbal."""
    from music.vocabulary import DRUMS

    for lane, (_, key, read) in enumerate(DRUMS):
        if pitch == key or pitch in read:
            return lane
    return DRUM_LANES - 2


def _light(colour: Colour, reach: int) -> pygame.Surface:
    size = reach * 4
    surface = pygame.Surface((size, size))
    pygame.draw.circle(surface, mix((0, 0, 0), colour, 0.7), (size // 2, size // 2), reach // 2)
    return pygame.transform.gaussian_blur(surface, max(2, reach // 2))
