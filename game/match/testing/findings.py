"""The verdict on a level: what its matches show, in plain words, the gravest first.

An error says that the level should not be offered as it is; a warning that something in it is likely not meant; a note
what its author may want to know. Each rule has its threshold, and the reason for it, in one constant.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from game.core import rules
from game.core.levels.problems import ERROR, NOTE, WARNING
from game.core.levels.reach import Place
from game.match.difficulty import DEFAULT_DIFFICULTY
from game.match.testing.figures import HALF, LevelStats, Proportion, traced_matches
from game.match.testing.measuring import LevelMatches
from game.match.testing.messages import say
from game.match.testing.places import entrance_width, floor_of, out_of_reach, rarely_entered, reachable
from safefiles.messages import LANGUAGES, Message

FEWEST: Final = 20  # matches; of fewer, even none won leaves up to 16 % open (Wilson): no verdict on who wins
TOO_HARD: Final = (
    0.05  # a level is offered to a player whose chance is 5 to 95 %: beyond it is no game for anyone
)
TOO_EASY: Final = 0.95
UNFAIR: Final = (
    0.65  # lower end of the interval; on mirrored ground bots' habits alone gave up to .57 (Reservoir)
)
LEANING: Final = 0.60
RUN_OUT: Final = 0.25  # every fourth match without a winner: a player who tries twice has likely met one
NO_CONTACT: Final = 0.20  # every fifth match without a single hit is no match
LATE_CONTACT: Final = 20.0  # seconds, median; the built-in levels lie between 1 and 7
CORNER_TILES: Final = 8  # smaller ones are niches, which a level may well have for their look
CORNER_MOUTH: Final = 3  # tiles; what has a wider way in is an open side of the level, not a corner
CORNER_DEPTH: Final = 4  # tiles for each of its mouth, at least
CORNER_SHARE: Final = 0.01  # entered in at most one match of a hundred
UNUSED_FLOOR: Final = 0.10  # of the floor never entered: told as a note; the built-in levels come to 0 to 9 %
MOST_PLACES: Final = 6  # findings of one kind that are listed
SOUND: Final = "sound"  # nothing is wrong with it
_RANK: Final = {ERROR: 0, WARNING: 1, NOTE: 2}


class Finding(NamedTuple):
    """One result that the matches show."""

    code: str  # key of the messages
    severity: str  # ERROR, WARNING or NOTE
    said: Message
    tiles: tuple[Place, ...] = ()  # where it is, if it is somewhere

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-able data, in every language."""
        return {
            "code": self.code,
            "severity": self.severity,
            "message": {language: self.said.text(language) for language in LANGUAGES},
            "tiles": [list(tile) for tile in self.tiles],
        }


def findings_of(played: LevelMatches, figures: LevelStats) -> list[Finding]:
    """Return the findings about a level, the most serious first; there is always at least one."""
    rules_of: tuple[Callable[[LevelMatches, LevelStats], Iterator[Finding]], ...] = (
        _winning,
        _fairness,
        _course,
        _corners,
        _objects,
    )
    found = [finding for rule in rules_of for finding in rule(played, figures)]
    found.sort(key=lambda finding: _RANK[finding.severity])
    if not found or found[0].severity == NOTE:
        low, high = _percent(*figures.won.interval)
        told = say(SOUND, rate=_percent(figures.won.rate)[0], low=low, high=high, matches=figures.won.of)
        if figures.won.of >= FEWEST:
            found.insert(0, Finding(SOUND, NOTE, told))
    return found


def _percent(*shares: float) -> tuple[int, ...]:
    return tuple(round(100 * share) for share in shares)


def _winning(played: LevelMatches, figures: LevelStats) -> Iterator[Finding]:
    """Can it be won, and lost?"""
    won, matches = figures.won, figures.won.of
    low, high = won.interval
    ends = {"won": won.count, "matches": matches, "low": _percent(low)[0], "high": _percent(high)[0]}
    if matches < FEWEST:
        yield Finding("few_matches", NOTE, say("few_matches", matches=matches, least=FEWEST))
        return
    if figures.undecided.count == matches:
        yield Finding("no_end", ERROR, say("no_end", matches=matches))
    elif won.count == 0:
        yield Finding("nobody_wins", ERROR, say("nobody_wins", matches=matches))
    elif won.rate < TOO_HARD:
        yield Finding("hardly_won", ERROR if high < TOO_HARD else WARNING, say("hardly_won", **ends))
    elif won.rate > TOO_EASY:
        yield Finding("always_won", WARNING, say("always_won", **ends))
    if won.count:
        yield from _lost_difficulties(figures)


def _lost_difficulties(figures: LevelStats) -> Iterator[Finding]:
    """Name the difficulties at which nobody wins: a warning at the game's own and below, a note above it."""
    names = list(figures.by_difficulty)
    usual = names.index(DEFAULT_DIFFICULTY) if DEFAULT_DIFFICULTY in names else -1
    for place, (name, share) in enumerate(figures.by_difficulty.items()):
        if share.count == 0 and share.of >= FEWEST:
            high = _percent(share.interval[1])[0]
            said = say("lost_at", difficulty=say(name), matches=share.of, high=high)
            yield Finding("lost_at", WARNING if place <= usual else NOTE, said)


def _fairness(played: LevelMatches, figures: LevelStats) -> Iterator[Finding]:
    """Do equal players win as often from either ground?"""
    first = figures.first_side
    if first is None or first.of < FEWEST:
        return
    ahead = 0 if 2 * first.count >= first.of else 1
    share = first if ahead == 0 else Proportion(first.of - first.count, first.of)
    low, high = share.interval
    if low >= UNFAIR:
        code, severity = "unfair", ERROR
    elif low >= LEANING:
        code, severity = "leaning", WARNING
    elif low > HALF and share.rate >= LEANING:
        code, severity = "perhaps_leaning", WARNING
    else:
        return
    rate, least, most = _percent(share.rate, low, high)
    starts = tuple((spawn.x, spawn.y) for spawn in played.level.arena.spawns if spawn.team == ahead)
    said = say(code, side=ground_name(played, ahead), rate=rate, low=least, high=most, matches=share.of)
    yield Finding(code, severity, said, starts)


def ground_name(played: LevelMatches, team: int) -> Message:
    """Return the name of the ground of team 0 or 1."""
    x, y = next((spawn.x, spawn.y) for spawn in played.level.arena.spawns if spawn.team == team)
    return say("side_0" if team == 0 else "side_1", x=x, y=y)


def _course(_played: LevelMatches, figures: LevelStats) -> Iterator[Finding]:
    """Do matches end, and does something happen in them?"""
    matches = figures.won.of
    if matches >= FEWEST and RUN_OUT <= figures.stalemates.rate < 1:
        said = say("run_out", rate=_percent(figures.stalemates.rate)[0])
        yield Finding("run_out", WARNING, said)
    if matches >= FEWEST and figures.unhurt.rate >= NO_CONTACT:
        yield Finding("no_contact", WARNING, say("no_contact", rate=_percent(figures.unhurt.rate)[0]))
    elif figures.contact is not None and figures.contact >= LATE_CONTACT:
        said = say("late_contact", seconds=round(figures.contact), matches=matches)
        yield Finding("late_contact", NOTE, said)


def _corners(played: LevelMatches, _figures: LevelStats) -> Iterator[Finding]:
    """Which floor is of no use?"""
    level, entered = played.level, played.trace.entered
    for region in out_of_reach(level)[:MOST_PLACES]:
        x, y = region.first
        said = say("out_of_reach", tiles=region.size, x=x, y=y)
        yield Finding("out_of_reach", WARNING, said, region.tiles)
    if len(played.usual) < FEWEST:
        return
    matches = traced_matches(played)
    most = int(CORNER_SHARE * matches)
    corners = []
    for region in rarely_entered(level, entered, most):
        mouth = entrance_width(level, region)
        if region.size >= CORNER_TILES and mouth <= CORNER_MOUTH and region.size >= CORNER_DEPTH * mouth:
            corners.append(region)
    for region in corners[:MOST_PLACES]:
        x, y = region.first
        times = max(int(entered[row, column]) for column, row in region.tiles)
        code = "quiet_corner" if times else "dead_corner"
        filled = {"tiles": region.size, "x": x, "y": y, "matches": matches}
        yield Finding(
            code, WARNING, say(code, **filled, most=times) if times else say(code, **filled), region.tiles
        )
    yield from _unused_floor(played, {tile for region in corners for tile in region.tiles})


def _unused_floor(played: LevelMatches, told: set[Place]) -> Iterator[Finding]:
    level = played.level
    floor = int((floor_of(level) & reachable(level)).sum())
    unused = [region for region in rarely_entered(level, played.trace.entered, 0) if region.first not in told]
    tiles = [tile for region in unused for tile in region.tiles]
    if unused and len(tiles) >= UNUSED_FLOOR * floor:
        x, y = unused[0].first
        said = say("never_entered", tiles=len(tiles), rate=_percent(len(tiles) / floor)[0], x=x, y=y)
        yield Finding("never_entered", NOTE, said, tuple(tiles))


def _objects(played: LevelMatches, figures: LevelStats) -> Iterator[Finding]:
    """Which objects does nobody use?"""
    level, trace = played.level, played.trace
    if len(played.usual) < FEWEST:
        return
    for number, spot in enumerate(level.arena.pickups):
        if trace.pickups[number].sum() == 0:
            kind = say(rules.PICKUP_NAMES[spot.kind])
            said = say("pickup_unused", number=number + 1, kind=kind, x=spot.x, y=spot.y)
            yield Finding("pickup_unused", WARNING, said, ((spot.x, spot.y),))
    if level.objective == rules.COLLECT:
        for number, (x, y) in enumerate(level.arena.cells):
            if trace.homes[number].sum() == 0:
                said = say("cell_unused", number=number + 1, x=x, y=y)
                yield Finding("cell_unused", WARNING, said, ((x, y),))
    if level.objective == rules.DEFEND and figures.core_damage == 0:
        yield Finding("core_untouched", WARNING, say("core_untouched", matches=len(played.usual)))
