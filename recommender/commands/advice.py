"""The commands `recommend` and `explain`: suggestions for a player of a store, and their reasons."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.advisor.community import Community
from recommender.advisor.engine import Advisor, AdvisorSettings, Outlook
from recommender.advisor.skill import split_against
from recommender.advisor.zone import Zone
from recommender.commands.console import (
    ItemsOption,
    LanguageOption,
    StoreOption,
    did_you_mean,
    item_named,
    stored_items,
)
from recommender.commands.names import NamesOption, read_names
from recommender.commands.program_settings import SettingsOption, read_settings
from recommender.errors import UnknownName
from recommender.messages import CATALOGUE, say
from recommender.reasons import Reason, text
from recommender.records.kinds import Item
from recommender.store import Store
from recommender.store.read_only import ReadOnlyStore
from safefiles.console import JsonOption, clean_exit, echo, examples, write_json
from safefiles.messages import Message

PlayerOption = Annotated[str, typer.Option("--player", help="Name of the advised player.", metavar="NAME")]
AgainstOption = Annotated[
    str,
    typer.Option(
        "--against",
        help="Opponent or difficulty of the next attempt, as the table of attempts has it.",
        metavar="WORDS",
        show_default="nothing",
    ),
]
ZoneOption = Annotated[
    tuple[float, float],
    typer.Option(
        "--zone",
        help="Lowest and highest chance to finish that the player enjoys, 0 to 1.",
        metavar="LOW HIGH",
    ),
]
CommunityOption = Annotated[
    Path | None,
    typer.Option(
        "--community",
        help="A folder with simulated players (ratings.csv, attempts.csv, card.json).",
        metavar="FOLDER",
        show_default="none",
    ),
]


@clean_exit
@examples(
    "--store songs.sqlite --count 3",
    "--store songs.sqlite --player ann --json advice.json",
    filled=("--count 3", "--language zh --json advice.json"),
)
def recommend(
    store: StoreOption,
    items: ItemsOption = None,
    player: PlayerOption = "local",
    count: Annotated[int, typer.Option("--count", min=1, help="How many suggestions are made.")] = 5,
    community: CommunityOption = None,
    against: AgainstOption = "",
    zone: ZoneOption = (Zone.low, Zone.high),
    language: LanguageOption = "en",
    seed: Annotated[
        int, typer.Option("--seed", min=0, help="Seed of the exploration; the same seed gives the same list.")
    ] = 0,
    names: NamesOption = None,
    settings_file: SettingsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Suggest items, best first, each with its reason. The store is only read."""
    tags = read_names(names, language)
    with _opened(store, items, language) as (source, catalogue):
        settings = read_settings(settings_file, zone)
        advisor = _advisor(source, catalogue, player, community, language, settings, seed)
        advisor.against = _known_against(advisor, against)
        suggestions = advisor.suggest(count)
    titles = _titles(catalogue, language)
    for place, each in enumerate(suggestions, 1):
        echo(say("suggested", place=place, title=titles[each.item], stars=each.stars).text(language))
        said = text(each.reason, language, titles, tags=tags)
        because = say(
            "because", reason=said, models=_models(each.models), simulated=_simulated(each.simulated)
        )
        echo(because.text(language))
    rows = [
        {
            "item": each.item,
            "stars": each.stars,
            "chance": each.chance,
            "models": list(each.models),
            "explored": each.explored,
            "against": each.against,
            "propensity": each.propensity,
            "simulated": each.simulated,
            **_reason_data(each.reason, language, titles, tags),
        }
        for each in suggestions
    ]
    write_json(json_file, {"schema": 1, "player": player, "suggestions": rows})


@clean_exit
@examples(
    "Nocturne --store songs.sqlite",
    "Nocturne --store songs.sqlite --player ann",
    filled=("foundry", "foundry --language zh"),
)
def explain(
    item: Annotated[str, typer.Argument(help="The item's name or title.")],
    store: StoreOption,
    items: ItemsOption = None,
    player: PlayerOption = "local",
    community: CommunityOption = None,
    against: AgainstOption = "",
    zone: ZoneOption = (Zone.low, Zone.high),
    language: LanguageOption = "en",
    names: NamesOption = None,
    settings_file: SettingsOption = None,
    json_file: JsonOption = None,
) -> None:
    """Show the predictions for one item and a player, and the reason; in the list of a new player it may be another."""
    tags = read_names(names, language)
    with _opened(store, items, language) as (source, catalogue):
        item = item_named(item, catalogue)
        settings = read_settings(settings_file, zone)
        advisor = _advisor(source, catalogue, player, community, language, settings, 0)
        advisor.against = _known_against(advisor, against)
        outlook, reason = advisor.outlook(item), advisor.explain(item)
    titles = _titles(catalogue, language)
    echo(
        say("title_reason", title=titles[item], reason=text(reason, language, titles, tags=tags)).text(
            language
        )
    )
    for line in _lines(outlook, settings):
        echo(f"   {line.text(language)}")
    write_json(
        json_file,
        {
            "schema": 1,
            "player": player,
            "outlook": _outlook_data(outlook),
            **_reason_data(reason, language, titles, tags),
        },
    )


@contextmanager
def _opened(
    store: Path, table: Path | None, language: str
) -> Iterator[tuple[ReadOnlyStore | Store, list[Item]]]:
    """The store, opened only for reading, and the items; messages about the store go to the error output."""
    source, items = stored_items(store, table)
    try:
        yield source, items
        for message in source.messages:
            echo(message, err=True)
    finally:
        source.close()


def _advisor(
    source: ReadOnlyStore | Store,
    items: Sequence[Item],
    player: str,
    community: Path | None,
    language: str,
    settings: AdvisorSettings,
    seed: int,
) -> Advisor:
    """An advisor over the store. An unknown player gets the suggestions for a newcomer, and a line that says so."""
    simulated = Community.read(community) if community is not None else None
    advisor = Advisor(
        items, source, player=player, community=simulated, settings=settings, seed=seed, worker=False
    )
    known = source.players()
    if known and player not in known:
        close = did_you_mean(player, known)
        echo(say("newcomer", player=player, close=close).text(language), err=True)
    return advisor


def _known_against(advisor: Advisor, against: str) -> str:
    """The same; UnknownName if no attempt and no difficulty has one of its parts."""
    known = advisor.opponents()
    for part in split_against(against):
        if part not in known:
            expected = (
                f"one of {', '.join(known)}"
                if known
                else "nothing, as no attempt has an opponent or difficulty"
            )
            raise UnknownName(f"--against: expected {expected}, found {part!r:.60}")
    return against


def _titles(items: Sequence[Item], language: str) -> dict[str, str]:
    return {item.name: item.title(language) for item in items}


def _models(names: Sequence[str]) -> Message:
    """Return the models' names as a list; "none" without any."""
    listed: Message = say("none")
    for number, name in enumerate(names):
        key = f"model_{name}"
        named = say(key) if key in CATALOGUE.table else name
        listed = say("joined", first=listed, second=named) if number else say("single", name=named)
    return listed


def _lines(outlook: Outlook, settings: AdvisorSettings) -> list[Message]:
    key = "outlook_stars" if outlook.models else "outlook_stars_alone"
    lines = [say(key, stars=outlook.stars, spread=outlook.spread, models=_models(outlook.models))]
    zone = settings.zone
    if zone is not None and outlook.in_zone is not None:
        lines.append(
            say(
                "outlook_chance",
                chance=100 * outlook.chance,
                low=100 * outlook.chance_low,
                high=100 * outlook.chance_high,
                inside=say("inside_zone" if outlook.in_zone else "outside_zone"),
                zone_low=100 * zone.low,
                zone_high=100 * zone.high,
            )
        )
    known = say(
        "outlook_known", ratings=outlook.ratings, tries=outlook.tries, simulated=_simulated(outlook.simulated)
    )
    return [*lines, known]


def _simulated(simulated: bool) -> Message | str:
    """A note if a suggestion is based on simulated players."""
    return say("of_simulated") if simulated else ""


def _reason_data(
    reason: Reason, language: str, titles: dict[str, str], tags: dict[str, str]
) -> dict[str, Any]:
    return {
        "reason": text(reason, language, titles, tags=tags),
        "kind": reason.kind,
        "values": {
            name: list(value) if isinstance(value, tuple) else value for name, value in reason.values.items()
        },
    }


def _outlook_data(outlook: Outlook) -> dict[str, Any]:
    return {**vars(outlook), "models": list(outlook.models)}
