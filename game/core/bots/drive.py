"""`BotDriver`: the bots of a batch of worlds, with their memory and random streams."""

from typing import Any

import numpy as np

from game.core.bots.decide import clear_ended_memory, clear_memory, decide, start_streams
from game.core.bots.memory import BOT_STATE, MEMORY
from game.core.bots.table import BOTS, NO_BOT
from game.core.sim.arrays import IntArray, SenseArray, WordArray
from game.core.sim.checks import check_columns


class BotDriver:
    """Memory and random streams of the bots of N worlds of S seats.

    `bot_ids` (N, S) holds the bot of each seat (`table.NO_BOT`: none); callers may change it. The actions
    of a world's bots depend on the seed, the world's number and their observations, not on the batch.
    """

    def __init__(self, worlds: int, seats: int, seed: int = 0, *, first_world: int = 0) -> None:
        """Make the bots' state; at first no seat has a bot.

        first_world: number of the first world, so that a part of a batch plays the same as in the whole.
        """
        self.state: IntArray = np.zeros((worlds, seats, BOT_STATE), np.int64)
        self.rng: WordArray = np.zeros((worlds, seats, 2), np.uint64)
        self.bot_ids: IntArray = np.full((worlds, seats), NO_BOT, np.int64)
        for w in range(worlds):
            self._start(w, seed, first_world + w)

    def _start(self, w: int, seed: int, world: int) -> None:
        with np.errstate(over="ignore"):
            start_streams(self.rng, w, seed, world)

    def reset(self, w: int, seed: int | None = None) -> None:
        """Begin a match in world `w`: clear its bots' memory; with a seed restart their streams."""
        clear_memory(self.state, w)
        if seed is not None:
            self._start(w, seed, 0)

    def reset_ended(self, ended: IntArray) -> None:
        """Clear the memory of every world whose match ended; ended: (N,), 1 = ended."""
        clear_ended_memory(self.state, ended)

    def decide(self, observations: SenseArray, actions: IntArray, lo: int = 0, hi: int | None = None) -> None:
        """Write the actions (N, S, 5) of all bots in worlds lo <= w < hi from the observations (N, S, D)."""
        last = self.state.shape[0] if hi is None else hi
        with np.errstate(over="ignore"):
            decide(observations, self.bot_ids, self.state, self.rng, actions, lo, last)

    def state_dict(self) -> dict[str, np.ndarray[Any, Any]]:
        """Return copies of the arrays that determine the bots' actions."""
        return {"state": self.state.copy(), "rng": self.rng.copy(), "bot_ids": self.bot_ids.copy()}

    def load_state_dict(self, saved: dict[str, np.ndarray[Any, Any]]) -> None:
        """Copy the arrays of a `state_dict` back.

        Raises ValueError if an array is missing, has another shape or type, has an unknown bot id or is outside its range.
        """
        targets: dict[str, np.ndarray[Any, Any]] = {
            "state": self.state,
            "rng": self.rng,
            "bot_ids": self.bot_ids,
        }
        for name, target in targets.items():
            found = saved.get(name)
            if found is None:
                raise ValueError(
                    f"bots: expected an array {name!r}, found {', '.join(sorted(saved)) or 'none'}"
                )
            if found.shape != target.shape or found.dtype != target.dtype:
                wanted = f"{target.dtype} {target.shape}"
                raise ValueError(f"bots › {name}: expected {wanted}, found {found.dtype} {found.shape}")
        ids = saved["bot_ids"]
        if ids.size and (ids.min() < NO_BOT or ids.max() >= len(BOTS)):
            raise ValueError(
                f"bots › bot_ids: expected {NO_BOT} to {len(BOTS) - 1}, found {ids.min()} to {ids.max()}"
            )
        check_columns(MEMORY, saved["state"], "bots › state")
        for name, target in targets.items():
            target[...] = saved[name]
