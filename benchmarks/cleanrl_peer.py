"""PPO in CleanRL's style, written by us: one plain loop over torch tensors with autograd."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.task import HEADS, MINIBATCH, OBSERVATION, ROWS, STEPS, Net, Task

GAMMA, LAMBDA, CLIP, ENTROPY, VALUE, NORM = 0.99, 0.95, 0.2, 0.01, 0.5, 0.5


def make(task: Task, net: Net | None = None) -> Callable[[], int]:
    """Return a function that does one iteration, a rollout and its update, of `net` or of a new network."""
    env, net = task.make_env(), net or Net(task)
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-4, eps=1e-5)
    observations = torch.zeros(STEPS, ROWS, OBSERVATION)
    actions = torch.zeros(STEPS, ROWS, len(HEADS), dtype=torch.long)
    logs, rewards, dones, values = (torch.zeros(STEPS, ROWS) for _ in range(4))
    seen, _ = env.reset(seed=1)
    last = torch.tensor(seen)

    def rollout() -> Tensor:
        """Fill the tensors; returns the advantages."""
        nonlocal last
        with torch.no_grad():
            for step in range(STEPS):
                observations[step] = last
                actions[step], logs[step], _, values[step] = evaluate(net, last, None)
                seen, reward, terminated, truncated, _ = env.step(actions[step].numpy())
                last = torch.tensor(seen)
                rewards[step] = torch.as_tensor(reward)
                dones[step] = torch.as_tensor(np.logical_or(terminated, truncated))
            following, running = net(last)[1].flatten(), torch.zeros(ROWS)
            advantages = torch.zeros(STEPS, ROWS)
            for step in reversed(range(STEPS)):
                goes_on = 1 - dones[step]
                delta = rewards[step] + GAMMA * following * goes_on - values[step]
                advantages[step] = running = delta + GAMMA * LAMBDA * goes_on * running
                following = values[step]
        return advantages

    def iterate() -> int:
        advantages = rollout()
        returns = (advantages + values).flatten()
        flat = (observations.flatten(0, 1), actions.flatten(0, 1), logs.flatten(), advantages.flatten())
        for _ in range(task.epochs):
            for index in torch.randperm(ROWS * STEPS).split(MINIBATCH):
                batch_observations, batch_actions, old_logs, advantage = (tensor[index] for tensor in flat)
                _, new_logs, entropy, value = evaluate(net, batch_observations, batch_actions)
                ratio = (new_logs - old_logs).exp()
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                surrogate = torch.max(-advantage * ratio, -advantage * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
                error = 0.5 * (value - returns[index]).square().mean()
                optimizer.zero_grad()
                (surrogate - ENTROPY * entropy.mean() + VALUE * error).backward()
                nn.utils.clip_grad_norm_(net.parameters(), NORM)
                optimizer.step()
        return ROWS * STEPS

    return iterate


def evaluate(net: Net, seen: Tensor, actions: Tensor | None) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return actions (sampled if none are given), their log-probability, the entropy and the values."""
    logits, values = net(seen)
    parts = [torch.distributions.Categorical(logits=part) for part in logits]
    if actions is None:
        actions = torch.stack([part.sample() for part in parts], 1)
    logs = torch.stack([part.log_prob(actions[:, index]) for index, part in enumerate(parts)]).sum(0)
    return actions, logs, torch.stack([part.entropy() for part in parts]).sum(0), values.flatten()
