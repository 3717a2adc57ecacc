import numpy as np
import pytest

from recommender.advisor.challenge import Challenge
from recommender.advisor.features import Features
from recommender.advisor.taste import NOISE, OFFSET_SPREAD, OWN_SPREAD, Evidence, TasteModel
from recommender.records.kinds import Item
from tests.recommender.made_advice import catalogue


def evidence(rows: list[tuple[int, float, float]]) -> Evidence:
    items, left, sure = np.array(rows, np.float64).reshape(-1, 3).T
    return Evidence(items.astype(np.int32), left, sure)


def test_features_are_tags_and_soft_bins_with_rows_of_unit_mean_square() -> None:
    features = Features.of(catalogue())
    assert features.names == ("kind:maze", "kind:open", "length:low", "length:middle", "length:high")
    assert (features.values**2).sum(1).mean() == pytest.approx(1.0)
    assert features.values.mean(0) == pytest.approx(np.zeros(features.values.shape[1]))
    assert [features.families[family] for family in features.of_name] == [
        "kind:maze", "kind:open", "length", "length", "length",
    ]  # fmt: skip
    tags, steps = features.values[:, features.family < 2], features.values[:, features.family == 2]
    assert (tags**2).sum(1).mean() == pytest.approx((steps**2).sum(1).mean())
    bins = features.present[:, 2:]
    assert bins.sum(1) == pytest.approx(np.ones(24))
    similarity = features.similarity(np.arange(24))
    assert np.diag(similarity) == pytest.approx(np.ones(24))
    assert similarity[0, 10] > similarity[0, 1]  # both are mazes of the same length


def test_what_all_or_one_has_says_nothing() -> None:
    items = [
        Item(f"{n}", tags=frozenset({"all"} | ({"one"} if n == 0 else set())), numbers={"same": 1.0})
        for n in range(5)
    ]
    features = Features.of(items)
    assert features.names == ()
    assert Features.of([]).similarity(np.arange(0)).shape == (0, 0)
    # Without content taste is how generous the player is.
    taste = TasteModel(features).posterior(evidence([(0, 1.0, 1.0), (1, 1.0, 1.0)]))
    weight = 2 / (NOISE + OWN_SPREAD)
    assert taste.stars(features.values) == pytest.approx(np.full(5, weight / (weight + 1 / OFFSET_SPREAD)))


def test_a_missing_number_is_in_no_bin() -> None:
    items = [Item(f"{n}", numbers={"x": float(n)} if n else {}) for n in range(6)]
    assert not Features.of(items).present[0].any()


def test_the_posterior_is_that_of_a_gaussian_process() -> None:
    """The same regression written over items instead of features (Rasmussen & Williams 2006, section 2.2)."""
    features, rows = Features.of(catalogue()), [(0, 1.0, 1.0), (3, -0.5, 1.0), (6, 0.8, 0.4)]
    taste, known = TasteModel(features), evidence(rows)
    kernel = taste.spread * features.values @ features.values.T + OFFSET_SPREAD
    noise = np.diag((NOISE + OWN_SPREAD) / known.confidence)
    inside = kernel[np.ix_(known.items, known.items)] + noise
    found = taste.posterior(known)
    assert found.stars(features.values) == pytest.approx(
        kernel[:, known.items] @ np.linalg.solve(inside, known.left)
    )
    variance = np.diag(kernel - kernel[:, known.items] @ np.linalg.solve(inside, kernel[known.items]))
    assert found.spread(np.arange(24)) == pytest.approx(np.sqrt(variance + OWN_SPREAD))


def test_more_ratings_than_features_give_the_same_regression() -> None:
    """The system of the content and that of the evidence have one solution; nobody's rating counts twice at the border."""
    features, random = Features.of(catalogue()), np.random.default_rng(0)
    taste = TasteModel(features)
    for count in (len(taste.prior) - 1, len(taste.prior), 20):
        known = Evidence(
            random.permutation(24)[:count].astype(np.int32),
            random.normal(size=count),
            random.uniform(0.1, 1, count),
        )
        precision = known.confidence / (NOISE + OWN_SPREAD)
        x = taste.design[known.items]
        inner = (x * precision[:, None]).T @ x + np.diag(1 / taste.prior)
        whole = np.linalg.solve(inner, x.T @ (precision * known.left))
        found = taste.posterior(known)
        assert found.stars(features.values) == pytest.approx(taste.design @ whole)
        variance = np.einsum("nd,de,ne->n", taste.design, np.linalg.inv(inner), taste.design)
        assert found.spread(np.arange(24)) == pytest.approx(np.sqrt(variance + OWN_SPREAD))


def test_what_ratings_bring_and_what_features_bring_add_up_to_the_taste() -> None:
    taste = TasteModel(Features.of(catalogue()))
    found = taste.posterior(evidence([(1, 1.5, 1.0), (4, -0.5, 0.3), (7, 0.2, 1.0), (9, -1.0, 0.5)]))
    every = found.stars(taste.features.values)
    assert found.parts(np.arange(24)).sum(1) + found.offset == pytest.approx(every)
    assert [found.brings(n).sum() + found.offset for n in range(24)] == pytest.approx(every)


def test_taste_spreads_over_alike_items_and_is_surer_there() -> None:
    taste = TasteModel(Features.of(catalogue()))
    found = taste.posterior(evidence([(1, 1.5, 1.0), (3, 1.5, 1.0), (0, -1.5, 1.0)]))
    stars, every = found.stars(taste.features.values), np.arange(24)
    assert stars[5] > 0.3 > -0.3 > stars[6]
    assert found.spread(every).max() < taste.posterior(evidence([])).spread(every).max()


def test_the_spread_of_taste_is_learnt_from_others() -> None:
    features, random = Features.of(catalogue()), np.random.default_rng(0)
    learnt = []
    for size in (0.05, 1.2):
        player = np.repeat(np.arange(40), 12)
        item = np.concatenate([random.permutation(24)[:12] for _ in range(40)])
        love = random.normal(0, np.sqrt(size), (40, features.values.shape[1]))
        left = (features.values[item] * love[player]).sum(1) + random.normal(0, 0.7, 480)
        taste = TasteModel(features)
        taste.learn_spread(player, item, left, 40)
        learnt.append(taste.spread)
    assert learnt[0] <= 0.2 < 0.4 <= learnt[1]


def test_items_without_ratings_take_the_bias_of_alike_ones() -> None:
    taste, counts = TasteModel(Features.of(catalogue())), np.ones(24) * 10
    counts[[22, 23]] = 0
    biases = np.where(np.arange(24) % 2, 0.8, -0.8) * (counts > 0)
    content = taste.item_biases(biases, counts)
    assert content[23] > 0.4 > -0.4 > content[22]


def test_challenge_finds_the_slopes_and_never_turns_them_round() -> None:
    random = np.random.default_rng(0)
    chance, player = random.random(2000), random.integers(50, size=2000)
    cost = 3 * np.maximum(0.55 - chance, 0) + 1 * np.maximum(chance - 0.85, 0)
    stars = random.normal(0, 0.5, 50)[player] - cost + random.normal(0, 0.5, 2000)
    challenge = Challenge()
    challenge.fit(player, stars, chance, np.ones(2000))
    assert challenge.slopes[0] == pytest.approx(3.0, abs=0.4)
    assert 0.2 < challenge.slopes[1] < 1.4  # few lie up there, and the ridge holds them
    assert challenge.cost(np.array([0.7, 0.05])) == pytest.approx([0.0, 1.5], abs=0.3)
    challenge.fit(player, stars + 2 * cost, chance, np.ones(2000))
    assert not challenge.slopes.any()
    challenge.fit(player[:0], stars[:0], chance[:0], stars[:0])
    assert not challenge.slopes.any()
