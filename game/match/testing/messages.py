"""What a level's test says in plain words, in English and Chinese."""

from typing import Final

from safefiles.messages import Catalogue, Templates

_TABLE: Final[dict[str, Templates]] = {
    # findings
    "no_end": (
        "None of {matches} matches was decided: nobody ever wins this level",
        "{matches} 局没有一局分出胜负：这个关卡谁也赢不了",
    ),
    "nobody_wins": (
        "Unwinnable: won 0 of {matches}, nobody of the panel wins this level",
        "无法取胜：{matches} 局里赢了 0 局，测试者中没有一个能赢这个关卡",
    ),
    "hardly_won": (
        "Next to unwinnable: won {won} of {matches} [{low} to {high} %]",
        "几乎无法取胜：{matches} 局里只赢了 {won} 局 [{low} 到 {high}%]",
    ),
    "always_won": (
        "Hardly to be lost: won {won} of {matches} [{low} to {high} %]",
        "几乎不可能输：{matches} 局里赢了 {won} 局 [{low} 到 {high}%]",
    ),
    "lost_at": (
        "At {difficulty} nobody wins: 0 of {matches} [0 to {high} %]",
        "在“{difficulty}”难度下没人能赢：{matches} 局里赢了 0 局 [0 到 {high}%]",
    ),
    "unfair": (
        "Unfair: with equal players {side} wins {rate} % [{low} to {high}] of {matches} decided matches",
        "不公平：双方实力相同时，{side}在 {matches} 局分出胜负的对局中赢了 {rate}% [{low} 到 {high}]",
    ),
    "leaning": (
        "With equal players {side} wins {rate} % [{low} to {high}] of {matches} decided matches",
        "双方实力相同时，{side}在 {matches} 局分出胜负的对局中赢了 {rate}% [{low} 到 {high}]",
    ),
    "run_out": (
        "{rate} % of the matches run out of time and nobody wins",
        "{rate}% 的对局到时间仍无人获胜",
    ),
    "no_contact": (
        "In {rate} % of the matches nobody is ever hit",
        "{rate}% 的对局中没有任何坦克被击中",
    ),
    "late_contact": (
        "The first hit falls late: after {seconds} s, in the middle of {matches} matches",
        "首次命中来得很晚：{matches} 局的中位数为 {seconds} 秒",
    ),
    "out_of_reach": (
        "{tiles} tiles at ({x},{y}) cannot be reached",
        "({x},{y}) 处的 {tiles} 格无法到达",
    ),
    "dead_corner": (
        "A dead corner: {tiles} tiles at ({x},{y}) were never entered in {matches} matches",
        "死角：({x},{y}) 处的 {tiles} 格在 {matches} 局中从未有人进入",
    ),
    "quiet_corner": (
        "A dead corner: the {tiles} tiles at ({x},{y}) were each entered in at most {most} of {matches} matches",
        "死角：({x},{y}) 处的 {tiles} 格，每一格在 {matches} 局中最多只有 {most} 局有人进入",
    ),
    "never_entered": (
        "{tiles} tiles, {rate} % of the floor, were never entered; most of them at ({x},{y})",
        "有 {tiles} 格（占地面的 {rate}%）从未有人进入，大多在 ({x},{y}) 处",
    ),
    "pickup_unused": (
        "Pick-up {number} ({kind}) at ({x},{y}) was never taken",
        "({x},{y}) 处的 {number} 号道具（{kind}）从未被拿走",
    ),
    "cell_unused": (
        "Energy cell {number} at ({x},{y}) was never brought home",
        "({x},{y}) 处的 {number} 号能量块从未被运回",
    ),
    "core_untouched": (
        "The core was hit in none of {matches} matches",
        "{matches} 局中核心从未被击中",
    ),
    "few_matches": (
        "Only {matches} matches: too few for a verdict; at least {least} tell more",
        "只有 {matches} 局，不足以下结论；至少需要 {least} 局",
    ),
    "sound": (
        "Nothing speaks against this level: won {rate} % [{low} to {high}] of {matches} matches",
        "没有发现问题：{matches} 局赢了 {rate}% [{low} 到 {high}]",
    ),
    # words of findings
    "side_0": ("the ground of team 0", "0 队一侧"),
    "side_1": ("the ground of team 1", "1 队一侧"),
    "rookie": ("rookie", "新手"),
    "regular": ("regular", "普通"),
    "veteran": ("veteran", "老兵"),
    "ace": ("ace", "王牌"),
    "repair": ("repair", "修复"),
    "shield": ("shield", "护盾"),
    "triple": ("triple shot", "三连发"),
    "bank": ("more banks", "反弹 +1"),
    "speed": ("speed", "加速"),
}
say: Final = Catalogue("level_tests", _TABLE).say
