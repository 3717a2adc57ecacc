"""Brains in the seats that the environment fills: `opponent="hunter"`, `allies="mine.onnx"`, mixtures with bots.

A brain's seat has the id FIRST_BRAIN - n in `Bots.ids`, where n is its index in `Arguments.brains`: the compiled step does not
act for such a seat; `SeatedBrains` writes its action before the step. All seats of one brain share one inference call. Each
seat samples from its own stream, so that its actions do not depend on the batch.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from agents.sampling import Head, make_streams, sample_actions
from game.core import rules
from game.core.bots.table import BOT_NAMES, NO_BOT, bot_id
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.slots import OBSERVATION_SIZE, OFFSETS
from game.match.brain_library import BrainLibrary
from game.match.reflexes import FULL_SIZE, write_reflexes
from game.player.paths import UserFolders

if TYPE_CHECKING:
    from agents.runtime import Brain

FIRST_BRAIN: Final = NO_BOT - 1
_ALIVE: Final = OFFSETS["own_hp"]


def open_brain_library() -> BrainLibrary:
    """Return the shipped brains and the user's own."""
    folders = UserFolders.find()
    return BrainLibrary(folders.brains, cache_dir=folders.cache)


def brain_file(name: str) -> Path | None:
    """Return the model file of a name or a path; None for a bot or an unknown name."""
    if name.endswith(".onnx"):
        return Path(name)
    entry = None if name in BOT_NAMES else open_brain_library().named(name)
    return None if entry is None else entry.path


def player_id(name: str, brains: list[str]) -> int:
    """Return the id of a bot or brain; a new brain is added to `brains`.

    Otherwise raises a ValueError that lists the bots and the known brains.
    """
    if name in BOT_NAMES:
        return bot_id(name)
    if brain_file(name) is None:
        known = [entry.name for entry in open_brain_library().entries() if entry.path is not None]
        try:
            return bot_id(name)
        except ValueError as error:
            raise ValueError(f"{error}; or a brain ({', '.join(known)}) or an .onnx file") from None
    if name not in brains:
        brains.append(name)
    return FIRST_BRAIN - brains.index(name)


class SeatedBrains:
    """The brains of N worlds of S seats, and their random streams for sampling."""

    def __init__(
        self, names: Sequence[str], temperature: float, worlds: int, seats: int, first_world: int
    ) -> None:
        """Load the brains. Raises ValueError or agents.errors.BrainRefused in one line for one that cannot play here."""
        found = open_brain_library()
        self.brains: list[Brain] = [found.load(name) for name in names]
        self.temperature = temperature
        self.streams: WordArray = np.zeros((worlds, seats, 2), np.uint64)
        self.last: IntArray = np.zeros(
            (worlds, seats, len(rules.ACTION_HEADS)), np.int64
        )  # decisions since the last respawn; reset to zero when a match ends
        self._heads = [Head(name, size) for name, size in rules.ACTION_HEADS]
        self._first = first_world * seats

    def begin(self, seeds: Sequence[int] | int) -> None:
        """Seed the streams: with one seed and the number of the seat in the whole batch, or with a seed for each world."""
        worlds, seats, _ = self.streams.shape
        if isinstance(seeds, int | np.integer):
            self.streams[:] = make_streams(int(seeds), worlds * seats, self._first).reshape(
                self.streams.shape
            )
            return
        for world, seed in enumerate(seeds):
            self.streams[world] = make_streams(int(seed), seats)

    def act(self, observations: SenseArray, ids: IntArray, actions: IntArray) -> None:
        """Write the actions (N, S, 5) of the living seats of brains, from the observations (N, S, OBSERVATION_SIZE)."""
        living = observations[..., _ALIVE] > 0
        self.last[~living] = 0
        for number, brain in enumerate(self.brains):
            held = (ids == FIRST_BRAIN - number) & living
            if held.any():
                own, seen = self.streams[held], observations[held]
                if brain.contract.observation_size != OBSERVATION_SIZE:
                    seen = _with_reflexes(seen, self.last[held])
                chosen = sample_actions(brain.logits(seen), self._heads, self.temperature, own)
                actions[held] = self.last[held] = chosen
                self.streams[held] = own


def _with_reflexes(seen: SenseArray, last: IntArray) -> SenseArray:
    """Return observations of seats without delay, with the reflex slots appended."""
    full = np.zeros((len(seen), FULL_SIZE), np.float32)
    full[:, :OBSERVATION_SIZE] = seen
    write_reflexes(full[:, OBSERVATION_SIZE:], np.zeros(len(seen), np.int64), last)
    return full
