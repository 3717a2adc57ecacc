"""Why an item is suggested, in words: a reason holds numbers of the models, `text` puts them into a sentence.

Kinds and their values:

| kind       | values |
|------------|--------|
| neighbours | items: what the player liked and they liked too; stars: their mean for the suggested item; count: of them |
| near       | item: what the player rated and this is close to; own: the stars the player gave it |
| taste      | tag: what the player likes; effect: predicted stars more than without it; evidence: own ratings of it |
| popular    | stars: the mean of everyone's; count: of ratings |
| level      | nothing but the chance |
| again      | tries: how often the player failed here |
| explored   | count: of ratings it has so far |
| little     | nothing: the models know nothing in favour |

Every kind may have `chance` (to finish, 0..1), `fit` (one of FITS: how that stands to the player's zone), `new` (true:
nobody rated it) and `simulated` (true: the number rests on simulated players). A
number that a sentence shows is one of the values.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LANGUAGES: Final = ("en", "zh")
FITS: Final = ("easy", "right", "hard")
KINDS: Final = ("neighbours", "near", "taste", "popular", "level", "again", "explored", "little")


@dataclass(frozen=True)
class Reason:
    """A kind of KINDS and its values."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def simulated(self) -> bool:
        """Whether it rests on simulated players."""
        return bool(self.values.get("simulated"))


@dataclass(frozen=True)
class Nouns:
    """What a program calls its things, in one language."""

    players: str
    liked: str  # "players who liked A"
    simulated: str  # before `players`
    finish: str  # what a chance is for


NOUNS: Final[Mapping[str, Nouns]] = {
    "en": Nouns("players", "liked", "simulated", "to finish"),
    "zh": Nouns("玩家", "喜欢", "模拟", "通关"),
}
_AND: Final = {"en": " and ", "zh": "和"}
_STOP: Final = {"en": "; ", "zh": "；"}
_SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "neighbours": "{who} who {liked} {items} gave it {stars}",
        "near": "close to {item}, which you gave {own}",
        "taste": "you like {tag}: {effect} stars more than the rest",
        "popular": "{who} gave it {stars} ({count} ratings)",
        "level": "fits you",
        "again": "you failed it {tries}, worth another try",
        "explored": "something different, to learn what you like",
        "little": "something different",
        "new": "new: {rest}",
        "easy": "easy for you",
        "right": "about your level",
        "hard": "hard for you",
        "chance": "{chance} {finish}",
    },
    "zh": {
        "neighbours": "{liked}{items}的{who}给了它 {stars} 星",
        "near": "与{item}相近，你给过它 {own} 星",
        "taste": "你偏爱{tag}：比其余的多 {effect} 星",
        "popular": "{who}给了它 {stars} 星（{count} 个评分）",
        "level": "适合你",
        "again": "你在这里失败过 {tries}，值得再试",
        "explored": "换换口味，好了解你的喜好",
        "little": "换个口味",
        "new": "新：{rest}",
        "easy": "对你来说较容易",
        "right": "正合你的水平",
        "hard": "对你来说较难",
        "chance": "{finish}概率 {chance}",
    },
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

    `titles` names items and `tags` names tags in that language; what is missing shows its own name. An unknown
    language reads English.
    """
    language = language if language in LANGUAGES else "en"
    words, own = _SENTENCES[language], nouns or NOUNS[language]
    values = reason.values
    join = " " if language == "en" else ""
    shown = {
        "who": f"{own.simulated}{join}{own.players}" if reason.simulated else own.players,
        "liked": own.liked,
        "finish": own.finish,
        "items": _AND[language].join(_title(name, language, titles) for name in values.get("items", ())),
        "item": _title(values.get("item", ""), language, titles),
        "tag": (tags or {}).get(
            values.get("tag", ""), str(values.get("tag", "")).partition(":")[2] or values.get("tag", "")
        ),
        "tries": _times(int(values.get("tries", 0)), language),
        "count": values.get("count", 0),
        **{name: f"{values[name]:.1f}".removesuffix(".0") for name in ("stars", "own") if name in values},
        "effect": f"{values.get('effect', 0.0):.1f}",
        "chance": f"{100 * values.get('chance', 0.0):.0f}%",
    }
    fit = words[values["fit"]] if "fit" in values else ""
    alone = reason.kind in ("level", "little") and fit  # that is all there is to say
    said = fit if alone else words[reason.kind].format(**shown)
    if values.get("new"):
        said = words["new"].format(rest=said)
    if fit and not alone:
        said += _STOP[language] + fit
    if "chance" in values:
        said += (
            f" ({words['chance'].format(**shown)})"
            if language == "en"
            else f"（{words['chance'].format(**shown)}）"
        )
    return said


def _title(name: str, language: str, titles: Mapping[str, str] | None) -> str:
    title = (titles or {}).get(name, name)
    return f"*{title}*" if language == "en" else f"《{title}》"


def _times(count: int, language: str) -> str:
    if language == "zh":
        return f"{count} 次"
    return {1: "once", 2: "twice"}.get(count, f"{count} times")
