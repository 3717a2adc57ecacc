"""`help()` of each environment says all that its documentation says, in Minigrid's sections, and says it truly."""

import inspect
import pydoc
import re
from collections.abc import Callable, Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from game.core import rules
from game.core.sim.slots import OFFSETS, SLOTS
from game.env.arguments import resolve_arguments
from game.env.describe import ARGUMENTS
from game.env.parallel import parallel_env
from game.env.rewards import DEFAULTS, TERM_NAMES
from game.env.setups import ENV_IDS
from tests.contracts.tree import ROOT

SECTIONS = [
    "Description", "Objective", "Action Space", "Observation Space", "Rewards", "Termination", "Registered Configurations",
    "Arguments",
]  # fmt: skip


def _single(env_id: str, **arguments: Any) -> Any:
    return gymnasium.make(f"game:{env_id}", levels="train:1", **arguments).unwrapped


def _vector(env_id: str, **arguments: Any) -> Any:
    return gymnasium.make_vec(f"game:{env_id}", num_envs=1, levels="train:1", **arguments).unwrapped


def _parallel(env_id: str, **arguments: Any) -> Any:
    return parallel_env(env_id, levels="train:1", **arguments)


MAKERS = {"single": _single, "vector": _vector, "parallel": _parallel}


@pytest.fixture(params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return MAKERS[request.param]


def sections(env: Any) -> dict[str, str]:
    """The manual of an environment's class by its headings."""
    parts = re.split(r"^## (.+)\n", type(env).__doc__, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(text: str) -> Iterator[list[str]]:
    """The cells of a table, without its head, and without the quotes of code."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip().strip("`") for cell in line.strip("|").split("|")]


def own_spaces(env: Any) -> tuple[Any, Any]:
    """The spaces of one action and one observation."""
    if hasattr(env, "possible_agents"):
        agent = env.possible_agents[0]
        return env.action_space(agent), env.observation_space(agent)
    if hasattr(env, "single_action_space"):
        return env.single_action_space, env.single_observation_space
    return env.action_space, env.observation_space


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_every_registered_class_has_every_section(make: Callable[..., Any], env_id: str) -> None:
    env = make(env_id)
    found = sections(env)
    assert list(found) == SECTIONS
    assert all(len(text.strip()) > 40 for text in found.values())
    assert env_id in [name for name, *_ in rows(found["Registered Configurations"])]


def test_help_shows_the_manual(make: Callable[..., Any]) -> None:
    env = make("Bankshot/Duel-v0")
    shown = pydoc.plain(pydoc.render_doc(env))
    assert all(f"## {name}" in shown for name in SECTIONS)


def test_the_spaces_named_are_the_real_ones(make: Callable[..., Any]) -> None:
    env = make("Bankshot/Duel-v0")
    action, observation = own_spaces(env)
    found = sections(env)
    named = re.findall(r"`(MultiDiscrete|Box)\((.+?)\)`", found["Action Space"] + found["Observation Space"])
    assert named == [("MultiDiscrete", str(action.nvec.tolist())), ("Box", f"float32, {observation.shape}")]
    assert isinstance(action, spaces.MultiDiscrete)
    assert isinstance(observation, spaces.Box)
    assert observation.dtype == np.float32
    values = [(name, f"0 to {size - 1}") for name, size in rules.ACTION_HEADS]
    assert [tuple(row[:2]) for row in rows(found["Action Space"])] == values
    assert action.nvec.tolist() == [size for _, size in rules.ACTION_HEADS]
    low, high = observation.low, observation.high
    slots = list(rows(found["Observation Space"]))
    assert [row[0] for row in slots] == [slot.name for slot in SLOTS]
    assert sum(int(row[2]) for row in slots) == observation.shape[0]
    for name, start, size, span, _ in slots:
        at = slice(int(start), int(start) + int(size))
        assert at.start == OFFSETS[name]
        assert {f"{a:g} to {b:g}" for a, b in zip(low[at], high[at], strict=True)} == {span}


def test_rewards_and_configurations_are_the_tables_of_the_code(make: Callable[..., Any]) -> None:
    found = sections(make("Bankshot/Arena-v0"))
    terms = {row[0]: row[1:-1] for row in rows(found["Rewards"])}
    assert tuple(terms) == TERM_NAMES
    for place, weights in enumerate(DEFAULTS.values()):
        assert {name: float(row[place]) for name, row in terms.items() if row[place]} == weights
    registered = {name for name in gymnasium.registry if name.startswith("Bankshot/")}
    assert {name for name, *_ in rows(found["Registered Configurations"])} == registered == set(ENV_IDS)
    assert all(f"- `{name}`: " in found["Objective"] for name in rules.OBJECTIVE_NAMES)


@pytest.mark.parametrize("page", ["environments", "rewards", "observation"])
def test_the_pages_of_docs_say_the_same(page: str) -> None:
    """Rows of the manual's tables stand in the pages as they are."""
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    heads = {
        "environments": ("Registered Configurations", "Arguments"),
        "rewards": ("Rewards",),
        "observation": ("Observation Space",),
    }
    for name in heads[page]:
        manual = sections(_single("Bankshot/Duel-v0"))[name]
        lines = [line for line in manual.splitlines() if line.startswith("| `") and "render_mode" not in line]
        assert len(lines) > 5
        assert all(line in text for line in lines)


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("single", {"seats", "players"}),
        ("vector", set()),
        ("parallel", {"seats", "opponent", "allies", "side"}),
    ],
)
def test_the_manual_names_every_argument_and_no_other(name: str, refused: set[str]) -> None:
    taken = [one for one in inspect.signature(resolve_arguments).parameters if one != "setup"]
    assert sorted(one for one, _, _ in ARGUMENTS) == sorted(taken)
    named = {row[0] for row in rows(sections(MAKERS[name]("Bankshot/Duel-v0"))["Arguments"])}
    more = {"render_mode"} | ({"first_world", "autoreset_mode"} if name == "vector" else set())
    assert named == set(taken) - refused | more
    for one in refused:
        with pytest.raises(ValueError, match=f"^{one}: "):
            MAKERS[name](
                "Bankshot/Duel-v0", **{one: "all" if one == "seats" and name == "single" else "learner"}
            )
