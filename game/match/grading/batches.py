"""What a grade was counted from, batch by batch, so that no match counts twice.

A batch is what one run played: the seeds of its matches, and what they came to at each difficulty. Two batches that share a seed
hold the same matches at the difficulties that both played; there the one with more of them stays.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple

from game.match.grading.grade import N_STEPS, NOTHING, Counts

MOST: Final = 12  # batches of a level; beyond, the oldest two become one
MOST_COUNT: Final = 2**31 - 1  # matches


class CountedBatch(NamedTuple):
    """Matches that were counted together."""

    seeds: frozenset[int]
    counts: Counts

    def to_json(self) -> list[Any]:
        """Return the batch as a file holds it."""
        return [sorted(self.seeds), self.counts.won, self.counts.matches]


def parse_batch(row: Sequence[Any]) -> CountedBatch:
    """Return the batch of a file's row. Raises ValueError or TypeError for anything else."""
    seeds, won, matches = row
    if any(type(seed) is not int or seed < 0 for seed in seeds):
        raise ValueError(f"seeds: expected whole numbers from 0, found {seeds!r:.60}")
    return CountedBatch(frozenset(seeds), parse_counts(won, matches))


def parse_counts(won: Iterable[Any], matches: Iterable[Any]) -> Counts:
    """Return the counts of a file's row. Raises ValueError or TypeError for anything else."""
    return Counts(tuple(map(_count, won)), tuple(map(_count, matches)))


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MOST_COUNT:
        raise ValueError(f"count: expected 0 to {MOST_COUNT}, found {value!r}")
    return value


def total_counts(batches: Iterable[CountedBatch]) -> Counts:
    """Return the sum of all batches' counts."""
    return sum((one.counts for one in batches), NOTHING)


def seeds_of(batches: Iterable[CountedBatch]) -> set[int]:
    """Return the seeds of all batches."""
    return {seed for one in batches for seed in one.seeds}


def add_batch(batches: Sequence[CountedBatch], new: CountedBatch) -> tuple[CountedBatch, ...]:
    """Return the batches with a new one added; no match counts twice; the newest comes last."""
    kept = list(batches)
    for step in range(N_STEPS):
        if not new.counts.matches[step]:
            continue
        rivals = [n for n, one in enumerate(kept) if one.counts.matches[step] and one.seeds & new.seeds]
        if sum(kept[n].counts.matches[step] for n in rivals) >= new.counts.matches[step]:
            new = _without(new, step)
        else:
            for n in rivals:
                kept[n] = _without(kept[n], step)
    left = [one for one in (*kept, new) if any(one.counts.matches)]
    while len(left) > MOST:
        first, second, *rest = left
        left = [CountedBatch(first.seeds | second.seeds, first.counts + second.counts), *rest]
    return tuple(left)


def join_batches(
    batches: Sequence[CountedBatch], others: Collection[CountedBatch]
) -> tuple[CountedBatch, ...]:
    """Return the batches of both; no match counts twice."""
    found = tuple(batches)
    for one in others:
        found = add_batch(found, one)
    return found


def _without(batch: CountedBatch, step: int) -> CountedBatch:
    won, matches = list(batch.counts.won), list(batch.counts.matches)
    won[step] = matches[step] = 0
    return CountedBatch(batch.seeds, Counts(tuple(won), tuple(matches)))
