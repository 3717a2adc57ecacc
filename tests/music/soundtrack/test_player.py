"""The player with a fake sink and clock: feeding ahead, revising, pausing, losing the mixer."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from music.soundtrack.conductor import Conductor, Samples
from music.soundtrack.fader import RECOVERY, SLEW, Fader
from music.soundtrack.player import LAST_SECONDS, SPARE_SECONDS, PlayedChunk, TrackPlayer
from music.soundtrack.sinks import SilentSink, Sink
from tests.music.soundtrack.tones import RATE, jump, rendered, small_piece

BEAT = 0.4  # seconds, at 150 beats a minute
BAR = 4 * BEAT
SEAM = 0.005
POLL = 0.01
START = 100.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


class FakeSink(SilentSink):
    """Records chunks in a list, by the test's clock."""

    silent = False

    def __init__(self, clock: Callable[[], float], rate: int = RATE) -> None:
        super().__init__(rate, clock)
        self.open = True
        self.late = False  # a queued sound comes too late for the next line
        self.levels: list[float] = []
        self.stopped = 0

    def usable(self) -> bool:
        return self.open

    def play(self, chunk: Samples) -> object | None:
        return super().play(chunk) if self.open else None

    def set_level(self, level: float) -> None:
        self.levels.append(level)

    def close(self) -> None:
        self.stopped += 1


class Bench:
    """A player without its thread."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.log: list[PlayedChunk] = []
        self.sink = FakeSink(self.clock)
        self.fader = Fader()
        studio = rendered(small_piece())
        self.conductor = Conductor(studio.score, studio)
        self.player = TrackPlayer(
            self.conductor, self.sink, fader=self.fader, clock=self.clock, on_chunk=self.log.append, **options
        )

    def run(self, seconds: float) -> bool:
        """Poll every POLL seconds; return whether the run continues."""
        for _ in range(round(seconds / POLL)):
            if not self.player.step(self.clock.now):
                return False
            self.clock.now += POLL
        return True

    def cue(self, name: str, seconds: float) -> None:
        """Cue at a time after the start, between two polls."""
        while self.clock.now <= START + seconds:
            self.player.step(self.clock.now)
            self.clock.now += POLL
        self.conductor.controls.set_cue(name, "bar", START + seconds)

    def heard(self) -> Samples:
        return np.concatenate([played.chunk for played in self.log])


def conductor_alone() -> Conductor:
    studio = rendered(small_piece())
    return Conductor(studio.score, studio)


def alone(beats: int) -> list[Samples]:
    """The conductor's output without a player."""
    conductor = conductor_alone()
    return [conductor.next_chunk() for _ in range(beats)]


def test_beats_follow_each_other_as_the_conductor_gives_them() -> None:
    bench = Bench()
    assert bench.run(4.2)
    assert len(bench.log) == 11
    assert np.array_equal(bench.heard(), np.concatenate(alone(11)))
    assert bench.player.gaps == 0
    assert bench.player.place == ("theme", 1, 2)
    assert bench.player.seconds == pytest.approx(4.0)


def test_a_stall_shorter_than_a_beat_leaves_no_gap_and_a_longer_one_is_counted() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.clock.now += BEAT - 0.05
    bench.run(1.0)
    assert bench.player.gaps == 0
    bench.clock.now += 2.5 * BEAT
    bench.run(2.0)
    assert bench.player.gaps == 1
    assert np.array_equal(bench.heard(), np.concatenate(alone(len(bench.log))))


def test_a_change_is_heard_on_the_next_beat() -> None:
    bench = Bench()
    bench.run(2.5 * BEAT)
    bench.conductor.set_intensity(0.2)
    bench.run(1.0 * BEAT)
    assert [played.intensity for played in bench.log] == [1.0, 1.0, 1.0, 0.2]


@pytest.mark.parametrize("before", [0.06, 0.15])
def test_a_cue_just_before_the_bar_line_is_followed_on_it(before: float) -> None:
    bench = Bench()
    bench.run(8 * BEAT - before)
    bench.conductor.set_intensity(0.9)  # already mixed again for this
    bench.run(0.02)
    bench.conductor.cue("boss")
    bench.run(BEAT)
    assert [played.place.section for played in bench.log[4:]] == ["theme"] * 4 + ["boss"]


def followed(moment: float, revised: bool = False) -> tuple[int, int]:
    """Cue a moment after the start; return on which beat and how many samples later it is heard.

    `revised`: the next beat was mixed again for another request just before. All other samples must be unchanged.
    """
    bench = Bench()
    if revised:
        bench.run(moment - 0.06)
        bench.conductor.set_intensity(0.9)
    bench.cue("boss", moment)
    bench.run(1.2 * BAR)
    beat = [played.place.section for played in bench.log].index("boss")
    replay = conductor_alone()
    for number, played in enumerate(bench.log):
        if number == beat:
            replay.cue("boss", at="beat")
        assert np.array_equal(replay.next_chunk(played.intensity), played.chunk)
    line = sum(len(played.chunk) for played in bench.log[:beat])
    assert jump(bench.heard(), line) <= SEAM
    return beat, line - round(moment * RATE)


AROUND_A_LINE = (-0.031, -0.029, -0.009, -0.004, -1e-3, -1e-5, 0.0, 1e-5, 1e-3, 0.004, 0.04, 0.07)


@pytest.mark.parametrize("revised", [False, True])
def test_a_cue_is_heard_within_a_bar_of_every_moment(revised: bool) -> None:
    moments = [BAR + 0.033 * number for number in range(50)]
    moments += [line * BEAT + off for line in range(4, 9) for off in AROUND_A_LINE]
    found = {moment: followed(moment, revised) for moment in moments}
    assert max(samples for _, samples in found.values()) < BAR * RATE
    assert min(samples for _, samples in found.values()) >= 0
    # On a bar line, except for cues that come just before or just after one.
    cut = [moment for moment, (beat, _) in found.items() if beat % 4]
    assert len(cut) >= 10
    assert all(found[moment][0] % 4 == 3 for moment in cut)
    assert all(-LAST_SECONDS - POLL < (moment + BEAT) % BAR - BEAT <= SPARE_SECONDS for moment in cut)


def test_a_cue_that_waited_for_the_bar_line_alone_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrackPlayer, "_note_cue", lambda player, now: None)
    beat, samples = followed(2 * BAR - 0.004, revised=True)
    assert beat % 4 == 0
    assert samples > BAR * RATE


def test_a_cue_keeps_its_deadline_when_the_machine_stalls_at_the_bar_line() -> None:
    bench = Bench()
    bench.cue("boss", 2 * BAR - 0.15)
    bench.clock.now += 0.3  # past the line, for which nothing could be mixed again
    bench.run(BAR)
    assert bench.player.gaps == 0
    assert [played.place.section for played in bench.log].index("boss") == 11


def test_a_cue_in_a_pause_counts_from_where_the_music_is_held() -> None:
    bench = Bench()
    bench.run(BAR + 1.5 * BEAT)
    bench.fader.paused = True
    bench.run(5.0)
    bench.cue("boss", 10.0)
    bench.run(5.0)
    bench.fader.paused = False
    bench.run(BAR)
    assert [played.place.section for played in bench.log].index("boss") == 8


def test_a_revision_that_comes_too_late_repeats_nothing_and_skips_nothing() -> None:
    bench = Bench()
    bench.run(2 * BEAT + 0.32)
    bench.conductor.set_intensity(0.3)
    queue = bench.sink.queue

    def late(chunk: Samples) -> object | None:
        bench.clock.now += 0.1  # the machine stalls between mixing and queueing
        bench.sink.queue = queue  # type: ignore[method-assign]
        return queue(chunk)

    bench.sink.queue = late  # type: ignore[method-assign]
    bench.run(6 * BEAT)
    assert bench.player.gaps == 0
    beats = [(played.place.section, played.place.bar, played.place.beat) for played in bench.log]
    assert beats[:8] == [("intro", 0, beat) for beat in range(4)] + [("theme", 0, beat) for beat in range(4)]
    assert [played.intensity for played in bench.log[:5]] == [1.0, 1.0, 1.0, 1.0, 0.3]
    positions = np.cumsum([len(played.chunk) for played in bench.log])
    assert [played.state.position for played in bench.log] == positions.tolist()


def test_a_stop_fades_and_then_the_run_is_over() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.fader.fade_out(0.5, bench.clock.now)
    bench.run(0.25)
    assert 0.4 < bench.sink.levels[-1] < 0.6
    assert not bench.run(0.5)
    assert bench.sink.levels[-1] == 0
    assert max(-np.diff(bench.sink.levels)) <= SLEW * POLL + 1e-9


def test_the_ending_ends_the_run_by_itself() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.conductor.end()
    assert not bench.run(8.0)
    assert bench.player.gaps == 0
    assert [played.place.section for played in bench.log][-5:] == ["ending"] * 4 + [""]


def test_a_pause_holds_the_place() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.fader.paused = True
    bench.run(5.0)
    assert not bench.sink.busy()
    assert len(bench.log) == 3
    bench.fader.paused = False
    bench.run(2.0)
    assert len(bench.log) == 8
    assert np.array_equal(bench.heard(), np.concatenate(alone(8)))
    assert bench.player.gaps == 0


def test_a_paused_track_can_be_stopped() -> None:
    bench = Bench()
    bench.run(1.0)
    bench.fader.paused = True
    bench.run(1.0)
    bench.fader.fade_out(0.1, bench.clock.now)
    assert not bench.run(0.3)


def test_music_continues_silently_without_the_mixer_and_audibly_when_it_is_back() -> None:
    again: list[Sink] = []
    bench = Bench(reopen=lambda: again[0] if again else None)
    bench.run(1.0)
    bench.sink.open = False
    bench.run(4.0)
    assert bench.player.sink.silent
    assert bench.sink.stopped == 1
    beats = len(bench.log)
    assert beats >= 11
    again.append(FakeSink(bench.clock))
    bench.run(2.0)
    assert bench.player.sink is again[0]
    assert len(bench.log) >= beats + 3


def test_another_sample_rate_begins_the_section_again_at_that_rate() -> None:
    again: list[Sink] = []

    def at_rate(rate: int, old: Conductor) -> Conductor:
        studio = rendered(small_piece(), rate)
        return Conductor(studio.score, studio, section=old.state.section)

    bench = Bench(reopen=lambda: again[0] if again else None, at_rate=at_rate)
    bench.run(2.5)
    bench.sink.open = False
    bench.run(0.1)
    again.append(FakeSink(bench.clock, 22_050))
    bench.run(1.0)
    assert bench.log[-1].place.section == "theme"
    assert len(bench.log[-1].chunk) == 8820


def test_a_volume_moves_without_a_jump_and_is_heard_as_its_square() -> None:
    fader = Fader(1.0)
    levels = [fader.level(0.0)]
    fader.volume = 0.5
    levels += [fader.level(0.01 * n) for n in range(1, 20)]
    assert levels[-1] == pytest.approx(0.25)
    assert max(np.abs(np.diff(levels))) <= SLEW * 0.01 + 1e-9


def test_a_duck_is_held_and_undone_and_the_deepest_counts() -> None:
    fader = Fader()
    fader.level(0.0)
    fader.duck(0.6, 1.0, 0.0)
    fader.duck(0.2, 3.0, 0.1)
    assert [round(fader.level(at), 2) for at in (0.5, 1.0)] == [0.4, 0.4]
    fader.level(3.05 + RECOVERY)
    assert fader.level(3.5 + RECOVERY) == 1.0
