"""Who played a recorded match: the brains run again; what a forger wrote over is named, what cannot be proven is said."""

from pathlib import Path
from typing import Any

import pytest

from game.cli.root import run
from game.core.levels.catalogue import load_level
from game.match import npc
from game.match.brain_library import BrainLibrary
from game.match.npc import SeatPolicy
from game.match.replay import header, parse_replay, verify
from game.match.replay_check import verify_brains
from game.match.strengths import UNTRAINED
from tests.match.matches import HeadlessMatch, random_brain
from tests.match.test_replay import _drop, forged

TICKS = 260


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> BrainLibrary:
    folder = tmp_path_factory.mktemp("user") / "brains"
    random_brain(folder, "mine")
    random_brain(folder, "other", widths=(16,))
    return BrainLibrary(folder)


def play(
    library: BrainLibrary, brains: tuple[str, ...], difficulty: str = "veteran", **settings: Any
) -> bytes:
    """A match of the first seats' brains against each other; a seat without one stands, as a person may."""
    strength = UNTRAINED[difficulty]
    match = HeadlessMatch(load_level("foundry"), 9)
    policies = {
        seat: SeatPolicy(brain, strength.delay, strength.temperature)
        for seat, brain in enumerate(brains)
        if brain
    }
    driver = match.drive(policies, seed=match.seed, library=library, budget=1e9, **settings)
    human = brains.index("") if "" in brains else -1
    recorder = match.record(
        info={"brain": "mine", "difficulty": difficulty, "human": human}, drivers=driver.record
    )
    match.run(TICKS)
    return recorder.data()


@pytest.fixture(scope="module")
def match(library: BrainLibrary) -> bytes:
    return play(library, ("mine", "marksman", "", "mine", "chaser", "other"))


def test_the_brains_of_a_match_are_proven(match: bytes, library: BrainLibrary) -> None:
    report = verify_brains(parse_replay(match, "x"), library)
    assert report.ok, report.line
    assert any(
        "brains, bots, delays and temperatures of seats 0, 1, 3, 4, 5" in line for line in report.proven
    )
    assert "difficulty veteran" in report.proven
    assert "that a person played seats 2" in report.unproven[0]
    assert any(line.startswith("names of the seats") for line in report.unproven)
    assert report.line == f"{TICKS} ticks as recorded"


def test_the_course_alone_says_that_it_proves_no_brain(match: bytes) -> None:
    report = verify(parse_replay(match, "x"))
    assert report.ok
    assert any("who played: brains, difficulty, the person's seat" in line for line in report.unproven)


def _seat(seat: int, **changes: Any) -> Any:
    def change(table: dict[str, Any], raw: Any) -> None:
        table["drivers"]["seats"][seat].update(changes)

    return change


def _all(**changes: Any) -> Any:
    def change(table: dict[str, Any], raw: Any) -> None:
        for driven in table["drivers"]["seats"]:
            if driven:
                driven.update(changes)
        table["info"].update({"difficulty": "ace"})

    return change


def _info(**changes: Any) -> Any:
    def change(table: dict[str, Any], raw: Any) -> None:
        table["info"].update(changes)

    return change


def _swap(table: dict[str, Any], raw: Any) -> None:
    seats = table["drivers"]["seats"]
    seats[0], seats[5] = seats[5], seats[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            _info(difficulty="ace"),
            "difficulty ace: expected delay in ticks and temperature 0 and 0.6 or 0 and 0.7, found 7 and 0.9",
        ),
        (_all(delay=0, temperature=0.6), "differs at tick "),
        (_seat(1, mind="wanderer"), "seat 1: bot 'wanderer' with a delay of 0.12 s: expected "),
        (_swap, "differs at tick "),
        (_info(human=4), "seat 4: expected a person, found bot 'chaser'"),
        (_seat(4, gave_way=[3, "nobody"]), "expected one bot that takes over, found nobody"),
    ],
)
def test_a_forged_player_is_found(match: bytes, library: BrainLibrary, change: Any, told: str) -> None:
    replay = parse_replay(forged(match, change), "x")
    assert verify(replay).ok, "the course is true; who played is not"
    report = verify_brains(replay, library)
    assert not report.ok
    assert told in report.line


def test_a_brain_named_as_a_shipped_one_is_found_by_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "user" / "brains"
    own = random_brain(folder, "hunter")
    library = BrainLibrary(folder)
    for name, recorded in ((str(own), "hunter.onnx"), ("user/hunter", "user/hunter"), ("hunter", "hunter")):
        replay = parse_replay(play(library, (name, "marksman")), "x")
        assert replay.drivers is not None
        assert replay.drivers.seats[0] is not None
        assert replay.drivers.seats[0].brain == recorded
        report = verify_brains(replay, library)
        assert report.ok, report.line
        assert not any("hunter" in line for line in report.unproven)
    away = verify_brains(parse_replay(play(library, (str(own),)), "x"), BrainLibrary())
    assert any("no brain here has the SHA-256" in line for line in away.unproven)


def test_a_brain_that_is_not_here_is_not_proven(match: bytes, library: BrainLibrary) -> None:
    report = verify_brains(parse_replay(match, "x"), BrainLibrary())
    assert report.ok
    assert report.unproven[0].startswith("brain 'mine': no brain here has the SHA-256 ")
    assert "difficulty" in report.unproven
    assert not any(line.startswith("difficulty") for line in report.proven)


def test_a_bot_that_took_over_in_mid_match_is_played_again(library: BrainLibrary) -> None:
    ticking = iter(range(10**6))
    data = play(library, ("mine", "chaser"), clock=lambda: float(next(ticking)))
    replay = parse_replay(data, "x")
    assert replay.drivers is not None
    assert replay.drivers.seats[0] is not None
    assert replay.drivers.seats[0].gave_way is None, "the budget is large"
    slow = HeadlessMatch(load_level("foundry"), 9)
    seconds = {"now": 0.0}

    def clock() -> float:
        seconds["now"] += 1.0 if slow.ticks > 90 else 0.0
        return seconds["now"]

    driver = slow.drive(
        {0: SeatPolicy("mine", 7, 0.9), 1: SeatPolicy("chaser", 7, 0.9)}, seed=9, library=library, clock=clock
    )
    recorder = slow.record(info={"difficulty": "veteran"}, drivers=driver.record)
    slow.run(TICKS)
    replay = parse_replay(recorder.data(), "x")
    assert replay.drivers is not None
    driven = replay.drivers.seats[0]
    assert driven is not None
    assert driven.gave_way is not None
    assert driven.gave_way[0] > 90
    assert driven.gave_way[1] == "chaser"
    report = verify_brains(replay, library)
    assert report.ok, report.line

    def later(table: dict[str, Any], raw: Any) -> None:
        table["drivers"]["seats"][0]["gave_way"][0] += 60

    assert not verify_brains(parse_replay(forged(recorder.data(), later), "x"), library).ok


def test_an_older_file_verifies_and_says_what_it_lacks(match: bytes, library: BrainLibrary) -> None:
    replay = parse_replay(forged(match, _drop("drivers")), "x")
    assert replay.drivers is None
    assert verify(replay).ok
    report = verify_brains(replay, library)
    assert report.ok
    assert "the file is older than their record" in report.unproven[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_seat(0, sha256="abc"), "drivers › seats 0 › sha256: expected 64 hex digits or none, found abc"),
        (_seat(0, sha256="Z" * 64), "sha256: expected 64 hex digits"),
        (_seat(0, delay=121), "delay: expected a whole number from 0 to 120, found 121"),
        (_seat(0, temperature=float("inf")), "expected a finite number"),
        (_seat(0, temperature=-1), "temperature: expected a number from 0 to 100, found -1"),
        (_seat(0, gave_way=[1]), "gave_way: expected a list of 2 to 2, found 1"),
        (_seat(0, mind=3), "mind: expected a text of at most 200 characters, found 3"),
    ],
)
def test_a_malformed_record_is_refused_by_its_place(match: bytes, change: Any, told: str) -> None:
    with pytest.raises(ValueError, match="expected ") as refused:
        parse_replay(forged(match, change), "x")
    assert told in str(refused.value)


def test_texts_of_a_header_are_cleaned(match: bytes) -> None:
    def change(table: dict[str, Any], raw: Any) -> None:
        table["names"][0] = "\x1b]0;x\x07 \ud800"
        table["info"]["brain"] = "a\nb"

    replay = parse_replay(forged(match, change), "x")
    assert replay.names[0] == "\\x1b]0;x\\x07 �"
    assert replay.info["brain"] == "a b"


def test_the_record_names_no_path(tmp_path: Path) -> None:
    path = random_brain(tmp_path, "mine")
    driver = HeadlessMatch(load_level("foundry"), 1).drive({0: SeatPolicy(str(path))})
    assert driver.record()["seats"][0]["mind"] == "mine.onnx"


def test_a_brain_that_cannot_be_loaded_is_recorded_as_the_bot_that_plays() -> None:
    driver = HeadlessMatch(load_level("foundry"), 1).drive({0: SeatPolicy("no such brain")})
    driven = driver.record()["seats"][0]
    assert (driven["mind"], driven["sha256"], driven["gave_way"]) == ("chaser", "", None)


def test_a_header_allows_what_the_driver_allows() -> None:
    assert (header.MAX_DELAY, header.MAX_TEMPERATURE) == (npc.MAX_DELAY, npc.MAX_TEMPERATURE)


def test_another_title_on_a_builtin_level_is_told(match: bytes) -> None:
    def change(table: dict[str, Any], raw: dict[str, bytearray]) -> None:
        title = load_level("foundry").title.en.encode()
        assert bytes(raw["level"]).count(title)
        raw["level"] = bytearray(bytes(raw["level"]).replace(title, b"Harder"))

    assert not any("title" in line for line in verify(parse_replay(match, "x")).unproven)
    report = verify(parse_replay(forged(match, change), "x"))
    assert report.ok
    assert any("the level's title: " in line and "Harder" in line for line in report.unproven)


def test_the_command_says_what_is_proven(
    match: bytes, library: BrainLibrary, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    user = tmp_path / "user"
    random_brain(user / "brains", "mine")
    random_brain(user / "brains", "other", widths=(16,))
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(user))
    path = tmp_path / "match.bsr"
    path.write_bytes(match)
    assert run(["replay", "verify", str(path)]) == 0
    assert "not proven: who played" in capsys.readouterr().out
    assert run(["replay", "verify", "--brains", str(path)]) == 0
    assert "  proven: difficulty veteran" in capsys.readouterr().out
    path.write_bytes(forged(match, _seat(1, mind="idle")))
    assert run(["replay", "verify", "--brains", str(path)]) == 1
    assert "seat 1: bot 'idle'" in capsys.readouterr().err
