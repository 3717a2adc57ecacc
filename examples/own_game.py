"""agents: play against a brain in your own pygame game. `python examples/own_game.py [BRAIN [SECONDS]]`.

You move the left bat with the arrow keys up and down. With SECONDS, a script plays instead of you, as fast as possible.
"""

import sys
from pathlib import Path

import numpy as np
import pygame
from own_env import Court, Rally, follow

from agents import load_brain, make_streams, sample_actions

SIDE, STEPS_PER_SECOND = 480, 30  # pixels


def draw(screen: pygame.Surface, court: Court, score: list[int]) -> None:
    """Draw one frame: both bats, the ball, and the score."""
    screen.fill((12, 14, 30))
    for side, colour in enumerate([(0, 229, 255), (255, 64, 129)]):
        top = (court.bats[side] - court.REACH) * SIDE
        pygame.draw.rect(screen, colour, (side * (SIDE - 8), top, 8, 2 * court.REACH * SIDE))
        for point in range(min(score[side], 20)):
            pygame.draw.circle(screen, colour, (SIDE // 2 + (2 * side - 1) * (14 + 10 * point), 12), 4)
    pygame.draw.circle(screen, "white", (court.x * SIDE, court.y * SIDE), 7)
    pygame.display.flip()


def play(brain_file: Path, seconds: float | None) -> list[int]:
    """Play until the window is closed, or for the given seconds of game time; return the points of both sides."""
    brain = load_brain(brain_file, None)  # the file is checked as untrusted; BrainRefused says what is wrong
    expected = Rally.observation_space.shape, [int(Rally.action_space.n)]
    found = (brain.contract.observation_size,), [head.size for head in brain.heads]
    if found != expected:
        raise SystemExit(f"{brain_file}: expected a brain for senses and choices {expected}, found {found}")
    screen, clock = pygame.display.set_mode((SIDE, SIDE)), pygame.time.Clock()
    random, streams, score = np.random.default_rng(1), make_streams(seed=1, rows=1), [0, 0]
    court, left = Court(random), round((seconds or 0) * STEPS_PER_SECOND)
    while not pygame.event.get(pygame.QUIT) and (seconds is None or left > 0):
        keys = pygame.key.get_pressed()
        mine = follow(court, 0) if seconds is not None else keys[pygame.K_DOWN] - keys[pygame.K_UP]
        (action,) = sample_actions(brain.logits(court.seen_by(1)[None]), brain.heads, 0.0, streams)
        _, missed = court.step((mine, int(action[0]) - 1))
        if missed is not None:
            score[1 - missed] += 1
            court = Court(random)
        draw(screen, court, score)
        left -= 1
        clock.tick(STEPS_PER_SECOND if seconds is None else 0)
    pygame.quit()
    return score


if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("rally.onnx")
    mine, its = play(file, float(sys.argv[2]) if len(sys.argv) > 2 else None)
    print(f"{file.name} played: you {mine}, the brain {its}")
