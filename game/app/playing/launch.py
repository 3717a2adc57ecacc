"""Puts matches together: who drives which seat, what is recorded, and which screen shows it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from game.app.browse.library import LevelInfo, info_of
from game.app.options import BadArgument, named_by_option
from game.app.playing.newcomer import easiest_first, held_fire
from game.app.playing.session import Match, MatchPlan
from game.app.ui import theme
from game.core import rules
from game.match.brain_library import MIXED
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.npc import Notice
from safefiles.text import shown

if TYPE_CHECKING:
    from game.app.app import App
    from game.match.replay import Replay

CLASS_IDS: Final = {tank.name: number for number, tank in enumerate(rules.TANK_CLASSES)}


@dataclass(frozen=True)
class MatchChoice:
    """What the player chose for a match, beside the level."""

    watch: bool
    brain: str = MIXED  # of the other teams
    own_brain: str = MIXED  # of the own team's NPCs
    difficulty: str = DEFAULT_DIFFICULTY
    tank_class: str | None = None  # None: as the level says
    brains: tuple[str, ...] = ()  # for the NPC seats in order, cycled; overrides the two above
    seed: int | None = None  # from which the matches' seeds are drawn
    replay: "Replay | None" = None  # plays this instead


def settings_choice(app: "App", *, watch: bool, own_brain: str = MIXED) -> MatchChoice:
    """Return what the settings remember, with the command line's wishes laid over it."""
    settings, options = app.settings, app.options
    difficulty = settings.text("difficulty")
    return MatchChoice(
        watch=watch,
        brain=settings.text("brain"),
        own_brain=own_brain,
        difficulty=difficulty if difficulty in app.opponents.difficulty_ids else DEFAULT_DIFFICULTY,
        tank_class=None if watch else settings.text("tank_class"),
        seed=options.seed,
    )


def build_match(app: "App", info: LevelInfo, choice: MatchChoice, *, seed: int, record: bool = True) -> Match:
    """Return a match with its NPCs seated; a person's driver is added by the screen that reads the devices."""
    if choice.replay is not None:
        return replay_match(app, choice.replay)
    level = info.level
    if level is None:
        raise ValueError(f"level: expected a playable level, found {shown(info.entry.path.name)} with errors")
    human = None if choice.watch else level.player_seat
    tank_class = CLASS_IDS[choice.tank_class] if human is not None and choice.tank_class else None
    opponents = app.opponents
    seats = opponents.assign(level, choice, human)
    enemies = {
        seat: brain
        for seat, brain in seats.items()
        if choice.watch or level.arena.spawns[seat].team != level.own_team
    }
    match = Match(MatchPlan(info, seed, opponents.caption(enemies), choice.difficulty, human, tank_class))
    held = held_fire(app) if human is not None else 0
    driver = opponents.driver(
        seats, match.seats, choice.difficulty, seed, _notice_to(app), held=(held, set(enemies))
    )
    match.drivers.append(driver)
    for seat, brain in seats.items():
        match.names[seat] = opponents.label(brain)
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
            "difficulty": choice.difficulty,
            "human": -1 if human is None else human,
            **({"held_fire": held} if held else {}),
        },
        drivers=driver.record,
    )
    return match


def replay_match(app: "App", replay: "Replay") -> Match:
    """Return the match that a replay holds."""
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


def _notice_to(app: "App") -> Callable[[Notice], None]:
    """Return what tells the player that a brain gave way to a bot."""

    def tell(notice: Notice) -> None:
        app.journal.note(f"tick {notice.tick}: {notice}")
        brain, bot = app.opponents.label(notice.brain), app.opponents.label(notice.bot)
        app.toasts.add(
            app.kit.strings("toast.gave_way", brain=brain, bot=bot, reason=notice.reason), theme.AMBER
        )

    return tell


def demo_match(app: "App", info: LevelInfo, seed: int) -> Match:
    """Return the match behind the title: everyone at full strength."""
    choice = MatchChoice(watch=True, difficulty=app.opponents.strongest_difficulty, seed=seed)
    return build_match(app, info, choice, seed=seed, record=False)


def when_ready(app: "App", action: Callable[[], None]) -> None:
    """Run `action` now, or as soon as the kernels are compiled."""
    from game.app.playing.prepare import PrepareScreen

    if app.warm.ready or app.warm.failed:
        action()
    else:
        app.push(PrepareScreen(app, action))


def start_match(app: "App", info: LevelInfo, choice: MatchChoice) -> None:
    """Open the match screen."""
    from game.app.playing.screen import PlayScreen

    when_ready(app, lambda: app.push(PlayScreen(app, info, choice)))


def quick_match(app: "App") -> None:
    """Start a match on a level that fits: one not won yet, the easiest first; else any."""
    best = app.profile.all_best()
    levels = app.library.playable
    if not levels:
        return
    fresh = [
        info for info in levels if info.entry.builtin and not (info.item in best and best[info.item].won)
    ]
    info = easiest_first(fresh)[0] if fresh else random.choice(levels)
    start_match(app, info, settings_choice(app, watch=False))


def watch_match(app: "App") -> None:
    """Watch NPCs on a level drawn by chance."""
    levels = app.library.playable
    if levels:
        start_match(app, random.choice(levels), settings_choice(app, watch=True))


def wanted_match(app: "App") -> tuple[LevelInfo, MatchChoice]:
    """Return the level and the choices that the command line asks for; it needs no compiled kernel.

    Raises BadArgument for what an option names and is not there or not sound.
    """
    options = app.options
    if options.mode == "replay":
        from game.match.replay import load_replay

        if options.replay is None:
            raise BadArgument("replay: expected a file, found none")
        with named_by_option():
            replay = load_replay(options.replay)
        return info_of(replay.level), MatchChoice(watch=True, replay=replay)
    watch = options.mode == "watch"
    choice = settings_choice(app, watch=watch)
    if options.difficulty is not None:
        choice = replace(
            choice, difficulty=_one_of("difficulty", options.difficulty, app.opponents.difficulty_ids)
        )
    if options.tank_class is not None and not watch:
        choice = replace(choice, tank_class=_one_of("tank class", options.tank_class, tuple(CLASS_IDS)))
    if options.brains:
        with named_by_option():
            choice = replace(choice, brains=tuple(app.opponents.resolve(name) for name in options.brains))
    return _wanted_level(app), choice


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise BadArgument(f"{what}: expected one of {', '.join(known)}, found {value!r}")
    return value


def _wanted_level(app: "App") -> LevelInfo:
    from game.core.levels.catalogue import load

    wanted = app.options.level
    if wanted is None:
        levels = app.library.playable
        if not levels:
            raise BadArgument("level: expected at least one playable level, found none")
        last = app.library.find(app.settings.text("last_level"))
        if app.options.mode == "play":
            return last if last is not None and last.level is not None else easiest_first(levels)[0]
        return random.Random(app.options.seed).choice(levels)
    known = app.library.find(wanted)
    if known is not None and known.level is not None:
        return known
    with named_by_option():
        return info_of(load(wanted, app.folders.levels))
