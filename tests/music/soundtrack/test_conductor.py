"""The conductor alone: order of sections, cues on bar and beat lines, gains without jumps, exact samples."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from music import vocabulary as vo
from music.errors import MusicError
from music.piece import Section
from music.soundtrack.beat_map import BeatMap
from music.soundtrack.conductor import CEILING, Conductor, Deadline, limit_peaks
from music.soundtrack.layers import LAYERS, gains
from music.soundtrack.rendering import SILENT, Studio
from tests.music.soundtrack.tones import RATE, SECTIONS, jump, rendered, small_piece, tone_render

SEAM = 0.005


def conductor(tempo: float = 150.0) -> Conductor:
    studio = rendered(small_piece(tempo))
    return Conductor(studio.score, studio)


def sections_of(conductor: Conductor, beats: int) -> list[str]:
    """The section of each of the next beats."""
    names = []
    for _ in range(beats):
        conductor.next_chunk()
        names.append(conductor.place.section)
    return names


def chunks(conductor: Conductor, beats: int) -> list[NDArray[np.int16]]:
    return [conductor.next_chunk() for _ in range(beats)]


def test_the_intro_is_played_once_and_the_others_in_a_loop() -> None:
    names = sections_of(conductor(), 4 * 11)
    bars = names[::4]
    assert bars == ["intro", *(["theme"] * 2 + ["variation"] * 2) * 2, "theme", "theme"]
    assert all(names[4 * bar : 4 * bar + 4] == [bars[bar]] * 4 for bar in range(len(bars)))


def test_a_cue_waits_for_the_bar_line_and_the_boss_repeats_until_the_next() -> None:
    playing = conductor()
    sections_of(playing, 5)
    assert playing.cue("boss")
    assert sections_of(playing, 4) == ["theme"] * 3 + ["boss"]
    assert sections_of(playing, 20) == ["boss"] * 20
    assert playing.cue("theme")
    assert sections_of(playing, 4) == ["boss"] * 3 + ["theme"]


def test_a_cue_on_the_beat_does_not_wait() -> None:
    playing = conductor()
    sections_of(playing, 6)
    playing.cue("boss", at="beat")
    playing.next_chunk()
    assert playing.place == ("boss", 0, 0)


@pytest.mark.parametrize("line", range(4))
def test_a_cue_with_a_deadline_is_followed_on_the_last_line_before_it(line: int) -> None:
    for late in (0, 1):
        playing = conductor()
        sections_of(playing, 5)  # the next beat is the second of its bar
        playing.cue("boss")
        beat = playing.score.beat_samples
        deadline = Deadline(1, playing.state.position + line * beat - late)
        sections = []
        for _ in range(4):
            playing.next_chunk(deadline=deadline)
            sections.append(playing.place.section)
        # a cue that is already late is followed immediately; on a bar line all cues are followed
        waits = max(0, min(line - late, 3))
        assert sections == ["theme"] * waits + ["boss"] * (4 - waits)


def test_the_deadline_of_another_cue_does_not_hurry_one() -> None:
    playing = conductor()
    sections_of(playing, 5)
    playing.cue("variation")
    playing.cue("boss")
    playing.next_chunk(deadline=Deadline(1, 0))
    assert playing.place.section == "theme"


def test_a_later_cue_replaces_one_that_waits() -> None:
    playing = conductor()
    sections_of(playing, 5)
    playing.cue("boss")
    playing.cue("variation")
    assert sections_of(playing, 4)[-1] == "variation"


def test_a_cue_to_the_playing_section_does_not_restart_it() -> None:
    playing = conductor()
    sections_of(playing, 8)
    playing.cue("theme")
    playing.next_chunk()
    assert playing.place == ("theme", 1, 0)


def test_a_cue_to_a_missing_section_returns_false_and_changes_nothing() -> None:
    playing = conductor()
    assert not playing.cue("chorus")
    assert set(sections_of(playing, 12)) == {"intro", "theme"}
    with pytest.raises(ValueError, match="expected bar or beat, found 'now'"):
        playing.cue("boss", at="now")  # type: ignore[arg-type]


def test_the_ending_is_played_on_its_bar_line_and_then_rings_out() -> None:
    playing = conductor()
    sections_of(playing, 6)
    playing.end()
    names = sections_of(playing, 7)
    assert names[:7] == ["theme"] * 2 + ["ending"] * 4 + [""]
    assert playing.finished
    assert len(playing.next_chunk()) == 0


def test_without_an_ending_the_music_falls_silent_on_the_bar_line() -> None:
    studio = rendered(small_piece(sections=SECTIONS[:3]))
    playing = Conductor(studio.score, studio)
    sections_of(playing, 5)
    playing.end()
    assert sections_of(playing, 4) == ["theme"] * 3 + [""]
    assert playing.finished or len(playing.next_chunk())


@pytest.mark.parametrize("tempo", [61.7, 133.3, 150.0])
@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
def test_beats_are_on_the_lines_of_the_piece_and_never_drift(tempo: float, rate: int) -> None:
    piece = small_piece(tempo)
    studio = rendered(piece, rate)
    score = studio.score
    exact = np.arange(piece.bars * 4 + 1) * rate * 60 / tempo
    assert np.abs(score.lines - exact).max() <= 0.5
    playing = Conductor(score, studio, section=1)  # the theme
    lengths = [len(chunk) for chunk in chunks(playing, 16)]
    assert lengths == np.diff(score.lines)[4:20].tolist()
    assert playing.state.position == sum(lengths)


def test_the_same_controls_give_the_same_samples() -> None:
    def played() -> NDArray[np.int16]:
        playing = conductor()
        parts = []
        for beat in range(40):
            if beat in (7, 23):
                playing.cue("boss" if beat == 7 else "theme")
            playing.set_intensity(beat * 0.37 % 1)
            parts.append(playing.next_chunk())
        return np.concatenate(parts)

    assert np.array_equal(played(), played())


def test_chunks_in_order_equal_the_piece() -> None:
    # A bar's sound mixed over ringing bars must equal all notes mixed into one long sound.
    piece = small_piece(150.0)  # a whole number of samples per step
    step = RATE * 60 / 150 / 4
    whole = np.zeros((piece.bars * 16 * round(step) + 4 * RATE, 2))
    for bar in range(piece.bars):
        for stem in tone_render(piece, RATE, bar).values():
            at = round(bar * 16 * step)
            whole[at : at + len(stem)] += stem * 32767
    played = np.concatenate(chunks(conductor(150.0), 5 * 4))
    assert np.abs(played - whole[: len(played)]).max() <= len(vo.VOICES) * SILENT  # inaudible ends are cut


def seams(playing: Conductor, beats: int, controls: dict[int, tuple[str, object]]) -> list[float]:
    """The jumps at all chunk lines while the controls are moved."""
    parts = []
    for beat in range(beats):
        if beat in controls:
            name, value = controls[beat]
            getattr(playing, name)(value)
        parts.append(playing.next_chunk())
    sound = np.concatenate(parts)
    return [jump(sound, int(line)) for line in np.cumsum([len(part) for part in parts])[:-1]]


MOVES: dict[int, tuple[str, object]] = {
    3: ("set_intensity", 0.0),
    6: ("cue", "boss"),
    9: ("set_intensity", 1.0),
    14: ("set_intensity", 0.5),
    17: ("cue", "theme"),
}


def test_no_seam_is_heard_at_gains_loops_and_cues() -> None:
    assert max(seams(conductor(), 40, MOVES)) <= SEAM


def test_a_cue_on_the_beat_cuts_the_bar_short_without_a_click() -> None:
    playing = conductor()
    parts = chunks(playing, 10)
    playing.cue("boss", at="beat")
    parts += chunks(playing, 10)
    sound = np.concatenate(parts)
    assert max(jump(sound, int(line)) for line in np.cumsum([len(part) for part in parts])[:-1]) <= SEAM


def test_a_jump_of_gains_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    from music.soundtrack import conductor as module

    real = module.mix_bars
    monkeypatch.setattr(
        module, "mix_bars", lambda parts, before, after, samples: real(parts, after, after, samples)
    )
    assert max(seams(conductor(), 40, MOVES)) > SEAM


def test_echoes_of_the_section_that_was_left_ring_on_over_the_new_one() -> None:
    playing = conductor()
    chunks(playing, 8)
    silent = Conductor(playing.score, playing.material, section=playing.score.find("boss"))
    playing.cue("boss")
    over, alone = playing.next_chunk().astype(int), silent.next_chunk().astype(int)
    ringing = np.abs(over - alone)
    assert ringing[: RATE // 20].max() > 300
    assert ringing[RATE // 3 :].max() < ringing[: RATE // 20].max() / 4


def test_gains_move_within_one_beat_and_in_small_steps() -> None:
    class Constant:
        """One voice at a constant level, so that its gain can be read from the output."""

        def bar(self, number: int) -> dict[str, NDArray[np.int16]]:
            return {"drums": np.full((100_000, 1), 10_000, np.int16)}

        def want(self, section: int) -> None: ...

    playing = Conductor(BeatMap(small_piece(sections=(Section("theme", 0, 64),)), RATE), Constant())
    playing.set_intensity(0.0)
    assert not playing.next_chunk().any()
    playing.set_intensity(1.0)
    rising = playing.next_chunk()[:, 0].astype(int)
    assert rising[-1] == 10_000
    assert 0 <= rising[0] <= 1
    assert set(np.diff(rising).tolist()) <= {0, 1}
    assert (playing.next_chunk() == 10_000).all()


def test_calm_is_pad_and_soft_bass_and_combat_is_everything() -> None:
    at = {level: dict(zip(vo.VOICES, gains(LAYERS, level).tolist())) for level in (0.0, 0.5, 1.0)}
    assert at[0.0]["harmony"] == 1
    assert 0 < at[0.0]["bass"] < 0.5
    assert at[0.0]["drums"] == at[0.0]["melody"] == 0
    assert at[0.5]["drums"] > 0.8
    assert at[0.5]["melody"] < 0.3
    assert set(at[1.0].values()) == {1.0}


def test_every_layer_only_rises_with_intensity() -> None:
    values = np.array([gains(LAYERS, level) for level in np.linspace(0, 1, 101)])
    assert (np.diff(values, axis=0) >= 0).all()


def test_loud_samples_are_limited_below_the_ceiling_and_the_others_kept() -> None:
    wave = np.linspace(-3, 3, 20_001, dtype=np.float32)[:, None].repeat(2, axis=1) * 32767
    out = limit_peaks(wave.copy()).astype(int)
    assert np.abs(out).max() <= CEILING + 1
    assert (np.diff(out[:, 0]) >= 0).all()
    soft = np.abs(wave) < 0.8 * 32767
    assert np.array_equal(out[soft], np.rint(wave[soft]))


def test_a_section_that_is_not_rendered_yet_is_waited_for_without_silence() -> None:
    studio = Studio(small_piece(), RATE, tone_render)
    for bar in range(3):
        studio._render_bar(bar)  # intro and theme
    playing = Conductor(studio.score, studio)
    sections_of(playing, 8)
    playing.cue("boss")
    assert sections_of(playing, 12) == ["theme"] * 12  # instead of variation, and of boss
    assert set(studio._order()[:2]) == {studio.score.find("boss"), studio.score.find("variation")}
    studio.render_all()
    assert sections_of(playing, 1) == ["boss"]
    assert playing.starved == 0


def test_a_bar_that_is_missing_in_the_middle_is_waited_for() -> None:
    studio = Studio(small_piece(), RATE, tone_render)
    studio._render_bar(0)
    studio._render_bar(1)
    playing = Conductor(studio.score, studio)
    sections_of(playing, 8)
    playing.next_chunk()  # the echoes of the previous bar
    assert not playing.next_chunk().any()
    assert playing.starved == 2
    studio.render_all()
    playing.next_chunk()
    assert playing.place == ("theme", 1, 0)


def test_a_piece_without_sections_is_one_theme_that_loops() -> None:
    piece = replace(small_piece(), sections=())
    studio = rendered(piece)
    playing = Conductor(studio.score, studio)
    assert sections_of(playing, piece.bars * 4 + 1) == ["theme"] * (piece.bars * 4 + 1)
    assert playing.place == ("theme", 0, 0)


def test_a_section_outside_the_piece_is_refused() -> None:
    piece = replace(small_piece(), sections=(Section("theme", 6, 9),))
    with pytest.raises(MusicError, match=r"section theme: expected bars within 0\.\.8"):
        BeatMap(piece, RATE)
