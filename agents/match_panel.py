"""A panel of opponents defined by a game: every policy is measured against the same opponents, in every kind of match.

An environment with a panel has `panel()`: a list of rows, each a dict with `title` (of the kind of match), `env` (its id),
`opponents` (names of bots) and optionally `kwargs` (for `make_vec`) and `side` (the team whose result counts; both in turn if
it is missing). The policy plays every seat of its team.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.envs import make_env
from agents.errors import EnvRefused
from agents.evaluate import MatchReport, Player, duel

Place = tuple[str, str]  # a kind of match, an opponent


@dataclass(frozen=True)
class PanelRow:
    """One kind of match."""

    title: str
    env: str
    opponents: tuple[str, ...]
    kwargs: dict[str, Any]
    side: int | None


@dataclass(frozen=True)
class PanelReport:
    """Results by kind of match and opponent."""

    player: str
    rows: tuple[PanelRow, ...]
    results: dict[Place, MatchReport]

    @property
    def opponents(self) -> list[str]:
        """Every opponent once, in the order of the panel."""
        return list(dict.fromkeys(name for row in self.rows for name in row.opponents))

    def mean(self, title: str) -> float:
        """Mean win rate of one kind of match over its opponents."""
        rates = [report.win_rate for (kind, _), report in self.results.items() if kind == title]
        return sum(rates) / len(rates) if rates else 0.0

    def table(self) -> list[list[str]]:
        """Cells: a row for each opponent, a column for each kind of match; wins in percent, and time-outs if there were any."""
        cells = [[name, *(self._cell(row.title, name) for row in self.rows)] for name in self.opponents]
        return [*cells, ["mean", *(f"{100 * self.mean(row.title):.0f}" for row in self.rows)]]

    def _cell(self, title: str, opponent: str) -> str:
        report = self.results.get((title, opponent))
        if report is None:
            return "-"
        late = f" ({100 * report.timeouts / report.matches:.0f})" if report.timeouts else ""
        return f"{100 * report.win_rate:.0f}{late}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        results = [{"match": title, **report.to_dict()} for (title, _), report in self.results.items()]
        return {
            "player": self.player,
            "means": {row.title: self.mean(row.title) for row in self.rows},
            "results": results,
        }


def panel_of(env_id: str, kwargs: Mapping[str, Any]) -> tuple[PanelRow, ...]:
    """The environment's panel; EnvRefused if it has none or a malformed one."""
    env = make_env(env_id, 1, dict(kwargs))
    try:
        inner: Any = env.unwrapped
        if not hasattr(inner, "panel"):
            raise EnvRefused(f"environment {env_id!r}: expected panel() for --panel, found none")
        given = inner.panel()
    finally:
        env.close()
    try:
        return tuple(_row(one) for one in given)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EnvRefused(
            f"environment {env_id!r}: expected panel() as rows of title, env and opponents, found {str(error)[:80]}"
        ) from error


def _row(given: Mapping[str, Any]) -> PanelRow:
    side = given.get("side")
    return PanelRow(
        str(given["title"]),
        str(given["env"]),
        tuple(map(str, given["opponents"])),
        dict(given.get("kwargs", {})),
        None if side is None else int(side),
    )


def play_panel(
    player: Player,
    rows: Sequence[PanelRow],
    *,
    matches: int,
    num_worlds: int,
    seed: int,
    kwargs: Mapping[str, Any],
    on_result: Callable[[str, MatchReport], None] | None = None,
) -> PanelReport:
    """Play `matches` against each opponent of each kind of match; `kwargs` (levels, for example) override the panel's."""
    results: dict[Place, MatchReport] = {}
    for row in rows:
        for opponent in row.opponents:
            report = duel(
                player,
                Player(opponent),
                row.env,
                matches=matches,
                num_worlds=num_worlds,
                seed=seed,
                kwargs=row.kwargs | dict(kwargs),
                side=row.side,
            )
            results[row.title, opponent] = report
            if on_result is not None:
                on_result(row.title, report)
    return PanelReport(player.name, tuple(rows), results)
