"""The commands `import` and `export`: read records of CSV and JSON into the store, and write them."""

import gc
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from recommender.commands.console import StoreOption, existing_store
from recommender.errors import RecommenderError, StoreFailed, TableRefused
from recommender.records.kinds import EVENTS, Play, Rating
from recommender.records.tables import Reading
from recommender.store import Store
from recommender.store.exchange import KINDS, Records, read_records, write_records
from safefiles.console import JsonOption, choice, clean_exit, echo, examples, fail, write_json

LISTED = 5  # most bad rows that are listed


@clean_exit
@examples(
    "ratings.csv --store songs.sqlite",
    "export.json --store songs.sqlite --skip-bad",
    filled=("ratings.csv", "export.json --skip-bad"),
)
def import_records(
    files: Annotated[
        list[Path], typer.Argument(help="Tables, JSON documents, or folders of them.", metavar="FILE...")
    ],
    store: StoreOption,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good rows of a file with bad ones.")
    ] = False,
    scale: Annotated[
        tuple[float, float] | None,
        typer.Option(
            metavar="LOW HIGH",
            help="The fewest and the most stars in the files; they are converted to 1 to 5.",
            show_default="1 5",
        ),
    ] = None,
    plays: Annotated[
        bool, typer.Option("--plays", help="The third column of tables counts plays; it holds no stars.")
    ] = False,
    milliseconds: Annotated[
        bool,
        typer.Option("--milliseconds", help="Times in the files are in milliseconds; without it in seconds."),
    ] = False,
    without_times: Annotated[
        bool,
        typer.Option("--without-times", help="Ignore the times in the files, for example if they are wrong."),
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Add ratings, attempts, plays and items to a store: all of them, or none if one row is bad.

    Reads files of `export`, and every table of ratings or items that `evaluate` reads. Ratings without a time get the current
    time. Of a player's ratings of an item the last one counts.
    """
    if scale is not None and not 0 < scale[1] - scale[0] < math.inf:
        raise RecommenderError(
            f"--scale: expected two numbers, the fewest stars first, found {scale[0]:g} {scale[1]:g}"
        )
    reading = Reading(
        scale,
        plays,
        milliseconds,
        not without_times,
        can=("--scale", "--plays", "--milliseconds", "--without-times"),
    )
    with _uncollected():
        records = _read(files, reading)
    for line in records.bad[:LISTED]:
        echo(("skipped: " if skip_bad else "") + line, err=True)
    if records.bad and not skip_bad:
        fail(f"{_rows(len(records.bad))} bad, so nothing is imported (--skip-bad imports the rest)")
    if len(records.bad) > LISTED:
        echo(f"skipped: {len(records.bad) - LISTED} more", err=True)
    target = Store.strict(store)
    try:
        with _uncollected():
            new = _new(records, target, reading.now)
            done = target.put_all(
                items=new.items, ratings=new.ratings, attempts=new.attempts, plays=new.plays
            )
        if not done:
            raise StoreFailed(target.messages[-1])
    finally:
        target.close()
    _report_unknown_events(new.plays)
    counts = {table: len(new.of(table)) for table in KINDS}
    known = len(records) - len(new)
    counted = ", ".join(f"{count} {table if count != 1 else table[:-1]}" for table, count in counts.items())
    echo(f"{store}: {counted} added; {known} known already; {len(records.bad)} bad rows skipped")
    write_json(json_file, {"schema": 1, "added": counts, "known": known, "skipped": len(records.bad)})


@clean_exit
@examples(
    "export.json --store songs.sqlite",
    "ratings.csv --store songs.sqlite --player ann",
    filled=("export.json", "plays.csv --what plays"),
)
def export_records(
    out: Annotated[
        Path, typer.Argument(help="A .json file, a .csv file, or a folder for one .csv of each kind.")
    ],
    store: StoreOption,
    what: Annotated[
        str, choice(tuple(KINDS), "The kind of records in a .csv file.", word="KIND")
    ] = "ratings",
    player: Annotated[
        str | None,
        typer.Option(help="Write only this player's records.", metavar="NAME", show_default="everybody's"),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Write a store's ratings (including replaced ones), attempts, plays and items, in the order of entry."""
    if out.name == "-":
        raise RecommenderError(
            "-: expected a .json file, a .csv file or a folder, as nothing is written to the output"
        )
    if out.suffix.lower() not in ("", ".csv", ".json") and not out.is_dir():
        raise RecommenderError(
            f"{out.name}: expected a .json file, a .csv file or a folder, found {out.suffix}"
        )
    source = Store.strict(existing_store(store))
    try:
        records = Records(
            source.items(),
            _changes(source.rating_history(player)),
            list(dict.fromkeys(source.attempts(player))),
            source.plays(player),
        )
        for message in source.messages:
            echo(message, err=True)
    finally:
        source.close()
    kinds = [what] if out.suffix.lower() == ".csv" else list(KINDS)
    counts = {kind: len(records.of(kind)) for kind in kinds}
    if not any(counts.values()):
        wanted = what if kinds == [what] else "records"
        raise RecommenderError(f"{store}: expected {wanted} to export, found none")
    written = write_records(out, records, what)
    counted = ", ".join(f"{count} {table if count != 1 else table[:-1]}" for table, count in counts.items())
    echo(f"{', '.join(str(file) for file in written)}: {counted}")
    write_json(json_file, {"schema": 1, "exported": counts, "files": [str(file) for file in written]})


@contextmanager
def _uncollected() -> Iterator[None]:
    """Switch off the cyclic garbage collector: millions of records have no reference cycles, and the search took a quarter of
    the time.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _changes(history: Sequence[Rating]) -> list[Rating]:
    """The ratings, without those that repeat the previous one of their pair."""
    before: dict[tuple[str, str], Rating] = {}
    kept = []
    for rating in history:
        if before.get((rating.player, rating.item)) != rating:
            before[rating.player, rating.item] = rating
            kept.append(rating)
    return kept


def _read(files: list[Path], reading: Reading) -> Records:
    """The records of all files, with the faults of all files."""
    everything = Records()
    for path in files:
        parts = sorted([*path.glob("*.csv"), *path.glob("*.json")]) if path.is_dir() else [path]
        if not parts:
            raise TableRefused(f"{path}: expected CSV or JSON files in the folder, found none")
        for part in parts:
            found = read_records(part, reading, reading.now)
            everything.bad += found.bad
            for table in KINDS:
                everything.of(table).extend(found.of(table))
    return everything


def _new(records: Records, store: Store, now: float) -> Records:
    """Records that the store does not have yet; of untimed ratings those that change something, of equal plays the additional
    ones.
    """
    items = {item.name: item for item in store.items()}
    attempts = set(store.attempts())
    plays = Counter(store.plays())
    new = Records(
        [item for item in records.items if items.get(item.name) != item],
        _new_ratings(records.ratings, store, now),
        [attempt for attempt in dict.fromkeys(records.attempts) if attempt not in attempts],
    )
    for play in records.plays:
        if plays[play] > 0:
            plays[play] -= 1
        else:
            new.plays.append(play)
    return new


def _new_ratings(ratings: Sequence[Rating], store: Store, now: float) -> list[Rating]:
    history = store.rating_history()
    if not history:
        return _changes(_that_last(ratings, now, {}))
    known = set(history)
    newest = {(rating.player, rating.item): rating.stars for rating in history}
    return _changes([rating for rating in _that_last(ratings, now, newest) if rating not in known])


def _that_last(
    ratings: Sequence[Rating], now: float, newest: Mapping[tuple[str, str], float]
) -> list[Rating]:
    """The ratings; of untimed ones only the last of each pair, if it differs from the newest."""
    if not any(rating.time == now for rating in ratings):
        return list(ratings)
    last = {(rating.player, rating.item): place for place, rating in enumerate(ratings)}
    return [
        rating
        for place, rating in enumerate(ratings)
        if rating.time != now
        or (
            last[rating.player, rating.item] == place
            and newest.get((rating.player, rating.item)) != rating.stars
        )
    ]


def _report_unknown_events(plays: Sequence[Play]) -> None:
    """Report events that the recommender ignores: a game's own events, or misspelt ones."""
    unknown = Counter(play.event for play in plays if play.event not in EVENTS)
    if unknown:
        named = ", ".join(f"{count} {event!r:.60}" for event, count in unknown.most_common(LISTED))
        echo(f"kept, but ignored by the recommender (it knows {', '.join(EVENTS)}): {named}", err=True)


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count} rows are"
