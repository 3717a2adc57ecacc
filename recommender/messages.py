"""Messages about faulty records, and the commands' texts about suggestions, in English and Chinese."""

from typing import Final

from safefiles.messages import Catalogue, Templates
from safefiles.phrases import PHRASES

_TABLE: Final[dict[str, Templates]] = {
    # records
    "name": ("a name", "名称"),
    "whole_text": ("text of whole characters", "由完整字符组成的文本"),
    "finite_number": ("a finite number{low}{high}", "有限的数{low}{high}"),
    "from": (" from {low:g}", "，不小于 {low:g}"),
    "to": (" to {high:g}", "，不大于 {high:g}"),
    "whole": ("a whole number", "整数"),
    "json_object": ("a JSON object", "JSON 对象"),
    "json_list": ("a JSON list", "JSON 列表"),
    "a_recommender": ("a recommender", "推荐器"),
    # tables of simulated players
    "card": ("a card", "数据卡"),
    "csv": ("a CSV table", "CSV 表"),
    "csv_utf8": ("a CSV table in UTF-8", "UTF-8 的 CSV 表"),
    "line": ("{name}, line {number}", "{name} 第 {number} 行"),
    "columns": (
        "{where}: expected the columns {known}, found {found}",
        "{where}：各列应为 {known}，实际为 {found}",
    ),
    "values": (
        "{where}: expected {expected} values, found {found}",
        "{where}：应有 {expected} 个值，实际为 {found}",
    ),
    "no_csv": ("{where}: expected CSV, found {told}", "{where}：CSV 格式有误"),
    "outcome": (
        "{where}: expected an outcome of {known}, found {found}",
        "{where}：结果应为以下之一：{known}；实际为 {found}",
    ),
    "empty_cell": ("{where}: expected a {name}, found nothing", "{where}：缺少 {name}"),
    "stars": ("stars from 1 to 5", "1 到 5 的评分"),
    "number_for": ("a number for {name}", "{name} 的数值"),
    # refitting in the background
    "refit_start": ("refit: could not be started ({why})", "推荐模型：无法启动重新训练（{why}）"),
    "refit_ended": (
        "refit: the process ended with code {code}; the earlier models stay",
        "推荐模型：重新训练的进程以 {code} 退出，继续使用原来的模型",
    ),
    "refit_unread": (
        "refit: the result cannot be read ({why}); the earlier models stay",
        "推荐模型：重新训练的结果无法读取（{why}），继续使用原来的模型",
    ),
    # the commands `recommend` and `explain`
    "newcomer": (
        "player {player!r} is not known to the store{close}: what follows is for a newcomer",
        "记录中没有玩家“{player}”{close}：以下内容按新玩家给出",
    ),
    "no_item": (
        "item: expected a name or a title of the {count} items, found {item!r}{close}",
        "物品：应为 {count} 个物品之一的名称或标题，实际为“{item}”{close}",
    ),
    "two_items": (
        "item: expected one item, found {count} with the title {item!r}; name it: {names}",
        "物品：标题“{item}”对应 {count} 个物品，请指定名称：{names}",
    ),
    "did_you_mean": (" (did you mean {names}?)", "（是否指 {names}？）"),
    "suggested": ("{place}. {title}: {stars:.1f} stars", "{place}. 《{title}》：预计 {stars:.1f} 星"),
    "because": ("   {reason} [{models}{simulated}]", "   {reason}。依据：{models}{simulated}"),
    "of_simulated": ("; simulated players", "；模拟玩家"),
    "single": ("{name}", "{name}"),
    "joined": ("{first}, {second}", "{first}、{second}"),
    "title_reason": ("{title}: {reason}", "《{title}》：{reason}"),
    "outlook_stars": (
        "stars: {stars:.1f} ± {spread:.1f}, by {models}",
        "预计 {stars:.1f} ± {spread:.1f} 星，依据：{models}",
    ),
    "outlook_stars_alone": ("stars: {stars:.1f} ± {spread:.1f}", "预计 {stars:.1f} ± {spread:.1f} 星"),
    "outlook_chance": (
        "chance to finish: {chance:.0f}% (80% interval {low:.0f} to {high:.0f}%), "
        "{inside} the flow zone of {zone_low:.0f} to {zone_high:.0f}%",
        "通关概率 {chance:.0f}%（80% 置信区间 {low:.0f}% 到 {high:.0f}%），"
        "{inside}心流区间 {zone_low:.0f}% 到 {zone_high:.0f}%",
    ),
    "inside_zone": ("inside", "在"),
    "outside_zone": ("outside", "不在"),
    "outlook_known": (
        "known: {ratings:.0f} ratings by others (the sum of their weights); {tries} attempts by all players{simulated}",
        "已知：其他人的 {ratings:.0f} 个评分（按权重），所有人共 {tries} 次游玩{simulated}",
    ),
    "model_neighbours": ("neighbours", "近邻"),
    "model_factors": ("factors", "隐因子"),
    "model_together": ("chosen together", "常一起选择的物品"),
    "model_content": ("content", "内容"),
    "model_biases": ("biases", "平均评分"),
    "model_popularity": ("popularity", "热门程度"),
}
CATALOGUE: Final = Catalogue("recommender", _TABLE, PHRASES)
say: Final = CATALOGUE.say
