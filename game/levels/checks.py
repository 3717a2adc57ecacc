"""Is a level playable? Rules that no single layer or object can break alone.

Errors make a level unplayable; warnings say what its author surely did not mean. Reader, generator and tests
all ask here. Fairness is the author's choice (`game.levels.symmetry` tells).
"""

from collections.abc import Iterable
from typing import Final

from game import rules
from game.levels.model import FACING_NAMES, PORTAL_PAIRS
from game.levels.problems import Findings, Problem
from game.levels.reach import STANDING, Ground, Place
from game.sim.arena import Arena

LAYER: Final = "arena"  # how messages call the tiles of a level
NEAR_STARTS: Final = 4  # tiles between starts of enemies that draw a warning
TIME_LIMITS: Final = range(10 * rules.TICKS_PER_SECOND, 600 * rules.TICKS_PER_SECOND + 1)  # ticks
GOALS: Final = {rules.DEFEND: range(1, 21), rules.COLLECT: range(1, 51)}
CORE_HPS: Final = range(1, 101)
TEAMS_OF: Final = {  # teams that may take part
    rules.ELIMINATE: range(rules.MAX_TEAMS),
    rules.DEFEND: range(2),
    rules.COLLECT: range(rules.MAX_TEAMS),
    rules.SURVIVE: range(2),
}


def check_arena(arena: Arena, file: str | None = None) -> tuple[Problem, ...]:
    """Return all that is wrong with an arena as a game: errors, then warnings; empty when it is fine.

    `file` names the level in the messages (the arena's name when left out).
    """
    findings = Findings(file or arena.name)
    height, width = arena.tiles.shape
    for side, found in (("width", width), ("height", height)):
        if not rules.MIN_SIDE <= found <= rules.MAX_SIDE:
            findings.add("E014", side, low=rules.MIN_SIDE, high=rules.MAX_SIDE, unit=" tiles", found=found)
    if findings.errors:
        return findings.problems()
    _check_numbers(arena, findings)
    _check_portals(arena, findings)
    _check_starts(arena, findings)
    _check_things(arena, findings)
    _check_objective(arena, findings)
    if not findings.errors:
        _check_ways(arena, findings)
    return findings.problems()


def where_tile(place: Place) -> str:
    """Return how messages name a tile."""
    return f"{LAYER} ({place[0]},{place[1]})"


def _check_numbers(arena: Arena, findings: Findings) -> None:
    if arena.time_limit not in TIME_LIMITS:
        tps = rules.TICKS_PER_SECOND
        findings.add(
            "E014",
            "time_limit",
            low=TIME_LIMITS[0] // tps,
            high=TIME_LIMITS[-1] // tps,
            unit=" seconds",
            found=arena.time_limit // tps,
        )
    goals = GOALS.get(arena.objective)
    if goals and arena.goal not in goals:
        unit = " waves" if arena.objective == rules.DEFEND else " cells"
        findings.add("E014", "goal", low=goals[0], high=goals[-1], unit=unit, found=arena.goal)
    if arena.core_hp not in CORE_HPS:
        findings.add(
            "E014", "core_hp", low=CORE_HPS[0], high=CORE_HPS[-1], unit=" hit points", found=arena.core_hp
        )
    for what, found, limit in (
        ("starts", len(arena.spawns), rules.MAX_SEATS),
        ("pick-ups", len(arena.pickups), rules.MAX_PICKUPS),
        ("energy cells", len(arena.cells), rules.MAX_CELLS),
        ("pairs of portals", len(arena.portals), len(PORTAL_PAIRS)),
    ):
        if found > limit:
            findings.add("E016", "objects", limit=limit, what=what, found=found)


def _check_portals(arena: Arena, findings: Findings) -> None:
    ends = [end for pair in arena.portals for end in pair]
    for y, x in zip(*(arena.tiles == rules.PORTAL).nonzero(), strict=True):
        if ends.count((int(x), int(y))) != 1:
            findings.add("E043", where_tile((int(x), int(y))), pair="of one pair", found=1)
    for x, y in ends:
        if not _inside(arena, (x, y)) or arena.tiles[y, x] != rules.PORTAL:
            findings.add("E043", where_tile((x, y)), pair="of one pair", found="no portal tile")


def _inside(arena: Arena, place: Place) -> bool:
    height, width = arena.tiles.shape
    return bool(0 <= place[0] < width and 0 <= place[1] < height)


def _check_on_floor(arena: Arena, place: Place, what: str, findings: Findings) -> bool:
    if not _inside(arena, place):
        findings.add("E031", what, x=place[0], y=place[1])
        return False
    tile = int(arena.tiles[place[1], place[0]])
    if tile not in STANDING or tile == rules.PORTAL:
        findings.add("E040", where_tile(place), what=what, found=rules.TILES[tile].name)
        return False
    return True


def _check_starts(arena: Arena, findings: Findings) -> None:
    seen: set[Place] = set()
    allowed = TEAMS_OF[arena.objective]
    for spawn in arena.spawns:
        place = (spawn.x, spawn.y)
        _check_on_floor(arena, place, "start", findings)
        if place in seen:
            findings.add("E041", where_tile(place))
        seen.add(place)
        if spawn.team not in allowed:
            findings.add(
                "E048",
                where_tile(place),
                team=spawn.team,
                objective=rules.OBJECTIVE_NAMES[arena.objective],
                expected=f"{allowed[0]} to {allowed[-1]}",
            )
        if not 0 <= spawn.tank_class < rules.N_CLASSES:
            names = ", ".join(row.name for row in rules.TANK_CLASSES)
            findings.add("E015", where_tile(place), expected=names, found=spawn.tank_class, hint="")
        if not 1 <= spawn.facing < rules.N_MOVES:
            findings.add(
                "E015", where_tile(place), expected=", ".join(FACING_NAMES), found=spawn.facing, hint=""
            )
    teams = [spawn.team for spawn in arena.spawns]
    for team in (0, 1):
        if team not in teams:
            findings.add("E042", team=team)
    if arena.objective in (rules.ELIMINATE, rules.COLLECT) and 0 < teams.count(0) != teams.count(1) > 0:
        findings.add("W105", own=teams.count(0), enemy=teams.count(1))
    for n, one in enumerate(arena.spawns):
        for other in arena.spawns[n + 1 :]:
            apart = max(abs(one.x - other.x), abs(one.y - other.y))
            if one.team != other.team and 0 < apart < NEAR_STARTS:
                findings.add("W107", where_tile((one.x, one.y)), found=apart)


def _check_things(arena: Arena, findings: Findings) -> None:
    things: list[tuple[str, Place]] = [("pick-up", (p.x, p.y)) for p in arena.pickups]
    things += [("energy cell", cell) for cell in arena.cells]
    seen: set[tuple[str, Place]] = set()
    for what, place in things:
        _check_on_floor(arena, place, what, findings)
        if (what, place) in seen:
            findings.add("E049", where_tile(place), what=f"{what}s")
        seen.add((what, place))
    for pickup in arena.pickups:
        if not 0 <= pickup.kind < len(rules.PICKUP_NAMES):
            expected = ", ".join(rules.PICKUP_NAMES)
            findings.add(
                "E015", where_tile((pickup.x, pickup.y)), expected=expected, found=pickup.kind, hint=""
            )


def _check_objective(arena: Arena, findings: Findings) -> None:
    name = rules.OBJECTIVE_NAMES[arena.objective]
    teams = sorted({spawn.team for spawn in arena.spawns if 0 <= spawn.team < rules.MAX_TEAMS})
    cores = int((arena.tiles == rules.CORE).sum())
    if arena.objective == rules.DEFEND:
        if cores != 1:
            findings.add("E044", found=cores)
    elif cores:
        findings.add("W104", what="the core", objective=name)
    homes = {team for team in range(rules.MAX_TEAMS) if (arena.tiles == rules.HOME + team).any()}
    if arena.objective == rules.COLLECT:
        for team in teams:
            if team not in homes:
                findings.add("E045", team=team)
        if not arena.cells:
            findings.add("E046")
        for team in sorted(homes.difference(teams)):
            findings.add("W104", what=f"the home of team {team}, which has no start", objective=name)
    else:
        if homes:
            findings.add("W104", what="a home tile", objective=name)
        if arena.cells:
            findings.add("W104", what="an energy cell", objective=name)


def _check_ways(arena: Arena, findings: Findings) -> None:
    """Check that every seat reaches its objective and its enemies; needs an arena without other errors."""
    ground = Ground.of(arena)
    first = arena.spawns[0]
    area = ground.reached((first.x, first.y))

    def need(places: Iterable[Place], what: str) -> None:
        for place in places:
            if not ground.bit(place) & area:
                findings.add("E047", where_tile(place), what=what)

    need(((s.x, s.y) for s in arena.spawns), f"the start at ({first.x},{first.y})")
    if arena.objective == rules.COLLECT:
        need(arena.cells, "the starts")
        rows = arena.tiles.tolist()
        for team in sorted({spawn.team for spawn in arena.spawns}):
            homes = [
                (x, y) for y, row in enumerate(rows) for x, t in enumerate(row) if t == rules.HOME + team
            ]
            if not any(ground.bit(home) & area for home in homes):
                findings.add("E047", where_tile(homes[0]), what="the starts")
    if arena.objective == rules.DEFEND:
        y, x = (int(axis[0]) for axis in (arena.tiles == rules.CORE).nonzero())
        if not ground.beside((x, y)) & area:
            findings.add("E047", where_tile((x, y)), what="the starts")
    for pickup in arena.pickups:
        if not ground.bit((pickup.x, pickup.y)) & area:
            findings.add("W106", where_tile((pickup.x, pickup.y)), what="pick-up")
    lost = ground.places(ground.open & ~area)
    if lost:
        findings.add("W103", where_tile(lost[0]), count=len(lost))
