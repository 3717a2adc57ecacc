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
        "无法取胜：{matches} 局一局都没赢，没有一个测试者能赢这个关卡",
    ),
    "hardly_won": (
        "Almost impossible to win: won {won} of {matches} [{low} to {high} %]",
        "几乎无法取胜：{matches} 局里只赢了 {won} 局 [{low} 到 {high}%]",
    ),
    "always_won": (
        "Almost impossible to lose: won {won} of {matches} [{low} to {high} %]",
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
    "perhaps_leaning": (
        "Perhaps unfair: with equal players {side} won {rate} % [{low} to {high}] of {matches} decided matches; play more",
        "可能不公平：双方实力相同时，{side}在 {matches} 局分出胜负的对局中赢了 {rate}% [{low} 到 {high}]；多打几局才能确定",
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
        "The first hit comes late: after {seconds} s (median of {matches} matches)",
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
        "Only {matches} matches: too few for a verdict; play at least {least}",
        "只有 {matches} 局，不足以下结论；至少需要 {least} 局",
    ),
    "sound": (
        "No problem was found: won {rate} % [{low} to {high}] of {matches} matches",
        "没有发现问题：{matches} 局的胜率为 {rate}% [{low} 到 {high}]",
    ),
    "grade": (
        "Measured difficulty {stars} of 5 (the author says {wish}): at {difficulty} a standard player wins "
        "{rate} % [{low} to {high}]; a player of average strength needs {attempts}",
        "测得难度 {stars} 星（满分 5 星，作者标为 {wish} 星）：标准玩家在“{difficulty}”难度下的胜率为 {rate}% [{low} 到 {high}]；"
        "水平中等的玩家{attempts}",
    ),
    "grade_alone": (
        "Measured difficulty {stars} of 5: at {difficulty} a standard player wins {rate} % [{low} to {high}]; "
        "a player of average strength needs {attempts}",
        "测得难度 {stars} 星（满分 5 星）：标准玩家在“{difficulty}”难度下的胜率为 {rate}% [{low} 到 {high}]；"
        "水平中等的玩家{attempts}",
    ),
    "attempts": (
        "{median} attempts [{least} to {most}] for a win",
        "获胜需要尝试 {median} 次 [{least} 到 {most}]",
    ),
    "attempts_open": (
        "{median} attempts [{least} to more than {many}] for a win",
        "获胜需要尝试 {median} 次 [{least} 到超过 {many}]",
    ),
    "attempts_many": ("more than {many} attempts for a win", "获胜需要尝试超过 {many} 次"),
    "grade_why": (
        "The shares are of these matches only; the grade counts all known matches of the level, is the mean of nine different "
        "players, and is smoothed with the data of other difficulties and levels",
        "百分比只来自这次的对局；测得的难度计入该关卡所有已知的对局，取测试组的平均，并用其他难度和关卡的数据做了平滑",
    ),
    # words of findings
    "side_0": ("the side of team 0 (start at {x},{y})", "0 队一侧（出生点 {x},{y}）"),
    "side_1": ("the side of team 1 (start at {x},{y})", "1 队一侧（出生点 {x},{y}）"),
    "rookie": ("rookie", "新手"),
    "regular": ("regular", "普通"),
    "veteran": ("veteran", "老兵"),
    "ace": ("ace", "王牌"),
    "eliminate": ("eliminate", "歼灭"),
    "defend": ("defend", "防守"),
    "collect": ("collect", "收集"),
    "survive": ("survive", "生存"),
    "repair": ("repair", "修复"),
    "shield": ("shield", "护盾"),
    "triple": ("triple shot", "三连发"),
    "bank": ("more banks", "反弹 +1"),
    "speed": ("speed", "加速"),
    # the page
    "page_title": ("Level test", "关卡测试"),
    "page_facts": (
        "{matches} matches a level, seed {seed}, difficulties {difficulties}; intervals are Wilson's, 95 %",
        "每个关卡 {matches} 局，种子 {seed}，难度：{difficulties}；区间为 95% 置信区间（威尔逊）",
    ),
    "page_panel": (
        "Measured on bots and brains, not on people.",
        "结果由脚本 AI 和模型测得，没有真人参与。",
    ),
    "error": ("error", "错误"),
    "warning": ("warning", "警告"),
    "note": ("note", "提示"),
    "level": ("level", "关卡"),
    "fine": ("fine", "良好"),
    "verdict": ("Verdict", "结论"),
    "tanks": ("{count} tanks", "{count} 辆坦克"),
    "won": ("won", "胜率"),
    "of_matches": ("matches", "局数"),
    "interval": ("95 %", "95% 区间"),
    "who_wins": ("Who wins", "谁会赢"),
    "all_players": ("all", "全部"),
    "kind_bot": ("scripted bots", "脚本 AI"),
    "kind_brain": ("brains", "模型"),
    "own_brain": ("{name} (yours)", "{name}（你的）"),
    "delayed": ("{name}, {seconds} s late", "{name}，延迟 {seconds} 秒"),
    "by_difficulty": ("difficulty {name}", "难度：{name}"),
    "by_team": ("team {team} wins", "{team} 队获胜"),
    "fairness": ("Fairness", "公平性"),
    "fairness_told": (
        "Equal players on both sides, {matches} matches, half of them with the teams exchanged: from the side of team 0 "
        "{zero} were won, from that of team 1 {one}, {undecided} by nobody.",
        "双方实力相同的 {matches} 局，其中一半交换队伍：0 队一侧赢了 {zero} 局，1 队一侧赢了 {one} 局，{undecided} 局不分胜负。",
    ),
    "no_fairness": (
        "Not measured: the sides have different roles or numbers of tanks.",
        "未测量：双方的角色或坦克数不同。",
    ),
    "course": ("How matches go", "对局过程"),
    "length": (
        "Length: {middle} s, from {low} to {high} (80 % of the matches)",
        "时长：{middle} 秒，80% 的对局在 {low} 到 {high} 秒之间",
    ),
    "lengths": ("Length of matches", "对局时长"),
    "lengths_won": ("won", "胜局"),
    "lengths_other": ("not won", "其他"),
    "stalemates": ("Time runs out and nobody wins", "到时间仍无人获胜"),
    "draws": ("Draws", "不分胜负"),
    "timed_out": ("Ended by the clock", "到时间结束"),
    "unhurt": ("Nobody is hit", "无人被击中"),
    "counted": ("{label}: {count} of {of} ({rate} %)", "{label}：{of} 局中 {count} 局（{rate}%）"),
    "percent": ("{rate} %", "{rate}%"),
    "contact": ("First hit after {seconds} s (median)", "首次命中：{seconds} 秒（中位数）"),
    "shots": (
        "{fired} shots a match, which bank or are mirrored {turned} times; {share} % of the hits had banked",
        "每局 {fired} 发炮弹，反弹或被镜面折转 {turned} 次；{share}% 的命中是反弹命中",
    ),
    "core_damage": ("The core loses {share} % of its hit points", "核心平均损失 {share}% 的耐久"),
    "where": ("Where it happens", "发生在哪里"),
    "map_driven_0": ("Driving, the player's side", "行驶：玩家一方"),
    "map_driven_1": ("Driving, the others", "行驶：其他各方"),
    "map_killed_0": ("Destroyed, the player's side", "被击毁：玩家一方"),
    "map_killed_1": ("Destroyed, the others", "被击毁：其他各方"),
    "map_struck": ("Hits taken, all", "被击中：所有坦克"),
    "map_ricochets": ("Where shots bank or are mirrored", "炮弹反弹和折转处"),
    "map_crumbled": ("Bricks broken", "被打碎的砖块"),
    "map_contact": ("The first hit of each match", "每局的首次命中"),
    "map_rare": (
        "Floor of little use: red never entered, yellow in 1 of 100 matches at most",
        "很少用到的地面：红色从未进入，黄色最多每 100 局进入 1 次",
    ),
    "objects": ("Pick-ups and cells", "道具和能量块"),
    "object": ("object", "对象"),
    "place": ("place", "位置"),
    "taken_own": ("taken by the player's side", "玩家一方拿走"),
    "taken_others": ("by the others", "其他各方拿走"),
    "a_match": ("a match", "每局"),
    "cell_home": ("brought home", "运回"),
    "energy_cell": ("energy cell", "能量块"),
    "numbered": ("{number}: {name}", "{number} 号：{name}"),
    "replays": ("Replays that show it", "能看到这些情况的录像"),
    "replays_told": (
        "The commands work in the folder of this page; a replay holds the level and every action, and needs no brain.",
        "命令要在本页面所在的文件夹中运行；录像包含关卡和所有操作，不需要模型。",
    ),
    "shows": ("shows", "内容"),
    "played_by": ("the player", "测试者"),
    "result": ("result", "结果"),
    "command": ("play it", "播放命令"),
    "result_won": ("won after {seconds} s", "{seconds} 秒后胜利"),
    "result_lost": ("lost after {seconds} s", "{seconds} 秒后失败"),
    "result_nobody": ("nobody won in {seconds} s", "{seconds} 秒后不分胜负"),
    "match_seed": ("match {number}, seed {seed}", "第 {number} 局，种子 {seed}"),
    "not_repeated": ("could not be played the same way again", "无法重现同样的对局"),
    "see_replay": ("replay {number}", "录像 {number}"),
    "show_win": ("a typical win", "典型的胜局"),
    "show_loss": ("a typical loss", "典型的败局"),
    "show_stalemate": ("a match that nobody wins", "不分胜负的一局"),
    "show_favoured": ("won from the favoured side", "占优一侧获胜的一局"),
    "show_fastest": ("the fastest", "最快的一局"),
    "show_longest": ("the longest", "最长的一局"),
    "show_banks": ("the most banked hits", "反弹命中最多的一局"),
    "show_contact": ("the earliest first hit", "首次命中最早的一局"),
    # who plays: as the window calls them, with the name that commands take
    "who_wanderer": ("wanderer", "漫游者（wanderer）"),
    "who_chaser": ("chaser", "追击者（chaser）"),
    "who_strafer": ("strafer", "盘旋者（strafer）"),
    "who_kiting": ("kiting", "游击者（kiting）"),
    "who_marksman": ("marksman", "神枪手（marksman）"),
    "who_hunter": ("hunter", "猎手（hunter）"),
    "who_guardian": ("guardian", "守卫（guardian）"),
    "who_raider": ("raider", "突袭者（raider）"),
    "who_sniper": ("sniper", "狙击手（sniper）"),
    # tables on the terminal
    "table_title": ("{name}: {objective}, {width}x{height}", "{name}：{objective}，{width}x{height}"),
    "table_caption": ("length {middle} s, {low} to {high}", "时长 {middle} 秒，{low} 到 {high}"),
    "table_contact": (
        "length {middle} s, {low} to {high}; first hit after {contact} s",
        "时长 {middle} 秒，{low} 到 {high}；首次命中 {contact} 秒",
    ),
    "share": ("won", "比例"),
    "against": ("against {name}", "难度：{name}"),
    "row_bot": ("bots", "脚本 AI"),
    "row_brain": ("brains", "模型"),
    "row_player": ("  {name} (reacts in {seconds} s)", "  {name}，延迟 {seconds} 秒"),
    "row_even": ("equal players: team 0's side", "实力相同时 0 队一侧获胜"),
    "row_draws": ("draws", "不分胜负"),
    "row_stalemates": ("time runs out, no winner", "到时间仍无人获胜"),
    "count_of": ("{count} of {of}", "{of} 局中 {count} 局"),
    "range": ("{low} to {high}", "{low} 到 {high}"),
    "objective": ("objective", "目标"),
    "ground": ("team 0's side", "0 队一侧"),
    "length_head": ("length", "时长"),
    "seconds": ("{seconds} s", "{seconds} 秒"),
    "of_level": ("{name}: {said}", "{name}：{said}"),
    "marked": ("{mark}: {said}", "{mark}：{said}"),
    "report_written": ("report: {path}", "报告：{path}"),
    # what `levels grade` prints
    "graded_author": ("author", "作者标注"),
    "graded_measured": ("measured", "实测"),
    "graded_attempts": ("attempts", "尝试次数"),
    "graded_difficulty": ("difficulty", "难度值"),
    "graded_again": (
        "{name}: graded again, as it was edited after its last grade",
        "{name}：测定之后改动过，已重新测定",
    ),
    "graded_note": (
        "difficulty: a point on the players' rating scale; 25 is the strength of the panel; measured with bots and brains, "
        "not with people",
        "难度值与玩家水平用同一尺度，25 相当于测试组的平均水平；由脚本 AI 和模型测得，没有真人参与",
    ),
    "some_attempts": ("{median} [{least} to {most}]", "{median} [{least} 到 {most}]"),
    # what the command refuses
    "most_levels": (
        "levels: expected at most {most} in one call, found {found}",
        "关卡：一次至多 {most} 个，实际为 {found} 个",
    ),
    "most_matches": (
        "--matches: expected 1 to {most}, found {found}",
        "--matches：应为 1 到 {most}，实际为 {found}",
    ),
    "same_file": (
        "--json: expected another file than --report, found {path}",
        "--json：不能与 --report 是同一个文件，实际都是 {path}",
    ),
    "strict_failed": (
        "{failed} of {tested} levels have errors, which --strict does not allow",
        "{tested} 个关卡中有 {failed} 个的结论为错误，--strict 不允许",
    ),
}
say: Final = Catalogue("level_tests", _TABLE).say


def who(name: str) -> str:
    """Return what a report calls a bot or a shipped brain; any other name as it is."""
    key = f"who_{name}"
    return say(key) if key in _TABLE else name
