"""Reasons for a suggestion: a reason is a term of an item's score with its evidence; `text` makes a sentence of it.

Kinds and their values:

| kind       | values |
|------------|--------|
| own        | own: the stars the player gave it |
| together   | items: items that the player took and that are often taken with this one |
| taken      | count: number of players who took it |
| rated      | stars: their mean; count: number of players who gave them |
| taste      | tag: a tag the player likes; more: stars above the other items; evidence: own ratings with it |
|            | or item: a rated item with similar content; own: the stars the player gave it |
| near       | item: a rated item that the same people like; own: the stars the player gave it |
| neighbours | stars: the mean of players with similar taste; count: their number |
| pattern    | count: number of the player's ratings, which together suggest it |
| level      | only the chance |
| fresh      | none: the player did not have it recently |
| untried    | none: it differs from the items the player rated so far |
| start      | count: its ratings so far; one of the easiest items, for a new player |
| explored   | count: its ratings so far |
| little     | nobody: true if nobody has tried it; own: stars, if low; no positive reason |

Every kind except the last three has `effect`, the term in logits. Any kind may have `chance` (to finish, 0..1), `fit` (one of
FITS: that chance relative to the player's zone), `ease` (easiest: among the first tenth of all; easier: in the first half),
`against` (the opponent or difficulty of that chance), `defeats` (in a row, of the player), `tries` (how often the player failed
it), `new` (true: nobody had it), `simulated` (how many of `count` are simulated, if any) and `thin` (how many of them had few
other items, if at least a quarter). Every number in a sentence is one of the values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")
FITS: Final = ("easy", "right", "hard")
KINDS: Final = (
    "own", "together", "taken", "rated", "taste", "near", "neighbours", "pattern", "level", "fresh", "untried",
    "start", "explored", "little",
)  # fmt: skip


@dataclass(frozen=True)
class Reason:
    """A reason: a kind of KINDS and its values."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether it is based on simulated players."""
        return bool(self.values.get("simulated"))


@dataclass(frozen=True)
class Nouns:
    """A program's nouns for players and goals, in one language."""

    players: str
    player: str  # one player
    simulated: str  # the word before `players`
    finish: str  # the event of a chance


NOUNS: Final[Mapping[str, Nouns]] = {
    "en": Nouns("players", "player", "simulated", "to finish"),
    "zh": Nouns("玩家", "玩家", "模拟", "通关"),
}
_AND: Final = {"en": " and ", "zh": "和"}
_STOP: Final = {"en": "; ", "zh": "；"}
_SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "own": "you gave it {own}",
        "together": "often chosen together with {items}",
        "taken": "{many} chose it",
        "rated": "{many} gave it {stars} on average",
        "thin": "{said}, {thin} of whom {did} little else",
        "taste": "you like {tag}: {more} {star} more than the rest",
        "close": "close to {item}, which you gave {own}",
        "near": "liked by those who liked {item}, which you gave {own}",
        "neighbours": "{many} with a taste like yours gave it {stars} on average",
        "pattern": "your {ratings} {point} to it",
        "fresh": "a change from what you had lately",
        "untried": "unlike what you rated so far, so worth a try",
        "start": "easy to start with",
        "explored": "something different, to learn what you like",
        "little": "nothing speaks for it more than for others",
        "disliked": "you gave it {own}",
        "nobody": "new to everyone",
        "new": "new: {rest}",
        "easy": "easy for you",
        "right": "about your level",
        "hard": "hard for you",
        "less": "less hard for you than the others",
        "easier": "easier than most here",
        "easiest": "one of the easiest there are",
        "lost": "after {defeats} defeats in a row, {easy}",
        "helped": "something easier",
        "tries": "you failed it {tries} so far",
        "chance": "{chance} {finish}",
        "against": "{chance} {finish} at {against}",
    },
    "zh": {
        "own": "你给过它 {own} 星",
        "together": "选过{items}的人也常选它",
        "taken": "{many}选择了它",
        "rated": "{many}平均给它 {stars} 星",
        "thin": "{said}，其中 {thin} 位几乎没选过别的",
        "taste": "你偏爱{tag}：平均多给 {more} 星",
        "close": "与你给过 {own} 星的{item}相近",
        "near": "喜欢{item}（你给过 {own} 星）的人也喜欢它",
        "neighbours": "{many}与你口味相近，平均给它 {stars} 星",
        "pattern": "从你的 {count} 个评分看，它适合你",
        "fresh": "和你最近选的不一样",
        "untried": "和你评过的都不同，值得一试",
        "start": "容易上手",
        "explored": "换换口味，好了解你的喜好",
        "little": "没有什么特别的理由",
        "disliked": "你给过它 {own} 星",
        "nobody": "还没有人选过",
        "new": "新：{rest}",
        "easy": "对你来说较容易",
        "right": "正合你的水平",
        "hard": "对你来说较难",
        "less": "对你来说比其他的容易些",
        "easier": "比这里的多数更容易",
        "easiest": "是这里最容易的之一",
        "lost": "连败 {defeats} 次后，{easy}",
        "helped": "换个容易些的",
        "tries": "你在这里失败过 {tries}",
        "chance": "{finish}概率{chance}",
        "against": "{against}难度下{finish}概率{chance}",
    },
}
_AMOUNTS: Final = {
    "low": ("little {name}", "{name}少"),
    "middle": ("a medium {name}", "{name}适中"),
    "high": ("much {name}", "{name}多"),
}


def text(
    reason: Reason,
    language: str = "en",
    titles: Mapping[str, str] | None = None,
    *,
    nouns: Nouns | None = None,
    tags: Mapping[str, str] | None = None,
) -> str:
    """The reason as a sentence without a full stop.

    `titles` names items, `tags` names tags and difficulties in that language; a missing one is shown by its own name. An
    unknown language becomes English.
    """
    language = language if language in LANGUAGES else "en"
    words, values = _SENTENCES[language], reason.values
    shown = _shown(reason, language, titles or {}, nouns or NOUNS[language], tags or {})
    said = _main(reason, language, words, shown)
    if "thin" in values:
        said = words["thin"].format(said=said, **shown)
    if values.get("new") and not values.get("nobody"):
        said = words["new"].format(rest=said)
    more = []
    easier = _easier(values, words, shown)
    if easier and reason.kind not in ("level", "start"):
        more.append(easier)
    if "tries" in values:
        more.append(words["tries"].format(**shown))
    if "fit" in values and reason.kind not in ("level", "start") and not more:
        more.append(words[values["fit"]])
    said = _STOP[language].join([said, *more])
    if "chance" in values:
        chance = words["against" if values.get("against") else "chance"].format(**shown)
        said += f" ({chance})" if language == "en" else f"（{chance}）"
    return said


def _main(reason: Reason, language: str, words: Mapping[str, str], shown: Mapping[str, Any]) -> str:
    values = reason.values
    easier = _easier(values, words, shown)
    if easier and reason.kind in ("level", "start"):
        return easier
    if reason.kind == "level" and "fit" in values:
        return words["less" if values["fit"] == "hard" else values["fit"]]
    if reason.kind == "little":
        kind = "nobody" if values.get("nobody") else "disliked" if "own" in values else "little"
        return words[kind].format(**shown)
    if reason.kind == "start" and values.get("fit") == "hard":
        return words[values.get("ease", "hard")]
    kind = "close" if reason.kind == "taste" and "tag" not in values else reason.kind
    return words[kind].format(**shown)


def _easier(values: Mapping[str, Any], words: Mapping[str, str], shown: Mapping[str, Any]) -> str:
    """The text after defeats in a row; "" if there were none, or if the item is not easy."""
    ease = values.get("ease", "")
    if values.get("fit") != "hard" and ease != "easiest":
        ease = "helped"
    return words["lost"].format(easy=words[ease], **shown) if ease and "defeats" in values else ""


def _shown(
    reason: Reason, language: str, titles: Mapping[str, str], nouns: Nouns, tags: Mapping[str, str]
) -> dict[str, Any]:
    """The values as the sentences show them."""
    values = reason.values
    count = int(values.get("count", 0))
    numbers = {
        name: f"{values[name]:.1f}".removesuffix(".0") for name in ("stars", "own", "more") if name in values
    }
    tag, chance = (
        tag_text(str(values.get("tag", "")), language, tags),
        percent(float(values.get("chance", 0.0)), language),
    )
    against = tags.get(values.get("against", ""), values.get("against", ""))
    return {
        "many": _many(count, language, nouns, int(values.get("simulated", 0))),
        "finish": nouns.finish,
        "items": _AND[language].join(_title(name, language, titles) for name in values.get("items", ())),
        "item": _title(values.get("item", ""), language, titles),
        "tag": tag if language == "en" else _after(tag),
        "tries": _times(int(values.get("tries", 0)), language),
        "count": count,
        "defeats": values.get("defeats", 0),
        "chance": chance if language == "en" else _after(chance),
        "thin": values.get("thin", 0),
        "did": "chose" if reason.kind == "taken" else "rated",
        "ratings": f"{count} rating{'' if count == 1 else 's'}",
        "point": "points" if count == 1 else "together point",
        "star": "star" if numbers.get("more") == "1" else "stars",
        "against": against if language == "en" else _before(against),
        **numbers,
    }


def tag_text(tag: str, language: str, tags: Mapping[str, str]) -> str:
    """The text of a tag without a name in `tags`: "size:middle" is "a medium size", "goal:defend" is "defend"."""
    if tag in tags:
        return tags[tag]
    kind, _, name = tag.partition(":")
    if name in _AMOUNTS:
        shown = tags.get(kind, kind.replace("_", " "))
        return _AMOUNTS[name][language == "zh"].format(name=_before(shown) if language == "zh" else shown)
    return name or tag


def percent(chance: float, language: str) -> str:
    """A chance in whole percent; "under 1%" instead of 0%, "over 99%" instead of 100%."""
    if chance <= 0.005:
        return "不到 1%" if language == "zh" else "under 1%"
    if chance >= 0.995:
        return "超过 99%" if language == "zh" else "over 99%"
    return f"{100 * chance:.0f}%"


def _many(count: int, language: str, nouns: Nouns, simulated: int) -> str:
    """ "12 simulated players", "6 players (4 simulated)"."""
    name = nouns.player if count == 1 else nouns.players
    if simulated == count:
        return (
            f"{count} 位{nouns.simulated}{name}" if language == "zh" else f"{count} {nouns.simulated} {name}"
        )
    if language == "zh":
        return f"{count} 位{name}" + (f"（其中 {simulated} 位{nouns.simulated}）" if simulated else "")
    return f"{count} {name}" + (f" ({simulated} {nouns.simulated})" if simulated else "")


def _after(said: str) -> str:
    """Chinese text has a space before a Latin letter or digit that follows a character."""
    return f" {said}" if said[:1].isascii() and said[:1].isalnum() else said


def _before(said: str) -> str:
    """The same after it, if a character follows."""
    return f"{said} " if said[-1:].isascii() and said[-1:].isalnum() else said


def _title(name: str, language: str, titles: Mapping[str, str]) -> str:
    title = titles.get(name, name)
    return f"*{title}*" if language == "en" else f"《{title}》"


def _times(count: int, language: str) -> str:
    if language == "zh":
        return f"{count} 次"
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
