"""The middle steps of `repair`: objects of the objective that are missing or too many."""

from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.measures import arena_distances
from game.core.levels.problems import say
from game.core.levels.reach import Place
from game.core.levels.repair_things import ThingRepairer
from game.core.levels.symmetry import facing_towards
from game.core.sim.arena import Spawn

_PER_BLOCKED: Final = 2.0  # extra tiles of distance from the defenders that are accepted for one more open tile next to the core


class ObjectiveRepairer(ThingRepairer):
    """Adds starts, a core, homes and energy cells."""

    def starts(self) -> None:
        """Give teams 0 and 1 starts: images of the other team's, otherwise as far from it as possible."""
        board = self.board
        if "E042" in self.doubted:
            return
        for team in (0, 1):
            mine = [spawn for spawn in board.spawns if spawn.team == team]
            others = [spawn for spawn in board.spawns if spawn.team == 1 - team]
            if mine:
                continue
            why = say("E042", team=team, hidden="")
            images = [self.guide.start(each) for each in others] if self.guide.has_tiles else []
            even = self.objective in (rules.ELIMINATE, rules.COLLECT)
            wanted = min(max(len(others), 1) if even else 1, rules.MAX_SEATS - len(board.spawns))
            for image in images[:wanted]:
                if board.is_free((image.x, image.y)):
                    board.add_start(image, "E042", why)
                    wanted -= 1
            for _ in range(wanted):
                place = self._far_from(others)
                if place is not None:
                    board.add_start(Spawn(*place, team, facing=self._facing(place)), "E042", why)

    def _far_from(self, others: list[Spawn]) -> Place | None:
        board = self.board
        free = board.free_places(self.main_area() or None) or board.free_places()
        starts = [(spawn.x, spawn.y) for spawn in others if board.inside((spawn.x, spawn.y))]
        if not starts and free:
            starts = [board.nearest((board.tiles.shape[1] // 2, board.tiles.shape[0] // 2), free) or free[0]]
        ways = arena_distances(board.arena, starts)
        reached = [place for place in free if ways[place[1], place[0]] < 99] or free
        return max(reached, key=lambda place: (ways[place[1], place[0]], -place[1], -place[0]), default=None)

    def _facing(self, place: Place) -> int:
        height, width = self.board.tiles.shape
        return facing_towards(place, (width // 2, height // 2))

    def twins(self) -> None:
        """Add a missing start if all other starts have their image; a generated level has none missing."""
        board, guide = self.board, self.guide
        teams = [spawn.team for spawn in board.spawns]
        if board.level.family or not guide.has_things or teams.count(0) == teams.count(1):
            return
        held = {(spawn.x, spawn.y, spawn.team) for spawn in board.spawns}
        lone = [guide.start(spawn) for spawn in board.spawns if spawn.team < 2]
        lone = [spawn for spawn in lone if (spawn.x, spawn.y, spawn.team) not in held]
        if len(lone) != abs(teams.count(0) - teams.count(1)):
            return
        if "W105" in self.doubted:
            self.left_alone.add("W105")
            return
        why = say("W105", own=teams.count(0), enemy=teams.count(1))
        for spawn in lone:
            if board.is_free((spawn.x, spawn.y)):
                board.add_start(spawn, "W105", why)

    def core(self) -> None:
        """Leave one core in `defend`: the one on the axis, or the nearest to the defenders; a new one is placed near them."""
        if self.objective != rules.DEFEND:
            return
        board = self.board
        cores = [(int(x), int(y)) for y, x in np.argwhere(board.tiles == rules.CORE)]
        why = say("E044", found=len(cores), hidden="")
        own = [
            (spawn.x, spawn.y)
            for spawn in board.spawns
            if spawn.team == 0 and board.inside((spawn.x, spawn.y))
        ]
        if len(cores) > 1:
            ways = arena_distances(board.arena, own)

            def rank(place: Place) -> tuple[bool, bool, float]:
                axis = self.guide.has_tiles and self.guide.image(place) == place
                near = min((float(ways[y, x]) for x, y in board.neighbours(place)), default=99.0)
                return place not in board.pins, not axis, near

            for place in sorted(cores, key=rank)[1:]:
                board.set_tile(place, self.ground_of(place), "E044", why)
        elif not cores and "E044" not in self.doubted:
            found = self._core_place(own)
            if found is not None:
                board.set_tile(found, rules.CORE, "E044", why)

    def _core_place(self, own: list[Place]) -> Place | None:
        """Return the free tile near the defenders with open tiles around it, far from the attackers, that blocks no path."""
        board = self.board
        enemies = [(spawn.x, spawn.y) for spawn in board.spawns if spawn.team != 0]
        enemies = [place for place in enemies if board.inside(place)]
        if not own and not enemies:
            return None
        near, far = arena_distances(board.arena, own), arena_distances(board.arena, enemies)
        free = [
            place for place in board.free_places(self.main_area() or None) if near[place[1], place[0]] >= 2
        ]

        def rank(place: Place) -> tuple[bool, bool, float, float, int, int]:
            x, y = place
            off = not self.guide.has_tiles or self.guide.image(place) != place
            from_own, from_enemies = float(near[y, x]), float(far[y, x])
            theirs = from_own >= from_enemies
            return theirs, off, from_own + _PER_BLOCKED * self._blocked_around(place), -from_enemies, y, x

        for place in sorted(free, key=rank):
            ground, area = board.ground(), self.main_area()
            ground.open &= ~ground.bit(place)
            if area and ground.reachable([*own, *enemies][0]).bit_count() == area.bit_count() - 1:
                return place
        return None

    def _blocked_around(self, place: Place) -> int:
        """Return how many of the eight tiles around a tile are blocked; tiles outside the map count."""
        x, y = place
        return sum(not self.board.can_stand((x + dx, y + dy)) for dx in (-1, 0, 1) for dy in (-1, 0, 1))

    def homes(self) -> None:
        """Give each team a home in `collect`: the image of the other team's, otherwise next to its start."""
        board = self.board
        if self.objective != rules.COLLECT or "E045" in self.doubted:
            return
        for team in sorted({spawn.team for spawn in board.spawns}):
            if (board.tiles == rules.HOME + team).any():
                continue
            why = say("E045", team=team)
            other = (
                [(int(x), int(y)) for y, x in np.argwhere(board.tiles == rules.HOME + 1 - team)]
                if team < 2
                else []
            )
            images = [self.guide.image(place) for place in other] if self.guide.has_tiles else []
            images = [place for place in images if board.can_stand(place) and place not in board.pins]
            start = next((spawn.x, spawn.y) for spawn in board.spawns if spawn.team == team)
            area = board.ground().reachable(start) if board.inside(start) else 0
            nearest = board.nearest(start, board.free_places(area or None))
            for place in images or ([nearest] if nearest else []):
                board.set_tile(place, rules.HOME + team, "E045", why)

    def energy(self) -> None:
        """Add a cell in `collect`, equally far from both homes; a pair if the level is symmetric."""
        board = self.board
        if self.objective != rules.COLLECT or board.cells or "E046" in self.doubted:
            return
        ways = [
            arena_distances(
                board.arena, [(int(x), int(y)) for y, x in np.argwhere(board.tiles == rules.HOME + team)]
            )
            for team in (0, 1)
        ]

        def rank(place: Place) -> tuple[float, float, int, int]:
            one, other = (float(table[place[1], place[0]]) for table in ways)
            return abs(one - other), one + other, place[1], place[0]

        free = board.free_places(self.main_area() or None)
        place = min(free, key=rank, default=None)
        if place is not None:
            board.add_cell(place, "E046", say("E046", hidden=""))
            twin = self.guide.image(place)
            if self.guide.has_things and twin != place and board.is_free(twin):
                board.add_cell(twin, "E046", say("E046", hidden=""))
