"""Teams, classes and facing are told apart by shape, without any colour."""

from dataclasses import replace

import numpy as np
import pygame
import pytest

from game.core import rules
from game.view import palette, tank_sprites
from game.view.objects import ObjectSprites
from game.view.palette import DEFAULT, SHAPE_CIRCLE
from game.view.shots import ShotSprites
from game.view.tank_sprites import TankSprites

TILE = 40
GREY = replace(DEFAULT, teams=((200, 200, 200),) * 4)
TEAM_PAIRS = [(a, b) for a in range(4) for b in range(a)]


def mask(surface: pygame.Surface, threshold: float = 0.4) -> np.ndarray:
    light = pygame.surfarray.array3d(surface).astype(np.float64).mean(axis=2)
    return light > threshold * light.max()


def middle(picture: np.ndarray, half: int) -> np.ndarray:
    """Return the square of twice `half` pixels around the middle."""
    x, y = picture.shape[0] // 2, picture.shape[1] // 2
    return picture[x - half : x + half, y - half : y + half]


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Return the share of the lit pixels that two pictures have in common."""
    return float((a & b).sum() / max(1, (a | b).sum()))


@pytest.mark.parametrize(("a", "b"), TEAM_PAIRS)
def test_rings_and_emblems_of_two_teams_differ_without_colour(a: int, b: int) -> None:
    sprites = TankSprites(TILE, GREY)
    assert overlap(mask(sprites.ring(a, 1)), mask(sprites.ring(b, 1))) < 0.6
    assert overlap(mask(sprites.emblem(a)), mask(sprites.emblem(b))) < 0.9


@pytest.mark.parametrize(("a", "b"), TEAM_PAIRS)
def test_shots_and_mines_of_two_teams_differ_without_colour(a: int, b: int) -> None:
    shots, objects = ShotSprites(TILE, GREY), ObjectSprites(TILE, GREY)
    assert overlap(mask(shots.head(1, a, 0), 0.8), mask(shots.head(1, b, 0), 0.8)) < 0.95
    assert overlap(mask(objects.mine(a, True, False)), mask(objects.mine(b, True, False))) < 0.9


def test_teams_of_one_shape_could_not_be_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tank_sprites, "TEAM_SHAPES", (SHAPE_CIRCLE,) * 4)
    sprites = TankSprites(TILE, GREY)
    assert overlap(mask(sprites.ring(0, 1)), mask(sprites.ring(1, 1))) == 1


def test_a_shot_that_banked_looks_like_no_team() -> None:
    sprites = ShotSprites(TILE, GREY)
    star = mask(sprites.star(0), 0.5)
    for team in range(4):
        head = mask(sprites.head(1, team, 0), 0.5)
        side = min(star.shape[0], head.shape[0]) // 2
        assert overlap(middle(star, side), middle(head, side)) < 0.6


@pytest.mark.parametrize(("a", "b"), [(0, 1), (0, 2), (1, 2)])
def test_classes_have_silhouettes_of_their_own(a: int, b: int) -> None:
    sprites = TankSprites(TILE, GREY)
    outlines = [pygame.surfarray.array_alpha(sprites.hull(tank_class, 0, 0.0)) > 200 for tank_class in (a, b)]
    assert overlap(*outlines) < 0.85


def light_direction(surface: pygame.Surface) -> float:
    """Return the direction (256ths) from the middle to the centre of the light."""
    light = pygame.surfarray.array3d(surface).astype(np.float64).sum(axis=2) ** 2
    width, height = light.shape
    x = (light.sum(axis=1) * (np.arange(width) - (width - 1) / 2)).sum()
    y = (light.sum(axis=0) * (np.arange(height) - (height - 1) / 2)).sum()
    return float(np.arctan2(y, x) / (2 * np.pi) * 256 % 256)


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
@pytest.mark.parametrize("aim", [0, 17, 64, 100, 128, 200, 251])
def test_the_barrel_points_where_the_tank_aims(tank_class: int, aim: int) -> None:
    sprites = TankSprites(TILE, DEFAULT)
    seen = light_direction(sprites.turret(tank_class, 0, float(aim)))
    assert abs((seen - aim + 128) % 256 - 128) < 4


@pytest.mark.parametrize("tank_class", range(rules.N_CLASSES))
def test_the_nose_of_a_hull_is_its_bright_end(tank_class: int) -> None:
    sprites = TankSprites(TILE, DEFAULT)
    hull = pygame.surfarray.array3d(sprites.hull(tank_class, 0, 0.0)).astype(np.int64).sum(axis=2)
    half = hull.shape[0] // 2
    assert hull[half:].max() > hull[:half].max() * 0.98
    assert (hull[half + half // 3 :] > 600).sum() > 0


def test_hulls_turn_clockwise_on_the_screen() -> None:
    sprites = TankSprites(TILE, DEFAULT)
    right = pygame.surfarray.array3d(sprites.hull(0, 0, 0.0))
    down = pygame.surfarray.array3d(sprites.hull(0, 0, 64.0))
    # A point right of the middle comes to lie below it; arrays are (x, y), so mirrored.
    assert np.array_equal(right, np.rot90(down, -1))
    assert not np.array_equal(right, np.rot90(down, 1))


def test_hit_points_read_off_the_pips() -> None:
    sprites = TankSprites(TILE, DEFAULT)
    lit = [int(mask(sprites.pips(hp, 6, 0), 0.5).sum()) for hp in range(2, 7)]
    assert lit == sorted(lit)
    assert lit[-1] == 3 * lit[0]


def test_a_palette_needs_a_colour_for_every_team() -> None:
    with pytest.raises(ValueError, match="expected 4 team colours, found 1"):
        replace(DEFAULT, teams=((1, 2, 3),))
    assert len({theme.wall_edge for theme in palette.THEMES}) == len(palette.THEMES)
