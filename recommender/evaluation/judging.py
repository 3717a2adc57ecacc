"""From lists to metrics: each model's hits for every player and window, their means, intervals and differences."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.beyond import BeyondAccuracy, ListAnalysis
from recommender.evaluation.bootstrap import Bootstrap
from recommender.evaluation.metrics import Hits, Lists, hits, target_hits
from recommender.evaluation.protocols import Split
from recommender.evaluation.report import ModelMetrics
from recommender.records.ratings import Floats, Ints
from recommender.records.side_tables import FeatureRows

BASELINES: Final = ("popularity", "ease")


@dataclass
class ListMetrics:
    """Collects the hits of all parts; every array of a model is in the order of `players`."""

    features: FeatureRows | None = None
    players: list[Ints] = field(default_factory=list)  # tested players of each part
    warm: list[NDArray[np.bool_]] = field(default_factory=list)
    hits: dict[str, list[Hits]] = field(default_factory=dict)
    beyond: dict[str, list[tuple[BeyondAccuracy | None, BeyondAccuracy | None]]] = field(
        default_factory=dict
    )  # warm, cold
    compared_by: str = ""  # the data by which diversity compares items

    def add(self, part: Split, lists: dict[str, Lists], *, targets: bool = False) -> None:
        """Add the hits of all models on one part; `targets`: a list for each test rating, in the same order.

        A player's value is then the mean over their targets, so that each player has the same weight.
        """
        players, warm = part.players, part.warm
        self.players.append(players)
        self.warm.append(warm)
        judge = ListAnalysis(part.learned, self.features)
        self.compared_by = judge.compared_by
        asked = part.judged.player if targets else players
        known = np.isin(asked, players[warm])
        for name, own in lists.items():
            if targets:
                each = target_hits(own, part.judged.item)
                place = np.searchsorted(players, asked)
                size = np.bincount(place, minlength=len(players))
                found = Hits(*(np.bincount(place, value, len(players)) / size for value in each))
            else:
                found = hits(own, players, part.judged)
            self.hits.setdefault(name, []).append(found)
            self.beyond.setdefault(name, []).append(
                (_beyond(judge, own.ten, asked, known), _beyond(judge, own.ten, asked, ~known))
            )

    def figures(self) -> list[ModelMetrics]:
        """Results of all models: of warm players over all parts, with intervals; also of cold players and of windows."""
        warm, players = np.concatenate(self.warm), np.concatenate(self.players)
        whole = {
            name: Hits(*(np.concatenate(part) for part in zip(*parts))) for name, parts in self.hits.items()
        }
        draws = Bootstrap(players[warm]) if warm.any() else None
        rows = []
        for name, own in whole.items():
            row = ModelMetrics(name, **self._means(name, own, warm, 0))
            if draws is not None:
                row.intervals = {key: draws.mean(value[warm]) for key, value in own._asdict().items()}
                for baseline in BASELINES:
                    if baseline in whole and baseline != name:
                        row.against[baseline] = {
                            key: draws.difference(value[warm], getattr(whole[baseline], key)[warm])
                            for key, value in own._asdict().items()
                        }
            if not warm.all():
                row.cold = self._means(name, own, ~warm, 1)
            if len(self.warm) > 1:
                row.windows = [
                    {key: _mean(value[known]) for key, value in part._asdict().items()}
                    for part, known in zip(self.hits[name], self.warm)
                ]
            rows.append(row)
        return rows

    def _means(self, name: str, own: Hits, which: NDArray[np.bool_], kind: int) -> dict[str, Any]:
        """Means over players, and means over windows of metrics of all lists of a window."""
        found: dict[str, Any] = {key: _mean(value[which]) for key, value in own._asdict().items()}
        kept = [asdict(pair[kind]) for pair in self.beyond[name] if pair[kind] is not None]  # type: ignore[arg-type]
        for column in fields(BeyondAccuracy):
            values = [each[column.name] for each in kept if each[column.name] is not None]
            found[column.name] = float(np.mean(values)) if values else None
        return found


def window_sizes(part: Split) -> dict[str, Any]:
    """The sizes of a window."""
    warm = int(part.warm.sum())
    return {
        "cut": part.cut,
        "learned": len(part.learned),
        "judged": len(part.judged),
        "warm": warm,
        "cold": len(part.players) - warm,
        "unknown": part.unknown,
    }


def _beyond(judge: ListAnalysis, ten: Ints, players: Ints, which: NDArray[np.bool_]) -> BeyondAccuracy | None:
    return judge.of(ten[which], players[which]) if which.any() else None


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
