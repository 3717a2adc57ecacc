"""The piano roll shows notes where they sound, moves with the playhead and goes where it is clicked."""

import pygame
import pytest

from game.app.app import App
from game.app.ui.roll import BARS_SHOWN, VOICE_COLOURS, PianoRoll
from music.composer.compose import compose
from music.edits import with_muted
from music.piece import Piece
from tests.music.fakes import fake_generators

PIECE = compose(fake_generators(), seed=1, mood="driving", bars=16).piece


class Rig:
    def __init__(self, app: App) -> None:
        self.kit = app.kit
        self.kit.resize((1280, 720), 1.0)
        self.at = 0.0
        self.sought: list[float] = []
        self.played = 0
        self.roll = PianoRoll("roll", lambda: self.at, self.sought.append, self.play, lambda name: name)
        self.roll.rect = pygame.Rect(0, 0, 800, 400)
        self.surface = pygame.Surface((800, 400))

    def play(self) -> None:
        self.played += 1

    def picture(self, piece: Piece | None = PIECE) -> bytes:
        self.surface.fill((0, 0, 0))
        self.roll.show(piece)
        self.roll.draw(self.surface, self.kit)
        return pygame.image.tobytes(self.surface, "RGB")

    def has(self, colour: tuple[int, int, int], area: pygame.Rect) -> bool:
        """Whether a colour of about that hue is in an area."""
        for x in range(area.x, area.right):
            for y in range(area.y, area.bottom, 2):
                found = self.surface.get_at((x, y))[:3]
                if sum(abs(a - 0.8 * b) for a, b in zip(found, colour, strict=True)) < 80:
                    return True
        return False


@pytest.fixture
def rig(app: App) -> Rig:
    return Rig(app)


def test_every_voice_is_drawn_in_its_colour(rig: Rig) -> None:
    rig.at = 5.0
    rig.picture()
    for voice, colour in VOICE_COLOURS.items():
        assert rig.has(colour, rig.roll._area), voice


def test_a_muted_voice_is_only_outlined(rig: Rig) -> None:
    rig.at = 5.0
    rig.picture(with_muted(PIECE, "bass"))
    assert not rig.has(VOICE_COLOURS["bass"], rig.roll._area)
    assert rig.has(VOICE_COLOURS["melody"], rig.roll._area)


def test_the_picture_moves_with_the_position(rig: Rig) -> None:
    pictures = set()
    for at in (0.0, 0.5, 6.0, 15.9):
        rig.at = at
        pictures.add(rig.picture())
    assert len(pictures) == 4
    assert rig.roll._left == 16 - BARS_SHOWN


def test_nothing_to_show_is_no_error(rig: Rig) -> None:
    rig.picture(None)
    rig.roll.press((100, 100))
    assert not rig.roll.adjust(1)
    rig.picture(Piece("empty", 1, 120.0, 0, 0))
    rig.roll.rect = pygame.Rect(0, 0, 60, 30)
    rig.picture()
    assert rig.sought == []


def test_keys_go_bar_by_bar_round_the_end(rig: Rig) -> None:
    rig.picture()
    rig.at = 3.6
    rig.roll.adjust(1)
    rig.roll.adjust(-1)
    rig.at = 15.2
    rig.roll.adjust(1)
    rig.at = 0.0
    rig.roll.adjust(-1)
    assert rig.sought == [4, 2, 0, 15]
    rig.roll.activate()
    assert rig.played == 1


def test_a_click_goes_where_it_points(rig: Rig) -> None:
    rig.at = 8.0
    rig.picture()
    area, strip = rig.roll._area, rig.roll._strip
    rig.roll.press((area.x + 1, area.centery))
    assert rig.sought[-1] == int(rig.roll._left)
    rig.roll.press((area.right - 1, area.centery))
    assert rig.sought[-1] == int(rig.roll._left) + BARS_SHOWN - 1
    rig.roll.press((strip.centerx, strip.centery))
    assert rig.sought[-1] == 8
    rig.roll.drag((strip.x + 1, strip.centery))
    assert rig.sought[-1] == 0


def test_high_and_low_notes_stay_inside(rig: Rig) -> None:
    rig.picture()
    for notes in PIECE.voices.values():
        for note in notes[:200]:
            voice = next(name for name, own in PIECE.voices.items() if own is notes)
            rect = rig.roll._rect_of(note, voice)
            assert rig.roll._area.top - 2 <= rect.top
            assert rect.bottom <= rig.roll._area.bottom + 2
