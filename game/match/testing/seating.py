"""Who plays the matches of a level's test: the game's usual matches with many players, and even ones for fairness.

Usual: a player sits in the person's seat, against the mixed squad of a difficulty. The players are the panel that grades
levels, and brains of the user's. Players and difficulties take turns, so that each pair of them plays as often as any other.
Even: where both sides have the same part, the same players take both. Every pair of them plays from both sides, and on the
level with its teams exchanged too: who comes first within a tick is no matter of the level and must not count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from game.core import rules
from game.core.levels.model import Level
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from game.match.grading.panel_matches import panel_policies
from game.match.npc import SeatPolicy
from game.match.simulation import MatchJob, usual_seats
from game.match.squads import squad_of
from game.match.strengths import strength_of

BOT: Final = "bot"
BRAIN: Final = "brain"
USUAL: Final = "usual"
EVEN: Final = "even"
EVEN_BOTS: Final = ("chaser", "marksman")
EVEN_DELAYS: Final = (8, 11, 14, 17, 20)  # in turn, or two bots would play much the same match each time
EVEN_PART: Final = 2  # one even match for so many usual ones
MOST_MATCHES: Final = 100_000  # of a level
_SYMMETRIC: Final = frozenset(
    {rules.ELIMINATE, rules.COLLECT}
)  # objectives in which every team has the same part


class PanelPlayer(NamedTuple):
    """The player in the person's seat."""

    name: str  # of the bot or brain
    kind: str  # BOT or BRAIN
    own: bool  # named by the user
    policy: SeatPolicy


class PlannedMatch(NamedTuple):
    """The role of one match in the test."""

    part: str  # USUAL or EVEN
    player: int  # index of the players; of an even match -1
    difficulty: str  # of an even match empty
    exchanged: bool = False  # an even match on `exchange_teams(level)`


class LevelTestPlan(NamedTuple):
    """The matches of one level."""

    players: tuple[PanelPlayer, ...]
    jobs: tuple[MatchJob, ...]
    sittings: tuple[PlannedMatch, ...]  # of each job


def panel_players(library: BrainLibrary, brains: Sequence[str] = ()) -> tuple[PanelPlayer, ...]:
    """Return the players of the person's seat: the panel, then `brains` (names or paths), at the default difficulty.

    Raises ValueError for a brain that cannot play.
    """
    found = [(policy.brain, False, policy) for policy in panel_policies(library)]
    for name in dict.fromkeys(brains):
        error = library.find(name).error
        if error:
            raise ValueError(f"brain {name!r}: {error}")
        found.append((name, True, SeatPolicy(name, *strength_of(library, name, DEFAULT_DIFFICULTY))))
    entries = [(library.find(name), own, policy) for name, own, policy in found]
    return tuple(
        PanelPlayer(entry.name, BOT if entry.path is None else BRAIN, own, policy)
        for entry, own, policy in entries
    )


def has_even_sides(level: Level) -> bool:
    """Whether two teams of equally many tanks have the same task: only then is it a fault if one of them wins more."""
    teams = [spawn.team for spawn in level.arena.spawns]
    return level.objective in _SYMMETRIC and set(teams) == {0, 1} and teams.count(0) == teams.count(1)


def plan_matches(
    level: Level,
    matches: int,
    seed: int,
    library: BrainLibrary,
    *,
    brains: Sequence[str] = (),
    difficulties: Sequence[str] = DIFFICULTY_IDS,
) -> LevelTestPlan:
    """Return the matches of a level: `matches` usual ones, and half as many even ones where its sides are equal.

    Raises ValueError for a number out of range, an unknown difficulty or a brain that cannot play.
    """
    if not 1 <= matches <= MOST_MATCHES:
        raise ValueError(f"matches: expected 1 to {MOST_MATCHES}, found {matches}")
    players = panel_players(library, brains)
    seated = {
        (number, difficulty): usual_seats(level, player.policy, difficulty, library)
        for number, player in enumerate(players)
        for difficulty in difficulties
    }
    jobs, sittings = [], []
    for number in range(matches):
        player = number % len(players)
        difficulty = difficulties[(number // len(players) + player) % len(difficulties)]
        jobs.append(MatchJob(level, (seed << 20) + number, seated[player, difficulty]))
        sittings.append(PlannedMatch(USUAL, player, difficulty))
    if has_even_sides(level):
        for number, (job, sitting) in enumerate(even_matches(level, -(-matches // EVEN_PART), library)):
            jobs.append(replace(job, seed=(seed << 20) + matches + number))
            sittings.append(sitting)
    return LevelTestPlan(players, tuple(jobs), tuple(sittings))


def exchange_teams(level: Level) -> Level:
    """Return the level with teams 0 and 1 exchanged: starts, seats and home tiles."""
    order = list(range(len(level.roster)))
    for zero, one in zip(level.team_seats(0), level.team_seats(1), strict=True):
        order[zero], order[one] = one, zero
    spawns = [level.arena.spawns[seat] for seat in order]
    tiles = level.arena.tiles.copy()
    for team in (0, 1):
        tiles[level.arena.tiles == rules.HOME + team] = rules.HOME + 1 - team
    arena = replace(
        level.arena, tiles=tiles, spawns=tuple(replace(spawn, team=1 - spawn.team) for spawn in spawns)
    )
    return replace(level, arena=arena, roster=tuple(level.roster[seat] for seat in order))


def even_matches(level: Level, count: int, library: BrainLibrary) -> Iterator[tuple[MatchJob, PlannedMatch]]:
    """Yield so many even matches, all with seed 0: pairs of players in both orders, on both levels, at each delay in turn."""
    squad = squad_of(library, level.objective_name, DEFAULT_DIFFICULTY)
    strength = strength_of(library, squad[0], DEFAULT_DIFFICULTY)
    names = (*EVEN_BOTS, squad[0])
    pairs = [(zero, one) for zero in names for one in names]
    turned = exchange_teams(level)
    for number in range(count):
        zero, one = pairs[number // 2 % len(pairs)]
        delay = EVEN_DELAYS[number // 2 // len(pairs) % len(EVEN_DELAYS)]
        ground = turned if number % 2 else level
        policies = {
            name: SeatPolicy(name, *strength) if name == squad[0] else SeatPolicy(name, delay)
            for name in names
        }
        # On the exchanged level the same player stands on the same ground, under the other number
        by_team = (policies[one], policies[zero]) if number % 2 else (policies[zero], policies[one])
        seats = tuple(by_team[spawn.team] for spawn in ground.arena.spawns)
        yield MatchJob(ground, 0, seats), PlannedMatch(EVEN, -1, "", bool(number % 2))
