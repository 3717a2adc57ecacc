import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from recommender.commands.root import app
from recommender.evaluation.simulate import (
    community_of,
    interval,
    simulate_advice,
    simulate_policy,
    simulate_popularity,
    simulate_random,
)
from recommender.evaluation.simulated_players import SimulatedPlayer, SimulatedWorld
from recommender.records.kinds import Item
from recommender.store import Store
from recommender.store.exchange import Records, write_records

SEEDS = [[5, 50, persona] for persona in range(8)]


def test_personas_prefer_their_zone_and_tire_of_repeats() -> None:
    persona = SimulatedPlayer(SimulatedWorld.made(5), [1])
    liking, best = persona.enjoyment(), int(np.argmax(persona.enjoyment()))
    persona.play(best)
    assert persona.enjoyment()[best] < liking[best]
    chances = persona.chances()
    for _ in range(30):
        persona.play(0)
    assert np.all(persona.chances() > chances)  # practice


def test_the_best_choice_has_no_regret_and_any_other_some() -> None:
    world = SimulatedWorld.made(5)
    best = simulate_policy(world, SEEDS, 12, lambda persona, _: int(np.argmax(persona.enjoyment())))
    worst = simulate_policy(world, SEEDS, 12, lambda persona, _: int(np.argmin(persona.enjoyment())))
    assert not best.regret.any()
    assert worst.regret.mean() > 2


def test_advice_beats_chance_and_popularity() -> None:
    world = SimulatedWorld.made(5, 40)
    community = community_of(world, 5, 20, 15)
    advice = simulate_advice(world, community, SEEDS, 12, Store(None))
    assert advice.regret.mean() < simulate_popularity(world, community, SEEDS, 12).regret.mean()
    assert advice.regret.mean() < simulate_random(world, SEEDS, 12).regret.mean() - 0.4


def test_intervals_hold_the_mean_and_narrow() -> None:
    random = np.random.default_rng(0)
    few, many = interval(random.normal(2, 1, 20)), interval(random.normal(2, 1, 2000))
    for mean, low, high in (few, many):
        assert low < mean < high
    assert many[2] - many[1] < few[2] - few[1]


@pytest.mark.slow
def test_the_command_is_reproducible_and_writes_figures(tmp_path: Path) -> None:
    def run(name: str) -> dict[str, object]:
        arguments = ["simulate", "--personas", "4", "--matches", "11", "--json", str(tmp_path / name)]
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
        found: dict[str, object] = json.loads((tmp_path / name).read_text())
        return found

    first = run("a.json")
    assert first == run("b.json")
    assert [row["policy"] for row in first["policies"]] == [  # type: ignore[attr-defined]
        "omniscient", "advisor", "advisor without community", "popularity", "random",
    ]  # fmt: skip


@pytest.mark.slow
def test_a_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    arguments = ["simulate", "--personas", "4", "--matches", "11", "--plot", str(tmp_path / "a.png")]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_an_advisor_of_a_part_suggests_nothing_else() -> None:
    world = SimulatedWorld.made(5, 40)
    part = [item.name for item in world.items[:6]]
    trajectory = simulate_advice(world, None, SEEDS[:2], 12, Store(None), part=part)
    whole = simulate_advice(world, None, SEEDS[:2], 12, Store(None))
    assert trajectory.enjoyment.shape == whole.enjoyment.shape == (2, 12)
    assert trajectory.enjoyment.mean() < whole.enjoyment.mean()


def test_a_part_is_compared_and_must_be_one(tmp_path: Path) -> None:
    items = SimulatedWorld.made(5, 30).items
    write_records(tmp_path / "all.json", Records(items=items))
    write_records(tmp_path / "some.json", Records(items=items[:8]))
    write_records(tmp_path / "other.json", Records(items=[Item("strange")]))
    base = ["simulate", "--store", str(tmp_path / "s.sqlite"), "--items", str(tmp_path / "all.json")]
    few = ["--personas", "2", "--matches", "11"]
    done = CliRunner().invoke(app, [*base, "--part", str(tmp_path / "some.json"), *few])
    assert done.exit_code == 0, done.output
    assert "advisor of the part" in done.output
    done = CliRunner().invoke(app, [*base, "--part", str(tmp_path / "other.json"), *few])
    assert done.exit_code != 0
    assert "expected items of the whole table, found 'strange'" in str(done.exception) + done.output
