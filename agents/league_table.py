"""A league's standings: table rows, and a picture of who beats whom."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.league import League, Member
from agents.match_ratings import Floats, Strength, nash, payoffs, rate
from safefiles.writing import write_atomic


@dataclass(frozen=True)
class Standing:
    """One member, best rated first in a table."""

    member: Member
    rating: Strength
    weight: float  # weight in the equilibrium
    points: float  # share of the points of all its matches
    kinds: dict[str, float]  # rating by kind of match

    @property
    def name(self) -> str:
        """The member's name."""
        return self.member.name

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "name": self.name, "mu": self.rating.mu, "sigma": self.rating.sigma, "matches": self.rating.matches,
            "equilibrium": self.weight, "points": self.points, "kinds": self.kinds,
        }  # fmt: skip


def league_standings(league: League) -> list[Standing]:
    """All members that have played, the best rated first."""
    results = league.results()
    ratings = league.ratings()
    members = [member for member in league.members if member.name in ratings]
    names = [member.name for member in members]
    payoff = payoffs(results, names)
    weights = nash(payoff)
    anchor = league.settings.anchor or None
    kinds = {kind: rate(results, kind, anchor) for kind in dict.fromkeys(one.kind for one in results)}
    others = np.where(np.eye(len(names), dtype=bool), np.nan, payoff)
    rows = [
        Standing(
            member,
            ratings[member.name],
            float(weights[place]),
            float(np.nanmean(others[place])) if not np.isnan(others[place]).all() else 0.5,
            {kind: found[member.name].mu for kind, found in kinds.items() if member.name in found},
        )
        for place, member in enumerate(members)
    ]
    return sorted(rows, key=lambda row: -row.rating.mu)


def draw_payoffs(payoff: Floats, names: list[str], path: Path) -> None:
    """Draw the payoffs of each row against each column as a picture."""
    from matplotlib.figure import Figure

    size = 2.5 + 0.42 * len(names)
    figure = Figure(figsize=(size + 1.5, size), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(payoff, cmap="RdYlGn", vmin=0, vmax=1)
    axes.set(
        xticks=range(len(names)),
        yticks=range(len(names)),
        title="share of the points of the row against the column",
    )
    axes.set_xticklabels(names, rotation=60, ha="right")
    axes.set_yticklabels(names)
    for row, column in np.argwhere(~np.isnan(payoff)).tolist():
        if row != column:
            axes.text(column, row, f"{100 * payoff[row, column]:.0f}", ha="center", va="center", fontsize=7)
    figure.colorbar(image, ax=axes, shrink=0.8)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120)
    write_atomic(path, picture.getvalue())
