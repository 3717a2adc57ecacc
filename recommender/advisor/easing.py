"""Help for players who are new or keep losing: a list of easy items; after defeats, lower difficulties."""

from collections.abc import Collection, Sequence
from typing import Final

DEFEATS: Final = 3  # defeats in a row, from which it gets easier
HEAD: Final = 3  # first places of a new player's list
NEW_REST: Final = 2  # attempts or plays after which an item may come again for a new player


def difficulties_to_offer(
    difficulties: tuple[str, ...], own: str, defeats: int, *, new: bool
) -> tuple[str, ...]:
    """The values of `against` for the next attempt, in order of preference; `difficulties` from easy to hard.

    For a new player only their own, so that the list's chances can be compared; after DEFEATS in a row nothing harder.
    """
    parts = own.split("/")
    known = [place for place, part in enumerate(parts) if part in difficulties]
    if not known:
        return (
            (own, *("/".join([*filter(None, parts), name]) for name in difficulties))
            if difficulties
            else (own,)
        )
    word = known[-1]

    def at(difficulty: str) -> str:
        return "/".join([*parts[:word], difficulty, *parts[word + 1 :]])

    place = difficulties.index(parts[word])
    if defeats < DEFEATS:
        others = () if new else (*difficulties[:place][::-1], *difficulties[place + 1 :])
        return (own, *map(at, others))
    return tuple(map(at, difficulties[: place + 1][::-1]))


def easy_first_levels(
    ease: Sequence[float], chance: Sequence[float], done: Collection[int], count: int
) -> list[int]:
    """Rows of a new player's list, by how easy they are, the best chance first.

    After the HEAD easiest rows, rows with a better chance than those are taken last: ease and chance disagree about them. Rows
    that were `done` come at the end.
    """
    order = sorted(range(len(ease)), key=lambda row: -ease[row])
    fresh = [row for row in order if row not in done]
    rungs, left = sorted(fresh[:HEAD], key=chance.__getitem__, reverse=True), fresh[HEAD:]
    least = chance[rungs[-1]] if rungs else 0.0
    rungs += [row for row in left if chance[row] <= least] + [row for row in left if chance[row] > least]
    head = sorted(rungs[:count], key=chance.__getitem__, reverse=True)
    return (head + [row for row in order if row in done])[:count]
