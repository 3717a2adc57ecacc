"""The preview plays a whole piece from any bar and knows where it is, heard or not."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from game.app.jukebox.piece_preview import PiecePreview, track_of
from game.app.worker import Worker
from music.composer.compose import compose
from music.piece import Piece
from tests.music.fakes import fake_generators

PIECE = compose(fake_generators(), seed=1, mood="calm", bars=8).piece
BEAT = 60.0 / PIECE.tempo


class FakeTrack:
    def __init__(self, piece: Piece, volume: float, told: Any) -> None:
        self.piece, self.volume, self.told = piece, volume, told
        self.playing = False
        self.done: list[object] = []

    def start(self, section: str) -> None:
        self.playing = True
        self.done.append(("start", section))

    def cue(self, name: str, at: str) -> bool:
        self.done.append(("cue", name, at))
        return True

    def set_volume(self, volume: float) -> None:
        self.volume = volume

    def stop(self, fade: float) -> None:
        self.playing = False
        self.done.append("stop")

    def close(self) -> None:
        self.done.append("close")

    def beat(self, bar: int, beat: int) -> None:
        """A beat begins to be heard."""
        self.told(SimpleNamespace(place=SimpleNamespace(section=str(bar), bar=0, beat=beat)))


class Rig:
    def __init__(self, *, audible: bool) -> None:
        self.now = 100.0
        self.tracks: list[FakeTrack] = []
        self.worker = Worker("audition")
        self.preview = PiecePreview(
            self.worker,
            audible=audible,
            make=self.make,  # type: ignore[arg-type]
            clock=lambda: self.now,
        )

    def make(self, piece: Piece, volume: float, told: Any) -> FakeTrack:
        self.tracks.append(FakeTrack(piece, volume, told))
        return self.tracks[-1]


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig(audible=True)
    yield rig
    rig.worker.close()


def test_it_starts_at_the_bar_and_follows_the_beats(rig: Rig) -> None:
    rig.preview.play(PIECE, 0.5, 3.7)
    assert rig.preview.playing
    assert rig.worker.wait()
    (track,) = rig.tracks
    assert track.done == [("start", "3")]
    assert rig.preview.position == 3.0
    rig.now += 1.0  # not heard yet: it is still being rendered
    assert rig.preview.position == 3.0
    track.beat(3, 0)
    rig.now += BEAT / 2
    assert rig.preview.position == pytest.approx(3.125)
    track.beat(3, 1)
    rig.now += 5 * BEAT  # the next beat never tells of itself: the playhead waits
    assert rig.preview.position == pytest.approx(3.5)


def test_it_goes_round(rig: Rig) -> None:
    rig.preview.play(PIECE, 0.5)
    assert rig.worker.wait()
    rig.tracks[0].beat(7, 3)
    rig.now += 0.5 * BEAT
    assert rig.preview.position == pytest.approx(7.875)
    rig.tracks[0].beat(0, 0)
    assert rig.preview.position == pytest.approx(0.0)


def test_stopping_keeps_the_place(rig: Rig) -> None:
    rig.preview.play(PIECE, 0.5)
    assert rig.worker.wait()
    rig.tracks[0].beat(5, 2)
    rig.preview.stop()
    assert not rig.preview.playing
    assert rig.tracks[0].done[-1] == "stop"
    assert rig.preview.position == pytest.approx(5.5)
    rig.tracks[0].beat(6, 0)  # a last word of a stopped track counts no more
    assert rig.preview.position == pytest.approx(5.5)


def test_another_piece_takes_over_at_once(rig: Rig) -> None:
    rig.preview.play(PIECE, 0.5)
    rig.preview.play(PIECE, 0.5, 2)
    assert rig.worker.wait()
    assert [track.playing for track in rig.tracks] == [False, True]
    assert rig.tracks[1].done == [("start", "2")]


def test_seeking_jumps_on_the_next_beat(rig: Rig) -> None:
    rig.preview.seek(4)
    assert rig.preview.position == 4.0
    rig.preview.play(PIECE, 0.5, rig.preview.position)
    assert rig.worker.wait()
    rig.preview.seek(6)
    assert rig.tracks[0].done == [("start", "4"), ("cue", "6", "beat")]
    rig.preview.set_volume(0.2)
    assert rig.tracks[0].volume == 0.2


def test_a_failure_is_told_and_ends_it() -> None:
    rig = Rig(audible=True)

    def fail(*_: object) -> FakeTrack:
        raise ValueError("timbre: expected one of chip, neon, dark, found 'x'")

    rig.preview._make = fail  # type: ignore[assignment]
    rig.preview.play(PIECE, 0.5)
    assert rig.worker.wait()
    assert not rig.preview.playing
    assert rig.preview.problem.startswith("timbre: expected")
    rig.worker.close()


def test_without_sound_the_time_passes_all_the_same() -> None:
    rig = Rig(audible=False)
    rig.preview.play(PIECE, 0.5, 1)
    rig.now += 6 * BEAT
    assert rig.preview.position == pytest.approx(2.5)
    rig.preview.seek(7)
    rig.now += 5 * BEAT
    assert rig.preview.position == pytest.approx(0.25)
    rig.preview.close()
    assert rig.tracks == []


def test_closing_silences_what_still_fades(rig: Rig) -> None:
    rig.preview.play(PIECE, 0.5)
    assert rig.worker.wait()
    rig.preview.close()
    assert rig.tracks[0].done[-1] == "close"


def test_every_bar_of_a_real_track_can_be_jumped_to() -> None:
    track = track_of(PIECE, 0.5, lambda chunk: None)
    assert track.sections == tuple(str(bar) for bar in range(8))
    assert track.piece.voices == PIECE.voices
