"""Tokens are drawn in order: independently without tilts, depending on earlier tokens with tilts."""

import numpy as np

from music import vocabulary as vo
from music.decode import decode_window
from music.generators import chain
from music.generators import contract as co
from music.generators.contract import Floats, Tokens

COUNT = 40
STYLE = np.zeros(COUNT, np.uint8)


def chance(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def some_chords() -> Tokens:
    return np.random.default_rng(2).integers(vo.CHORD_TOKENS, size=(COUNT, vo.BEATS)).astype(np.uint8)


def line_logits(seed: int = 3) -> list[Floats]:
    shape = (COUNT, vo.STEPS, vo.LINE_TOKENS)
    return [np.random.default_rng([seed, voice]).standard_normal(shape, np.float32) for voice in range(2)]


def tilted(**cells: tuple[tuple[object, ...], float]) -> dict[str, Floats]:
    tilts = chain.no_tilts("lines")
    for name, (index, value) in cells.items():
        tilts[name][:, :, *index] = value
    return tilts


def intervals(line: Tokens) -> list[int]:
    return [int(step) for row in line for step in np.diff(row[row >= vo.FIRST_PITCH].astype(int))]


def test_without_tilts_every_position_is_drawn_independently() -> None:
    logits, temperature = line_logits(), 0.7
    drawn = chain.draw_lines(logits, temperature, chain.no_tilts("lines"), some_chords(), STYLE, chance())
    same = chance()
    for found, scores in zip(drawn, logits, strict=True):
        noise = chain.gumbel(same, COUNT, scores.shape[1:])
        np.testing.assert_array_equal(found, (scores + np.float32(temperature) * noise).argmax(-1))
    progressions = np.random.default_rng(4).standard_normal((COUNT, vo.BEATS, vo.CHORD_TOKENS), np.float32)
    chords = chain.draw_chords(progressions, temperature, chain.no_tilts("chords"), STYLE, chance())
    noise = chain.gumbel(chance(), COUNT, progressions.shape[1:])
    np.testing.assert_array_equal(chords, (progressions + np.float32(temperature) * noise).argmax(-1))


def test_the_same_chance_gives_the_same_tokens_alone_and_among_others() -> None:
    logits, chords, tilts = line_logits(), some_chords(), tilted(interval=((slice(30, 41),), 2.0))
    each = [chance(seed) for seed in range(COUNT)]
    together = chain.draw_lines(logits, 0.7, tilts, chords, STYLE, each)
    for row in (0, 17):
        alone = chain.draw_lines(
            [found[row : row + 1] for found in logits],
            0.7,
            tilts,
            chords[row : row + 1],
            STYLE[:1],
            chance(row),
        )
        for found, expected in zip(alone, together, strict=True):
            np.testing.assert_array_equal(found[0], expected[row])


def test_forbidden_leaps_do_not_occur() -> None:
    forbidden = chain.no_tilts("lines")
    for interval in range(-35, 36):
        if abs(interval) > 4:
            forbidden["interval"][..., interval + 35] = -1e3
    free = chain.draw_lines(line_logits(), 1.0, chain.no_tilts("lines"), some_chords(), STYLE, chance())
    bound = chain.draw_lines(line_logits(), 1.0, forbidden, some_chords(), STYLE, chance())
    for line in range(2):
        assert max(map(abs, intervals(free[line]))) > 12
        assert max(map(abs, intervals(bound[line]))) <= 4
        assert len(intervals(bound[line])) > 100


def test_a_leap_is_answered_the_other_way() -> None:
    up, down = chain._TURN[35 + 9], chain._TURN[35 - 9]
    tilts = tilted(turn=((up, down), 50.0))
    melody, _ = chain.draw_lines(line_logits(), 1.0, tilts, some_chords(), STYLE, chance())
    answers = [
        (int(a), int(b))
        for row in melody
        for a, b in zip(*(np.diff(row[row >= vo.FIRST_PITCH].astype(int))[k:] for k in (0, 1)))
    ]
    after_a_leap = [second for first, second in answers if 8 <= first <= 12]
    assert after_a_leap
    # if such a low pitch is in the range, the next interval falls by the same amount
    assert np.mean([-12 <= second <= -8 for second in after_a_leap]) > 0.9


def test_a_bass_can_be_kept_on_the_roots_of_strong_steps() -> None:
    chords = np.full((COUNT, vo.BEATS), vo.chord_token(7, 1), np.uint8)
    tilts = tilted(degree=((slice(0, 2), chain.ROOT), 50.0))
    _, bass = chain.draw_lines(line_logits(), 1.0, tilts, chords, STYLE, chance())
    for step in range(vo.STEPS):
        struck = bass[:, step][bass[:, step] >= vo.FIRST_PITCH].astype(int)
        classes = set(((struck - vo.FIRST_PITCH + vo.BASS_LOW) % 12).tolist())
        assert classes == {7} if step % 8 == 0 else len(classes) > 5


def test_a_note_can_be_made_to_last() -> None:
    tilts = chain.no_tilts("lines")
    tilts["rhythm"][:, :, 1:4, :, :, vo.HOLD] = 50.0  # notes of one to three steps are held
    melody, bass = chain.draw_lines(line_logits(), 1.0, tilts, some_chords(), STYLE, chance())
    for row in range(COUNT):
        notes = decode_window(melody[row], bass[row], some_chords()[row], np.zeros(vo.STEPS, np.uint8))
        for voice in ("melody", "bass"):
            assert all(note.length >= 4 or note.start + note.length == vo.STEPS for note in notes[voice])


def test_known_tokens_stay_and_lead_on() -> None:
    forbidden = chain.no_tilts("lines")
    forbidden["interval"][..., np.abs(np.arange(71) - 35) > 2] = -1e3
    known = np.full((COUNT, vo.STEPS), chain.DRAWN, np.uint8)
    known[:, :16] = vo.REST
    known[:, 15] = vo.FIRST_PITCH + 20
    melody, bass = chain.draw_lines(
        line_logits(), 1.0, forbidden, some_chords(), STYLE, chance(), (known, known)
    )
    for line in (melody, bass):
        np.testing.assert_array_equal(line[:, :16], known[:, :16])
        first = [int(row[row >= vo.FIRST_PITCH][1]) - vo.FIRST_PITCH for row in line[:, 15:]]
        assert {abs(pitch - 20) for pitch in first} == {0, 1, 2}


def test_progressions_stay_return_or_move_on() -> None:
    logits = np.random.default_rng(4).standard_normal((COUNT, vo.BEATS, vo.CHORD_TOKENS), np.float32)
    changes = COUNT * (vo.BEATS - 1)
    found = []
    for kind in (chain.STAY, chain.RETURN, chain.NEW):
        tilts = chain.no_tilts("chords")
        tilts["change"][..., kind] = 50.0
        chords = chain.draw_chords(logits, 1.0, tilts, STYLE, chance())
        found.append(chain.count_chords(chords, STYLE)["change"].sum((0, 1, 2, 3)).tolist())
    assert found[chain.STAY] == [changes, 0, 0]
    assert found[chain.NEW] == [0, 0, changes]
    assert found[chain.RETURN][chain.NEW] == COUNT  # once each: before that there is no chord to return to
    assert found[chain.RETURN][chain.RETURN] > 0.9 * (changes - COUNT)


def test_counts_are_those_of_a_bar_computed_by_hand() -> None:
    def pitch(number: int) -> int:
        return vo.FIRST_PITCH + number

    melody = np.full((1, vo.STEPS), vo.REST, np.uint8)
    # G3 for two steps, B3 for one, a rest, D4 off the chord
    melody[0, :5] = [pitch(0), vo.HOLD, pitch(4), vo.REST, pitch(7)]
    bass = np.full((1, vo.STEPS), vo.REST, np.uint8)
    chords = np.full((1, vo.BEATS), vo.chord_token(7, 1), np.uint8)  # G major
    chords[0, 1:] = vo.chord_token(0, 1)  # C major
    style = np.array([2], np.uint8)
    counts = chain.count_lines(melody, bass, chords, style)
    assert {name: table.shape for name, table in counts.items()} == {
        name: chain.table_shape("lines", name) for name in chain.SHAPES["lines"]
    }
    assert counts["interval"].sum() == 2
    assert counts["interval"][0, 2, 35 + 4] == 1
    assert counts["interval"][0, 2, 35 + 3] == 1
    third = chain._TURN[35 + 4]
    assert counts["turn"].sum() == 2
    assert counts["turn"][0, 2, chain.TURNS, third] == 1
    assert counts["turn"][0, 2, third, chain._TURN[35 + 3]] == 1
    assert counts["degree"].sum() == 3
    assert counts["degree"][0, 2, 0, chain.ROOT] == 1
    assert counts["degree"][0, 2, 3, chain.MEMBER] == 1
    assert counts["degree"][0, 2, 2, chain.NON_CHORD] == 1
    assert counts["rhythm"].sum() == 2 * vo.STEPS
    assert counts["rhythm"][0, 2, 0, 0, 1, chain.STRIKE] == 1  # out of silence on the bar line
    assert counts["rhythm"][0, 2, 1, 4, 1, vo.HOLD] == 1  # a note of one step is held
    assert counts["rhythm"][0, 2, 2, 3, 1, chain.STRIKE] == 1  # after two steps another
    assert counts["rhythm"][0, 2, 1, 4, 1, vo.REST] == 1
    assert counts["rhythm"][0, 2, 0, 2, 0, chain.STRIKE] == 1  # over C, the last pitch, B, is no member


def test_every_part_has_its_tables() -> None:
    assert chain.SHAPES.keys() == chain.VOICES.keys() == co.PARTS.keys()
    assert len(chain.STRENGTHS) == vo.STEPS_PER_BAR
    assert len(chain.BEAT_STRENGTHS) == vo.BEATS_PER_BAR
