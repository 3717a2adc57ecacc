"""Paddle: two bats and a ball in one file, a game that knows nothing of Bankshot.

Rules: the ball bounces off the top and bottom wall; a bat that meets it sends it back, faster after every hit
and steeper the further from the bat's middle. Letting it past costs a point; the first to two points wins,
and a match ends as a draw after MATCH_STEPS decisions. `swing` hits harder but shortens the bat while it is
held.

Play against a trained opponent: `python -m tests.plugin_demo.paddle --brain paddle.onnx` (W/S, space swings).
Train one: `bankshot agents train tests/plugin_demo/paddle.toml`.
"""

import argparse
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

POINTS_TO_WIN = 2
MATCH_STEPS = 400  # decisions
STEPS_PER_SECOND = 30
BAT_HALF = 0.11  # of the court's height
SWING_HALF = 0.07
BAT_SPEED = 0.035  # court heights per decision
STEEPNESS = 1.3  # vertical by horizontal speed after a hit at the end of the bat
BAT_X = 0.04  # distance of a bat from its wall, court widths
HIT_GAIN = 1.08
SWING_GAIN = 1.4
MAX_BALL_SPEED = 0.1  # court widths per decision
LEVELS: dict[str, float] = {
    "calm": 0.018,
    "brisk": 0.026,
    "fast": 0.034,
}  # serve speed, court widths per decision
BOTS = ("still", "random", "tracker")
DEFAULT_REWARD = {"point": 1.0, "hit": 0.1}
SLOTS = (
    ("own_y", 1, -1.0, 1.0),
    ("rival_y", 1, -1.0, 1.0),
    ("ball_position", 2, -1.5, 1.5),
    ("ball_velocity", 2, -1.5, 1.5),
    ("score", 2, 0.0, 1.0),
)
OBSERVATION_SIZE = sum(size for _, size, _, _ in SLOTS)
MOVES, SWINGS = 3, 2  # stay, up, down; no, yes


class PaddleVectorEnv(VectorEnv[Any, Any, Any]):
    """Many matches at once. One learner row per world (the other bat is `opponent`), or `seats="all"`: two.

    `num_envs` counts worlds; with `seats="all"` row = world x 2 + seat. Every array returned is fresh.
    """

    metadata: dict[str, Any] = {"render_modes": [], "autoreset_mode": AutoresetMode.SAME_STEP}  # noqa: RUF012 (Gymnasium declares it so)

    def __init__(
        self,
        num_envs: int = 1,
        opponent: str | dict[str, float] = "tracker",
        levels: str | list[str] = "all",
        seats: str = "one",
        reward: dict[str, float] | None = None,
    ) -> None:
        """Refuse unknown bots, levels and rewards by name; nothing is random before `reset`."""
        self.worlds, self.seats_per_world = num_envs, 2 if seats == "all" else 1
        self.num_envs = num_envs * self.seats_per_world
        self.team_of_row = np.tile(np.arange(self.seats_per_world), num_envs)
        self.single_observation_space = spaces.Box(*_bounds(), dtype=np.float32)
        self.single_action_space = spaces.MultiDiscrete([MOVES, SWINGS])
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        names = list(LEVELS) if levels == "all" else [levels] if isinstance(levels, str) else list(levels)
        self._levels = [_known(name, LEVELS, "level") for name in names]
        mixture = {opponent: 1.0} if isinstance(opponent, str) else dict(opponent)
        self._mixture = {_known(name, BOTS, "opponent"): weight for name, weight in mixture.items()}
        self._reward = DEFAULT_REWARD | {
            _known(k, DEFAULT_REWARD, "reward"): v for k, v in (reward or {}).items()
        }
        self._random = np.random.default_rng(0)
        self._bats: Floats = np.full((num_envs, 2), 0.5)
        self._ball: Floats = np.zeros((num_envs, 4))  # x, y, vx, vy
        self._score: Ints = np.zeros((num_envs, 2), dtype=np.int64)
        self._steps: Ints = np.zeros(num_envs, dtype=np.int64)
        self._limit: Ints = np.full(num_envs, MATCH_STEPS, dtype=np.int64)
        self._level: Ints = np.zeros(num_envs, dtype=np.int64)
        # Which bot plays each seat: -1 = the action given to `step`.
        self._bot: Ints = np.full((num_envs, 2), -1, dtype=np.int64)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start every match; the first ones have staggered time limits so that later resets spread out."""
        if seed is not None:
            self._random = np.random.default_rng(seed)
        everyone = np.ones(self.worlds, dtype=np.bool_)
        self._begin(everyone)
        self._limit = self._random.integers(MATCH_STEPS // 4, MATCH_STEPS + 1, self.worlds)
        return self._observe(), {"active": np.ones(self.num_envs, dtype=np.bool_)}

    def step(self, actions: Any) -> tuple[Any, Any, Any, Any, dict[str, Any]]:
        """One decision of every seat, one move of every ball."""
        chosen = np.zeros((self.worlds, 2, 2), dtype=np.int64)
        given = np.asarray(actions, dtype=np.int64).reshape(self.worlds, self.seats_per_world, 2)
        chosen[:, : self.seats_per_world] = given
        self._play_bots(chosen, self._bot)
        hit, lost = self._move(chosen)
        self._score += lost[:, ::-1]
        self._steps += 1
        points = lost[:, ::-1].astype(np.float64) - lost
        reward = self._reward["point"] * points + self._reward["hit"] * hit
        won = self._score >= POINTS_TO_WIN
        over: Bools = won[:, 0] | won[:, 1]
        late = ~over & (self._steps >= self._limit)
        outcome = won.astype(np.int64) - won[:, ::-1]
        info = self._finish(over | late, outcome)
        self._serve(lost.any(axis=1) & ~(over | late))
        return (
            self._observe(),
            self._rows(reward).astype(np.float32),
            self._rows(np.repeat(over[:, None], 2, axis=1)),
            self._rows(np.repeat(late[:, None], 2, axis=1)),
            info,
        )

    def assign_bots(self, rows: Ints, names: list[str | None]) -> None:
        """Let a bot play each of `rows` from now on (its action is ignored); None hands the row back."""
        for row, name in zip(rows, names, strict=True):
            index = -1 if name is None else BOTS.index(_known(name, BOTS, "opponent"))
            self._bot[row // self.seats_per_world, row % self.seats_per_world] = index

    def bot_actions(self, names: list[str | None]) -> Ints:
        """What these bots would do now, one for each row, int64 (num_envs, 2); zeros where the name is None."""
        kinds = [-1 if name is None else BOTS.index(_known(name, BOTS, "opponent")) for name in names]
        table = np.full((self.worlds, 2), -1, dtype=np.int64)
        table[:, : self.seats_per_world] = np.array(kinds).reshape(self.worlds, self.seats_per_world)
        chosen = np.zeros((self.worlds, 2, 2), dtype=np.int64)
        self._play_bots(chosen, table)
        return chosen[:, : self.seats_per_world].reshape(self.num_envs, 2)

    def panel(self) -> list[dict[str, Any]]:
        """What every policy is measured by."""
        matches = {"env": "tests.plugin_demo.paddle:Paddle/Volley-v0", "opponents": BOTS}
        return [
            {"title": "calm", "kwargs": {"levels": "calm"}, **matches},
            {"title": "fast, left", "kwargs": {"levels": "fast"}, "side": 0, **matches},
        ]

    def policy_contract(self) -> dict[str, Any]:
        """What a policy for this game must agree with."""
        return {
            "slots": [{"name": n, "size": s, "low": lo, "high": hi} for n, s, lo, hi in SLOTS],
            "heads": [{"name": "move", "size": MOVES}, {"name": "swing", "size": SWINGS}],
            "tick_rate": STEPS_PER_SECOND,
            "decision_period": 1,
            "rules_hash": f"paddle-{POINTS_TO_WIN}-{BAT_HALF}-{BAT_SPEED}",
        }

    def state_dict(self) -> dict[str, Any]:
        """Everything `load_state_dict` needs to go on bit by bit: arrays, and the generator's
        state as JSON.
        """
        names = ("bats", "ball", "score", "steps", "limit", "level", "bot")
        arrays = {name: getattr(self, f"_{name}").copy() for name in names}
        return arrays | {"random": self._random.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The inverse of `state_dict`."""
        for name, value in state.items():
            if name == "random":
                self._random.bit_generator.state = value
            else:
                setattr(self, f"_{name}", np.array(value))

    def _begin(self, worlds: Bools) -> None:
        count = int(worlds.sum())
        self._bats[worlds] = 0.5
        self._score[worlds] = 0
        self._steps[worlds] = 0
        self._limit[worlds] = MATCH_STEPS
        self._level[worlds] = self._random.integers(len(self._levels), size=count)
        if self.seats_per_world == 1:
            weights = np.array(list(self._mixture.values())) / sum(self._mixture.values())
            picked = self._random.choice([BOTS.index(name) for name in self._mixture], size=count, p=weights)
            self._bot[worlds, 1] = picked
        self._serve(worlds)

    def _serve(self, worlds: Bools) -> None:
        count = int(worlds.sum())
        speed = np.array([LEVELS[name] for name in self._levels])[self._level[worlds]]
        side = self._random.choice([-1.0, 1.0], count)
        slope = self._random.uniform(-0.8, 0.8, count)
        height = self._random.uniform(0.2, 0.8, count)
        self._ball[worlds] = np.stack([np.full(count, 0.5), height, side * speed, slope * speed], axis=1)

    def _play_bots(self, chosen: Ints, bots: Ints) -> None:
        worlds, seats = np.nonzero(bots >= 0)
        if len(worlds) == 0:
            return
        kind = bots[worlds, seats]
        guess = self._random.integers(0, (MOVES, SWINGS), (len(worlds), 2))
        gap = self._ball[worlds, 1] - self._bats[worlds, seats]
        side = np.where(seats == 0, -1.0, 1.0)
        # The tracker looks at the ball only once it is in its own half.
        coming = (side * self._ball[worlds, 2] > 0) & (side * (self._ball[worlds, 0] - 0.5) > 0)
        follow = np.where(gap < -0.04, 1, np.where(gap > 0.04, 2, 0)) * coming
        move = np.select(
            [kind == BOTS.index("random"), kind == BOTS.index("tracker")], [guess[:, 0], follow], 0
        )
        chosen[worlds, seats, 0] = move
        chosen[worlds, seats, 1] = np.where(kind == BOTS.index("random"), guess[:, 1], 0)

    def _move(self, chosen: Ints) -> tuple[Bools, Bools]:
        """Move bats and balls; return which seats hit the ball and which let it past."""
        direction = np.array([0.0, -1.0, 1.0])[chosen[:, :, 0]]
        self._bats = np.clip(self._bats + BAT_SPEED * direction, BAT_HALF, 1.0 - BAT_HALF)
        swing = chosen[:, :, 1] > 0
        ball = self._ball
        ball[:, :2] += ball[:, 2:]
        over, under = ball[:, 1] > 1.0, ball[:, 1] < 0.0
        ball[:, 1] = np.where(over, 2.0 - ball[:, 1], np.where(under, -ball[:, 1], ball[:, 1]))
        ball[:, 3] = np.where(over | under, -ball[:, 3], ball[:, 3])
        hit = np.zeros((self.worlds, 2), dtype=np.bool_)
        lost = np.zeros((self.worlds, 2), dtype=np.bool_)
        for seat, (edge, inward) in enumerate(((BAT_X, 1.0), (1.0 - BAT_X, -1.0))):
            reached = ((ball[:, 0] - edge) * inward <= 0.0) & (ball[:, 2] * inward < 0.0)
            offset = ball[:, 1] - self._bats[:, seat]
            met = reached & (np.abs(offset) <= np.where(swing[:, seat], SWING_HALF, BAT_HALF))
            gain = np.where(swing[:, seat], SWING_GAIN, HIT_GAIN)
            speed = np.minimum(np.abs(ball[:, 2]) * gain, MAX_BALL_SPEED)
            ball[:, 2] = np.where(met, inward * speed, ball[:, 2])
            ball[:, 3] = np.where(met, STEEPNESS * speed * offset / BAT_HALF, ball[:, 3])
            ball[:, 0] = np.where(met, edge, ball[:, 0])
            hit[:, seat], lost[:, seat] = met, reached & ~met
        return hit, lost

    def _finish(self, ended: Bools, outcome: Ints) -> dict[str, Any]:
        """The info of this step; worlds that ended start anew after their last observation is kept."""
        info: dict[str, Any] = {"active": np.ones(self.num_envs, dtype=np.bool_)}
        if not ended.any():
            return info
        mask = self._rows(np.repeat(ended[:, None], 2, axis=1))
        final = {
            "outcome": self._rows(outcome),
            "score": self._rows(self._score),
            "ticks": self._rows(np.repeat(self._steps[:, None], 2, axis=1)),
            "level": self._rows(np.repeat(self._level[:, None], 2, axis=1)),
        }
        info |= {"final_obs": self._observe(), "_final_obs": mask}
        for name, value in final.items():
            info[name], info[f"_{name}"] = value.copy(), mask
        self._begin(ended)
        return info

    def _rows(self, per_seat: NDArray[Any]) -> NDArray[Any]:
        """Per-seat values of shape (worlds, 2) as one value per row."""
        return np.ascontiguousarray(per_seat[:, : self.seats_per_world]).reshape(-1)

    def _observe(self) -> NDArray[np.float32]:
        """Each seat sees the court from its own side: its wall is always at x = -1."""
        out = np.zeros((self.worlds, self.seats_per_world, OBSERVATION_SIZE), dtype=np.float32)
        for seat in range(self.seats_per_world):
            side = 1.0 if seat == 0 else -1.0
            out[:, seat, 0] = self._bats[:, seat] * 2.0 - 1.0
            out[:, seat, 1] = self._bats[:, 1 - seat] * 2.0 - 1.0
            out[:, seat, 2] = side * (self._ball[:, 0] * 2.0 - 1.0)
            out[:, seat, 3] = self._ball[:, 1] * 2.0 - 1.0
            out[:, seat, 4] = side * self._ball[:, 2] / MAX_BALL_SPEED
            out[:, seat, 5] = self._ball[:, 3] / MAX_BALL_SPEED
            out[:, seat, 6] = self._score[:, seat] / POINTS_TO_WIN
            out[:, seat, 7] = self._score[:, 1 - seat] / POINTS_TO_WIN
        low, high = _bounds()
        return np.clip(out.reshape(self.num_envs, OBSERVATION_SIZE), low, high)

    def seat_view(self, world: int, seat: int) -> NDArray[np.float32]:
        """What one seat of an all-seats env sees now, shape (1, OBSERVATION_SIZE)."""
        row = world * self.seats_per_world + seat
        return self._observe()[row : row + 1]

    @property
    def court(self) -> tuple[Floats, Floats, Ints]:
        """Bats, balls and scores of every world, for drawing."""
        return self._bats, self._ball, self._score


def _bounds() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    low = np.concatenate([np.full(size, lo, dtype=np.float32) for _, size, lo, _ in SLOTS])
    high = np.concatenate([np.full(size, hi, dtype=np.float32) for _, size, _, hi in SLOTS])
    return low, high


def _known(name: str, names: Any, what: str) -> str:
    if name not in names:
        raise ValueError(f"{what} {name!r}: expected one of {', '.join(names)}")
    return name


gymnasium.register("Paddle/Volley-v0", vector_entry_point="tests.plugin_demo.paddle:PaddleVectorEnv")


def draw(surface: Any, env: PaddleVectorEnv) -> None:
    """Draw world 0 onto a pygame surface of any size."""
    import pygame

    width, height = surface.get_size()
    bats, ball, score = env.court
    surface.fill((12, 14, 24))
    for seat, colour in enumerate(((90, 220, 255), (255, 150, 90))):
        x = BAT_X if seat == 0 else 1.0 - BAT_X
        top = int((bats[0, seat] - BAT_HALF) * height)
        pygame.draw.rect(
            surface, colour, (int(x * width) - 4, top, 8, int(2 * BAT_HALF * height)), border_radius=4
        )
        for point in range(int(score[0, seat])):
            offset = 30 + 22 * point
            pygame.draw.circle(surface, colour, (offset if seat == 0 else width - offset, 20), 7)
    pygame.draw.circle(surface, (240, 240, 255), (int(ball[0, 0] * width), int(ball[0, 1] * height)), 8)


def main() -> None:
    """A person at the left bat against an ONNX brain (or the tracker bot) at the right one."""
    import pygame

    from agents.contract import Contract
    from agents.runtime import load_brain, make_streams, sample_actions

    parser = argparse.ArgumentParser(description="Paddle, the demo game")
    parser.add_argument("--brain", type=Path, help="an .onnx policy; without it the tracker bot plays")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.0, help="stop after this many seconds (0: never)")
    options = parser.parse_args()
    env = PaddleVectorEnv(1, seats="all", levels="calm")
    brain = load_brain(options.brain, Contract.from_dict(env.policy_contract())) if options.brain else None
    streams = make_streams(options.seed, 1)
    env.reset(seed=options.seed)
    if brain is None:
        env.assign_bots(np.array([1]), ["tracker"])
    pygame.init()
    screen = pygame.display.set_mode((800, 500))
    clock = pygame.time.Clock()
    left = int(options.seconds * STEPS_PER_SECOND) or -1
    while left != 0 and not any(event.type == pygame.QUIT for event in pygame.event.get()):
        keys = pygame.key.get_pressed()
        actions = np.zeros((2, 2), dtype=np.int64)
        actions[0] = (1 if keys[pygame.K_w] else 2 if keys[pygame.K_s] else 0, int(keys[pygame.K_SPACE]))
        if brain is not None:
            actions[1] = sample_actions(brain.logits(env.seat_view(0, 1)), brain.heads, 0.0, streams)[0]
        env.step(actions)
        draw(screen, env)
        pygame.display.flip()
        clock.tick(STEPS_PER_SECOND)
        left -= 1
    pygame.quit()


if __name__ == "__main__":
    main()
