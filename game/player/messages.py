"""Messages about problems with the player's own files, in English and Chinese."""

from typing import Final

from safefiles.messages import Catalogue, Templates
from safefiles.phrases import PHRASES

_TABLE: Final[dict[str, Templates]] = {
    "settings": ("settings", "设置"),
    "expected": ("expected {expected}, found {found}", "应为{expected}，实际为 {found}"),
    "setting": ("setting {key!r}: {problem}", "设置项 {key!r}：{problem}"),
    "setting_default": ("{where}: {problem}; the default is used", "{where}：{problem}；已改用默认值"),
    "settings_aside": (
        "{why}; kept as {kept}, default settings are used",
        "{why}；原文件保留为 {kept}，已改用默认设置",
    ),
    "settings_stay": (
        "{why}; the file is left unchanged; default settings are used, and your changes are not saved",
        "{why}；原文件保持不变：已改用默认设置，本次的更改不会保存",
    ),
    "bindings_shape": (
        "{where}: expected an object of lists of texts, found another shape; ignored",
        "{where}：应为由文本列表组成的对象，已忽略",
    ),
    "binding_unknown": (
        "bindings: expected one of {known}, found {found}{more}",
        "bindings：没有名为 {found} 的操作{more}；可用：{known}",
    ),
    "binding_input": (
        "bindings › {name}: expected inputs such as key:w, found {found}",
        "bindings › {name}：应为 key:w 之类的输入，实际为 {found}",
    ),
    "and_more": (" and {count} more", "（另有 {count} 个）"),
    "no_simulated": ("simulated players: not used ({why})", "没有使用模拟玩家的数据（{why}）"),
    # the pieces chosen for levels
    "choices": ("a list of chosen pieces", "关卡配乐的列表"),
    "choices_shape": (
        "{where}: expected names of pieces by names of levels, found something else",
        "{where}：应为各关卡所用的曲子，实际是别的内容",
    ),
    "most_choices": (
        "{where}: expected at most {most} levels, found {found}",
        "{where}：至多 {most} 个关卡，实际为 {found}",
    ),
    "choices_full": (
        "levels with a piece of their own: expected at most {most}, found more",
        "指定了曲子的关卡已到上限 {most}",
    ),
    "no_music": (
        "music: expected generators or shipped pieces, found neither",
        "既没有作曲模型，也没有自带的曲子",
    ),
    "private_cache": ("{told}", "该文件夹须能写入，并且只有你能写入"),
    "kept_aside": ("{why}; kept as {kept}", "{why}；原文件保留为 {kept}"),
    "stays": ("{why}; the file is left unchanged", "{why}；原文件保持不变"),
    "unread_stays": (
        "its content could not be read; the file is left unchanged",
        "文件内容无法读取，原文件保持不变",
    ),
    "no_picture": ("{level}: no picture ({why})", "{level}：无法生成预览图（{why}）"),
    "no_display": ("{told}", "无法打开声音设备"),
    "closing": ("closing: {kind}: {told}", "退出时出错（{kind}）"),
}
say: Final = Catalogue("player", _TABLE, PHRASES).say
