"""Why a brain cannot be chosen, or is replaced by a bot in a match, in English and Chinese."""

from typing import Final

from safefiles.messages import Catalogue, Templates
from safefiles.phrases import PHRASES

_TABLE: Final[dict[str, Templates]] = {
    "no_brain_file": (
        "brain: expected an .onnx file at {name!r}, found none",
        "{name!r} 处没有 .onnx 文件",
    ),
    "did_you_mean": ("; did you mean {name!r}?", "；是否想写 {name!r}？"),
    "unknown_brain": (
        "brain: expected one of {known}, or a path to an .onnx file, found {found!r}{hint}",
        "没有名为 {found!r} 的 AI；可选：{known}，或 .onnx 文件的路径{hint}",
    ),
    "bot_for_brain": ("brain: expected a policy, found the bot {name!r}", "{name!r} 是脚本 AI，不是模型"),
    "as_recorded": ("as recorded", "录像中如此"),
    "too_slow": (
        "expected a decision within {most:g} ms, found {found:.1f} ms",
        "决策太慢：应在 {most:g} 毫秒内，实际用了 {found:.1f} 毫秒",
    ),
    "no_level": (
        "level: expected a playable level, found {name} with errors",
        "{name} 有错误，无法游玩",
    ),
}
say: Final = Catalogue("match", _TABLE, PHRASES).say
