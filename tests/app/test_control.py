"""A person's input as an action of the core, and what each device can reach."""

import math
from itertools import pairwise

import pygame
import pytest

from game.app.input.actions import Bindings, InputContext
from game.app.input.hub import InputHub
from game.app.input.pads import AXES, BUTTONS
from game.app.playing.control import HumanControl, aim_of, move_of
from game.core import rules

AXIS_NUMBERS = {name: number for number, name in AXES.items()}
BUTTON_NUMBERS = {name: number for number, name in BUTTONS.items()}
OWN = (1000.0, 1000.0)


def as_su(position: tuple[float, float]) -> tuple[float, float]:
    return position[0] * 10, position[1] * 10


@pytest.fixture
def hub() -> InputHub:
    pygame.display.init()
    return InputHub(Bindings())


def send(hub: InputHub, kind: int, **values: object) -> list[str]:
    presses, _ = hub.handle(pygame.event.Event(kind, values), InputContext.PLAY)
    return [press.action for press in presses]


def key(hub: InputHub, code: int, *, down: bool = True) -> list[str]:
    return send(hub, pygame.KEYDOWN if down else pygame.KEYUP, key=code)


def stick(hub: InputHub, x: str, y: str, dx: float, dy: float) -> None:
    for axis, value in ((x, dx), (y, dy)):
        send(
            hub,
            pygame.CONTROLLERAXISMOTION,
            instance_id=3,
            axis=AXIS_NUMBERS[axis],
            value=round(value * 32767),
        )


@pytest.mark.parametrize("move", range(1, 9))
def test_keys_reach_all_eight_directions(hub: InputHub, move: int) -> None:
    dx, dy = rules.MOVES[move]
    for code, wanted in (
        (pygame.K_d, dx > 0),
        (pygame.K_a, dx < 0),
        (pygame.K_s, dy > 0),
        (pygame.K_w, dy < 0),
    ):
        if wanted:
            key(hub, code)
    assert HumanControl(hub).action(OWN, as_su)[0] == move


def test_opposite_keys_cancel(hub: InputHub) -> None:
    key(hub, pygame.K_a)
    key(hub, pygame.K_d)
    assert HumanControl(hub).action(OWN, as_su)[0] == 0


@pytest.mark.parametrize("move", range(1, 9))
def test_the_stick_moves_to_the_nearest_direction(hub: InputHub, move: int) -> None:
    angle = math.atan2(rules.MOVES[move][1], rules.MOVES[move][0]) + 0.3
    stick(hub, "left_x", "left_y", 0.9 * math.cos(angle), 0.9 * math.sin(angle))
    assert HumanControl(hub).action(OWN, as_su)[0] == move


def test_the_dead_zone_swallows_a_worn_stick(hub: InputHub) -> None:
    stick(hub, "left_x", "left_y", 0.15, -0.15)
    stick(hub, "right_x", "right_y", 0.15, 0.1)
    control = HumanControl(hub, dead_zone=0.25)
    control.aim = 77
    control.uses_mouse = False
    assert control.action(OWN, as_su)[:2] == (0, 77)


def test_the_mouse_aims_from_the_own_tank(hub: InputHub) -> None:
    control = HumanControl(hub)
    for position, aim in (((200, 100), 0), ((100, 200), 64), ((50, 100), 128), ((100, 20), 192)):
        send(hub, pygame.MOUSEMOTION, pos=position, rel=(9, 9))
        assert control.action(OWN, as_su)[1] == aim


@pytest.mark.parametrize("aim", range(0, 256, 5))
def test_every_aim_can_be_reached_and_is_an_npc_action_too(aim: int) -> None:
    angle = aim / 256 * 2 * math.pi
    assert aim_of(math.cos(angle), math.sin(angle)) == aim
    sector, position = divmod(aim, rules.POSITIONS)
    assert sector < rules.SECTORS
    assert sector * rules.POSITIONS + position == aim


def test_standing_still_is_move_zero() -> None:
    assert move_of(0, 0) == 0


def test_what_was_touched_last_aims(hub: InputHub) -> None:
    control = HumanControl(hub)
    send(hub, pygame.MOUSEMOTION, pos=(200, 100), rel=(9, 9))
    assert control.action(OWN, as_su)[1] == 0
    stick(hub, "right_x", "right_y", 0.0, 1.0)
    assert control.action(OWN, as_su)[1] == 64
    stick(hub, "right_x", "right_y", 0.0, 0.0)
    assert control.action(OWN, as_su)[1] == 64
    assert not control.uses_mouse
    send(hub, pygame.MOUSEMOTION, pos=(20, 100), rel=(9, 9))
    assert control.action(OWN, as_su)[1] == 128


def test_keys_alone_can_turn_the_turret_all_round(hub: InputHub) -> None:
    control = HumanControl(hub)
    key(hub, pygame.K_e)
    seen = {control.action(OWN, as_su)[1] for _ in range(400)}
    key(hub, pygame.K_e, down=False)
    fine = []
    for _ in range(3):
        key(hub, pygame.K_q)
        fine.append(control.action(OWN, as_su)[1])
        key(hub, pygame.K_q, down=False)
        control.action(OWN, as_su)
    assert len(seen) > 80
    assert [(a - b) % 256 for a, b in pairwise(fine)] == [1, 1]


def test_fire_is_held_and_a_quick_special_is_never_lost(hub: InputHub) -> None:
    control = HumanControl(hub)
    send(hub, pygame.MOUSEBUTTONDOWN, pos=(0, 0), button=1)
    assert [control.action(OWN, as_su)[2] for _ in range(3)] == [1, 1, 1]
    send(hub, pygame.MOUSEBUTTONUP, pos=(0, 0), button=1)
    assert control.action(OWN, as_su)[2] == 0
    for name in key(hub, pygame.K_LSHIFT):
        control.pressed(name)
    key(hub, pygame.K_LSHIFT, down=False)
    assert [control.action(OWN, as_su)[3] for _ in range(2)] == [1, 0]


def test_each_local_player_has_their_own_devices(hub: InputHub) -> None:
    first, second = HumanControl(hub, ("keys",)), HumanControl(hub, ("pad3",))
    key(hub, pygame.K_d)
    send(hub, pygame.CONTROLLERBUTTONDOWN, instance_id=3, button=BUTTON_NUMBERS["dpad_up"])
    assert first.action(OWN, as_su)[0] == 1
    assert second.action(OWN, as_su)[0] == 7


def test_losing_the_focus_lets_everything_go(hub: InputHub) -> None:
    key(hub, pygame.K_d)
    send(hub, pygame.WINDOWFOCUSLOST)
    assert HumanControl(hub).action(OWN, as_su)[0] == 0


def test_pulling_a_pad_out_lets_its_buttons_go(hub: InputHub) -> None:
    send(hub, pygame.CONTROLLERBUTTONDOWN, instance_id=3, button=BUTTON_NUMBERS["dpad_up"])
    key(hub, pygame.K_d)
    _, changes = hub.handle(pygame.event.Event(pygame.JOYDEVICEREMOVED, instance_id=3), InputContext.PLAY)
    assert [change.present for change in changes] == [False]
    assert HumanControl(hub).action(OWN, as_su)[0] == 1


def test_a_pad_without_a_known_layout_works_by_the_usual_one(hub: InputHub) -> None:
    assert send(hub, pygame.JOYBUTTONDOWN, instance_id=5, button=7) == ["pause"]
    send(hub, pygame.JOYAXISMOTION, instance_id=5, axis=0, value=-1.0)
    assert HumanControl(hub).action(OWN, as_su)[0] == 5
    send(hub, pygame.JOYHATMOTION, instance_id=5, hat=0, value=(0, 1))
    assert HumanControl(hub).action(OWN, as_su)[0] == 6
