"""A match in the window: who drives, what is told, what is recorded, and that looking changes nothing."""

import hashlib
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pygame
import pytest

from game.app.app import App
from game.app.browse.level_library import LevelInfo, info_of, time_text
from game.app.input.hub import Press
from game.app.playing.launch import MatchChoice, build_match, match_from_options, open_match, replay_match
from game.app.playing.replay_shelf import KEPT_PLAYED, KEPT_WATCHED, SHORTEST, WATCHED, save_replay
from game.app.playing.screen import PlayScreen
from game.app.playing.session import Match, MatchPlan, MatchStats
from game.app.sound.match_sounds import sound_of
from game.app.window_options import AppOptions
from game.core.bots.table import BOT_NAMES
from game.core.levels.generator import generate
from game.core.sim import events as ev
from game.core.sim import state as st
from game.core.sim.digest import world_hash
from game.match.brain_library import SHIPPED_FOLDER, BrainEntry
from game.match.replay import load_replay, parse_replay, verify
from tests.app.conftest import Hands
from tests.match.matches import random_brain


@pytest.fixture
def info() -> LevelInfo:
    return info_of(generate(3, team_sizes=(2, 2), objective="eliminate"))


def run(match: Match, ticks: int) -> int:
    for _ in range(ticks):
        match.tick()
    return world_hash(match.world)


def test_the_same_seed_and_brains_give_the_same_match(app: App, info: LevelInfo) -> None:
    choice = MatchChoice(watch=True, brains=("marksman", "chaser"), difficulty="ace")
    first, second = (run(build_match(app, info, choice, seed=9), 200) for _ in range(2))
    assert first == second
    assert run(build_match(app, info, choice, seed=10), 200) != first


def test_drawing_and_debugging_never_change_a_match(app: App, info: LevelInfo, hands: Hands) -> None:
    choice = MatchChoice(watch=True, brains=("marksman",), difficulty="ace", seed=4)
    play = PlayScreen(app, info, choice)
    app.push(play)
    play.debug = True
    hands.frames(120)
    bare = build_match(app, info, choice, seed=play.match.plan.seed)
    assert run(bare, play.match.ticks) == world_hash(play.match.world)


def test_the_person_takes_the_seat_meant_for_them_in_the_tank_they_chose(app: App) -> None:
    level = app.library.find("foundry")
    assert level is not None
    assert level.level is not None
    match = build_match(app, level, MatchChoice(watch=False, tank_class="heavy"), seed=1)
    assert match.human_seat in (level.level.player_seats or level.level.team_seats(0))
    assert match.world.tanks[0, match.human_seat, st.TANK_CLASS] == 2
    assert match.names[match.human_seat] == ""
    assert all(name for seat, name in enumerate(match.names) if seat != match.human_seat)


def test_brains_are_dealt_to_the_seats_in_order_again_and_again(app: App, info: LevelInfo) -> None:
    choice = MatchChoice(watch=True, brains=("wanderer", "chaser", "marksman"))
    assert info.level is not None
    assert list(app.opponents.assign(info.level, choice, None).values()) == [
        "wanderer",
        "chaser",
        "marksman",
        "wanderer",
    ]
    sides = app.opponents.assign(
        info.level, MatchChoice(watch=True, brain="chaser", own_brain="marksman"), None
    )
    assert {info.level.arena.spawns[seat].team: brain for seat, brain in sides.items()} == {
        0: "marksman",
        1: "chaser",
    }


def test_a_recorded_match_plays_again_exactly(app: App, info: LevelInfo, tmp_path: Path) -> None:
    match = build_match(
        app, info, MatchChoice(watch=True, brains=("marksman",), difficulty="veteran"), seed=2
    )
    run(match, 150)
    assert match.recorder is not None
    replay = parse_replay(match.recorder.data(), "match")
    again = replay_match(app, replay)
    assert run(again, 150) == world_hash(match.world)
    assert again.over
    assert not again.decided
    ticks = again.ticks
    again.tick()
    assert again.ticks == ticks
    assert verify(replay).ok


def test_a_finished_match_leaves_its_replay_behind(app: App, info: LevelInfo, hands: Hands) -> None:
    play = PlayScreen(app, info, MatchChoice(watch=False, seed=1))
    app.push(play)
    hands.go()
    hands.frames(20)
    play.match.world.head[0, st.TIME_LIMIT] = play.match.ticks + 2
    hands.frames(10)
    assert play.match.decided
    play._record()
    files = list(app.folders.replays.glob("*.bsr"))
    assert len(files) == 1
    assert load_replay(files[0]).level.digest == play.match.level.digest
    assert app.profile._results.rows("SELECT replay, outcome FROM matches") == [
        (files[0].name, play.match.outcome())
    ]


def test_a_match_that_was_left_keeps_its_replay(app: App, info: LevelInfo, hands: Hands) -> None:
    play = PlayScreen(app, info, MatchChoice(watch=False, seed=1))
    app.push(play)
    hands.go()
    hands.frames(SHORTEST + 3)
    ticks = play.match.ticks
    play.leave()
    (file,) = app.folders.replays.glob("*.bsr")
    replay = load_replay(file)
    assert (replay.ticks, replay.complete) == (ticks, False)
    assert verify(replay).ok
    assert app.profile._results.rows("SELECT replay, outcome FROM matches") == [(file.name, "quit")]


def test_a_match_that_nobody_played_keeps_its_replay_but_is_no_result(
    app: App, info: LevelInfo, hands: Hands
) -> None:
    app.push(PlayScreen(app, info, MatchChoice(watch=True, brains=("chaser",), seed=1)))
    hands.frames(SHORTEST + 3)
    app.top.press(Press("restart", "keys"))
    (file,) = app.folders.replays.glob("*.bsr")
    assert file.name.startswith(WATCHED)
    assert verify(load_replay(file)).ok
    assert app.profile._results.rows("SELECT * FROM matches") == []


@pytest.mark.parametrize("size", [(1280, 720), (960, 720), (640, 360)])
def test_who_fights_stands_beside_the_panel_of_the_tank_that_is_followed(
    app: App, info: LevelInfo, hands: Hands, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app.window.surface = pygame.display.set_mode(size)
    app.apply_settings()
    play = PlayScreen(app, info, MatchChoice(watch=True, brains=("chaser",), seed=1))
    app.push(play)
    hands.frames(2)
    boxes: dict[str, pygame.Rect] = {}
    text = app.kit.text

    def listen(target: pygame.Surface, line: str, *args: Any, **options: Any) -> pygame.Rect:
        boxes[line] = text(target, line, *args, **options)
        return boxes[line]

    monkeypatch.setattr(app.kit, "text", listen)
    app.draw(1.0)
    line = play.opponent_text()
    assert boxes[line].x < play.renderer.player_panel_width
    hands.key("tab")
    box = boxes[line]
    panel = pygame.Rect(0, 0, play.renderer.player_panel_width, size[1])
    assert panel.width > app.kit.px(300)
    assert not panel.colliderect(box)
    assert box.right < size[0] - app.kit.px(200), "the prompts"


def test_a_match_left_at_once_keeps_nothing(app: App, info: LevelInfo, hands: Hands) -> None:
    play = PlayScreen(app, info, MatchChoice(watch=False, seed=1))
    app.push(play)
    hands.frames(5)
    play.leave()
    assert list(app.folders.replays.iterdir()) == []


def test_matches_of_the_same_second_keep_their_replays_apart(
    app: App, info: LevelInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("game.app.playing.replay_shelf.time.strftime", lambda _: "20260101-000000")
    folder = tmp_path / "shelf"
    folder.mkdir()
    match = build_match(app, info, MatchChoice(watch=True, brains=("chaser",)), seed=2)
    run(match, SHORTEST)
    names = [save_replay(folder, match, info.item) for _ in range(KEPT_WATCHED + 3)]
    assert len(set(names[:KEPT_WATCHED])) == KEPT_WATCHED
    left = {path.name for path in folder.iterdir()}
    assert len(left) == KEPT_WATCHED
    assert names[-1] in left, "the newest is never the one that makes room"


def test_old_replays_make_room_and_a_persons_own_files_stay(
    app: App, info: LevelInfo, tmp_path: Path
) -> None:
    old = [f"202001{day:02d}-120000-foundry.bsr" for day in range(1, 31)]
    old += [f"202002{day:02d}-120000-foundry.bsr" for day in range(1, 21)]
    for name in [*old, "watched-20200101-120000-foundry.bsr", "20200101-best.bsr"]:
        (tmp_path / name).write_bytes(b"")
    match = build_match(app, info, MatchChoice(watch=True, brains=("chaser",)), seed=2)
    run(match, SHORTEST)
    match.human_seat = 0
    name = save_replay(tmp_path, match, info.item)
    left = {path.name for path in tmp_path.iterdir() if path.is_file()}
    assert left == {
        *old[len(old) - KEPT_PLAYED + 1 :],
        name,
        "watched-20200101-120000-foundry.bsr",
        "20200101-best.bsr",
    }


def test_a_broken_level_is_refused_with_its_name() -> None:
    from game.core.levels.catalogue import LevelEntry

    wreck = LevelInfo("wreck", LevelEntry("wreck", Path("wreck.tmj"), False, None, ()))
    with pytest.raises(ValueError, match=r"wreck\.tmj"):
        Match(MatchPlan(wreck, 1, "", "ace"))


@pytest.mark.parametrize(
    ("winner", "timed_out", "outcome"), [(0, 0, "won"), (1, 0, "lost"), (-1, 0, "draw"), (-1, 1, "timed_out")]
)
def test_the_outcome_is_the_watched_sides(info: LevelInfo, winner: int, timed_out: int, outcome: str) -> None:
    match = Match(MatchPlan(info, 1, "", "ace"))
    assert match.outcome() == "quit"
    match.world.head[0, [st.DONE, st.WINNER, st.TIMED_OUT]] = (1, winner, timed_out)
    assert match.outcome() == outcome


def test_the_tale_counts_what_the_events_tell() -> None:
    stats = MatchStats()
    rows = [
        [ev.FIRED, 0, 1],
        [ev.FIRED, 1, 2],
        [ev.TANK_HIT, 1, 0],
        [ev.TANK_HIT, 1, 0 | ev.BANKED_FLAG],
        [ev.TANK_HIT, 0, 0 | ev.BANKED_FLAG],
        [ev.TANK_HIT, 0, 1],
        [ev.TANK_DESTROYED, 1, 0],
        [ev.TANK_DESTROYED, 0, 1],
        [ev.TANK_DESTROYED, 0, 0 | ev.BANKED_FLAG],
    ]
    for row in rows:
        stats.take(row, 0)
    assert (stats.shots, stats.hits, stats.bank_hits, stats.own_hits, stats.kills, stats.deaths) == (
        1,
        2,
        1,
        1,
        1,
        2,
    )


def test_a_banked_shot_sounds_by_its_banks(info: LevelInfo) -> None:
    match = Match(MatchPlan(info, 1, "", "ace"))
    world = match.world
    world.head[0, st.N_SHOTS] = 2
    world.shots[0, 0, [st.SHOT_ID, st.SHOT_BANKS]] = (7, 1)
    world.shots[0, 1, [st.SHOT_ID, st.SHOT_BANKS]] = (8, 3)
    assert [sound_of(world, 0, [ev.BANKED, 0, number, 0, 0], -1) for number in (7, 8, 9)] == [
        "bank_1",
        "bank_3",
        "bank_1",
    ]
    assert sound_of(world, 0, [ev.TANK_HIT, 1, 0, 0, 0], 1) == "hit_own"
    assert sound_of(world, 0, [ev.TANK_HIT, 1, 0, 0, 0], 0) == "hit"
    assert sound_of(world, 0, [ev.TANK_BUMPED, 1, 0, 0, 0], 0) is None


def test_a_person_can_move_and_shoot(app: App, info: LevelInfo, hands: Hands) -> None:
    play = PlayScreen(app, info, MatchChoice(watch=False, seed=1))
    app.push(play)
    hands.go()
    tank = play.match.world.tanks[0, play.match.human_seat]
    before = tank[[st.TANK_X, st.TANK_Y]].copy()
    directions = {"d": 1, "s": 3, "a": 5, "w": 7}
    for name in directions:
        hands.hold_key(name)
        hands.frames(12)
        hands.hold_key(name, down=False)
        if np.abs(tank[[st.TANK_X, st.TANK_Y]] - before).max() > 100:
            break
    assert np.abs(tank[[st.TANK_X, st.TANK_Y]] - before).max() > 100
    hands.move((620, 180))
    hands.send(pygame.MOUSEBUTTONDOWN, pos=(620, 180), button=1)
    hands.frames(3)
    assert play.match.stats.shots >= 1


def test_own_brains_named_as_shipped_ones_are_listed_chosen_and_recorded_as_what_they_are(
    app: App, info: LevelInfo
) -> None:
    own = random_brain(app.folders.brains, "hunter")
    app.opponents.refresh()
    labels = {row.id: row.label for row in app.opponents.rows}
    assert (labels["hunter"], labels["user/hunter"]) == ("Hunter", "random (user/hunter)")
    assert app.opponents.resolve("user/hunter") == "user/hunter"
    match = build_match(app, info, MatchChoice(watch=True, brains=("user/hunter", "hunter")), seed=1)
    assert match.names[:2] == ["random (user/hunter)", "Hunter"]
    match.tick()
    replay = parse_replay(match.recorder.data(), "x") if match.recorder else None
    assert replay is not None
    assert replay.drivers is not None
    driven = [seat for seat in replay.drivers.seats[:2] if seat is not None]
    assert [seat.brain for seat in driven] == ["user/hunter", "hunter"]
    assert driven[0].sha256 == hashlib.sha256(own.read_bytes()).hexdigest() != driven[1].sha256


def test_brains_of_one_title_are_told_apart_by_their_names(app: App) -> None:
    for name in ("one", "two"):
        random_brain(app.folders.brains, name)
    app.opponents.refresh()
    assert [app.opponents.label(name) for name in ("one", "two")] == ["random (one)", "random (two)"]
    (app.folders.brains / "copy.onnx").write_bytes((SHIPPED_FOLDER / "sniper" / "brain.onnx").read_bytes())
    app.opponents.refresh()
    for language, shipped in (("en", "Sniper"), ("zh", "狙击手")):
        app.change_setting("language", language)
        labels = [app.opponents.label(name) for name in ("sniper", "copy")]
        assert labels == [shipped, "Sniper (copy)"]


def test_the_names_shown_in_every_frame_are_worked_out_once(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    title = app.opponents._title

    def count(entry: BrainEntry) -> str:
        made.append(entry.name)
        return title(entry)

    monkeypatch.setattr(app.opponents, "_title", count)
    seats = {1: "hunter", 2: "chaser"}
    app.opponents.refresh()
    for _ in range(20):
        assert app.opponents.caption(seats) == "Hunter, Chaser"
    assert len(made) == len(app.opponents.brains.entries())
    app.change_setting("language", "zh")
    assert app.opponents.caption(seats) != "Hunter, Chaser"


def test_a_level_may_name_an_own_brain_and_a_shipped_one_of_the_same_name(app: App, info: LevelInfo) -> None:
    random_brain(app.folders.brains, "hunter")
    app.opponents.refresh()
    assert info.level is not None
    plans = [
        replace(plan, brain=name)
        for plan, name in zip(info.level.roster, cycle(("hunter", "user/hunter", "nobody")))
    ]
    level = replace(info.level, roster=tuple(plans))
    seats = app.opponents.assign(level, MatchChoice(watch=True), None)
    assert list(seats.values())[:2] == ["hunter", "user/hunter"]
    assert all(seats[seat] != plan.brain for seat, plan in enumerate(plans) if plan.brain == "nobody")


def test_every_bot_is_in_the_list_in_both_languages(app: App) -> None:
    for language, idle in (("en", "Idle (scripted)"), ("zh", "木桩（脚本 AI）")):
        app.change_setting("language", language)
        rows = {row.id: row for row in app.opponents.rows}
        assert set(BOT_NAMES) <= rows.keys()
        assert (rows["idle"].label, rows["idle"].usable) == (idle, True)
        texts = [f"{part}.{name}" for name in BOT_NAMES for part in ("brain", "about.brain")]
        assert all(app.kit.strings.has(text) for text in texts)


def test_a_brain_that_cannot_be_loaded_is_told_and_a_bot_plays(
    app: App, info: LevelInfo, hands: Hands
) -> None:
    bad = app.folders.brains / "bad.onnx"
    bad.write_bytes(b"no model")
    app.opponents.refresh()
    row = app.opponents.find("bad")
    assert row is not None
    assert not row.usable
    match = build_match(app, info, MatchChoice(watch=True, brains=(str(bad),)), seed=1)
    run(match, 30)
    assert any("bad" in text and "Chaser takes over" in text for text in app.toasts.texts())
    app.change_setting("language", "zh")
    app.toasts._shown.clear()
    match = build_match(app, info, MatchChoice(watch=True, brains=("bad", "hunter", "marksman")), seed=1)
    assert match.plan.brain == "bad、猎手、神枪手"
    (line,) = app.toasts.texts()
    assert line.startswith("bad 无法上场（")
    assert line.endswith("），由追击者接替")


def test_the_window_follows_the_options(app: App) -> None:
    app.options = AppOptions(
        mode="watch", level="foundry", brains=("marksman", "wanderer"), difficulty="ace", seed=3
    )
    open_match(app, *match_from_options(app))
    match = app.current_match()
    assert match is not None
    assert match.plan.info.item == "foundry"
    assert match.plan.difficulty == "ace"
    assert match.human_seat == -1
    seed = match.plan.seed
    app.back()
    open_match(app, *match_from_options(app))
    again = app.current_match()
    assert again is not None
    assert again.plan.seed == seed


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"level": "foundri"}, "foundri"),
        ({"level": "missing.tmj"}, "missing.tmj"),
        ({"brains": ("nobody",)}, "nobody"),
        ({"difficulty": "impossible"}, "impossible"),
        ({"mode": "play", "tank_class": "bicycle"}, "bicycle"),
        ({"mode": "replay"}, "replay"),
        ({"mode": "replay", "replay": Path("missing.bsr")}, "missing.bsr"),
    ],
)
def test_options_that_cannot_be_met_say_so(app: App, changes: dict[str, object], words: str) -> None:
    app.options = replace(AppOptions(mode="watch"), **changes)  # type: ignore[arg-type]
    with pytest.raises((ValueError, OSError)) as caught:
        open_match(app, *match_from_options(app))
    assert words in str(caught.value)


def test_times_read_as_minutes_and_seconds() -> None:
    assert [time_text(ticks) for ticks in (0, 59, 60, 3600 + 6)] == ["0:00.0", "0:00.9", "0:01.0", "1:00.1"]
