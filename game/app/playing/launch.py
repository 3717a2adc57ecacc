"""Builds matches: who drives which seat, what is recorded, and which screen shows it."""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from game.app.browse.level_library import LevelInfo, info_of
from game.app.playing.choice import CLASS_IDS, MatchChoice
from game.app.playing.newcomer import sort_by_ease, ticks_without_fire
from game.app.playing.session import Match, MatchPlan
from game.app.ui import theme
from game.app.window_options import BadArgument, option_errors
from game.match.brain_library import MIXED
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.messages import say
from game.match.npc import FallbackNotice
from safefiles.text import shown_path

if TYPE_CHECKING:
    from game.app.stage import Stage
    from game.match.replay import Replay


def settings_choice(stage: "Stage", *, watch: bool, own_brain: str = MIXED) -> MatchChoice:
    """Return the choices in the settings, replaced by those of the command line."""
    settings, options = stage.settings, stage.options
    difficulty = settings.text("difficulty")
    return MatchChoice(
        watch=watch,
        brain=settings.text("brain"),
        own_brain=own_brain,
        difficulty=difficulty if difficulty in stage.opponents.difficulty_ids else DEFAULT_DIFFICULTY,
        tank_class=None if watch else settings.text("tank_class"),
        seed=options.seed,
    )


def build_match(
    stage: "Stage", info: LevelInfo, choice: MatchChoice, *, seed: int, record: bool = True
) -> Match:
    """Return a match with drivers for its NPCs; the screen that reads the devices adds a person's driver."""
    if choice.replay is not None:
        return replay_match(stage, choice.replay)
    level = info.level
    if level is None:
        raise ValueError(say("no_level", name=shown_path(info.entry.path.name)))
    human = None if choice.watch else level.player_seat
    tank_class = CLASS_IDS[choice.tank_class] if human is not None and choice.tank_class else None
    opponents = stage.opponents
    seats = opponents.assign(level, choice, human)
    enemies = {
        seat: brain
        for seat, brain in seats.items()
        if choice.watch or level.arena.spawns[seat].team != level.own_team
    }
    match = Match(MatchPlan(info, seed, opponents.caption(enemies), choice.strength, human, tank_class))
    held = ticks_without_fire(stage) if human is not None else 0
    driver = opponents.driver(
        seats, match.seats, choice.strength, seed, _notice_to(stage), held=(held, set(enemies))
    )
    match.drivers.append(driver)
    match.brains, match.enemies = seats, enemies
    name_seats(stage, match)
    if not record:
        return match
    from game.match.replay import Recorder

    match.recorder = Recorder(
        level,
        seed,
        match.roster[0],
        names=match.names,
        info={
            "brain": match.plan.brain,
            "difficulty": choice.strength,
            "human": -1 if human is None else human,
            **({"held_fire": held} if held else {}),
        },
        drivers=driver.record,
    )
    return match


def name_seats(stage: "Stage", match: Match) -> None:
    """Name the NPC seats in the language that the window has now."""
    for seat, brain in match.brains.items():
        match.names[seat] = stage.opponents.label(brain)


def opponents_of(stage: "Stage", match: Match) -> str:
    """Return who is fought, in the language that the window has now; of a replay as it was recorded."""
    return stage.opponents.caption(match.enemies) if match.enemies else match.plan.brain


def replay_match(stage: "Stage", replay: "Replay") -> Match:
    """Return the match of a replay."""
    from game.match.replay import ReplayDriver

    info = info_of(replay.level)
    brain = str(replay.info.get("brain", ""))
    difficulty = str(replay.info.get("difficulty", ""))
    plan = MatchPlan(
        info,
        replay.seed,
        brain,
        difficulty,
        roster=replay.roster,
        shuffle=replay.shuffle,
        last_tick=replay.ticks,
    )
    match = Match(plan)
    match.drivers.append(ReplayDriver(replay))
    for seat, name in enumerate(replay.names):
        match.names[seat] = name
    return match


def _notice_to(stage: "Stage") -> Callable[[FallbackNotice], None]:
    """Return a function that tells the player that a bot has replaced a brain."""

    def notify(notice: FallbackNotice) -> None:
        stage.journal.note(f"tick {notice.tick}: {notice}")
        brain, bot = stage.opponents.label(notice.brain), stage.opponents.label(notice.bot)
        stage.toasts.add(
            stage.kit.strings("toast.gave_way", brain=brain, bot=bot, reason=notice.reason), theme.AMBER
        )

    return notify


def demo_match(stage: "Stage", info: LevelInfo, seed: int) -> Match:
    """Return the match behind the title: all NPCs at full strength."""
    choice = MatchChoice(watch=True, difficulty=stage.opponents.strongest_difficulty, seed=seed)
    return build_match(stage, info, choice, seed=seed, record=False)


def when_ready(stage: "Stage", action: Callable[[], None]) -> None:
    """Run `action` now, or as soon as the kernels are compiled."""

    if stage.warm.ready or stage.warm.failed:
        action()
    else:
        stage.show("prepare", action)


def open_match(stage: "Stage", info: LevelInfo, choice: MatchChoice) -> None:
    """Open the match screen; warnings about the level's file are shown over it."""
    warnings = info.problems("warning", stage.kit.strings.language)
    if warnings:
        more = stage.kit.strings("toast.level_warned", count=len(warnings), first=warnings[0])
        stage.toasts.add(warnings[0] if len(warnings) == 1 else more, theme.AMBER)
    when_ready(stage, lambda: stage.show("play", info, choice))


def quick_match(stage: "Stage") -> None:
    """Start a match on the easiest built-in level not won yet; if all are won, on any level."""
    best = stage.profile.all_best()
    levels = stage.library.playable
    if not levels:
        return
    fresh = [
        info for info in levels if info.entry.builtin and not (info.item in best and best[info.item].won)
    ]
    info = sort_by_ease(fresh)[0] if fresh else random.choice(levels)
    open_match(stage, info, settings_choice(stage, watch=False))


def watch_match(stage: "Stage") -> None:
    """Watch NPCs on a level drawn by chance."""
    levels = stage.library.playable
    if levels:
        open_match(stage, random.choice(levels), settings_choice(stage, watch=True))


def match_from_options(stage: "Stage") -> tuple[LevelInfo, MatchChoice]:
    """Return the level and the choices of the command line; this needs no compiled kernel.

    Raises BadArgument if an option names something missing or broken.
    """
    options = stage.options
    if options.mode == "replay":
        from game.match.replay import load_replay

        if options.replay is None:
            raise BadArgument("replay: expected a file, found none")
        with option_errors():
            replay = load_replay(options.replay)
        return info_of(replay.level), MatchChoice(watch=True, replay=replay)
    watch = options.mode == "watch"
    choice = settings_choice(stage, watch=watch)
    if options.difficulty is not None:
        choice = replace(
            choice, difficulty=_one_of("difficulty", options.difficulty, stage.opponents.difficulty_ids)
        )
    if options.tank_class is not None and not watch:
        choice = replace(choice, tank_class=_one_of("tank class", options.tank_class, tuple(CLASS_IDS)))
    if options.brains:
        with option_errors():
            choice = replace(choice, brains=tuple(stage.opponents.resolve(name) for name in options.brains))
    return _wanted_level(stage), choice


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise BadArgument(f"{what}: expected one of {', '.join(known)}, found {value!r}")
    return value


def _wanted_level(stage: "Stage") -> LevelInfo:
    from game.core.levels.specs import one_level, refuse_folder

    wanted = stage.options.level
    if wanted is None:
        levels = stage.library.playable
        if not levels:
            raise BadArgument("level: expected at least one playable level, found none")
        last = stage.library.find(stage.settings.text("last_level"))
        if stage.options.mode == "play":
            return last if last is not None and last.level is not None else sort_by_ease(levels)[0]
        return random.Random(stage.options.seed).choice(levels)
    with option_errors():
        refuse_folder(wanted)
        known = stage.library.find(wanted)
        if known is not None and known.level is not None:
            return known
        return info_of(one_level(wanted, stage.folders.levels))
