"""Sums over what one player took and rated, changed in place by each new record.

Everything that is added up is kept in binary steps (`others.STEP` of a star, `item_weights.WEIGHT_STEP`), so that the sums are
exact in float64 in whatever order they are made: a program that has run for a day holds the numbers that it holds after a
restart.

Of a player with the residuals x_j of the items j they rated, and reference players v with e_vj (0 where they did not rate
j), known m_vj (1 or 0), the likeness of `recommender.advisor.opinions` needs, with x_j - c for x_j,

    sum_j x_j e_vj,  sum_j e_vj,  sum_j e_vj^2 (over j both rated),  sum_j m_vj,  sum_j x_j m_vj,  sum_j x_j^2 m_vj
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from recommender.advisor.others import STEP, Others
from recommender.models.item_weights import stepped
from recommender.records.ratings import STARS, Floats

MANY: Final = 32  # changes from which it is quicker to begin anew


class Running:
    """The sums of one player."""

    def __init__(self, others: Others) -> None:
        self._others = others
        self._taken: dict[int, float] = {}
        self._rated: dict[int, float] = {}
        self.together = np.zeros(len(others.base))  # EASE's scores, (items,)
        self.sums = np.zeros((6, len(others.reference.players)))  # in the order of the docstring
        self.near = np.zeros(
            (2, len(others.base))
        )  # sums of W_ij x_j and of W_ij over the items j, (items,) each
        self.factors = None if others.factors is None else others.factors.folding()

    def match(self, taken: dict[int, float], rated: dict[int, float]) -> None:
        """Bring the sums to what the player took (item -> weight) and rated (item -> residual in steps)."""
        self._match_taken(taken)
        self._match_rated(rated)

    def folded(self) -> NDArray[np.float32] | None:
        """The player's factors, (draws, rank); None without a model."""
        return None if self.factors is None else self.factors.factors()

    def _match_taken(self, taken: dict[int, float]) -> None:
        old, ease = self._taken, self._others.ease
        changed = _changes(old, taken)
        if len(changed) > MANY:
            old, changed = {}, list(taken)
            self.together = np.zeros(ease.size)
        if changed:
            steps = np.array([taken.get(item, 0.0) - old.get(item, 0.0) for item in changed])
            self.together += ease.sums(np.array(changed, np.int32), steps)
        self._taken = dict(taken)

    def _match_rated(self, rated: dict[int, float]) -> None:
        reference, old = self._others.reference, self._rated
        changed = _changes(old, rated)
        if len(changed) > MANY:
            old, changed = {}, list(rated)
            self.sums, self.near = np.zeros_like(self.sums), np.zeros_like(self.near)
            self.factors = None if self._others.factors is None else self._others.factors.folding()
        if changed:
            items = np.array(changed, np.int32)
            new = np.array([rated.get(item, 0.0) for item in changed])
            was = np.array([old.get(item, 0.0) for item in changed])
            more = np.array([(item in rated) - float(item in old) for item in changed])
            self.near += self._others.pairs.sums(items, np.array([new - was, more]))
            left = reference.left[items].astype(np.float64)
            known = (left != 0).astype(np.float64)
            self.sums[0] += (new - was) @ left
            self.sums[1] += more @ left
            self.sums[2] += more @ (left * left)
            self.sums[3] += more @ known
            self.sums[4] += (new - was) @ known
            self.sums[5] += (new * new - was * was) @ known
        if changed and self.factors is not None:
            base = self._others.base
            for rows, sign in ((old, -1.0), (rated, 1.0)):
                there = np.array([item for item in changed if item in rows], np.int64)
                stars = np.array([rows[item] for item in there.tolist()])
                if len(there):
                    self.factors.add(there, np.clip(stars + base[there], *STARS), sign)
        self._rated = dict(rated)

    def likeness(self, centre: float) -> tuple[Floats, Floats]:
        """Cosine with each reference player over the items both rated, and how many those are; `centre` is taken off."""
        product, left, square, shared, own, own_square = self.sums
        top = product - centre * left
        bottom = square * (own_square - 2 * centre * own + centre * centre * shared)
        found = np.zeros(len(top))
        np.divide(top, np.sqrt(np.maximum(bottom, 0.0)), out=found, where=bottom > 1e-9)
        return found, shared


def _changes(old: dict[int, float], new: dict[int, float]) -> list[int]:
    """Items whose value differs."""
    return list(dict(new.items() ^ old.items())) if old != new else []


def in_steps(values: Floats) -> Floats:
    """The nearest multiples of STEP."""
    return np.asarray(stepped(values, STEP))
