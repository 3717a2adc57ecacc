"""Sound: computed, clean, panned, limited, and never in the way where there is none."""

from collections.abc import Iterator

import numpy as np
import pygame
import pytest

from game.app.sound import sound_effects as synth
from game.app.sound.audio import CHANNELS, DEFAULT_SOUND, SOUND_SETTINGS, Audio, Music, pan_gains
from game.app.sound.match_sounds import PICKUP_SOUNDS, PLAIN, SHOT_SOUNDS
from game.core import rules
from game.core.sim.events import EVENTS


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def audio(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Audio]:
    # PettingZoo sets this variable to "dsp" when it is imported, which another test module may have done.
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    audio = Audio(clock=clock)
    assert audio.available
    yield audio
    audio.close()


@pytest.fixture(scope="module")
def waves() -> dict[str, synth.Wave]:
    return {name: synth.finish(make()) for name, make in synth.SOUNDS.items()}


def test_no_sound_clips_clicks_or_hums(waves: dict[str, synth.Wave]) -> None:
    for name, wave in waves.items():
        assert np.isfinite(wave).all(), name
        assert float(np.abs(wave).max()) <= synth.PEAK + 1e-6, name
        assert float(np.abs(wave).max()) > 0.5, name
        assert abs(float(wave.mean())) < 0.01, name
        assert abs(float(wave[0])) < 0.01, name
        assert abs(float(wave[-1])) < 0.01, name
        assert 0.03 < wave.size / synth.RATE < 2.5, name


def test_a_sound_that_would_clip_is_brought_down() -> None:
    loud = np.full(4410, 3.0, np.float32) * np.sin(np.arange(4410, dtype=np.float32) / 20)
    assert float(np.abs(synth.finish(loud)).max()) == pytest.approx(synth.PEAK, abs=1e-4)


def test_sounds_are_the_same_at_every_start(waves: dict[str, synth.Wave]) -> None:
    for name in ("explosion", "brick_break", "dash", "win"):
        assert np.array_equal(waves[name], synth.finish(synth.SOUNDS[name]()))


def loudest_frequency(wave: synth.Wave) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(wave)))) * synth.RATE / wave.size


def test_the_ping_rises_with_every_bank(waves: dict[str, synth.Wave]) -> None:
    pitches = [loudest_frequency(waves[f"bank_{n}"]) for n in (1, 2, 3, 4)]
    assert pitches == sorted(pitches)
    assert pitches[3] > 1.7 * pitches[0]


def test_a_heavier_gun_sounds_lower(waves: dict[str, synth.Wave]) -> None:
    scout, ranger, heavy = (loudest_frequency(waves[f"shot_{tank.name}"]) for tank in rules.TANK_CLASSES)
    assert scout > ranger > heavy


def test_every_event_that_sounds_has_its_sound() -> None:
    wanted = {
        *PLAIN.values(),
        *SHOT_SOUNDS,
        *PICKUP_SOUNDS,
        "bank_1",
        "bank_4",
        "hit",
        "hit_own",
        "explosion",
        "explosion_own",
    }
    assert wanted - set(synth.SOUNDS) == set()
    assert set(PLAIN) <= {row.kind for row in EVENTS}
    assert set(SOUND_SETTINGS) <= set(synth.SOUNDS)


def test_panning_keeps_the_power_and_follows_the_place() -> None:
    for pan in (-1.0, -0.4, 0.0, 0.7, 1.0):
        left, right = pan_gains(pan)
        assert left * left + right * right == pytest.approx(1.0)
        assert (right > left) == (pan > 0)
    assert pan_gains(-5.0) == pan_gains(-1.0)


def test_a_sound_at_the_left_is_heard_at_the_left(audio: Audio, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = []

    class Ear:
        def __init__(self, number: int) -> None:
            self.number = number

        def play(self, sound: pygame.mixer.Sound) -> None:
            assert sound.get_length() > 0.5

        def set_volume(self, left: float, right: float) -> None:
            heard.append((left, right))

        def get_busy(self) -> bool:
            return False

    monkeypatch.setattr(pygame.mixer, "Channel", Ear)
    audio.set_volume(0.5, 1.0)
    assert audio.play("explosion", pan=-0.8)
    left, right = pan_gains(-0.8)
    gain = SOUND_SETTINGS["explosion"].level * 0.25
    assert heard == [(pytest.approx(left * gain), pytest.approx(right * gain))]
    assert heard[0][0] > 4 * heard[0][1]


def test_a_sound_is_not_heard_twice_at_once_and_its_kind_only_so_often(audio: Audio, clock: Clock) -> None:
    settings = SOUND_SETTINGS["explosion"]
    assert audio.play("explosion")
    assert not audio.play("explosion")
    for _ in range(8):
        clock.now += settings.gap * 1.5
        assert audio.play("explosion")
    assert audio.voices().count("explosion") == settings.most


def test_a_full_house_makes_room_for_what_matters_only(audio: Audio, clock: Clock) -> None:
    names = (
        "win", "lose", "draw", "explosion", "mine_explosion", "wave", "shield", "portal", "cell_home", "spawn", "mirror",
        "star", "pickup_repair", "pickup_speed", "pickup_bank", "pickup_shield",
    )  # fmt: skip
    while len(audio.voices()) < CHANNELS:
        before = len(audio.voices())
        for name in names:
            clock.now += 1e-3
            audio._last.clear()
            audio.play(name)
        assert len(audio.voices()) > before or before == CHANNELS
    for playing in audio._playing.values():
        playing.priority = 3
    assert not audio.play("fizzle")
    assert audio.play("explosion_own")
    assert "explosion_own" in audio.voices()


def test_no_volume_and_the_background_are_silent(audio: Audio) -> None:
    audio.set_volume(0.0, 0.4)
    assert not audio.play("hit")
    assert audio.music.volume == 0.4
    audio.set_volume(0.5, 0.4)
    audio.set_background(True)
    assert not audio.play("hit")
    audio.set_background(False)
    assert audio.play("hit")
    assert audio.voices() == ["hit"]


def test_the_two_volumes_are_apart(audio: Audio) -> None:
    audio.set_volume(1.0, 0.0)
    assert audio.play("hit")
    assert audio.music.volume == 0.0


def test_an_unknown_sound_is_no_error(audio: Audio) -> None:
    assert not audio.play("vuvuzela")


def test_without_a_sound_card_everything_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise pygame.error("No available audio device")

    monkeypatch.setattr(pygame.mixer, "init", fail)
    audio = Audio()
    assert not audio.available
    assert "No available audio device" in audio.problem
    audio.set_volume(0.5, 0.5)
    audio.prepare(["hit"])
    assert not audio.play("hit")
    assert audio.voices() == []
    audio.close()


def test_without_a_mixer_at_all_everything_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        """What pygame puts in the place of a module that was not built."""

        def __getattr__(self, name: str) -> object:
            raise NotImplementedError("mixer module not available")

    monkeypatch.setattr(pygame, "mixer", Missing())
    audio = Audio()
    assert not audio.available
    assert not audio.play("hit")
    audio.close()


def test_silent_music_takes_whatever_it_is_told() -> None:
    music = Music()
    music.set_intensity(3.0)
    assert music.intensity == 1.0
    for tell in (music.menu, music.boss, music.outcome, music.update):
        tell()
    music.pause(True)
    music.hold(True)
    music.duck(0.5, 1.0)
    music.stop()
    assert music.intensity == 0.0
    music.close()


def test_a_voice_is_audible() -> None:
    assert all(
        0 < settings.level <= 1 and settings.most > 0
        for settings in (*SOUND_SETTINGS.values(), DEFAULT_SOUND)
    )
