"""Checks whether a level is playable: rules about the level as a whole.

Errors make a level unplayable; warnings are probable mistakes of its author. Reader, generator and tests
all use these checks. Fairness is the author's choice (see `game.core.levels.symmetry`).
"""

from typing import Final

from game.core import rules
from game.core.levels.model import FACING_NAMES, PORTAL_PAIRS
from game.core.levels.problems import Findings, Location, Problem, say, tile_words
from game.core.levels.reach import STANDING, Ground, Place
from game.core.sim.arena import Arena

LAYER: Final = "arena"  # name of the tiles of a level in messages
NEW_LAYER: Final = "objects"  # layer to which objects are added if a map has no object layer
NEAR_STARTS: Final = 4  # tiles between starts of enemies that cause a warning
TIME_LIMITS: Final = range(10 * rules.TICKS_PER_SECOND, 600 * rules.TICKS_PER_SECOND + 1)  # ticks
GOALS: Final = {rules.DEFEND: range(1, 21), rules.COLLECT: range(1, 51)}
CORE_HPS: Final = range(1, 101)
TEAMS_OF: Final = {  # teams that may take part
    rules.ELIMINATE: range(rules.MAX_TEAMS),
    rules.DEFEND: range(2),
    rules.COLLECT: range(rules.MAX_TEAMS),
    rules.SURVIVE: range(2),
}


class ArenaNames:
    """Names for messages of the objects of an arena that was not read from a file: their tiles."""

    reported: frozenset[Place] = frozenset()  # portals whose problem has been reported
    added: Location = Location(NEW_LAYER, NEW_LAYER)  # the layer to which a new object is added

    def shown(self, place: Place) -> Place:
        """The coordinates of a tile in messages."""
        return place

    def tile(self, place: Place) -> Location:
        """A tile."""
        x, y = self.shown(place)
        return Location(f"{LAYER} ({x},{y})", LAYER, x=x, y=y)

    def layer(self, place: Place) -> str:
        """The layer that a tile came from, empty if not known."""
        return ""

    def start(self, number: int, place: Place) -> Location:
        """A start by its seat."""
        return self.tile(place)

    def pickup(self, number: int, place: Place) -> Location:
        """A pick-up by its number."""
        return self.tile(place)

    def cell(self, number: int, place: Place) -> Location:
        """An energy cell by its number."""
        return self.tile(place)


def check_arena(
    arena: Arena, file: str | None = None, names: ArenaNames | None = None, *, whole: bool = True
) -> tuple[Problem, ...]:
    """Return all problems of an arena: errors, then warnings; empty if there are none.

    `file` names the level in the messages (default: the arena's name), `names` the objects in it. `whole` is false for a
    level from a file with errors: problems of its size were already reported, and what is reachable is not known.
    """
    check = _Check(arena, Findings(file or arena.name), names or ArenaNames())
    if whole:
        check.size()
    check.numbers()
    check.portals()
    check.starts()
    check.things()
    check.objective()
    if whole and not check.findings.errors:
        check.ways()
    return check.findings.problems()


class _Check:
    """The checks of one arena, one method per subject."""

    def __init__(self, arena: Arena, findings: Findings, names: ArenaNames) -> None:
        self.arena = arena
        self.findings = findings
        self.names = names

    def size(self) -> None:
        """The sides of the map."""
        height, width = self.arena.tiles.shape
        low, high = rules.MIN_SIDE, rules.MAX_SIDE
        for side, found in (("width", width), ("height", height)):
            if not low <= found <= high:
                self.findings.add("E014", side, low=low, high=high, unit=say("in_tiles"), found=found)

    def numbers(self) -> None:
        """Time limit, goal, the core's hit points, and the numbers of objects."""
        arena, findings = self.arena, self.findings

        def bounded(what: str, found: int, allowed: range, unit: str, scale: int = 1) -> None:
            if found not in allowed:
                low, high = allowed[0] // scale, allowed[-1] // scale
                findings.add("E014", what, low=low, high=high, unit=say(unit), found=found // scale)

        bounded("time_limit", arena.time_limit, TIME_LIMITS, "in_seconds", rules.TICKS_PER_SECOND)
        if arena.objective in GOALS:
            unit = "in_waves" if arena.objective == rules.DEFEND else "in_cells"
            bounded("goal", arena.goal, GOALS[arena.objective], unit)
        bounded("core_hp", arena.core_hp, CORE_HPS, "in_hit_points")
        for what, found, limit in (
            ("starts", len(arena.spawns), rules.MAX_SEATS),
            ("pickups", len(arena.pickups), rules.MAX_PICKUPS),
            ("cells", len(arena.cells), rules.MAX_CELLS),
            ("portal_pairs", len(arena.portals), len(PORTAL_PAIRS)),
        ):
            if found > limit:
                findings.add("E016", "objects", limit=limit, what=say(what), found=found)

    def portals(self) -> None:
        """Each portal tile belongs to exactly one pair."""
        arena, names = self.arena, self.names
        ends = [end for pair in arena.portals for end in pair]
        for y, x in zip(*(arena.tiles == rules.PORTAL).nonzero(), strict=True):
            place = int(x), int(y)
            if ends.count(place) != 1 and place not in names.reported:
                self.findings.add("E043", names.tile(place), pair=say("one_pair"), found=1)
        for x, y in ends:
            if not self._inside((x, y)) or arena.tiles[y, x] != rules.PORTAL:
                self.findings.add("E043", names.tile((x, y)), pair=say("one_pair"), found=say("no_portal"))

    def starts(self) -> None:
        """Starts are on floor, not too near to each other, and of teams that take part."""
        arena, findings = self.arena, self.findings
        seen: set[Place] = set()
        allowed = TEAMS_OF[arena.objective]
        for seat, spawn in enumerate(arena.spawns):
            place = (spawn.x, spawn.y)
            where = self.names.start(seat, place)
            self._on_floor(place, where, "a_start")
            if place in seen:
                findings.add("E041", where)
            seen.add(place)
            if spawn.team not in allowed:
                objective, expected = rules.OBJECTIVE_NAMES[arena.objective], f"{allowed[0]}–{allowed[-1]}"
                findings.add("E048", where, team=spawn.team, objective=objective, expected=expected)
            if not 0 <= spawn.tank_class < rules.N_CLASSES:
                known = ", ".join(row.name for row in rules.TANK_CLASSES)
                findings.add("E015", where, expected=known, found=spawn.tank_class, hint="")
            if not 1 <= spawn.facing < rules.N_MOVES:
                findings.add("E015", where, expected=", ".join(FACING_NAMES), found=spawn.facing, hint="")
        teams = [spawn.team for spawn in arena.spawns]
        for team in (0, 1):
            if team not in teams:
                findings.add("E042", team=team, hidden="")
        if arena.objective in (rules.ELIMINATE, rules.COLLECT) and 0 < teams.count(0) != teams.count(1) > 0:
            findings.add("W105", own=teams.count(0), enemy=teams.count(1))
        for seat, one in enumerate(arena.spawns):
            for other in arena.spawns[seat + 1 :]:
                apart = max(abs(one.x - other.x), abs(one.y - other.y))
                if one.team != other.team and 0 < apart < NEAR_STARTS:
                    findings.add("W107", self.names.start(seat, (one.x, one.y)), found=apart)

    def things(self) -> None:
        """Pick-ups and energy cells are on floor, at most one of each kind per tile."""
        arena, names = self.arena, self.names
        things = [
            ("a_pickup", "pickups", (spot.x, spot.y), names.pickup(number, (spot.x, spot.y)))
            for number, spot in enumerate(arena.pickups)
        ]
        things += [
            ("a_cell", "cells", cell, names.cell(number, cell)) for number, cell in enumerate(arena.cells)
        ]
        seen: set[tuple[str, Place]] = set()
        for one, many, place, where in things:
            self._on_floor(place, where, one)
            if (many, place) in seen:
                self.findings.add("E049", where, what=say(many))
            seen.add((many, place))
        for number, spot in enumerate(arena.pickups):
            if not 0 <= spot.kind < len(rules.PICKUP_NAMES):
                where, expected = names.pickup(number, (spot.x, spot.y)), ", ".join(rules.PICKUP_NAMES)
                self.findings.add("E015", where, expected=expected, found=spot.kind, hint="")

    def objective(self) -> None:
        """The objects that the objective needs exist; unused ones cause a warning."""
        arena, findings = self.arena, self.findings
        name = rules.OBJECTIVE_NAMES[arena.objective]
        teams = sorted({spawn.team for spawn in arena.spawns if 0 <= spawn.team < rules.MAX_TEAMS})
        cores = [(int(x), int(y)) for y, x in zip(*(arena.tiles == rules.CORE).nonzero(), strict=True)]
        if arena.objective == rules.DEFEND:
            if len(cores) != 1:
                findings.add("E044", self.names.tile(cores[1]) if cores else "", found=len(cores), hidden="")
        elif cores:
            findings.add("W104", self.names.tile(cores[0]), what=say("the_core"), objective=name)
        homes = {team for team in range(rules.MAX_TEAMS) if (arena.tiles == rules.HOME + team).any()}
        if arena.objective == rules.COLLECT:
            for team in teams:
                if team not in homes:
                    findings.add("E045", team=team)
            if not arena.cells:
                findings.add("E046", hidden="")
            for team in sorted(homes.difference(teams)):
                findings.add("W104", what=say("home_without_start", team=team), objective=name)
        else:
            if homes:
                findings.add("W104", what=say("a_home"), objective=name)
            if arena.cells:
                findings.add("W104", self.names.cell(0, arena.cells[0]), what=say("a_cell"), objective=name)

    def ways(self) -> None:
        """Every seat reaches its objective and its enemies; needs an arena without other errors.

        Pick-ups and floor inside a closed area that was already reported are not reported again.
        """
        arena, names, findings = self.arena, self.names, self.findings
        ground = Ground.of(arena)
        area = ground.largest_area([(spawn.x, spawn.y) for spawn in arena.spawns])
        reported = 0  # closed areas that were already reported
        first = next(spawn for spawn in arena.spawns if ground.bit((spawn.x, spawn.y)) & area)
        shown = names.shown((first.x, first.y))
        at_first = say("start_at", x=shown[0], y=shown[1])

        def need(place: Place, where: Location, what: str) -> None:
            nonlocal reported
            if not ground.bit(place) & area:
                findings.add("E047", where, what=what)
                reported |= ground.reachable(place)

        for seat, spawn in enumerate(arena.spawns):
            place = spawn.x, spawn.y
            need(place, names.start(seat, place), at_first)
        if arena.objective == rules.COLLECT:
            for number, cell in enumerate(arena.cells):
                need(cell, names.cell(number, cell), say("the_starts"))
            for team in sorted({spawn.team for spawn in arena.spawns}):
                rows, columns = (arena.tiles == rules.HOME + team).nonzero()
                homes = [(int(x), int(y)) for y, x in zip(rows, columns, strict=True)]
                if not any(ground.bit(home) & area for home in homes):
                    findings.add("E047", names.tile(homes[0]), what=say("the_starts"))
                    reported |= ground.reachable(homes[0])
        if arena.objective == rules.DEFEND:
            y, x = (int(axis[0]) for axis in (arena.tiles == rules.CORE).nonzero())
            if not ground.open_neighbours((x, y)) & area:
                findings.add("E047", names.tile((x, y)), what=say("the_starts"))
        for number, spot in enumerate(arena.pickups):
            place = spot.x, spot.y
            if not ground.bit(place) & (area | reported):
                findings.add("W106", names.pickup(number, place), what=say("pickup"))
        lost = ground.places(ground.open & ~(area | reported))
        if lost:
            findings.add("W103", names.tile(lost[0]), count=len(lost))

    def _inside(self, place: Place) -> bool:
        height, width = self.arena.tiles.shape
        return bool(0 <= place[0] < width and 0 <= place[1] < height)

    def _on_floor(self, place: Place, where: Location, what: str) -> None:
        if not self._inside(place):
            x, y = self.names.shown(place)
            self.findings.add("E031", where, x=x, y=y, moved="")
            return
        tile = int(self.arena.tiles[place[1], place[0]])
        if tile not in STANDING or tile == rules.PORTAL:
            layer, found = self.names.layer(place), tile_words(tile)
            self.findings.add("E040", where, what=say(what), found=found, of_layer=layer)
