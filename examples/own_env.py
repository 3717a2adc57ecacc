"""agents: train on your own environment, export the policy, measure it. `python examples/own_env.py [FOLDER [SAMPLES]]`.

Rally: two bats keep a ball in a square court; a side that misses it loses the point. Lengths are shares of the court's side.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

ID = "examples.own_env:Rally-v0"  # module:id, so that `agents` can import the module that registers the id


class Court:
    """The rules, used by the environment and by the window. Side 0 is on the left, side 1 on the right."""

    REACH, BAT_SPEED, BALL_SPEED = 0.1, 0.03, 0.035  # half a bat's length; speeds per step

    def __init__(self, random: np.random.Generator) -> None:
        """Serve from the middle to either side."""
        self.random = random
        self.bats = [0.5, 0.5]
        self.x, self.y = 0.5, random.uniform(0.2, 0.8)
        self.dx, self.dy = random.choice([-1, 1]) * self.BALL_SPEED, random.uniform(-0.03, 0.03)

    def seen_by(self, side: int) -> np.ndarray:
        """Return a side's observation: the ball's distance below its bat and from its wall, and the ball's velocity."""
        x, dx = (self.x, self.dx) if side == 0 else (1 - self.x, -self.dx)
        below = self.y - self.bats[side]
        return np.array([4 * below, x, self.y, 20 * dx, 20 * self.dy], dtype=np.float32)

    def step(self, moves: tuple[int, int]) -> tuple[int | None, int | None]:
        """Move bats (-1 up, 0, 1 down) and ball; return which side has hit the ball and which has missed it."""
        for side, move in enumerate(moves):
            self.bats[side] = min(max(self.bats[side] + move * self.BAT_SPEED, 0.0), 1.0)
        self.x, self.y = self.x + self.dx, self.y + self.dy
        if not 0 <= self.y <= 1:
            self.y, self.dy = min(max(self.y, 0.0), 1.0), -self.dy
        if 0 < self.x < 1:
            return None, None
        side = int(self.x >= 1)
        if abs(self.y - self.bats[side]) > self.REACH:
            return None, side
        self.x, self.dx = float(side), -self.dx
        self.dy = (self.y - self.bats[side]) * 0.3 + self.random.uniform(-0.02, 0.02)
        return side, None


class Rally(gymnasium.Env):
    """The right side learns against a bat that always follows the ball: +1 for each hit, -1 for a miss, which ends it."""

    observation_space = gymnasium.spaces.Box(-4, 4, (5,), np.float32)
    action_space = gymnasium.spaces.Discrete(3)  # up, stay, down

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """Begin a rally of at most 600 steps."""
        super().reset(seed=seed)
        self.court = Court(self.np_random)
        return self.court.seen_by(1), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Move both bats one step."""
        hit, missed = self.court.step((follow(self.court, 0), int(action) - 1))
        return self.court.seen_by(1), float(hit == 1) - float(missed == 1), missed is not None, False, {}


def follow(court: Court, side: int) -> int:
    """Return the move of a bat towards the ball's height."""
    away = court.y - court.bats[side]
    return 0 if abs(away) < court.BAT_SPEED else int(np.sign(away))


def agents(*arguments: object) -> None:
    """Run a command of `agents`, which prints its own output; exit if it fails."""
    subprocess.run([sys.executable, "-m", "agents", *map(str, arguments)], check=True)


gymnasium.register("Rally-v0", entry_point="examples.own_env:Rally", max_episode_steps=600)


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "rally")
    samples = sys.argv[2] if len(sys.argv) > 2 else "80000"  # takes about ten seconds
    recipe = Path(__file__).with_suffix(".toml")
    agents("train", recipe, "--out", folder / "run", "--set", f"budget.samples={samples}")
    agents("export", folder / "run", "--env", ID, "--out", folder / "rally.onnx", "--matches", 20)
    agents("evaluate", folder / "rally.onnx", "--env", ID, "--temperature", 0, "--matches", 20)
