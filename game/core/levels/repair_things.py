"""The first steps of `repair`: portals, and starts, pick-ups and cells on tiles where they cannot be."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from game.core import rules
from game.core.levels.board import CELL, PICKUP, START, Board, LevelChange, SymmetryGuide
from game.core.levels.checks import NEAR_STARTS, TEAMS_OF, ArenaNames
from game.core.levels.problems import say, tile_words
from game.core.levels.reach import PASSABLE, STANDING, Place
from game.core.sim.arena import Spawn
from safefiles.messages import Message

KINDS: Final = ((START, "a_start"), (PICKUP, "a_pickup"), (CELL, "a_cell"))
_MANY: Final = {START: "starts", PICKUP: "pickups", CELL: "cells"}


class ThingRepairer:
    """Repairs portals and objects on tiles where they cannot be."""

    def __init__(
        self,
        board: Board,
        letters: Mapping[Place, str],
        names: ArenaNames,
        *,
        guided: bool,
        doubted: Collection[str] = (),
    ) -> None:
        self.doubted = frozenset(doubted)  # codes of objects that may not be missing
        self.left_alone: set[str] = set()  # those of them that would have been repaired
        self.board = board
        self.names = names
        self.letters = letters
        self.guide = SymmetryGuide(board.arena)
        if not guided:
            self.guide.has_tiles = self.guide.has_things = False
        self.objective = board.level.objective

    # Portals

    def portals(self) -> None:
        """Put each letter on two tiles: add the image of a single end, or remove it; of three ends remove one."""
        if "E043" in self.doubted:
            return
        board, by_letter = self.board, dict[str, list[Place]]()
        for y, x in np.argwhere(board.tiles == rules.PORTAL):
            place = int(x), int(y)
            by_letter.setdefault(self.letters.get(place, ""), []).append(place)
        for letter, ends in sorted(by_letter.items()):
            if len(ends) == 2 or not letter:
                continue
            why = say("E043", pair=letter, found=len(ends))
            if len(ends) == 1:
                twin = self.guide.image(ends[0])
                if self.guide.has_tiles and twin != ends[0] and board.is_free(twin):
                    board.set_tile(twin, rules.PORTAL, "E043", why, letter)
                    board.portals.append((ends[0], twin))
                    continue
            kept = self._pair(ends)
            for end in ends:
                if end not in kept:
                    board.set_tile(end, self.ground_of(end), "E043", why)
            if len(kept) == 2:
                board.portals.append((kept[0], kept[1]))

    def _pair(self, ends: list[Place]) -> list[Place]:
        """Return the two ends that stay: pinned ones, then those that are images of each other, then the first."""
        if len(ends) < 2:
            return [end for end in ends if end in self.board.pins]
        pinned = [end for end in ends if end in self.board.pins]
        if self.guide.has_tiles and not pinned:
            for end in ends:
                if self.guide.image(end) in ends and self.guide.image(end) != end:
                    return [end, self.guide.image(end)]
        return (pinned + [end for end in ends if end not in pinned])[: max(2, len(pinned))]

    def ground_of(self, place: Place) -> int:
        """Return the tile that replaces a removed one: the other side's if objects can stand on it, otherwise floor."""
        tile = self.guide.tile(self.board.arena, place)
        other = self.guide.image(place)
        if tile is None or tile in (rules.PORTAL, rules.CORE) or other == place:
            return rules.FLOOR
        return tile

    # Starts, pick-ups, cells

    def teams(self) -> None:
        """Give the starts of a team that does not take part in the objective to the enemy."""
        for seat, spawn in enumerate(self.board.spawns):
            allowed = TEAMS_OF[self.objective]
            if spawn.team in allowed or (spawn.x, spawn.y) in self.board.pins:
                continue
            name = rules.OBJECTIVE_NAMES[self.objective]
            why = say("E048", team=spawn.team, objective=name, expected=f"{allowed[0]}–{allowed[-1]}")
            self.board.spawns[seat] = replace(spawn, team=1)
            place = spawn.x, spawn.y
            self.board.changes.append(
                LevelChange(START, place, f"team {spawn.team}", "team 1", "E048", why, seat)
            )

    def outside(self) -> None:
        """Move objects outside the map to the nearest place inside."""
        board = self.board
        for kind, _ in KINDS:
            for number in range(len(board.things(kind))):
                place = board.place(kind, number)
                if not board.inside(place):
                    shown = self.names.shown(place)
                    self.move_back(kind, number, "E031", say("E031", x=shown[0], y=shown[1], moved=""))

    def standing(self) -> None:
        """For an object on a solid tile: replace the tile if it looks like the mistake, otherwise move the object."""
        board = self.board
        for kind, words in KINDS:
            for number in range(len(board.things(kind))):
                place = board.place(kind, number)
                if not board.inside(place) or board.can_stand(place):
                    continue
                why = say("E040", what=say(words), found=tile_words(board.at(place)), of_layer="")
                solid = board.at(place) not in (
                    rules.PORTAL,
                    rules.CORE,
                )  # tiles that may have been painted by mistake
                shown = self.ground_of(place)
                ground = shown if shown in STANDING and shown != rules.PORTAL else rules.FLOOR
                if solid and self._looks_laid(place) and board.set_tile(place, ground, "E040", why):
                    continue
                if not self.move_back(kind, number, "E040", why) and solid:
                    board.set_tile(place, rules.FLOOR, "E040", why)

    def _looks_laid(self, place: Place) -> bool:
        """Return whether a solid tile is probably the mistake, and not the object on it."""
        shown = self.guide.tile(self.board.arena, place)
        if shown is not None:
            return shown in PASSABLE and shown != rules.PORTAL
        around = list(self.board.neighbours(place))
        return 4 * sum(self.board.can_stand(cell) for cell in around) >= 3 * len(around)

    def shared(self) -> None:
        """Move the later one of two objects on one tile."""
        board = self.board
        for kind, _ in KINDS:
            seen: set[Place] = set()
            for number in range(len(board.things(kind))):
                place = board.place(kind, number)
                if place in seen:
                    if kind == START:
                        self.move_back(kind, number, "E041", say("E041"))
                    else:
                        self.move_back(kind, number, "E049", say("E049", what=say(_MANY[kind])))
                seen.add(board.place(kind, number))

    def move_back(
        self, kind: str, number: int, code: str, why: Message | str, area: int | None = None
    ) -> bool:
        """Move an object to the place that its counterpart shows, otherwise to the nearest place."""
        board = self.board
        if board.place(kind, number) in board.pins:
            return False
        twin = self._empty_image(kind, number)
        if area is None:  # a path is opened later
            free = board.free_places(self.main_area() or None) or board.free_places()
        else:
            free = board.free_places(area or None)
        if kind == START:  # not near an enemy if possible
            team = board.spawns[number].team
            enemies = [spawn for spawn in board.spawns if spawn.team != team]
            free = [
                place for place in free if all(apart(place, each) >= NEAR_STARTS for each in enemies)
            ] or free
        target = twin or board.nearest(board.place(kind, number), free)
        return target is not None and board.move(kind, number, target, code, why)

    def _empty_image(self, kind: str, number: int) -> Place | None:
        """Return an empty place where the image of another object should be, None if there is none for this object."""
        board, guide = self.board, self.guide
        if not guide.has_things:
            return None
        mine = board.things(kind)[number]
        rest = [n for n in range(len(board.things(kind))) if n != number]
        places = {board.place(kind, n) for n in rest}
        found = []
        for n in rest:
            other = board.things(kind)[n]
            fits = (
                guide.start(other).team == mine.team
                if isinstance(other, Spawn) and isinstance(mine, Spawn)
                else getattr(other, "kind", 0) == getattr(mine, "kind", 0)
            )
            image = guide.image(board.place(kind, n))
            if fits and image not in places and image != board.place(kind, n) and board.is_free(image):
                found.append(image)
        return board.nearest(board.place(kind, number), found)

    def main_area(self) -> int:
        """Return the bits of the area with most starts; of several the largest."""
        ground, best = self.board.ground(), (0, 0, 0)
        for spawn in self.board.spawns:
            if self.board.can_stand((spawn.x, spawn.y)):
                area = ground.reachable((spawn.x, spawn.y))
                inside = sum(
                    bool(ground.bit((each.x, each.y)) & area)
                    for each in self.board.spawns
                    if self.board.inside((each.x, each.y))
                )
                best = max(best, (inside, area.bit_count(), area))
        if best[2]:
            return best[2]
        left, found = ground.open, 0
        while left:
            area = ground.reachable(ground.places(left & -left)[0])
            left &= ~area
            found = max(found, area, key=int.bit_count)
        return found


def apart(place: Place, spawn: Spawn) -> int:
    """Return the number of tiles between a place and a start."""
    return max(abs(place[0] - spawn.x), abs(place[1] - spawn.y))
