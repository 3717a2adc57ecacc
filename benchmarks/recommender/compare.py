"""The comparison table: each model × (leave-last-out, pooled temporal windows), ours and other libraries', by one protocol.

    python -m benchmarks.recommender.compare RATINGS [--peers FOLDER] [--json FILE]

Splits, candidates and metrics are those of `recommender.evaluation`, the same for all. Another library runs in
`FOLDER/PACKAGE/bin/python` (see README.md) on the arrays of each training part and returns lists. In the windows only players
with a history count, because other libraries return nothing for new players.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.recommender.peer import PEERS
from recommender.evaluation.bootstrap import Interval
from recommender.evaluation.choice import FIXED
from recommender.evaluation.judging import ListMetrics
from recommender.evaluation.metrics import NONE, TOP, Lists
from recommender.evaluation.product import PRODUCT, REFITTED, EvaluatedAdvisor, list_overlap
from recommender.evaluation.protocols import CUTS, Split, leave_last_part, time_windows
from recommender.evaluation.rankers import EaseRanker, PopularityRanker
from recommender.evaluation.report import ModelMetrics
from recommender.models.ranking import Ease
from recommender.records.ratings import Ints, Ratings
from recommender.records.side_tables import SideData, read_features
from recommender.records.tables import read_ratings

HERE = Path(__file__).parent
LEAVE_LAST, WINDOWS = "leave-last-out", "temporal windows"


@dataclass
class PeerModels:
    """Runs the models of other libraries; has their versions and the reasons for missing models."""

    folder: Path | None
    versions: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)  # model: reason

    def lists(self, name: str, part: Split) -> Lists | None:
        """Lists of a model for the players of a part; None if it cannot run, and `missing` gets the reason."""
        package = PEERS[name][0]
        python = None if self.folder is None else self.folder / package / "bin" / "python"
        if python is None or not python.exists() or name in self.missing:
            self.missing.setdefault(name, f"no environment {package} below --peers")
            return None
        number, items = np.full(part.learned.shape[1], NONE), np.unique(part.learned.item)
        number[items] = np.arange(len(items))
        arrays: dict[str, Any] = {
            "player": part.learned.player,
            "item": number[part.learned.item].astype(np.int32),
            "players": part.learned.shape[0],
            "items": len(items),
            "asked": part.players,
        }
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "part.npz", Path(folder) / "lists.npz"
            np.savez(source, **arrays)
            told = subprocess.run(
                [python, HERE / "peer.py", name, source, target], capture_output=True, text=True, check=False
            )
            if told.returncode:
                self.missing[name] = (told.stderr.strip().splitlines() or ["no word"])[-1]
                return None
            with np.load(target, allow_pickle=False) as found:
                twenty, self.versions[package] = found["twenty"], str(found["version"])
        return _checked(name, np.where(twenty >= 0, items[twenty], NONE).astype(np.int32), part)


def _checked(name: str, twenty: Ints, part: Split) -> Lists:
    """Check that the lists have only candidates, none twice; ValueError otherwise: the mistake would be ours."""
    had = {(int(u), int(i)) for u, i in zip(part.learned.player, part.learned.item)}
    for player, row in zip(part.players, twenty):
        shown = row[row != NONE].tolist()
        if len(set(shown)) < len(shown) or any((int(player), item) in had for item in shown):
            raise ValueError(f"{name}: expected candidates, each once, found {shown} for player {player}")
    return Lists(twenty[:, :TOP], twenty)


def warm_only(part: Split) -> Split:
    """The part without the ratings of players who have none before it."""
    return replace(part, judged=part.judged[np.isin(part.judged.player, part.learned.player)])


def own_lists(part: Split, side: SideData, products: Sequence[str]) -> Iterator[tuple[str, Lists]]:
    """Lists of our baselines and of the product, for the players of a part."""
    yield "popularity", PopularityRanker(part.learned).lists(part.players)
    yield "ease", EaseRanker(part.learned, Ease(FIXED).fit(part.learned)).lists(part.players)
    if products:
        product = EvaluatedAdvisor(part.learned, side)
        yield PRODUCT, product.lists(part.players)
        if REFITTED in products:
            product.refit()
            yield REFITTED, product.lists(part.players)
        product.close()


def measure_models(
    parts: Sequence[Split], asked: PeerModels, side: SideData, names: Sequence[str], products: Sequence[str]
) -> dict[str, ModelMetrics]:
    """Results of all models over these parts."""
    judged = ListMetrics(side.items)
    for number, part in enumerate(map(warm_only, parts), 1):
        lists = dict(own_lists(part, side, products))
        for name in names:
            print(f"part {number} of {len(parts)}: {name}", file=sys.stderr, flush=True)
            if (found := asked.lists(name, part)) is not None:
                lists[name] = found
        judged.add(part, lists)
    return {row.model: row for row in judged.figures()}


def table_lines(tables: dict[str, dict[str, ModelMetrics]]) -> list[str]:
    """The table in Markdown."""
    heads = [
        f"{what} {figure}"
        for what in tables
        for figure in ("HR@10", "NDCG@10", "NDCG@10 difference from EASE")
    ]
    found = [f"| model | {' | '.join(heads)} |", f"|---|{'---|' * len(heads)}"]
    for model in dict.fromkeys(name for rows in tables.values() for name in rows):
        cells = []
        for rows in tables.values():
            row = rows.get(model)
            against = {} if row is None else row.against.get("ease", {})
            values = [None, None] if row is None else [row.intervals["hr10"], row.intervals["ndcg10"]]
            cells += [*map(_cell, values), _cell(against.get("ndcg10"), signed=True)]
        found.append(f"| {model} | {' | '.join(cells)} |")
    return found


def _cell(found: Interval | None, *, signed: bool = False) -> str:
    if found is None:
        return ""
    sign = "+" if signed else ""
    value, low, high = (f"{number:{sign}.3f}".replace("0.", ".", 1) for number in found)
    return f"{value} [{low}, {high}]"


def _fresh(ratings: Ratings, side: SideData, count: int, *, refit: bool) -> None:
    """Print how much of a list changes if every player gets a separate advisor instead of one shared by all in turn."""
    part = warm_only(time_windows(ratings, CUTS)[-1])
    same = list_overlap(part.learned, part.players[:count], side, refit=refit)
    print(
        f"{count} players of the last window: {100 * same:.1f} % of the ten are also suggested by a separate advisor"
    )


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("ratings", type=Path, help="user, item, rating, timestamp")
    parser.add_argument(
        "--items", type=Path, help="a table of item features, for the product and calibration"
    )
    parser.add_argument("--peers", type=Path, help="the folder of the environments, one for each package")
    parser.add_argument("--only", help="models of other libraries, separated by commas; default: all")
    parser.add_argument(
        "--product", default="both", choices=("both", "plain", "none"), help="the product's rows"
    )
    parser.add_argument(
        "--fresh", type=int, default=0, metavar="N", help="compare with separate advisors for N players"
    )
    parser.add_argument("--json", type=Path, help="also write all results to this file")
    chosen = parser.parse_args()
    ratings: Ratings = read_ratings(chosen.ratings)
    side = SideData(None, None if chosen.items is None else read_features(chosen.items, ratings.items))
    names = list(PEERS) if chosen.only is None else [name for name in chosen.only.split(",") if name]
    products = {"both": (PRODUCT, REFITTED), "plain": (PRODUCT,), "none": ()}[chosen.product]
    if chosen.fresh:
        _fresh(ratings, side, chosen.fresh, refit=chosen.product == "both")
        return
    asked = PeerModels(chosen.peers)
    tables = {
        LEAVE_LAST: measure_models([leave_last_part(ratings)], asked, side, names, products),
        WINDOWS: measure_models(time_windows(ratings, CUTS), asked, side, names, products),
    }
    print("\n".join(table_lines(tables)))
    print(
        "versions:",
        ", ".join(f"{name} {version}" for name, version in sorted(asked.versions.items())) or "none",
    )
    for name, why in asked.missing.items():
        print(f"left out: {name}: {why}")
    if chosen.json is not None:
        data: dict[str, Any] = {
            "versions": asked.versions,
            "missing": asked.missing,
            "tables": {
                what: {
                    model: {"intervals": row.intervals, "against": row.against} for model, row in rows.items()
                }
                for what, rows in tables.items()
            },
        }
        chosen.json.write_text(json.dumps(data, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
