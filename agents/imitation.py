"""Behaviour cloning: a policy that imitates the env's bots, or recorded replays, as a first stage before PPO.

The bots choose the actions (`bot_actions`) of the seats that learn; now and then one head plays at random instead, so that
states occur that a teacher would not reach itself (Laskey et al., "DART", CoRL 2017, without its adaptation of the noise). In
later rounds the policy itself plays and the bots label its states, so that it learns what they do in the states it reaches
("DAgger", Ross, Gordon and Bagnell, AISTATS 2011). The policy is fitted to the bots' actions by cross-entropy, head by head,
and the value network to the discounted returns. A held-out share of the decisions measures how often each head agrees.
"""

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from agents.adapter import GymVecEnv
from agents.checks import learner_env
from agents.envs import Floats, Ints, bot_actions, demonstrations
from agents.errors import RunError
from agents.gradient import matmul_precision
from agents.learner import MaskedPPO
from agents.networks import NormalisedObservation
from agents.recipe import Recipe
from agents.sampling import Streams, apply_mask, make_streams, sample_actions
from agents.selfplay import SelfPlayVecEnv
from agents.snapshot import SnapshotNet, Weights

HELD_OUT: Final = 50  # one of this many decisions is held out to measure the accuracy
HORIZON: Final = 0.2  # a return is used for the value if less than this share of its future was not seen
ROUND_SEEDS: Final = 7919  # from the seed of a round to the next
MOST_SEEDS: Final = 1 << 31
EXACT: Final = 2048  # float16 represents every whole number up to this one
Progress = Callable[[str, float], None]  # what is being done, and which share of it is done


@dataclass(frozen=True)
class Demonstrations:
    """Decisions of teachers: observation, action and discounted return, a row each."""

    observations: NDArray[np.floating]  # (n, size), of `stored_type`
    actions: NDArray[np.int16]  # (n, heads)
    returns: Floats  # (n,), nan if too little of the future was seen
    left_out: tuple[str, ...] = ()  # files of folders that the env could not use, a line each

    def __len__(self) -> int:
        return len(self.actions)

    def __add__(self, other: "Demonstrations") -> "Demonstrations":
        return Demonstrations(
            np.concatenate([self.observations, other.observations]),
            np.concatenate([self.actions, other.actions]),
            np.concatenate([self.returns, other.returns]),
            (*self.left_out, *other.left_out),
        )


def stored_type(space: Any) -> type[np.floating]:
    """float16, half of the memory, if the bounds of the observation show that nothing is lost: it has 11 bits, up to 65,504."""
    narrow = np.isfinite(space.low).all() and np.isfinite(space.high).all()
    return np.float16 if narrow and max(-space.low.min(), space.high.max()) <= EXACT else np.float32


def collect(
    recipe: Recipe, scratch: Path, newest: Callable[[], Weights], progress: Progress, number: int = 0
) -> Demonstrations:
    """Play round `number` of the recipe's `[imitation]` until its share of the samples is collected, and read its replays.

    `scratch`: a folder for self-play's pool; `newest`: the weights of the policy, which plays from the second round on.
    """
    found = read_replays(recipe, progress) if recipe.imitation.replays else None
    if not recipe.imitation.bots:
        assert found is not None
        return found
    watched = _watch(recipe, scratch, newest, progress, number)
    return watched if found is None else found + watched


def read_replays(recipe: Recipe, progress: Progress) -> Demonstrations:
    """Demonstrations of the seats of the recipe's replays, at most `[imitation] samples` decisions. RunError for none."""
    table, rows = recipe.imitation, 0
    parts: list[Demonstrations] = []
    left_out: list[str] = []
    env = learner_env(recipe, 1)
    kind = stored_type(env.single_observation_space)
    try:
        for one in demonstrations(env, table.replays, table.seats, left_out):
            ends = one.over.reshape(-1, 1)
            returns = _returns(one.rewards.astype(np.float32).reshape(-1, 1), ends, recipe.ppo.gamma)[:, 0]
            left = slice(0, table.samples - rows)
            parts.append(
                Demonstrations(
                    one.observations.astype(kind)[left],
                    one.actions.astype(np.int16)[left],
                    returns[left],
                )
            )
            rows += len(parts[-1])
            progress("reading replays", min(1.0, rows / table.samples))
            if rows >= table.samples:
                break
    finally:
        env.close()
    if rows < 2:
        raise RunError(
            f"[imitation] replays: expected at least 2 decisions of seats {table.seats!r}, found {rows}"
        )
    return Demonstrations(
        np.concatenate([part.observations for part in parts]),
        np.concatenate([part.actions for part in parts]),
        np.concatenate([part.returns for part in parts]),
        tuple(left_out),
    )


def _watch(
    recipe: Recipe, scratch: Path, newest: Callable[[], Weights], progress: Progress, number: int
) -> Demonstrations:
    """Collect the actions of the recipe's bots in states that they play or, after round 0, that the policy plays."""
    table = recipe.imitation
    recipe = replace(recipe, seed=(recipe.seed + number * ROUND_SEEDS) % MOST_SEEDS)
    env, rows_of = _opened(recipe, scratch, newest)
    student = SnapshotNet(newest(), recipe.net.activation) if number else None
    try:
        random = np.random.default_rng([recipe.seed, 0x1517])
        learners, every = rows_of, env.env.num_envs
        sizes = [head.size for head in env.heads]
        starts = np.cumsum([0, *sizes[:-1]])  # where each head's choices begin in a mask
        steps = -(-table.samples // (table.rounds * len(learners)))
        streams = make_streams(recipe.seed, len(learners))
        names = list(table.bots)
        weights = np.array(list(table.bots.values()), np.float64)
        teachers: list[str | None] = [None] * every

        def draw(rows: Ints) -> None:
            for row in rows.tolist():
                teachers[row] = names[int(random.choice(len(names), p=weights / weights.sum()))]

        seen = np.zeros((steps, len(learners), env.observation_size), stored_type(env.observation_space))
        said = np.zeros((steps, len(learners), len(sizes)), np.int16)
        reward = np.zeros((steps, len(learners)), np.float32)
        ends, alive = np.zeros((2, steps, len(learners)), np.bool_)
        observation = env.reset()
        draw(learners)
        for step in range(steps):
            wise = bot_actions(env.env, teachers)[learners]
            seen[step], said[step], alive[step] = observation, wise, env.active
            played = wise.copy() if student is None else _drawn(student, observation, env, streams)
            odd = np.flatnonzero(random.random(len(learners)) < table.noise)
            head = random.integers(len(sizes), size=len(odd))
            played[odd, head] = (random.random(len(odd)) * np.array(sizes)[head]).astype(np.int64)
            if env.mask is not None:  # forbidden choices are not tried
                forbidden = ~env.mask[odd, starts[head] + played[odd, head]]
                played[odd[forbidden]] = wise[odd[forbidden]]
            batch = env.step_batch(played if played.shape[1] > 1 else played[:, 0])
            reward[step], ends[step] = batch.reward, batch.done | ~batch.active
            draw(learners[batch.done])
            observation = batch.observation
            progress("watching", (step + 1) / steps)
    finally:
        env.close()
    returns = _returns(reward, ends, recipe.ppo.gamma)
    return Demonstrations(seen[alive], said[alive], returns[alive])


def _drawn(student: SnapshotNet, observation: Floats, env: GymVecEnv, streams: Streams) -> Ints:
    """The policy's actions, (rows, heads), drawn from its probabilities."""
    logits = apply_mask(student.logits(observation).numpy(), env.mask)
    chosen = sample_actions(logits, env.heads, 1.0, streams)
    return np.asarray(chosen, np.int64).reshape(len(observation), len(env.heads))


def _opened(recipe: Recipe, scratch: Path, newest: Callable[[], Weights]) -> tuple[GymVecEnv, Ints]:
    """The env with all seats of its learners open, and which rows learn."""
    if not recipe.selfplay.enabled:
        env = GymVecEnv(learner_env(recipe, recipe.env.num_envs), recipe.seed)
        return env, np.arange(env.num_envs)
    against = recipe.imitation.against or recipe.selfplay.bots
    table = replace(recipe.selfplay, mirror=0.0, bot_share=1.0, bots=against, sampling="uniform")
    own = replace(recipe, selfplay=table)
    found = SelfPlayVecEnv(learner_env(own, own.env.num_envs), own, scratch, newest)
    return found, found.learners


def _returns(reward: Floats, ends: NDArray[np.bool_], gamma: float) -> Floats:
    """Discounted returns (steps, rows); nan if a share above HORIZON of the future is beyond the last step."""
    found = np.zeros_like(reward)
    running, beyond = np.zeros(reward.shape[1]), np.ones(reward.shape[1])
    for step in range(len(reward) - 1, -1, -1):
        goes_on = gamma * ~ends[step]
        running, beyond = reward[step] + goes_on * running, goes_on * beyond
        found[step] = np.where(beyond > HORIZON, np.nan, running)
    return found


def fit(
    model: MaskedPPO, recipe: Recipe, rounds: Sequence[Demonstrations], progress: Progress
) -> dict[str, Any]:
    """Fit the model's policy and value to the demonstrations of all rounds so far; returns numbers for the card.

    Only the last round is added to the observation statistics. The learning rate falls over all rounds of the recipe.
    """
    given = functools.reduce(operator.add, rounds)
    table = recipe.imitation
    observations = torch.from_numpy(given.observations)
    actions, returns = torch.from_numpy(given.actions), torch.from_numpy(given.returns)
    extractor = model.policy.features_extractor
    held, learnt, new = _split([len(one) for one in rounds], recipe.seed)
    if isinstance(extractor, NormalisedObservation):
        for block in new.split(1 << 16):
            extractor.update(observations[block].float())
    optimizer = torch.optim.Adam(model.policy.parameters(), lr=table.learning_rate.start, eps=1e-5)
    minibatches = max(1, round(len(learnt) / table.batch_size))
    steps, done = table.epochs * minibatches, 0
    shuffle = torch.Generator().manual_seed(recipe.seed)
    model.policy.set_training_mode(True)
    with matmul_precision(model.bfloat16):
        for _ in range(table.epochs):
            for index in learnt[torch.randperm(len(learnt), generator=shuffle)].tensor_split(minibatches):
                for group in optimizer.param_groups:
                    group["lr"] = table.learning_rate.at((len(rounds) - 1 + done / steps) / table.rounds)
                logits, values = _forward(model, observations[index].float())
                parts = enumerate(logits.split(model.heads, 1))
                loss = torch.stack(
                    [
                        torch.nn.functional.cross_entropy(part, actions[index, head].long())
                        for head, part in parts
                    ]
                ).sum()
                wanted = returns[index]
                known = ~wanted.isnan()
                if known.any():
                    loss = loss + recipe.ppo.vf_coef * (values[known] - wanted[known]).square().mean()
                optimizer.zero_grad(set_to_none=False)  # PPO's own gradient is written into the same memory
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.policy.parameters(), 10 * recipe.ppo.max_grad_norm)
                optimizer.step()
                done += 1
                progress("imitating", done / steps)
    return _figures(model, observations[held].float(), actions[held].long(), returns[held]) | {
        "decisions": len(given),
        "rounds": len(rounds),
        "teachers": dict(table.bots),
        "replays": list(table.replays),
        "left_out": list(given.left_out),
    }


def _split(lengths: Sequence[int], seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """The held-out rows, the training rows, and which of the training rows are of the last round.

    A row that was held out in one round stays held out in the next.
    """
    held: list[Tensor] = []
    learnt: list[Tensor] = []
    for number, length in enumerate(lengths):
        seeds = [seed, 0xC10, number] if number else [seed, 0xC10]
        order = torch.from_numpy(np.random.default_rng(seeds).permutation(length)) + sum(lengths[:number])
        held.append(order[::HELD_OUT])
        learnt.append(order[torch.arange(length) % HELD_OUT != 0])
    return torch.cat(held), torch.cat(learnt), learnt[-1]


def _forward(model: MaskedPPO, observations: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (rows, choices) and values (rows,)."""
    policy = model.policy
    features = policy.extract_features(observations, policy.features_extractor)
    pi, vf = policy.mlp_extractor(features)
    return policy.action_net(pi), policy.value_net(vf)[:, 0]


@torch.no_grad()
def _figures(model: MaskedPPO, observations: Tensor, actions: Tensor, returns: Tensor) -> dict[str, Any]:
    """How often the likeliest choice of each head is the teacher's, and which share of the returns' variance the value
    explains.
    """
    logits, values = _forward(model, observations)
    accuracy = [
        float((part.argmax(1) == actions[:, head]).float().mean())
        for head, part in enumerate(logits.split(model.heads, 1))
    ]
    known = ~returns.isnan()
    left, spread = returns[known] - values[known], returns[known]
    explained: float | None = None  # nothing to explain
    if len(spread) > 1 and float(spread.var()) > 0:
        explained = 1.0 - float(left.var() / spread.var())
    return {"accuracy": accuracy, "explained_variance": explained, "held_out": len(observations)}
