"""Pictures of reports: a level in its proportions, and counts that are seen where they are and nowhere else."""

import io

import numpy as np
import pygame
import pytest

from game.core.levels.catalogue import load_level
from game.view.heat_map import MARKED, heat_png, level_jpeg, marked_png, picture_margin


def pixels(content: bytes) -> np.ndarray:
    """(height, width, 4)"""
    picture = pygame.image.load(io.BytesIO(content))
    data = pygame.image.tobytes(picture, "RGBA")
    return np.frombuffer(data, np.uint8).reshape(picture.get_height(), picture.get_width(), 4)


def test_more_is_more_opaque_and_nothing_is_clear() -> None:
    counts = np.array([[0, 1, 4], [9, 16, 0]], np.int64)
    drawn = pixels(heat_png(counts, (10, 200, 30)))
    assert drawn.shape == (2, 3, 4)
    alpha = drawn[..., 3]
    assert alpha[0, 0] == alpha[1, 2] == 0
    assert 0 < alpha[0, 1] < alpha[0, 2] < alpha[1, 0] < alpha[1, 1]
    assert drawn[1, 1].tolist()[:3] == [10, 200, 30]


def test_one_extreme_count_does_not_hide_the_others() -> None:
    counts = np.full((10, 10), 4, np.int64)
    counts[0, 0] = 10_000
    assert pixels(heat_png(counts, (255, 255, 255)))[5, 5, 3] > 200


def test_no_counts_are_a_clear_picture() -> None:
    assert pixels(heat_png(np.zeros((3, 4), np.int64), (1, 2, 3)))[..., 3].max() == 0


def test_marks_have_their_colours() -> None:
    drawn = pixels(marked_png(np.array([[0, 1], [2, 3]], np.int64), {1: (255, 0, 0), 2: (0, 255, 0)}))
    assert drawn[0, 1].tolist() == [255, 0, 0, MARKED]
    assert drawn[1, 0].tolist() == [0, 255, 0, MARKED]
    assert drawn[0, 0, 3] == drawn[1, 1, 3] == 0


@pytest.mark.parametrize("name", ["first_light", "metropolis"])
def test_a_level_is_drawn_in_its_proportions_and_light(name: str) -> None:
    arena = load_level(name).arena
    content = level_jpeg(arena)
    height, width, _ = pixels(content).shape
    rows, columns = arena.tiles.shape
    margin = 2 * picture_margin()
    assert width / height == pytest.approx((columns + margin) / (rows + margin), rel=0.01)
    assert len(content) < 200_000
