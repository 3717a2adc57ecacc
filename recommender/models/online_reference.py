"""Players against a capped cohort of reference players: the exact sums behind the online model's neighbours."""

import numpy as np
from numpy.typing import NDArray

from recommender.models.online_sums import FLIPPED, BiasSums, Change, Row, grown, pair_block, shrunk_pearson
from recommender.records.ratings import Floats

Places = NDArray[np.int64] | slice  # numbers of reference players, or a run of them


class Reference:
    """Players against the reference players: who agrees with whom.

    Reference players (r of them, a capped cohort) have their ratings in dense rows. A player who is being served has
    a *seat* (s of them): six sums over what they share with each reference player, so that a rating costs one row
    here and one column there.
    """

    def __init__(self, limit: int, seats: int, items: int):
        self.limit, self.seats = limit, seats
        self.place: dict[int, int] = {}  # by player
        self.rated = np.zeros((0, 2, items), np.float32)  # (r, 2, items): 1 where known, and stars
        self.trust = np.zeros(0)
        self.own = np.zeros((4, 0))  # (4, r): n, Σx, Σα, Σγ over each one's ratings
        self.seat: dict[int, int] = {}  # by player, least recently served first
        self._free: list[int] = []
        self._sums = np.zeros((0, 6, 0))  # (s, 6, r): n, Σx, Σy, Σx², Σy², Σxy
        self._seat_known = np.zeros((0, items), np.float32)
        self._seat_stars = np.zeros((0, items), np.float32)
        self._buffer = np.zeros(0, np.float32)

    @property
    def size(self) -> int:
        """How many reference players there are."""
        return len(self.place)

    def grow(self, items: int) -> None:
        """Make room for more items."""
        self.rated = np.asarray(grown(self.rated, len(self.rated), 2, items))
        self._seat_known = np.asarray(grown(self._seat_known, len(self._seat_known), items))
        self._seat_stars = np.asarray(grown(self._seat_stars, len(self._seat_stars), items))

    def admit(self, players: list[int], rows: list[Row], trust: Floats, biases: BiasSums) -> None:
        """Make players references, with the ratings they have."""
        size = self.size + len(players)
        self.rated = np.asarray(grown(self.rated, size))
        self.trust, self.own = np.asarray(grown(self.trust, size)), np.asarray(grown(self.own, 4, size))
        self._sums = np.asarray(grown(self._sums, len(self._sums), 6, size))
        for player, row, trusted in zip(players, rows, trust, strict=True):
            place = self.place[player] = len(self.place)
            self.rated[place, 0, row[0]] = 1.0
            self.rated[place, 1, row[0]] = row[1]
            self.trust[place] = trusted
            self.own[:2, place] = len(row[0]), row[1].sum()
            self.own[2:, place] = biases.terms[row[0]].sum(axis=0)
            self._sums[:, :, place] = 0.0

    def shift(self, items: NDArray[np.int64], moved: Floats) -> None:
        """The α and γ of some items moved, (n, 2)."""
        known = self.rated[: self.size, 0, items].astype(np.float64)
        self.own[2:, : self.size] += (known @ moved).T

    def change(
        self, player: int, item: int, change: Change, moved: tuple[float, float], terms: Floats
    ) -> None:
        """One rating of a player changes: their row of sums, their column in the others', their dense row.

        `moved` is how much the item's α and γ moved, `terms` (2,) what they are by now.
        """
        count, once, twice = change.step
        stars, size = change.after or 0.0, self.size
        place, seat = self.place.get(player), self.seat.get(player)
        known, theirs = self.rated[:size, :, item].astype(np.float64).T
        self.own[2, :size] += moved[0] * known
        self.own[3, :size] += moved[1] * known
        if seat is not None:
            block = pair_block(theirs, count, once, twice)
            block[(0, 1, 3), :] *= known
            self._sums[seat, :, :size] += block
            self._seat_known[seat, item], self._seat_stars[seat, item] = change.after is not None, stars
        if place is not None:
            near = self._seat_known[:, item].nonzero()[0]
            if len(near):
                theirs = self._seat_stars[near, item].astype(np.float64)
                self._sums[near, :, place] += pair_block(theirs, count, once, twice)[FLIPPED].T
            if seat is not None:
                self._sums[seat, :, place] = 0.0  # nobody is their own neighbour
            self.rated[place, :, item] = change.after is not None, stars
            own = self.own[:, place]
            own[0] += count
            own[1] += once
            if count:
                own[2:] += count * terms

    def sit(self, player: int, row: Row) -> int:
        """The player's seat, taken and filled where they have none; the longest unserved leaves where all are taken."""
        seat = self.seat.pop(player, None)
        if seat is None:
            seat = self._take()
            self._fill(seat, player, row)
        self.seat[player] = seat
        return seat

    def leave(self, player: int) -> None:
        """Free the player's seat, if they have one."""
        seat = self.seat.pop(player, None)
        if seat is not None:
            self._seat_known[seat] = 0.0  # an empty seat shares nothing with anybody
            self._free.append(seat)

    def _take(self) -> int:
        if self._free:
            return self._free.pop()
        if len(self.seat) >= self.seats:
            return self.seat.pop(next(iter(self.seat)))
        have = len(self.seat)  # no seat is free: the next one is new
        width = self.rated.shape[2]
        self._sums = np.asarray(grown(self._sums, have + 1, 6, len(self.rated)))
        self._seat_known = np.asarray(grown(self._seat_known, have + 1, width))
        self._seat_stars = np.asarray(grown(self._seat_stars, have + 1, width))
        return have

    def _fill(self, seat: int, player: int, row: Row) -> None:
        items, mine = row
        known = self.rated[: self.size, 0, items].astype(np.float64)
        theirs = self.rated[: self.size, 1, items].astype(np.float64)
        self._seat_known[seat], self._seat_stars[seat] = 0.0, 0.0
        self._seat_known[seat, items], self._seat_stars[seat, items] = 1.0, mine
        sums = self._sums[seat]
        sums[:] = 0.0
        if len(items):
            size = self.size
            for kind, values in enumerate((np.ones(len(items)), mine, mine * mine)):
                np.matmul(known, values, out=sums[(0, 1, 3)[kind], :size])
            theirs.sum(axis=1, out=sums[2, :size])
            (theirs * theirs).sum(axis=1, out=sums[4, :size])
            np.matmul(theirs, mine, out=sums[5, :size])
        place = self.place.get(player)
        if place is not None:
            sums[:, place] = 0.0

    def weights(self, seat: int, shrinkage: float) -> Floats:
        """Trusted, shrunk, positive Pearson correlation with every reference player, (r,)."""
        weight = shrunk_pearson(self._sums[seat, :, : self.size], shrinkage)
        weight *= self.trust[: self.size]
        return weight

    def biases(self, places: Places, mean: float, damping: float) -> Floats:
        """b_v of some reference players, (m,): what is left of their stars after the items' biases, damped."""
        count, stars, alpha, gamma = self.own[:, places]
        biases: Floats = gamma - count
        biases *= mean
        biases += stars
        biases -= alpha
        biases /= count + max(damping, 1e-12)
        return biases

    def mixed(self, weights: Floats, centres: Floats, places: Places, items: int) -> tuple[Floats, Floats]:
        """Over some reference players v, for each of the items: Σ w_v and Σ w_v (x_vi - centre_v) of those who rated it."""
        width = 2 * self.rated.shape[2]
        if isinstance(places, slice):
            rows = self.rated[places]
        else:
            if len(self._buffer) < len(places) * width:
                self._buffer = np.empty(len(places) * width, np.float32)
            rows = self._buffer[: len(places) * width].reshape(len(places), 2, -1)
            np.take(self.rated, places, axis=0, out=rows, mode="clip")
        left = np.empty((2, len(weights)), np.float32)
        left[0] = weights
        left[1] = weights * centres
        sums = np.matmul(left, rows.reshape(len(weights), width)).reshape(2, 2, -1)[:, :, :items]
        weight = sums[0, 0].astype(np.float64)
        return weight, sums[0, 1] - sums[1, 0].astype(np.float64)

    @property
    def nbytes(self) -> int:
        """Memory of the numbers."""
        arrays = (self.rated, self._sums, self._seat_known, self._seat_stars, self._buffer)
        return sum(array.nbytes for array in arrays)
