"""The commands `recommend` and `explain`: what a player of a store might choose next, and why."""

from pathlib import Path
from typing import Annotated, Any

import typer

from recommender.advisor.community import Community
from recommender.advisor.engine import Advisor, AdvisorSettings, Outlook
from recommender.advisor.zone import Zone
from recommender.commands.console import ItemsOption, StoreOption, stored_items
from recommender.errors import RecommenderError, UnknownName
from recommender.reasons import LANGUAGES, Reason, text
from safefiles.console import JsonOption, clean, echo, write_json

PlayerOption = Annotated[str, typer.Option("--player", help="For whom.")]
AgainstOption = Annotated[
    str, typer.Option("--against", help="What the next attempt is against, in the words of the attempts.")
]
ZoneOption = Annotated[
    tuple[float, float], typer.Option("--zone", help="Chances to finish that the player enjoys.")
]
LanguageOption = Annotated[str, typer.Option("--language", help="Of the reasons: en or zh.")]
CommunityOption = Annotated[
    Path | None, typer.Option("--community", help="A folder with simulated players (ratings.csv, attempts.csv, card.json).")
]  # fmt: skip


@clean
def recommend(
    store: StoreOption,
    items: ItemsOption = None,
    player: PlayerOption = "local",
    count: Annotated[int, typer.Option("--count", min=1, help="How many suggestions.")] = 5,
    community: CommunityOption = None,
    against: AgainstOption = "",
    zone: ZoneOption = (Zone.low, Zone.high),
    language: LanguageOption = "en",
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the exploration.")] = 0,
    json_file: JsonOption = None,
) -> None:
    """Suggest items, best first, each with its reason. The store is only read."""
    settings = AdvisorSettings(zone=Zone(*zone))
    advisor, titles = _advisor(store, items, player, community, language, settings, seed)
    advisor.against = against
    suggestions = advisor.suggest(count)
    for place, each in enumerate(suggestions, 1):
        chance = f", {100 * each.chance:.0f} % to finish" if "chance" in each.reason.values else ""
        echo(f"{place}. {titles[each.item]}: {each.stars:.1f} stars{chance}")
        echo(f"   {text(each.reason, language, titles)} [{', '.join(each.models)}]")
    rows = [
        {
            "item": each.item,
            "stars": each.stars,
            "chance": each.chance,
            "models": list(each.models),
            "explored": each.explored,
            "propensity": each.propensity,
            "simulated": each.simulated,
            **_told(each.reason, language, titles),
        }
        for each in suggestions
    ]
    write_json(json_file, {"schema": 1, "player": player, "suggestions": rows})


@clean
def explain(
    item: Annotated[str, typer.Argument(help="The item's name in the store.")],
    store: StoreOption,
    items: ItemsOption = None,
    player: PlayerOption = "local",
    community: CommunityOption = None,
    against: AgainstOption = "",
    zone: ZoneOption = (Zone.low, Zone.high),
    language: LanguageOption = "en",
    json_file: JsonOption = None,
) -> None:
    """Say what is expected of one item for a player, and why."""
    advisor, titles = _advisor(
        store, items, player, community, language, AdvisorSettings(zone=Zone(*zone)), 0
    )
    advisor.against = against
    if item not in titles:
        raise UnknownName(f"item: expected one of the {len(titles)} in the store, found {item!r}")
    outlook, reason = advisor.outlook(item), advisor.explain(item)
    echo(f"{titles[item]}: {text(reason, language, titles)}")
    for line in _lines(outlook, advisor.settings):
        echo(f"   {line}")
    write_json(
        json_file,
        {"schema": 1, "player": player, "outlook": _plain(outlook), **_told(reason, language, titles)},
    )


def _advisor(
    store: Path,
    table: Path | None,
    player: str,
    community: Path | None,
    language: str,
    settings: AdvisorSettings,
    seed: int,
) -> tuple[Advisor, dict[str, str]]:
    """An advisor over a copy of the store in memory, and the items' titles."""
    if language not in LANGUAGES:
        raise RecommenderError(f"--language: expected {' or '.join(LANGUAGES)}, found {language!r}")
    copy, items = stored_items(store, table)
    simulated = Community.read(community) if community is not None else None
    advisor = Advisor(
        items, copy, player=player, community=simulated, settings=settings, seed=seed, worker=False
    )
    return advisor, {item.name: item.title(language) for item in items}


def _lines(outlook: Outlook, settings: AdvisorSettings) -> list[str]:
    lines = [f"stars: {outlook.stars:.1f} ± {outlook.spread:.1f}, by {', '.join(outlook.models) or 'none'}"]
    zone = settings.zone
    if zone is not None and outlook.in_zone is not None:
        inside = "inside" if outlook.in_zone else "outside"
        low, high = 100 * outlook.chance_low, 100 * outlook.chance_high
        lines.append(
            f"chance to finish: {100 * outlook.chance:.0f}% (80% interval {low:.0f} to {high:.0f}%), "
            f"{inside} the flow zone of {100 * zone.low:.0f} to {100 * zone.high:.0f}%"
        )
    return [*lines, f"known: {outlook.ratings:g} ratings by others, {outlook.tries} attempts"]


def _told(reason: Reason, language: str, titles: dict[str, str]) -> dict[str, Any]:
    return {
        "reason": text(reason, language, titles),
        "kind": reason.kind,
        "values": {
            name: list(value) if isinstance(value, tuple) else value for name, value in reason.values.items()
        },
    }


def _plain(outlook: Outlook) -> dict[str, Any]:
    return {**vars(outlook), "models": list(outlook.models)}
