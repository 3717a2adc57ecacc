"""Attempts in the first form of the store, which were stored as plays."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from recommender.records.kinds import Attempt, Play

# Outcomes of attempts in form 1, and the current ones
ENDS: Final = {"won": "finished", "lost": "failed", "draw": "failed", "timed_out": "failed", "quit": "quit"}


def attempts_from_plays(plays: Iterable[Play]) -> list[Attempt]:
    """Return the attempts that form 1 stored as plays, oldest first in the order of `plays`.

    The end of an attempt (its value: seconds), its "deaths" and its "score" share player, item and time. A "retry" comes before
    the "start" of the attempt that it began and counts the restarts so far.
    """
    found: list[Attempt] = []
    last: dict[tuple[str, str, float], int] = {}  # the attempt that ended at this time
    retries: dict[tuple[str, str], float] = {}
    begun: set[tuple[str, str]] = set()  # a "start" came after the "retry"
    for play in plays:
        pair = play.player, play.item
        moment = (*pair, play.time)
        if play.event == "retry":
            retries[pair] = play.value
            begun.discard(pair)
        elif play.event == "start":
            if pair in begun:
                retries.pop(
                    pair, None
                )  # the previous attempt never ended: its retries do not belong to this one
            begun.add(pair)
        elif play.event in ENDS:
            last[moment] = len(found)
            again = int(retries.pop(pair, 0.0))
            begun.discard(pair)
            found.append(
                Attempt(play.player, play.item, ENDS[play.event], play.value, play.time, retries=again)
            )
        elif moment in last and play.event == "deaths":
            found[last[moment]] = replace(found[last[moment]], deaths=int(play.value))
        elif moment in last and play.event == "score":
            found[last[moment]] = replace(found[last[moment]], score=play.value)
    return found
