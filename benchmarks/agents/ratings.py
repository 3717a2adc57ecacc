"""Do ratings predict unseen pairings? The log loss of our ratings and of Elo's, on the matches of the shipped brains.

`game/brains/strengths.json` has the points of every brain at every difficulty against every other brain and three bots. In
five folds, a fifth of the pairings is hidden, and ratings computed from the other matches predict them. Elo is trained on the
same matches for as many passes, with several K. The log loss is per match, in nats; a draw counts as half a win. No forecast
can be below `floor`, which uses each pairing's actual share of the points.
"""

import argparse
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from openskill.models import PlackettLuce

from agents.match_ratings import PASSES, Result, rate, win_chance
from game.cli.measure_brains import OWN_FACTOR
from game.match.strengths import MEASURED_FILE

FOLDS = 5
ELO_STEPS = (4.0, 8.0, 16.0, 32.0, 64.0)
LEAST = 1e-3  # forecasts are clipped to LEAST..1 - LEAST
Forecast = Callable[[str, str], float]


def pairings(table: Mapping[str, object], matches: int) -> list[Result]:
    """The result of each pairing: `matches` matches, more between difficulties of one brain."""
    found = []
    for brain in table["brains"]:  # type: ignore[attr-defined]
        for pair, points in brain["duels"].items():
            first, second = pair.split()
            own = first.partition("@")[0] == second.partition("@")[0]
            count = matches * (OWN_FACTOR if own else 1)
            half_points = round(2 * points * count)
            wins, draws = divmod(half_points, 2)
            found.append(Result(first, second, "duel", wins, count - wins - draws, draws))
    return found


def elo_forecast(results: Sequence[Result], step: float, seed: int) -> Forecast:
    """Forecast by Elo's ratings, after as many passes over the shuffled matches as ours."""
    ratings: dict[str, float] = {}
    games = [
        (one.first, one.second, points)
        for one in results
        for count, points in ((one.wins, 1.0), (one.losses, 0.0), (one.draws, 0.5))
        for _ in range(count)
    ]
    dice = random.Random(seed)

    def forecast(first: str, second: str) -> float:
        return 1 / (1 + 10 ** ((ratings.get(second, 0.0) - ratings.get(first, 0.0)) / 400))

    for _ in range(PASSES):
        dice.shuffle(games)
        for first, second, points in games:
            move = step * (points - forecast(first, second))
            ratings[first] = ratings.get(first, 0.0) + move
            ratings[second] = ratings.get(second, 0.0) - move
    return forecast


def openskill_forecast(results: Sequence[Result], seed: int) -> Forecast:
    """Forecast by OpenSkill's ratings, as in the league."""
    ratings = rate(results, seed=seed)
    return lambda first, second: win_chance(ratings[first], ratings[second])


def known_shares(results: Sequence[Result]) -> Forecast:
    """Forecast by each pairing's actual share of the points."""
    shares = {(one.first, one.second): one.points for one in results}
    return lambda first, second: shares[first, second]


def forecast_losses(results: Sequence[Result]) -> dict[str, float]:
    """The log loss of each kind of forecast, averaged over the folds."""
    found: dict[str, float] = {}
    for fold in range(FOLDS):
        seen = [one for place, one in enumerate(results) if place % FOLDS != fold]
        hidden = results[fold::FOLDS]
        forecasts: dict[str, Forecast] = {
            "ours": openskill_forecast(seen, fold),
            "ours by predict_win": predict_win_forecast(seen, fold),
        }
        forecasts |= {f"Elo, K = {step:g}": elo_forecast(seen, step, fold) for step in ELO_STEPS}
        forecasts |= {"even": lambda *_: 0.5, "floor": known_shares(hidden)}
        for name, forecast in forecasts.items():
            found[name] = found.get(name, 0.0) + log_loss(forecast, hidden) / FOLDS
    return found


def predict_win_forecast(results: Sequence[Result], seed: int) -> Forecast:
    """Forecast by OpenSkill's `predict_win` from the same ratings."""
    ratings, model = rate(results, seed=seed), PlackettLuce()

    def forecast(first: str, second: str) -> float:
        sides = [[model.rating(mu=ratings[name].mu, sigma=ratings[name].sigma)] for name in (first, second)]
        return float(model.predict_win(sides)[0])

    return forecast


def log_loss(forecast: Forecast, hidden: Sequence[Result]) -> float:
    """Return the mean log loss over the matches of the hidden pairings."""
    total = 0.0
    for one in hidden:
        chance = min(max(forecast(one.first, one.second), LEAST), 1 - LEAST)
        total -= one.matches * (one.points * math.log(chance) + (1 - one.points) * math.log(1 - chance))
    return total / sum(one.matches for one in hidden)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strengths", type=Path, default=MEASURED_FILE)
    parser.add_argument(
        "--matches", type=int, default=40, help="number of matches that each pairing counts as"
    )
    chosen = parser.parse_args()
    results = pairings(json.loads(chosen.strengths.read_text()), chosen.matches)
    random.Random(1).shuffle(results)
    print(f"{len(results)} pairings of {chosen.matches} matches, {FOLDS} folds\n\n| | log loss |\n|---|---|")
    for name, loss in forecast_losses(results).items():
        print(f"| {name} | {loss:.4f} |")


if __name__ == "__main__":
    main()
