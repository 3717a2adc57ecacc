"""Self-play: a pool of past snapshots on disk, and an adapter in which only some seats learn.

In a *mirror* world every seat is a learner. In other worlds the learner plays one team (a different one from world to world),
and in each match its opponent is a scripted bot or one snapshot of the pool. One forward pass computes the actions of all seats
of a snapshot. The opponents of the worlds, the results against each opponent and the random state are part of the checkpoint.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents import checked
from agents.adapter import GymVecEnv, StepBatch
from agents.env_calls import reset_env, step_env
from agents.envs import (
    Bools,
    EndedMatches,
    Floats,
    Ints,
    SeatLayout,
    assign_bots,
    ended_matches,
    env_contract,
    final_observations,
    read_seat_layout,
)
from agents.errors import EnvRefused, RunError
from agents.infos import active_rows
from agents.networks import policy_heads
from agents.plain import AnyVectorEnv
from agents.recipe import Recipe, SelfplayTable
from agents.rivals import load_opponent_brains
from agents.runtime import Brain
from agents.sampling import MASKED, Head, box_head, no_actions
from agents.snapshot import SnapshotNet, Weights
from agents.tensors import load_tensors, save_tensors
from safefiles.foreign import refuse_errors

NEWEST = "newest"
BOT, BRAIN = "bot:", "brain:"  # prefixes of the names of opponents that are no snapshots


def _as(rivals: Mapping[str, Brain], name: str) -> str:
    """The name of a recipe's opponent with a prefix that distinguishes it from a snapshot."""
    return f"{BRAIN if name in rivals else BOT}{name}"


class SnapshotPool:
    """Snapshots as tensor files in one folder; the newest `size` are in play."""

    def __init__(self, folder: Path, size: int, activation: str) -> None:
        """Files are read only by `restore` or `add`."""
        self.folder, self.size, self.activation = folder, size, activation
        self.names: list[str] = []
        self._nets: dict[str, SnapshotNet] = {}

    def add(self, samples: int, tensors: Weights) -> str:
        """Write a snapshot taken after `samples` and add it to the pool; beyond `size` the oldest leaves the list.

        Its file stays, for later ratings: only the list, which is part of the checkpoint, says what is in play.
        """
        name = f"snapshot-{samples:012d}.safetensors"
        save_tensors(self.folder / name, tensors, {"samples": str(samples)})
        self._nets[name] = SnapshotNet(tensors, self.activation)
        if name not in self.names:
            self.names.append(name)
        for old in self.names[: -self.size]:
            self._nets.pop(old, None)
        self.names = self.names[-self.size :]
        return name

    def restore(self, names: list[str], like: Weights) -> None:
        """Put exactly these snapshots into play; `like` has the tensors that each must have.

        RunError names a missing or damaged file, or one of another network.
        """
        for name in names:
            if Path(name).name != name or not name:
                raise RunError(f"pool: expected file names, found {name!r:.60}")
            tensors, _ = load_tensors(self.folder / name)
            for key, own in like.items():
                checked.array(tensors, key, name, own.dtype, own.shape)
            self._nets[name] = SnapshotNet({key: tensors[key] for key in like}, self.activation)
        self.names = list(names)

    def net(self, name: str) -> SnapshotNet:
        """The network of a snapshot in the pool."""
        return self._nets[name]


class OpponentStats:
    """Decaying results against every opponent, so that sampling can prefer opponents that still win."""

    DECAY = 0.98

    def __init__(self) -> None:
        """No opponent met yet."""
        self.results: dict[str, list[float]] = {}  # name -> [matches, points], both decayed

    def add(self, name: str, outcome: int) -> None:
        """Add one match of the learner against `name`: a win is 1 point, a draw 0.5."""
        record = self.results.setdefault(name, [0.0, 0.0])
        record[0] = record[0] * self.DECAY + 1.0
        record[1] = record[1] * self.DECAY + (outcome + 1) / 2

    def weight(self, name: str) -> float:
        """The sampling weight of `name`: (1 - win rate) squared, with two virtual draws, never zero."""
        matches, points = self.results.get(name, [0.0, 0.0])
        return float((1.0 - (points + 1.0) / (matches + 2.0)) ** 2 + 0.02)


class SelfPlayVecEnv(GymVecEnv):
    """Shows SB3 only the learner rows of an all-seats env; bots and snapshots play the other seats."""

    def __init__(
        self, env: AnyVectorEnv, recipe: Recipe, folder: Path, newest: Callable[[], Weights]
    ) -> None:
        """`folder` holds the pool; `newest` gives the current policy's tensors."""
        self.layout: SeatLayout = read_seat_layout(env, recipe.env.id)
        table = recipe.selfplay
        self.table: SelfplayTable = table
        contract = env_contract(env, recipe.env.id)
        self.rivals = load_opponent_brains(env, table.bots, contract) if table.bot_share > 0 else {}
        seated = set(table.bots) - set(self.rivals)
        if seated and table.bot_share > 0 and not hasattr(env.unwrapped, "assign_bots"):
            raise EnvRefused(
                f"environment {recipe.env.id!r}: expected assign_bots(rows, names) for [selfplay] bots, "
                "found none"
            )
        self.bots = {_as(self.rivals, name): weight for name, weight in table.bots.items()}
        self.pool = SnapshotPool(folder, table.pool_size, recipe.net.activation)
        self.opponent_stats = OpponentStats()
        self.newest = newest
        self.random = np.random.default_rng([recipe.seed, 0x5E1F])
        self.sampler = torch.Generator().manual_seed(recipe.seed + 0x5E1F)
        self._assign_learners()
        super().__init__(env, recipe.seed)
        self.num_envs = len(self.learners)
        self._set_rows(self.num_envs)
        self.opponent: list[str | None] = [None] * self.layout.worlds
        self.snapshot_due = table.snapshot_every
        self._groups: list[tuple[str, Ints]] | None = None
        self._observation: Floats = np.zeros((self.layout.rows, self.observation_size), dtype=np.float32)
        self._all_active = np.ones(self.layout.rows, dtype=np.bool_)
        self._all_masks: Bools | None = None
        self.own_heads = policy_heads(self.heads, recipe)

    def _assign_learners(self) -> None:
        """Choose the rows that learn: all in mirror worlds, one team (in turn) in the others."""
        layout = self.layout
        mirrors = round(layout.worlds * self.table.mirror)
        worlds = np.arange(layout.rows) // layout.seats_per_world
        teams = np.array(self.table.teams or np.unique(layout.team_of_row).tolist(), dtype=np.int64)
        learner_team = teams[worlds % len(teams)]
        learns = (worlds < mirrors) | (layout.team_of_row == learner_team)
        self.mirrors = mirrors
        self.learners: Ints = np.flatnonzero(learns)
        self.others: Ints = np.flatnonzero(~learns)
        self.others_world: Ints = worlds[self.others]

    def _set_rows(self, rows: int) -> None:
        self.reset_infos = [{} for _ in range(rows)]
        self._seeds = [None] * rows
        self._options = [{} for _ in range(rows)]
        self._returns = np.zeros(rows, dtype=np.float64)
        self._lengths = np.zeros(rows, dtype=np.int64)

    def reset(self) -> Floats:
        """Start every match against a freshly drawn opponent."""
        seed = self._seeds[0] if self._seeds[0] is not None else self._first_seed
        if not self.pool.names:
            self.pool.add(0, self.newest())
        observation, info = reset_env(self.env, seed)
        self._first_seed = None
        self._reset_seeds()
        self._reset_options()
        self._observation = np.array(observation, dtype=np.float32)
        self._all_active = active_rows(info, self.layout.rows)
        self.active = self._all_active[self.learners]
        self._take_masks(info)
        self._draw_opponents(range(self.mirrors, self.layout.worlds))
        return self._observation[self.learners]

    def step_batch(self, actions: Ints | Floats, out: Floats | None = None) -> StepBatch:
        """Step all seats: learners by `actions`, the others by their opponents; the learners' observations go into `out`."""
        everyone = no_actions(self.heads, self.layout.rows)
        everyone[self.learners] = actions.reshape(len(self.learners), -1)
        self._answer_others(everyone)
        observation, reward, terminated, truncated, info = step_env(
            self.env, everyone.reshape(self.layout.rows, *actions.shape[1:])
        )
        rows = self.layout.rows
        terminated, truncated = np.asarray(terminated, dtype=np.bool_), np.asarray(truncated, dtype=np.bool_)
        self._observation = np.array(observation, dtype=np.float32)
        self._all_active = active_rows(info, rows)
        self.active = self._all_active[self.learners]
        self._take_masks(info)
        cut = (truncated & ~terminated)[self.learners]
        cut_rows = np.flatnonzero(cut)
        size = self.observation_size
        ended = ended_matches(info, truncated)
        self._last_info = {}
        batch = StepBatch(
            observation=np.take(self._observation, self.learners, axis=0, out=out),
            reward=np.array(reward, dtype=np.float32)[self.learners],
            done=(terminated | truncated)[self.learners],
            cut_rows=cut_rows,
            cut_observation=(
                final_observations(info, self.learners[cut_rows], rows, size)
                if len(cut_rows)
                else np.empty((0, size), dtype=np.float32)
            ),
            active=self.active,
            ended=None,
        )
        return batch if ended is None else self._settle(batch, ended)

    def _take_masks(self, info: dict[str, Any]) -> None:
        self._all_masks = self._allowed(info, self._all_active)
        self.mask = None if self._all_masks is None else self._all_masks[self.learners]

    def _settle(self, batch: StepBatch, ended: EndedMatches) -> StepBatch:
        """Record the results of worlds that ended, and draw their next opponents."""
        # The first learner row with a result decides for its world.
        learns = np.isin(ended.rows, self.learners)
        worlds = self.layout.world_of(ended.rows)
        finished, first = np.unique(worlds[learns], return_index=True)
        speakers = np.flatnonzero(learns)[first]
        keep = np.zeros(len(ended.rows), dtype=np.bool_)
        for world, index in zip(finished.tolist(), speakers.tolist(), strict=True):
            name = self.opponent[world]
            if name is not None:
                self.opponent_stats.add(name, int(ended.outcome[index]))
                keep[index] = True
        self._draw_opponents([world for world in finished.tolist() if world >= self.mirrors])
        if not keep.any():
            return batch
        mine = ended.select(keep)
        result = replace(mine, rows=np.searchsorted(self.learners, mine.rows))
        return replace(batch, ended=result)

    def _draw_opponents(self, worlds: Any) -> None:
        """Give each world its next opponent; the env plays bots, this class plays snapshots and brains."""
        rows: list[int] = []
        names: list[str | None] = []
        self._groups = None
        for world in worlds:
            before, now = self.opponent[world], self._draw()
            self.opponent[world] = now
            bot_before = before is not None and before.startswith(BOT)
            if now.startswith(BOT) or bot_before:
                mine = self.others[self.others_world == world].tolist()
                rows += mine
                names += [now.removeprefix(BOT) if now.startswith(BOT) else None] * len(mine)
        if rows:
            assign_bots(self.env, np.array(rows, dtype=np.int64), names)

    def _draw(self) -> str:
        """One opponent: `bot:NAME`, `brain:NAME` or a snapshot's file name."""
        if self.bots and self.random.random() < self.table.bot_share:
            names = list(self.bots)
            weights = np.array(list(self.bots.values()), dtype=np.float64)
        else:
            if self.random.random() < self.table.newest:
                return self.pool.names[-1]
            names, weights = list(self.pool.names), np.ones(len(self.pool.names))
        if self.table.sampling == "prioritised":
            weights = weights * np.array([self.opponent_stats.weight(name) for name in names])
        return names[int(self.random.choice(len(names), p=weights / weights.sum()))]

    def _answer_others(self, everyone: Any) -> None:
        """Fill in the actions of all seats of snapshots and brains, with one forward pass for each."""
        if self._groups is None:
            self._groups = self._group_others()
        with torch.inference_mode():
            for name, members in self._groups:
                rows = members[self._all_active[members]]
                if not len(rows):
                    continue
                mask = None if self._all_masks is None else self._all_masks[rows]
                logits, heads, heat = self._logits(name, self._observation[rows], mask)
                everyone[rows] = self._sampled(logits, heads, heat)

    def _sampled(self, logits: torch.Tensor, heads: Sequence[Head], heat: float) -> Any:
        """Actions drawn from logits at a temperature, from this env's own stream."""
        box = box_head(heads)
        if box is not None:
            means, deviations = logits.split(box.size, 1)
            noise = torch.randn(means.shape, generator=self.sampler)
            return box.inside((means + heat * deviations.exp() * noise).numpy())
        noise = torch.empty_like(logits).exponential_(generator=self.sampler).log_()
        parts = (logits / max(heat, 1e-3) - noise).split([head.size for head in heads], 1)
        return torch.stack([part.argmax(1) for part in parts], 1).numpy()

    def _logits(
        self, name: str, observations: Floats, mask: Bools | None
    ) -> tuple[torch.Tensor, Sequence[Head], float]:
        """Logits, heads and temperature of a snapshot (temperature 1) or a brain (the recipe's temperature)."""
        if not name.startswith(BRAIN):
            logits = self.pool.net(name).logits(observations)
            if mask is not None:
                logits = logits.masked_fill(~torch.from_numpy(mask), MASKED)
            return logits, self.own_heads, 1.0
        brain = self.rivals[name.removeprefix(BRAIN)]
        found = np.array(brain.logits(observations, mask), np.float32)
        return torch.from_numpy(found), brain.heads, self.table.brain_temperature

    def _group_others(self) -> list[tuple[str, Ints]]:
        """Collect the rows of each snapshot and brain, in the order of their names; the env plays the bots."""
        asked: dict[str, list[int]] = {}
        for row, world in zip(self.others.tolist(), self.others_world.tolist(), strict=True):
            name = self.opponent[world]
            if name is not None and not name.startswith(BOT):
                asked.setdefault(name, []).append(row)
        return [(name, np.array(rows, dtype=np.int64)) for name, rows in sorted(asked.items())]

    def after_update(self, samples: int) -> bool:
        """Take a snapshot when one is due; returns whether it did."""
        if samples < self.snapshot_due:
            return False
        self.snapshot_due = samples + self.table.snapshot_every
        self.pool.add(samples, self.newest())
        # Worlds whose opponent just left the pool get another one now; the match continues against it.
        gone = [
            world
            for world, name in enumerate(self.opponent)
            if name is not None and not name.startswith((BOT, BRAIN)) and name not in self.pool.names
        ]
        self._draw_opponents(gone)
        return True

    def state(self) -> tuple[Weights, dict[str, Any]]:
        """Arrays and JSON-able values from which `load_state` continues bit for bit."""
        arrays = {
            "observation": self._observation,
            "active": self._all_active,
            "sampler": self.sampler.get_state().numpy(),
        }
        if self._all_masks is not None:
            arrays["masks"] = self._all_masks
        values = {
            "random": self.random.bit_generator.state,
            "opponent": self.opponent,
            "book": self.opponent_stats.results,
            "pool": self.pool.names,
            "snapshot_due": self.snapshot_due,
        }
        return arrays, json.loads(json.dumps(values))

    def load_state(
        self, arrays: Weights, values: dict[str, Any], resumed_env: bool, where: str = "selfplay"
    ) -> None:
        """The inverse of `state`; without the env's own state every match restarts against new opponents. RunError names the
        faulty value.
        """
        size, rows, worlds = self.observation_size, self.layout.rows, self.layout.worlds
        sampler = checked.array(arrays, "sampler", where, np.uint8, (len(self.sampler.get_state()),))
        book = checked.json_object(values.get("book"), f"{where} › book")
        results = {
            name: [
                checked.number(value, f"{where} › book › {name}", 0.0, 1e6)
                for value in checked.json_list(record, f"{where} › book › {name}", 2, 2)
            ]
            for name, record in book.items()
        }
        due = checked.whole_number(values.get("snapshot_due"), f"{where} › snapshot_due", 0, 1 << 53)
        self.pool.restore(
            [
                str(name)
                for name in checked.json_list(values.get("pool"), f"{where} › pool", 1, self.pool.size)
            ],
            self.newest(),
        )
        opponents = checked.json_list(values.get("opponent"), f"{where} › opponent", worlds, worlds)
        known = {*self.pool.names, *self.bots}
        for world, name in enumerate(opponents):
            if not (name is None and world < self.mirrors) and name not in known:
                raise RunError(
                    f"{where} › opponent › world {world}: expected a bot of the recipe or a snapshot of the "
                    f"pool, found {name!r:.60}"
                )
        with refuse_errors(f"{where} › random", "the state of a PCG64 generator", RunError):
            self.random.bit_generator.state = values["random"]
        self.sampler.set_state(torch.from_numpy(sampler))
        self.opponent_stats.results, self.snapshot_due = results, due
        if resumed_env:
            self._observation = checked.array(arrays, "observation", where, np.float32, (rows, size))
            self._all_active = checked.array(arrays, "active", where, np.bool_, (rows,))
            self.active = self._all_active[self.learners]
            if self._all_masks is not None or "masks" in arrays:
                width = sum(head.size for head in self.heads)
                self._all_masks = checked.array(arrays, "masks", where, np.bool_, (rows, width))
                self.mask = self._all_masks[self.learners]
            self.opponent = opponents
            self._groups = None
