"""`Soundtrack` in a program: with any mixer settings, without a mixer, with a mixer closed during play, started and
stopped."""

import sys
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pygame
import pytest

from music.errors import MusicError
from music.piece import Piece
from music.soundtrack import Soundtrack
from music.soundtrack.player import PlayedChunk
from music.soundtrack.rendering import Stems
from music.soundtrack.sinks import mixer_bytes, open_mixer
from tests.contracts.tree import ROOT, run_python
from tests.music.soundtrack.tones import small_piece, tone_render

PATIENCE = 60.0  # timeout of a test, in seconds; it measures nothing


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.002)


def soundtrack_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("soundtrack-")]


@pytest.fixture(autouse=True)
def _mixer() -> Iterator[None]:
    pygame.mixer.quit()
    yield
    pygame.mixer.quit()
    assert not soundtrack_threads()


def started(**options: object) -> tuple[Soundtrack, list[PlayedChunk]]:
    log: list[PlayedChunk] = []
    track = Soundtrack(small_piece(300.0), render=tone_render, on_chunk=log.append, **options)  # type: ignore[arg-type]
    track.start()
    return track, log


def test_it_opens_the_mixer_plays_follows_cues_and_ends() -> None:
    track, log = started()
    assert pygame.mixer.get_init() is not None
    assert track.playing
    assert not track.silent
    until(lambda: len(log) >= 2)
    assert pygame.mixer.get_busy()
    assert track.section == "intro"
    assert track.cue("boss")
    assert not track.cue("chorus")
    until(lambda: track.section == "boss")
    track.stop(ending=True)
    until(lambda: track.section == "ending")
    assert track.wait(PATIENCE)
    assert (track.playing, track.section) == (False, "")


@pytest.mark.parametrize(
    ("rate", "size", "channels"), [(48_000, -16, 2), (22_050, -16, 1), (44_100, 32, 2), (22_050, 8, 6)]
)
def test_it_plays_at_the_mixers_own_settings(rate: int, size: int, channels: int) -> None:
    pygame.mixer.init(rate, size, channels, 512, allowedchanges=0)
    track, log = started()
    until(lambda: len(log) >= 3)
    assert not track.silent
    assert [len(played.chunk) for played in log[:2]] == [rate // 5] * 2
    track.close()


def test_a_chunk_in_the_forms_that_mixers_want() -> None:
    chunk = np.array([[256, -256], [32767, 32767], [-32768, -32768]], np.int16)
    assert mixer_bytes(chunk, -16, 2) == chunk.tobytes()
    assert np.frombuffer(mixer_bytes(chunk, -16, 1), np.int16).tolist() == [0, 32767, -32768]
    assert np.frombuffer(mixer_bytes(chunk, 16, 2), np.uint16).tolist()[:2] == [33024, 32512]
    assert np.frombuffer(mixer_bytes(chunk, 8, 2), np.uint8).tolist()[:4] == [129, 127, 255, 255]
    assert np.frombuffer(mixer_bytes(chunk, -8, 2), np.int8).tolist()[:2] == [1, -1]
    assert np.frombuffer(mixer_bytes(chunk, 32, 2), np.float32).tolist()[4:] == [-1.0, -1.0]
    six = np.frombuffer(mixer_bytes(chunk, -16, 6), np.int16).reshape(-1, 6)
    assert np.array_equal(six[:, :2], chunk)
    assert not six[:, 2:].any()


def test_without_a_sound_card_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "no such driver")
    track, log = started()
    assert track.silent
    assert track.problem
    assert track.playing
    until(lambda: len(log) >= 2)
    track.cue("boss")
    track.duck(0.5, 0.1)
    track.set_volume(0.3)
    until(lambda: track.section == "boss")
    track.stop(fade=0.05)
    assert track.wait(PATIENCE)


def test_without_pygame_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    track, log = started()
    assert track.silent
    until(lambda: len(log) >= 2)
    track.close()
    monkeypatch.undo()


def test_the_package_is_imported_without_pygame() -> None:
    program = "import sys, music.soundtrack; sys.exit('pygame' in sys.modules or 'torch' in sys.modules)"
    assert run_python("-c", program, cwd=ROOT).returncode == 0


def test_a_channel_of_ones_own_is_added_and_used_again() -> None:
    pygame.mixer.init()
    before = pygame.mixer.get_num_channels()
    tracks = [started()[0] for _ in range(2)]
    assert pygame.mixer.get_num_channels() == before + 2
    for track in tracks:
        track.close()
    for _ in range(3):
        started()[0].close()
    assert pygame.mixer.get_num_channels() == before + 2


def test_a_requested_channel_is_reserved() -> None:
    pygame.mixer.init()
    track, log = started(channel=0)
    until(lambda: len(log) >= 1)
    effect = pygame.mixer.Sound(buffer=bytes(44_100 * 4))
    for _ in range(20):
        effect.play()
    assert pygame.mixer.Channel(0).get_sound() is not effect
    track.close()
    with pytest.raises(MusicError, match="channel: expected 0 or more, found -1"):
        Soundtrack(small_piece(), channel=-1)


def test_many_starts_and_stops_leave_no_thread_and_no_sound() -> None:
    track, _ = started()
    for turn in range(30):
        track.start()
        if turn % 3:
            track.stop(fade=0.0 if turn % 2 else 5.0)
        else:
            track.close()
    track.close()
    assert not soundtrack_threads()
    assert not pygame.mixer.get_busy()


def test_a_start_during_play_changes_nothing_and_during_a_fade_restarts() -> None:
    track, log = started()
    until(lambda: len(log) >= 5)
    track.start()
    until(lambda: len(log) >= 6)
    assert [played.place.section for played in log[4:6]] == ["theme", "theme"]
    track.stop(fade=50.0)
    track.start()
    until(lambda: ("intro", 0, 0) in [played.place for played in log[6:]])
    track.close()


def test_a_start_right_after_a_stop_continues_rendering() -> None:
    def slow(page: Piece, rate: int, bar: int) -> Stems:
        time.sleep(0.05)
        return tone_render(page, rate, bar)

    track = Soundtrack(small_piece(300.0), render=slow)
    for _ in range(3):
        track.start()
        track.stop(fade=0.0)
    track.start()
    until(lambda: track.section == "variation")
    track.close()


def test_it_begins_with_a_section_and_at_an_intensity() -> None:
    log: list[PlayedChunk] = []
    track = Soundtrack(small_piece(300.0), render=tone_render, on_chunk=log.append, intensity=0.25)
    track.start("boss")
    until(lambda: len(log) >= 1)
    assert log[0].place == ("boss", 0, 0)
    assert log[0].intensity == 0.25
    track.close()
    with pytest.raises(
        MusicError, match="section: expected intro, theme, variation, boss, ending, found 'chorus'"
    ):
        track.start("chorus")


def test_it_is_stopped_when_its_block_is_left() -> None:
    with Soundtrack(small_piece(), render=tone_render) as track:
        track.start()
        assert track.playing
    assert not track.playing


def test_a_pause_is_silent_and_a_resume_continues() -> None:
    track, log = started()
    until(lambda: len(log) >= 3)
    track.pause()
    until(lambda: not pygame.mixer.get_busy())
    count = len(log)
    track.resume()
    until(lambda: len(log) >= count + 2)
    positions = np.cumsum([len(played.chunk) for played in log])
    assert [played.state.position for played in log] == positions.tolist()
    track.close()


def test_ducking_and_volume_reach_the_channel() -> None:
    pygame.mixer.init()
    track, log = started(channel=3, volume=0.5)
    until(lambda: len(log) >= 1)
    channel = pygame.mixer.Channel(3)
    until(lambda: channel.get_volume() == 0.25)
    track.set_volume(1.0)
    until(lambda: channel.get_volume() == 1.0)
    track.duck(0.75, 30.0)
    until(lambda: channel.get_volume() == 0.25)
    track.close()


def test_a_mixer_that_is_closed_and_opened_again_with_other_settings() -> None:
    track, log = started()
    until(lambda: len(log) >= 2)
    pygame.mixer.quit()
    until(lambda: track.silent)
    count = len(log)
    until(lambda: len(log) >= count + 2)
    pygame.mixer.init(22_050, -16, 2, 512, allowedchanges=0)
    until(lambda: not track.silent)
    until(lambda: len(log[-1].chunk) == 4410)
    track.close()


QUIT = """
import os, random, sys, time
import pygame
from music.soundtrack import Soundtrack
from tests.music.soundtrack.tones import small_piece, tone_render
track = Soundtrack(small_piece(300.0), render=tone_render)
for turn in range(15):
    pygame.mixer.init()
    track.start()
    time.sleep(random.Random(turn).uniform(0.0, 0.12))
    pygame.mixer.quit()
track.close()
pygame.mixer.init()
track.start()
pygame.init()
time.sleep(0.1)
pygame.quit()
assert not track.playing
pygame.mixer.init()
track.start()
time.sleep(0.05)
print("the end")
"""


def test_closing_the_mixer_or_ending_the_program_at_any_moment_does_not_crash() -> None:
    result = run_python("-c", QUIT, cwd=ROOT)
    assert (result.returncode, result.stdout.strip()) == (0, "the end"), result.stderr


def test_open_mixer_returns_the_reason_of_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "no such driver")
    sink, problem = open_mixer(None)
    assert sink is None
    assert "no such driver" in problem
