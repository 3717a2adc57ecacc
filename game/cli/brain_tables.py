"""Tables of the shipped brains, from their cards and from `game/brains/strengths.json`, in English and in Chinese."""

import json
from typing import Any

from game.core import rules
from game.match.brain_library import SHIPPED, BrainEntry, BrainLibrary
from game.match.difficulty import DIFFICULTY_IDS
from game.match.strengths import MEASURED_FILE

ENGLISH = {
    "name": "brain", "rating": "ratings, {} to {}", "distance": "tiles from its enemy", "banks": "hits banked",
    "specials": "specials a minute", "against": "duels against", "mean": "mean",
    **{name: name for name in (*rules.OBJECTIVE_NAMES, *DIFFICULTY_IDS)},
}  # fmt: skip
CHINESE = {
    "name": "模型", "rating": "评分，{} 到 {}", "distance": "与敌人的距离（格）", "banks": "反弹命中",
    "specials": "每分钟技能次数", "against": "单挑对手", "mean": "平均",
    "eliminate": "歼灭", "defend": "防守", "collect": "收集", "survive": "生存",
    "rookie": "新手", "regular": "普通", "veteran": "老兵", "ace": "王牌",
}  # fmt: skip


def strengths_table(words: dict[str, str]) -> list[list[str]]:
    """Return a row for each brain: ratings by difficulty, its teams against the marksman's, and its typical behaviour."""
    titles = [
        words["name"],
        words["rating"].format(DIFFICULTY_IDS[0], DIFFICULTY_IDS[-1]),
        *(words[name] for name in rules.OBJECTIVE_NAMES),
        *(words[name] for name in ("distance", "banks", "specials")),
    ]
    rows = [titles]
    for row in _measured():
        seen = row["telltale"]
        rows.append(
            [
                row["name"],
                ", ".join(f"{row['difficulties'][name]['rating']:.1f}" for name in DIFFICULTY_IDS),
                *(_share(row["objectives"][name]) for name in rules.OBJECTIVE_NAMES),
                f"{seen['distance']:.1f}",
                f"{100 * seen['bank_share']:.0f} %",
                f"{seen['specials']:.1f}",
            ]
        )
    return rows


def difficulties_table(name: str, words: dict[str, str]) -> list[list[str]]:
    """Return a row for each difficulty: a brain's share of the points at it against the same brain at every other."""
    [brain] = (row for row in _measured() if row["name"] == name)
    shares: dict[tuple[str, str], float] = {}
    for pair, points in brain["duels"].items():
        first, second = (side.partition("@") for side in pair.split())
        if first[0] == second[0]:
            shares[first[2], second[2]] = points
            shares[second[2], first[2]] = 1.0 - points
    rows = [["", *(words[one] for one in DIFFICULTY_IDS)]]
    for one in DIFFICULTY_IDS:
        found = (shares.get((one, other)) for other in DIFFICULTY_IDS)
        rows.append([words[one], *("" if share is None else f"{100 * share:.0f} %" for share in found)])
    return rows


def duels_table(words: dict[str, str]) -> list[list[str]]:
    """Return a row for each opponent of the panel: wins of every brain in duels; in brackets, duels that ran out of time."""
    cards = {entry.name: _duels(entry) for entry in BrainLibrary().entries() if entry.kind == SHIPPED}
    opponents = list(dict.fromkeys(name for card in cards.values() for name in card))
    rows = [[words["against"], *cards]]
    rows += [[name, *(_cell(card.get(name)) for card in cards.values())] for name in opponents]
    means = [sum(row["win_rate"] for row in card.values()) / max(len(card), 1) for card in cards.values()]
    return [*rows, [words["mean"], *(f"{100 * mean:.1f} %" for mean in means)]]


def _measured() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(MEASURED_FILE.read_text(encoding="utf-8"))["brains"]
    return rows


def _duels(entry: BrainEntry) -> dict[str, dict[str, Any]]:
    assert entry.path is not None
    card = json.loads(entry.path.with_name("card.json").read_text(encoding="utf-8"))
    return {row["opponent"]: row for row in card["evaluation"] if row.get("match") == "duel"}


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    late = f" ({100 * row['timeouts'] / row['matches']:.0f})" if row["timeouts"] else ""
    return f"{100 * row['win_rate']:.1f} %{late}"


def _share(team: dict[str, Any]) -> str:
    return f"{100 * team['share']:.0f} % [{100 * team['low']:.0f}, {100 * team['high']:.0f}]"
