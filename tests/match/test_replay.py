"""Replays: what was recorded is what plays again; what was altered is refused or named by tick and field."""

import hashlib
import json
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as hyp

from game.core.levels.catalogue import load_level, select
from game.core.sim import arena
from game.core.sim import state as st
from game.core.sim.contract import rules_hash
from game.core.sim.digest import MARKED_COLUMNS, column_marks, world_hash
from game.core.sim.recorded import find_divergence
from game.match.npc import SeatPolicy
from game.match.replay import SUFFIX, Recorder, ReplayDriver, ReplayRefused, load_replay, parse_replay, verify
from game.match.replay.file import MAX_TICKS, SECTIONS, pack_inputs
from game.match.replay.kept import CHUNK, CompressedRows
from game.match.replay.states import (
    dump_state,
    first_difference,
    place_name,
    read_state,
    state_size,
    terrain_cells_of,
)
from safefiles.writing import write_atomic
from tests.match.matches import HeadlessMatch

PREAMBLE = struct.Struct("<16sII")


def played(level: str = "first_light", ticks: int = 400, seed: int = 3, **facts: Any) -> HeadlessMatch:
    match = HeadlessMatch(load_level(level), seed)
    match.drive_all(SeatPolicy("marksman", 6))
    match.record(**facts)
    return match.run(ticks)


@pytest.fixture(scope="module")
def whole() -> bytes:
    """A match from start to end, as a file."""
    match = played("first_light", 60 * 200, names=("Ann", "Bob"), info={"brain": "marksman", "human": -1})
    assert match.over
    assert match.recorder is not None
    return match.recorder.data()


def take_apart(data: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return a file's header and raw sections."""
    _, _, length = PREAMBLE.unpack_from(data)
    at = PREAMBLE.size + length
    header = json.loads(data[PREAMBLE.size : at])
    raw = {}
    for name in SECTIONS:
        stored, _ = header["sections"][name]
        raw[name] = zlib.decompress(data[at : at + stored])
        at += stored
    return header, raw


def put_together(header: dict[str, Any], raw: dict[str, bytes], form: int = 1) -> bytes:
    """Return a file with a right seal, as a careful forger would."""
    stored = {name: zlib.compress(raw[name]) for name in SECTIONS}
    sizes = {name: (len(stored[name]), len(raw[name])) for name in SECTIONS}
    text = json.dumps({**header, "sections": header.get("forged_sections", sizes)}).encode()
    body = PREAMBLE.pack(b"BANKSHOT REPLAY\n", form, len(text)) + text + b"".join(stored.values())
    return body + hashlib.sha256(body).digest()


def forged(data: bytes, change: Callable[[dict[str, Any], dict[str, bytearray]], None]) -> bytes:
    header, raw = take_apart(data)
    arrays = {name: bytearray(part) for name, part in raw.items()}
    change(header, arrays)
    return put_together(header, {name: bytes(part) for name, part in arrays.items()})


def test_a_whole_match_is_recorded_and_verifies(whole: bytes) -> None:
    replay = parse_replay(whole, "match.bsr")
    assert replay.complete
    assert replay.winner in (0, 1)
    assert replay.names == ("Ann", "Bob")
    assert replay.info == {"brain": "marksman", "human": -1}
    assert replay.level.digest == load_level("first_light").digest
    assert replay.level.title == load_level("first_light").title
    report = verify(replay)
    assert report.ok, report.line
    assert report.line == f"{replay.ticks} ticks as recorded"
    # A minute and a half of play fits an e-mail.
    assert len(whole) < 60 * replay.ticks


def test_a_replay_plays_to_the_same_end_tick_by_tick() -> None:
    first = HeadlessMatch(load_level("foundry"), 9)
    first.drive_all(SeatPolicy("chaser"))
    recorder = first.record()
    hashes: list[int] = []
    first.run(700, lambda match: hashes.append(world_hash(match.world)))
    replay = parse_replay(recorder.data(), "x")
    again = HeadlessMatch(replay.level, replay.seed)
    driver = ReplayDriver(replay)
    again.drivers.append(driver)
    found: list[int] = []
    again.run(replay.ticks, lambda match: found.append(world_hash(match.world)))
    assert found == hashes
    assert driver.over(again.world)


@pytest.mark.parametrize("name", [level.name for level in select("builtin")])
def test_every_builtin_level_can_be_recorded(name: str) -> None:
    match = played(name, 40)
    assert match.recorder is not None
    replay = parse_replay(match.recorder.data(), name)
    assert replay.level.digest == match.level.digest
    assert (replay.ticks, replay.complete) == (40, False)
    assert verify(replay).ok


def test_a_level_of_tiled_xml_is_recorded_and_verified() -> None:
    path = Path(__file__).parents[1] / "core" / "levels" / "cases" / "plain.tmx"
    match = played(str(path), ticks=60)
    assert match.recorder is not None
    replay = parse_replay(match.recorder.data(), "plain")
    assert replay.level.digest == load_level(path).digest
    assert verify(replay).ok


def test_generated_levels_can_be_recorded() -> None:
    for level in select("train:0-11"):
        match = HeadlessMatch(level, 2)
        match.drive_all(SeatPolicy("wanderer"))
        recorder = match.record()
        match.run(20)
        replay = parse_replay(recorder.data(), level.name)
        assert replay.level.digest == level.digest
        assert verify(replay).ok


@pytest.mark.parametrize("ticks", [1, 59, 60, 61, 299, 300, 301])
def test_an_interrupted_match_is_kept_up_to_its_last_tick(ticks: int) -> None:
    match = played(ticks=ticks)
    assert match.recorder is not None
    replay = parse_replay(match.recorder.data(), "x")
    assert (replay.ticks, replay.complete, replay.winner) == (ticks, False, -1)
    assert sorted(replay.keyframes)[-1] == ticks
    assert verify(replay).ok


def test_a_match_that_broke_between_recording_and_tick_is_kept() -> None:
    match = played(ticks=100)
    assert match.recorder is not None
    match.recorder.record(match.world, match.actions)
    replay = parse_replay(match.recorder.data(), "x")
    assert replay.ticks == 100
    assert verify(replay).ok


def test_a_match_beyond_the_cap_ends_at_the_last_state_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("game.match.replay.recorder.MAX_TICKS", 350)
    match = played(ticks=380)
    assert match.recorder is not None
    replay = parse_replay(match.recorder.data(), "x")
    assert replay.ticks == 300
    assert verify(replay).ok


def test_a_recording_that_takes_too_much_memory_ends_at_the_last_state_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    match = played(ticks=320)
    assert match.recorder is not None
    monkeypatch.setattr("game.match.replay.recorder.MAX_KEPT_BYTES", match.recorder.kept_bytes - 1)
    taken = match.recorder.kept_bytes
    match.run(100)
    assert match.recorder.kept_bytes == taken
    replay = parse_replay(match.recorder.data(), "x")
    assert (replay.ticks, replay.complete) == (300, False)
    assert verify(replay).ok


def test_a_running_recording_takes_little_memory() -> None:
    """A tick took 1,200 to 1,700 bytes when every number was kept as it came."""
    match = played("foundry", 1500)
    assert match.recorder is not None
    ticks = match.ticks
    assert ticks > 1000
    assert (
        match.recorder.kept_bytes - CompressedRows(len(MARKED_COLUMNS), np.dtype(np.uint16)).bytes
        < 60 * ticks
    )


@settings(max_examples=40, deadline=None)
@given(hyp.data())
def test_kept_rows_come_back_as_they_were(data: Any) -> None:
    width, count = data.draw(hyp.integers(1, 5)), data.draw(hyp.integers(0, 3 * CHUNK))
    source = np.random.default_rng(data.draw(hyp.integers(0, 2**32)))
    rows = source.integers(0, 2**16, (count, width)).astype(np.uint16)
    kept = CompressedRows(width, np.dtype(np.uint16))
    for row in rows:
        kept.append(row)
    assert len(kept) == count
    for wanted in {0, count, count // 2, min(CHUNK, count)}:
        assert np.array_equal(kept.rows(wanted), rows[:wanted])


def test_nothing_was_played_yet() -> None:
    match = HeadlessMatch(load_level("first_light"))
    with pytest.raises(ValueError, match="expected at least one recorded tick, found none"):
        match.record().data()


def test_actions_are_kept_as_the_core_understands_them() -> None:
    """Whatever a driver writes, out of range too, plays again as it played."""
    match = HeadlessMatch(load_level("foundry"), 4)
    recorder = match.record()
    source = np.random.default_rng(5)

    class Wild:
        def act(self, world: Any, levels: Any, w: int, actions: Any) -> None:
            actions[w] = source.integers(-400, 400, actions[w].shape)

    match.drivers.append(Wild())
    match.run(200)
    replay = parse_replay(recorder.data(), "x")
    assert verify(replay).ok
    assert replay.actions.min() >= 0
    assert replay.actions.reshape(-1, 4).max(axis=0).tolist() == [8, 255, 1, 1]


@settings(max_examples=60)
@given(hyp.data())
def test_inputs_survive_packing(data: Any) -> None:
    from game.match.replay.file import _unpack_inputs

    ticks, seats = data.draw(hyp.integers(0, 12)), data.draw(hyp.integers(1, 5))
    source = np.random.default_rng(data.draw(hyp.integers(0, 2**32)))
    actions = source.integers(0, (9, 256, 2, 2), (ticks, seats, 4))
    packed = pack_inputs(actions)
    assert len(packed) == 2 * ticks * seats
    assert (_unpack_inputs(packed, seats, ticks, "x") == actions).all()


# Refusals


def test_any_altered_byte_is_noticed(whole: bytes) -> None:
    source = np.random.default_rng(1)
    for place in [*range(32), *source.integers(0, len(whole), 200).tolist(), len(whole) - 1]:
        broken = bytearray(whole)
        broken[place] ^= 1 << int(source.integers(8))
        with pytest.raises(ReplayRefused):
            parse_replay(bytes(broken), "match.bsr")


def test_tampering_is_told_with_the_reason(whole: bytes) -> None:
    broken = bytearray(whole)
    broken[len(broken) // 2] ^= 4
    with pytest.raises(
        ReplayRefused,
        match=r"replay 'match\.bsr': tampered with or damaged: expected sha-256 \w{16}…, found \w{16}…",
    ):
        parse_replay(bytes(broken), "match.bsr")


@pytest.mark.parametrize("length", [0, 5, 16, 40, 200])
def test_a_file_cut_short_is_refused(whole: bytes, length: int) -> None:
    with pytest.raises(ReplayRefused, match=r"expected a Bankshot replay|tampered with or damaged"):
        parse_replay(whole[:length], "x")


def test_a_replay_of_other_rules_is_refused_with_both_hashes(whole: bytes) -> None:
    def other(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
        header["rules"] = "c0ffee" + header["rules"][6:]
        header["game_version"] = "9.9"

    with pytest.raises(
        ReplayRefused,
        match=rf"made by other rules: expected {rules_hash()[:12]} .*, found c0ffee\w+ \(Bankshot 9\.9\)",
    ):
        parse_replay(forged(whole, other), "x")


def test_a_later_format_is_refused(whole: bytes) -> None:
    with pytest.raises(ReplayRefused, match="expected format 1, found 2"):
        parse_replay(put_together(*take_apart(whole), form=2), "x")


def _set(name: str, value: Any) -> Callable[[dict[str, Any], dict[str, bytearray]], None]:
    def change(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
        header[name] = value

    return change


def _drop(name: str) -> Callable[[dict[str, Any], dict[str, bytearray]], None]:
    def change(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
        del header[name]

    return change


def _claim(section: str, size: int) -> Callable[[dict[str, Any], dict[str, bytearray]], None]:
    """Claim another raw size of a section; the stored bytes stay true."""

    def change(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
        stored = {name: len(zlib.compress(bytes(part))) for name, part in raw.items()}
        header["forged_sections"] = {
            name: (stored[name], size if name == section else len(part)) for name, part in raw.items()
        }

    return change


def _wrong_move(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
    raw["inputs"][0] = 9


def _other_level(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
    from game.core.levels.writer import write_level

    raw["level"] = bytearray(write_level(load_level("orchard")))


def _bomb(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
    raw["marks"] = bytearray(40_000_000)


def _wild_keyframe(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
    at = st.HEAD_SIZE * 8 + terrain_cells_of(header["width"], header["height"]) + st.TANK_X * 8
    raw["keyframes"][at : at + 8] = struct.pack("<q", 2**40)


def _broken_level(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
    raw["level"] = bytearray(b'{"type": "map"}')


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_drop("seed"), "header: expected an entry 'seed', found none"),
        (_set("ticks", -1), "header › ticks: expected a whole number from 0"),
        (_set("ticks", 10**12), f"header › ticks: expected at most {MAX_TICKS}, found 1000000000000"),
        (_set("ticks", 10), "inputs: expected 40 bytes for 10 ticks of 2 seats"),
        (_set("ticks", 10.5), "found 10.5"),
        (_set("ticks", True), "found True"),
        (_set("width", 10**9), "header › width: expected a whole number from 8 to 64, found 1000000000"),
        (_set("seed", "one"), "header › seed: expected a whole number"),
        (_set("seed", 2**63), "header › seed"),
        (_set("roster", []), "header › roster: expected a list of 1 to 16, found 0"),
        (_set("roster", [[0, 0]] * 17), "header › roster: expected a list of 1 to 16, found 17"),
        (
            _set("roster", [[0, 0], [4, 0]]),
            "header › roster 1: expected a whole number from -1 to 3, found 4",
        ),
        (_set("roster", [[0, 0], [1]]), "header › roster 1: expected a list of 2"),
        (_set("names", ["a"]), "header › names: expected a list of 2 to 2, found 1"),
        (_set("names", ["a" * 201, "b"]), "expected a text of at most 200 characters"),
        (
            _set("info", {str(n): n for n in range(33)}),
            "header › info: expected at most 32 entries, found 33",
        ),
        (_set("info", {"x": [1]}), "header › info › x: expected a text"),
        (_set("rules", "abc"), "header › rules: expected 64 characters, found 3"),
        (_set("complete", 1), "header › complete: expected true or false, found 1"),
        (_set("forged_sections", {}), "header › sections: expected level, inputs"),
        (_claim("keyframes", 10**15), "keyframes: expected "),
        (_claim("level", 10**12), "level: expected at most 2097152 bytes, found 1000000000000"),
        (_claim("level", 10), "level: expected 10 bytes, found more than 10"),
        (_wrong_move, "inputs › tick 1, seat 0: expected a move of 0 to 8 and two buttons, found 9"),
        (_other_level, "level: expected hash "),
        (_broken_level, "level: E0"),
        (_bomb, "marks: expected "),
        (
            _wild_keyframe,
            "keyframe of tick 0 › tanks › world 0, seat 0 › x: expected 0 to 16383, found 1099511627776",
        ),
        (_set("scores", [2**70, 0]), "header › scores 0: expected a whole number"),
        (_set("seed", 10**401), "header › seed: expected a number of at most 40 digits"),
        (_set("seed", float("inf")), "header › seed: expected a finite number"),
    ],
)
def test_a_forged_file_is_refused_by_the_field(
    whole: bytes, change: Callable[[dict[str, Any], dict[str, bytearray]], None], message: str
) -> None:
    with pytest.raises(ReplayRefused) as refusal:
        parse_replay(forged(whole, change), "match.bsr")
    assert message in str(refusal.value)
    assert str(refusal.value).startswith("replay 'match.bsr'")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "header",
    [b"", b"[]", b"{", b"\xff\xfe", b'{"seed": NaN}', b"[" * 60_000, b'{"seed": ' + b"9" * 5000 + b"}"],
)
def test_a_header_that_is_no_object_is_refused(header: bytes) -> None:
    body = PREAMBLE.pack(b"BANKSHOT REPLAY\n", 1, len(header)) + header
    with pytest.raises(ReplayRefused, match=r"header( › seed)?: expected"):
        parse_replay(body + hashlib.sha256(body).digest(), "x")


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ReplayRefused, match=r"^gone\.bsr: expected a replay, found no such file$"):
        load_replay(tmp_path / "gone.bsr")
    with pytest.raises(ReplayRefused, match="expected a replay, found a folder"):
        load_replay(tmp_path)


def test_a_file_on_disk_is_read(tmp_path: Path, whole: bytes) -> None:
    path = tmp_path / f"match{SUFFIX}"
    write_atomic(path, whole)
    assert load_replay(path).name == "match.bsr"


# Verification


def test_every_number_of_the_state_has_a_mark() -> None:
    """One number changed anywhere changes the mark of its column and no other."""
    match = played("foundry", 90)
    world, cells = match.world, terrain_cells_of(match.level.width, match.level.height)
    before = np.zeros(len(MARKED_COLUMNS), np.int64)
    after = before.copy()
    column_marks(world, 0, cells, before)
    source = np.random.default_rng(2)
    for field in st.STATE_FIELDS:
        array = getattr(world, field)[0]
        size = cells if field == "terrain" else array.size
        for flat in source.choice(size, min(size, 60), replace=False):
            index = np.unravel_index(flat, array.shape)
            column = 0 if field == "terrain" else int(index[-1])
            if (field, column) == ("head", st.N_EVENTS):
                continue
            kept = array[index]
            array[index] = kept + array.dtype.type(1)
            column_marks(world, 0, cells, after)
            array[index] = kept
            unlike = np.flatnonzero(before != after)
            assert [MARKED_COLUMNS[n] for n in unlike] == [(field, column)]


def test_a_changed_input_is_named_by_tick_and_field(whole: bytes) -> None:
    """Seat 1 turns its turret at tick 101 although the recording says otherwise."""
    replay = parse_replay(whole, "x")
    replay.actions[100, 1, st.ACTION_AIM] += 77
    report = verify(replay)
    assert not report.ok
    assert (report.tick, report.field, report.column) == (101, "tanks", "aim")
    assert report.line.startswith("differs at tick 101: tanks › aim; ")


def test_a_difference_that_lasts_is_shown_with_its_numbers() -> None:
    """A seat that stood still walks in the altered file: it is elsewhere at the next keyframe."""
    match = HeadlessMatch(load_level("foundry"), 3)
    recorder = match.record()
    match.run(400)
    replay = parse_replay(recorder.data(), "x")
    replay.actions[150:200, 5, st.ACTION_MOVE] = 1
    report = verify(replay)
    assert (report.tick, report.field, report.column) == (151, "tanks", "x")
    assert (report.place, report.place_tick) == ("seat 5 › x", 300)
    assert report.expected == match.world.tanks[0, 5, st.TANK_X] != report.found
    assert report.line == (
        f"differs at tick 151: tanks › x; seat 5 › x: expected {report.expected}, found {report.found} at tick 300"
    )


def test_a_changed_column_of_a_keyframe_is_named(whole: bytes) -> None:
    replay = parse_replay(whole, "x")
    data = bytearray(replay.keyframes[300])
    cells = terrain_cells_of(replay.level.width, replay.level.height)
    at = st.HEAD_SIZE * 8 + cells + (1 * st.TANK_SIZE + st.TANK_X) * 8
    true = read_state(bytes(data), replay.seats, cells)["tanks"][1, st.TANK_X]
    data[at] ^= 1
    replay.keyframes[300] = bytes(data)
    report = verify(replay)
    assert (report.tick, report.field, report.place) == (300, "tanks", "seat 1 › x")
    assert (report.expected, report.found) == (int(true) ^ 1, int(true))
    assert report.line == f"differs at tick 300: tanks; seat 1 › x: expected {true ^ 1}, found {true}"


def test_a_changed_hash_or_mark_is_named(whole: bytes) -> None:
    replay = parse_replay(whole, "x")
    replay.hashes[120] ^= 1
    report = verify(replay)
    assert (report.tick, report.field) == (120, "world hash")
    assert "as recorded" in report.line
    replay = parse_replay(whole, "x")
    replay.marks[77, MARKED_COLUMNS.index(("seen", st.SEEN_AGE))] ^= 1
    report = verify(replay)
    assert (report.tick, report.field, report.column) == (77, "seen", "age")


def test_verifying_calls_one_kernel_a_keyframe_and_measures_no_way(
    whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[tuple[int, int]] = []

    def counted(*arguments: Any) -> tuple[int, int]:
        calls.append(arguments[6:8])
        return find_divergence(*arguments)

    def refuse(*_arguments: object) -> None:
        raise AssertionError("the ways of a level were measured")

    replay = parse_replay(whole, "x")
    monkeypatch.setattr(sys.modules[verify.__module__], "find_divergence", counted)
    monkeypatch.setattr(arena, "build_labels", refuse)
    assert verify(replay).ok
    ends = list(replay.keyframes)
    assert calls == list(zip([0, *ends[:-1]], ends, strict=True))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"winner": 3}, "winner"),
        ({"timed_out": True}, "timed out"),
        ({"complete": False}, "complete"),
        ({"scores": [10**6, 0]}, "score of seat 0"),
    ],
)
def test_a_forged_result_is_named(whole: bytes, change: dict[str, Any], place: str) -> None:
    def alter(header: dict[str, Any], raw: dict[str, bytearray]) -> None:
        header.update(change)

    report = verify(parse_replay(forged(whole, alter), "x"))
    assert (report.ok, report.field, report.place) == (False, "result", place)
    assert f"result; {place}: expected {int(report.expected)}" in report.line


def test_a_changed_seed_or_roster_is_named_before_the_first_tick(whole: bytes) -> None:
    report = verify(parse_replay(forged(whole, _set("seed", 4)), "x"))
    assert (report.tick, report.field) == (0, "rng")
    report = verify(parse_replay(forged(whole, _set("roster", [[0, 2], [1, 0]])), "x"))
    assert (report.tick, report.field) == (0, "tanks")
    assert report.place == "seat 0 › class"


def test_states_are_dumped_whole_and_every_number_has_a_name() -> None:
    match = played("foundry", 50)
    cells = terrain_cells_of(match.level.width, match.level.height)
    data = dump_state(match.world, 0, cells)
    assert len(data) == state_size(match.seats, cells)
    assert first_difference(data, data, match.seats, cells) is None
    fields = read_state(data, match.seats, cells)
    stride = match.level.width + 2
    names = set()
    for field, array in fields.items():
        for index in np.ndindex(array.shape):
            names.add((field, place_name(field, index, stride)))
    assert len(names) == sum(array.size for array in fields.values())
    assert ("tanks", "seat 3 › hp") in names
    assert ("head", "team_score 2") in names
    assert ("terrain", "tile (-1,-1)") in names
    assert ("shots", "shot 0 › leg_end") in names
    assert ("seen", "team 1 of seat 2 › age") in names


def test_recording_changes_nothing() -> None:
    plain = HeadlessMatch(load_level("foundry"), 3)
    plain.drive_all(SeatPolicy("marksman", 6))
    plain.run(200)
    assert world_hash(played("foundry", 200).world) == world_hash(plain.world)


def test_a_level_that_no_file_can_hold_is_refused_at_the_start() -> None:
    from dataclasses import replace

    level = load_level("first_light")
    odd = replace(level, arena=replace(level.arena, time_limit=level.arena.time_limit + 1))
    with pytest.raises(ValueError, match="expected a time limit of whole seconds"):
        Recorder(odd, 1, HeadlessMatch(level).roster)
