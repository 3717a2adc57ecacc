"""Puts matches together: who drives which seat, what is recorded, and which screen shows it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from game import rules
from game.app.library import LevelInfo, info_of
from game.app.match import OWN_TEAM, Match, MatchPlan
from game.app.opponents import MIXED, NpcDriver, assign_brains

if TYPE_CHECKING:
    from game.app.app import App

CLASS_IDS: Final = {tank.name: number for number, tank in enumerate(rules.TANK_CLASSES)}


@dataclass(frozen=True)
class MatchChoice:
    """What the player chose for a match, beside the level."""

    watch: bool
    brain: str = MIXED  # of the other teams
    own_brain: str = MIXED  # of the own team's NPCs
    difficulty: str = "normal"
    tank_class: str | None = None  # None: as the level says
    brains: tuple[str, ...] = ()  # for the NPC seats in order, cycled; overrides the two above
    seed: int | None = None  # of the first match; later ones draw their own


def settings_choice(app: "App", *, watch: bool, own_brain: str = MIXED) -> MatchChoice:
    """Return what the settings remember, with the command line's wishes laid over it."""
    settings, options = app.settings, app.options
    return MatchChoice(
        watch=watch,
        brain=settings.text("brain"),
        own_brain=own_brain,
        difficulty=settings.text("difficulty"),
        tank_class=None if watch else settings.text("tank_class"),
        seed=options.seed,
    )


def build_match(app: "App", info: LevelInfo, choice: MatchChoice, *, seed: int) -> Match:
    """Return a match with its NPCs seated; a person's driver is added by the screen that reads the devices."""
    level = info.level
    if level is None:
        raise ValueError(f"level: expected a playable level, found {info.entry.path.name} with errors")
    human = None if choice.watch else (level.player_seats or level.team_seats(OWN_TEAM))[0]
    tank_class = CLASS_IDS[choice.tank_class] if human is not None and choice.tank_class else None
    seats = assign_brains(level, choice.brain, choice.own_brain, choice.brains, human)
    shown = app.opponents.caption(seats, human)
    match = Match(MatchPlan(info, seed, shown, choice.difficulty, human, tank_class))
    driver = NpcDriver(match, app.opponents, seats, choice.difficulty)
    match.drivers.append(driver)
    for seat, brain in seats.items():
        match.names[seat] = app.opponents.label(brain)
    return match


def demo_match(app: "App", info: LevelInfo, seed: int) -> Match:
    """Return the match behind the title: everyone at full strength."""
    choice = MatchChoice(watch=True, difficulty=app.opponents.strongest_difficulty, seed=seed)
    return build_match(app, info, choice, seed=seed)


def when_ready(app: "App", action: Callable[[], None]) -> None:
    """Run `action` now, or as soon as the kernels are compiled."""
    from game.app.screens.prepare import PrepareScreen

    if app.warm.ready or app.warm.failed:
        action()
    else:
        app.push(PrepareScreen(app, action))


def start_match(app: "App", info: LevelInfo, choice: MatchChoice) -> None:
    """Open the match screen."""
    from game.app.screens.play import PlayScreen

    when_ready(app, lambda: app.push(PlayScreen(app, info, choice)))


def quick_match(app: "App") -> None:
    """Start a match on a level that fits: one not won yet, the easiest first; else any."""
    best = app.profile.all_best()
    levels = app.library.playable
    if not levels:
        return
    fresh = [info for info in levels if info.entry.builtin and not (info.item in best and best[info.item].won)]
    info = fresh[0] if fresh else random.choice(levels)
    start_match(app, info, settings_choice(app, watch=False))


def watch_match(app: "App") -> None:
    """Watch NPCs on a level drawn by chance."""
    levels = app.library.playable
    if levels:
        start_match(app, random.choice(levels), settings_choice(app, watch=True))


def open_from_options(app: "App") -> None:
    """Open the match that the command line asks for. Raises ValueError with one clear line."""
    options = app.options
    watch = options.mode == "watch"
    choice = settings_choice(app, watch=watch)
    if options.difficulty is not None:
        choice = replace(choice, difficulty=_one_of("difficulty", options.difficulty, app.opponents.difficulty_ids))
    if options.tank_class is not None and not watch:
        choice = replace(choice, tank_class=_one_of("tank class", options.tank_class, tuple(CLASS_IDS)))
    if options.brains:
        choice = replace(choice, brains=tuple(app.opponents.resolve(name) for name in options.brains))
    start_match(app, _wanted_level(app), choice)


def _one_of(what: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise ValueError(f"{what}: expected one of {', '.join(known)}, found {value!r}")
    return value


def _wanted_level(app: "App") -> LevelInfo:
    from game.levels.catalogue import load

    wanted = app.options.level
    if wanted is None:
        levels = app.library.playable
        if not levels:
            raise ValueError("level: expected at least one playable level, found none")
        last = app.library.find(app.settings.text("last_level"))
        if app.options.mode == "play":
            return last if last is not None and last.level is not None else levels[0]
        return random.Random(app.options.seed).choice(levels)
    known = app.library.find(wanted)
    if known is not None and known.level is not None:
        return known
    return info_of(load(wanted, app.folders.levels))
