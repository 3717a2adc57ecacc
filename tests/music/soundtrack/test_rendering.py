"""The studio: the order of rendering, equal bars rendered once, and a failing renderer."""

import threading
import time

import numpy as np

from music.piece import Note, Piece
from music.soundtrack.conductor import Conductor
from music.soundtrack.rendering import BarNotes, Stems, Studio, to_samples
from tests.music.soundtrack.tones import RATE, small_piece, tone_render


class Recorder:
    """Renders a trivial sound and records the order of bars."""

    def __init__(self) -> None:
        self.bars: list[int] = []

    def __call__(self, page: Piece, rate: int, bar: int) -> Stems:
        self.bars.append(bar)
        return {"melody": np.full((10, 2), 0.1 * (bar + 1) / 20, np.float32)}


def test_the_first_section_is_rendered_first_then_what_follows_then_the_others() -> None:
    recorder = Recorder()
    Studio(small_piece(), RATE, recorder).render_all()
    assert recorder.bars == [0, 1, 2, 3, 4, 5, 6, 7]  # intro, theme, variation, boss, ending
    recorder = Recorder()
    Studio(small_piece(), RATE, recorder, first=3).render_all()
    assert recorder.bars[:3] == [5, 6, 0]


def test_a_section_that_is_wanted_comes_next() -> None:
    recorder = Recorder()
    studio = Studio(small_piece(), RATE, recorder)
    studio._render_bar(0)
    studio.want(3)
    studio.render_all()
    assert recorder.bars[:3] == [0, 5, 6]


def test_equal_bars_are_rendered_once() -> None:
    notes = tuple(Note(16 * bar + 4 * beat, 2, 60 + beat, 90) for bar in range(6) for beat in range(4))
    piece = Piece("equal", 6, 120.0, 0, 0, voices={"melody": notes})
    recorder = Recorder()
    studio = Studio(piece, RATE, recorder)
    studio.render_all()
    assert recorder.bars == [0, 5]  # the last differs: no bar follows it
    assert studio.bar(1) is studio.bar(4)


def test_a_page_has_the_notes_of_its_bar_the_next_and_those_held_into_it() -> None:
    notes = (Note(0, 40, 50, 90), Note(20, 2, 60, 90), Note(33, 2, 61, 90), Note(50, 2, 62, 90))
    piece = Piece("held", 4, 120.0, 0, 0, voices={"harmony": notes})
    pages = BarNotes(piece)
    assert [note.pitch for note in pages.page(1).voices["harmony"]] == [50, 60, 61]
    assert [note.pitch for note in pages.page(2).voices["harmony"]] == [50, 61, 62]
    assert pages.page(2).bars == piece.bars


def test_a_stem_is_stored_without_its_silent_end_and_once_when_both_sides_are_equal() -> None:
    wave = np.zeros((1000, 2), np.float32)
    wave[:600] = 0.5
    assert to_samples(wave).shape == (600, 1)
    wave[100, 0] = 0.25
    assert to_samples(wave).shape == (600, 2)
    assert to_samples(np.zeros((50, 2), np.float32)).shape[0] == 0
    assert to_samples(np.full((4, 2), 3.0, np.float32)).max() == 32767


def test_a_renderer_that_fails_leaves_silence_and_says_why() -> None:
    def broken(page: Piece, rate: int, bar: int) -> Stems:
        if bar == 1:
            raise RuntimeError("no such timbre")
        return tone_render(page, rate, bar)

    studio = Studio(small_piece(), RATE, broken)
    studio.render_all()
    assert studio.problem == "bar 1: RuntimeError: no such timbre"
    playing = Conductor(studio.score, studio)
    loudest = [int(np.abs(playing.next_chunk().astype(int)).max()) for _ in range(12)]
    assert min(loudest[:4]) > 1000
    assert max(loudest[6:8]) == 0
    assert min(loudest[8:]) > 1000


def test_background_work_stops_and_can_continue() -> None:
    began = threading.Event()
    free = threading.Event()

    def slow(page: Piece, rate: int, bar: int) -> Stems:
        began.set()
        free.wait(30)
        return {}

    studio = Studio(small_piece(), RATE, slow)
    studio.start()
    studio.start()  # once is enough
    assert sum(thread.name == "soundtrack-studio" for thread in threading.enumerate()) == 1
    assert began.wait(30)
    studio.stop(timeout=0)
    free.set()
    studio.stop(timeout=30)
    assert not studio.done
    studio.start()
    deadline = time.monotonic() + 30
    while not studio.done and time.monotonic() < deadline:
        time.sleep(0.005)
    assert studio.done
    studio.stop(timeout=30)
    assert not [thread for thread in threading.enumerate() if thread.name == "soundtrack-studio"]
