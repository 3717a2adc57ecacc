"""Few players: does collaborative filtering help while a community is small?

For each number of other players: a target reveals a few ratings on a catalogue of well-known items, and the target's other
ratings there are predicted. A model is useful if it is never worse than plain biases.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.engine import Advisor
from recommender.errors import RatingsRefused
from recommender.models.biases import Biases
from recommender.models.neighbourhood import BareNeighbours
from recommender.records.kinds import Item, Rating
from recommender.records.ratings import STARS, Floats, Ratings
from recommender.store import Store

OTHERS: Final = (3, 10, 25, 50, 100, 300)
MODELS: Final = ("user mean", "biases", "bare", "product")
CATALOGUE: Final = 200
TARGETS: Final = 60
SEEDS: Final = 5
JUDGED: Final = 5  # a target has at least this many ratings besides the revealed ones


class FewRow(NamedTuple):
    """Root mean squared errors with this many other players, over all targets and seeds."""

    others: int
    revealed: int
    predictions: int
    rmse: dict[str, float]  # by MODELS


def few_players(
    ratings: Ratings,
    *,
    others: Sequence[int] = OTHERS,
    catalogue: int = CATALOGUE,
    targets: int = TARGETS,
    seeds: int = SEEDS,
    progress: Callable[[str], None] = lambda line: None,
) -> list[FewRow]:
    """The table, one row for each number of other players.

    Up to 25 others a target reveals 10 ratings, above that 20. RatingsRefused if the ratings have too few players.
    """
    kept = _catalogue(ratings, catalogue)
    table = []
    for count in others:
        revealed = 10 if count <= 25 else 20
        errors: dict[str, list[Floats]] = {model: [] for model in MODELS}
        for seed in range(seeds):
            _one_seed(kept, count, revealed, targets, seed, errors)
        squares = {model: np.concatenate(parts) for model, parts in errors.items()}
        table.append(
            FewRow(
                count,
                revealed,
                len(squares["biases"]),
                {model: float(np.sqrt(np.mean(part))) for model, part in squares.items()},
            )
        )
        progress(f"{count} other players")
    return table


def _one_seed(
    kept: Ratings,
    count: int,
    revealed: int,
    targets: int,
    seed: int,
    errors: dict[str, list[Floats]],
) -> None:
    rng = np.random.default_rng((seed, count))
    rated = np.bincount(kept.player, minlength=kept.shape[0])
    able = np.flatnonzero(rated >= revealed + JUDGED)
    judged = rng.permutation(able)[:targets]
    rest = np.setdiff1d(np.flatnonzero(rated), judged)
    if len(judged) < targets or len(rest) < count:
        raise RatingsRefused(
            f"few players: expected {targets} players with {revealed + JUDGED} ratings on the catalogue and {count} "
            f"others, found {len(able)} and {len(rest)}"
        )
    community = np.isin(kept.player, rng.permutation(rest)[:count])
    advisor = _product(kept[community])
    for target in judged:
        rows = rng.permutation(np.flatnonzero(kept.player == target))
        shown, hidden = rows[:revealed], kept[rows[revealed:]]
        learnt = community.copy()
        learnt[shown] = True
        part = kept[learnt]
        for row in shown:
            advisor.rate(kept.items[kept.item[row]], float(_rescaled(kept.stars[row], kept.scale, STARS)))
        found = _rescaled(advisor.stars()[hidden.item], STARS, kept.scale)
        advisor.reset()
        guesses = {
            "user mean": np.full(len(hidden), kept.stars[shown].mean()),
            "biases": Biases().fit(part).predict(hidden.player, hidden.item).stars,
            "bare": _bare(part, int(target), hidden.item),
            "product": found,
        }
        for model, stars in guesses.items():
            errors[model].append((stars - hidden.stars) ** 2)


def _product(part: Ratings) -> Advisor:
    """The advisor as a program uses it, without a background refit, for a new player among these."""
    store = Store(None)
    stars = _rescaled(part.stars, part.scale, STARS).tolist()
    rows = zip(part.player.tolist(), part.item.tolist(), stars, strict=True)
    store.put_ratings([Rating(part.players[who], part.items[what], given, 0.0) for who, what, given in rows])
    return Advisor([Item(name) for name in part.items], store, player=_new(part), seed=0, worker=False)


def _new(part: Ratings) -> str:
    """A name that no player has."""
    name = "the target"
    while name in part.players:
        name += "'"
    return name


def _rescaled(stars: Floats, scale: tuple[float, float], wanted: tuple[float, float]) -> Floats:
    """Stars converted from one scale to another."""
    share = (stars - scale[0]) / (scale[1] - scale[0])
    return np.asarray(wanted[0] + (wanted[1] - wanted[0]) * share)


def _bare(part: Ratings, target: int, items: NDArray[np.int32]) -> Floats:
    """The bare formula among the players of `part` only; unrated items get its fallback."""
    numbers, player = np.unique(part.player, return_inverse=True)
    names = tuple(part.players[number] for number in numbers)
    small = replace(part, players=names, player=player.astype(np.int32))
    who = int(np.searchsorted(numbers, target))
    return BareNeighbours().fit(small).predict(np.full(len(items), who, np.int32), items).stars


def _catalogue(ratings: Ratings, size: int) -> Ratings:
    """Only the `size` items with the most ratings."""
    popular = np.argsort(-np.bincount(ratings.item, minlength=ratings.shape[1]), kind="stable")[:size]
    number = np.full(ratings.shape[1], -1, np.int32)
    number[popular] = np.arange(len(popular))
    part = ratings[number[ratings.item] >= 0]
    return replace(part, items=tuple(ratings.items[item] for item in popular), item=number[part.item])
