"""The commands `import` and `export`: the store's records from and to CSV and JSON."""

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from recommender.commands.console import StoreOption, existing
from recommender.errors import RecommenderError, StoreFailed, TableRefused
from recommender.records.kinds import Rating
from recommender.records.ratings import STARS
from recommender.store import Store
from recommender.store.exchange import KINDS, Records, read_records, write_records
from safefiles.console import JsonOption, clean, echo, fail, write_json

LISTED = 5  # bad rows that are named one by one


@clean
def import_records(
    files: Annotated[
        list[Path], typer.Argument(help="CSV tables, JSON documents, or folders of them.", metavar="FILE...")
    ],
    store: StoreOption,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good rows of a file with bad ones.")
    ] = False,
    scale: Annotated[
        tuple[float, float],
        typer.Option(help="The fewest and the most stars in the files; they are brought to 1 to 5."),
    ] = STARS,
    json_file: JsonOption = None,
) -> None:
    """Add ratings, attempts and items to a store: all of them, or none where one row is bad.

    Ratings without a time were given now.
    """
    if not 0 < scale[1] - scale[0] < math.inf:
        raise RecommenderError(
            f"--scale: expected two numbers, the fewest stars first, found {scale[0]:g} {scale[1]:g}"
        )
    now = time.time()
    records = _read(files, scale, now)
    for line in records.bad[:LISTED]:
        echo(("skipped: " if skip_bad else "") + line, err=True)
    if records.bad and not skip_bad:
        fail(f"{_rows(len(records.bad))} bad, so nothing is imported (--skip-bad imports the rest)")
    if len(records.bad) > LISTED:
        echo(f"skipped: {len(records.bad) - LISTED} more", err=True)
    target = Store.strict(store)
    try:
        new = _new(records, target, now)
        if not target.put_all(items=new.items, ratings=new.ratings, attempts=new.attempts):
            raise StoreFailed(target.messages[-1])
    finally:
        target.close()
    counts = {table: len(new.of(table)) for table in KINDS}
    known = len(records) - len(new)
    told = ", ".join(f"{count} {table}" for table, count in counts.items())
    echo(f"{store}: {told} added; {known} known already; {len(records.bad)} bad rows skipped")
    write_json(json_file, {"schema": 1, "added": counts, "known": known, "skipped": len(records.bad)})


@clean
def export_records(
    out: Annotated[
        Path, typer.Argument(help="A .json file, a .csv file, or a folder for one .csv of each kind.")
    ],
    store: StoreOption,
    what: Annotated[str, typer.Option(help="For a .csv file: ratings, attempts or items.")] = "ratings",
    player: Annotated[str | None, typer.Option(help="Only this player's records.")] = None,
    json_file: JsonOption = None,
) -> None:
    """Write a store's ratings (also those given anew since), attempts and items."""
    if out.suffix.lower() not in ("", ".csv", ".json") and not out.is_dir():
        raise RecommenderError(
            f"{out.name}: expected a .json file, a .csv file or a folder, found {out.suffix}"
        )
    if what not in KINDS:
        raise RecommenderError(f"--what: expected {', '.join(KINDS)}, found {what!r}")
    source = Store.strict(existing(store))
    try:
        records = Records(
            source.items(),
            list(dict.fromkeys(source.rating_history(player))),
            list(dict.fromkeys(source.attempts(player))),
        )
        for message in source.messages:
            echo(message, err=True)
    finally:
        source.close()
    kinds = [what] if out.suffix.lower() == ".csv" else list(KINDS)
    counts = {kind: len(records.of(kind)) for kind in kinds}
    if not any(counts.values()):
        told = what if kinds == [what] else "records"
        raise RecommenderError(f"{store}: expected {told} to export, found none")
    written = write_records(out, records, what)
    told = ", ".join(f"{count} {table}" for table, count in counts.items())
    echo(f"{', '.join(str(file) for file in written)}: {told}")
    write_json(json_file, {"schema": 1, "exported": counts, "files": [str(file) for file in written]})


def _read(files: list[Path], scale: tuple[float, float], now: float) -> Records:
    """The records of all files, with what is bad in any of them."""
    everything = Records()
    for path in files:
        parts = sorted([*path.glob("*.csv"), *path.glob("*.json")]) if path.is_dir() else [path]
        if not parts:
            raise TableRefused(f"{path}: expected CSV or JSON files in the folder, found none")
        for part in parts:
            found = read_records(part, scale, now)
            everything.bad += found.bad
            found.ratings = [_brought(rating, scale) for rating in found.ratings]
            for table in KINDS:
                everything.of(table).extend(found.of(table))
    return everything


def _brought(rating: Rating, scale: tuple[float, float]) -> Rating:
    """The same rating on the scale of the stores."""
    if scale == STARS:
        return rating
    share = (rating.stars - scale[0]) / (scale[1] - scale[0])
    return replace(rating, stars=STARS[0] + share * (STARS[1] - STARS[0]))


def _new(records: Records, store: Store, now: float) -> Records:
    """What the store does not hold yet, each once; of ratings given now those that change something."""
    ratings, attempts = set(store.rating_history()), set(store.attempts())
    newest = {(rating.player, rating.item): rating.stars for rating in store.ratings()}
    last = {(rating.player, rating.item): rating for rating in records.ratings if rating.time == now}
    ratings.update(
        rating
        for rating in records.ratings
        if rating.time == now
        and (
            rating != last[rating.player, rating.item]
            or newest.get((rating.player, rating.item)) == rating.stars
        )
    )
    items = {item.name: item for item in store.items()}
    return Records(
        [item for item in records.items if items.get(item.name) != item],
        [rating for rating in dict.fromkeys(records.ratings) if rating not in ratings],
        [attempt for attempt in dict.fromkeys(records.attempts) if attempt not in attempts],
    )


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count} rows are"
