"""Why a brain cannot play, in English and Chinese. Keys of a model's metadata are not translated."""

from typing import Final

from safefiles.messages import Catalogue, Templates
from safefiles.phrases import PHRASES

_TABLE: Final[dict[str, Templates]] = {
    "brain": ("brain {name!r}", "AI {name!r}"),
    # metadata of the file
    "metadata": (
        "{where}: expected metadata {key!r}, found {found}",
        "{where}：缺少元数据 {key!r}，实际有：{found}",
    ),
    "metadata_size": (
        "{where}: expected metadata {key!r} of at most {most} bytes, found {found}",
        "{where}：元数据 {key!r} 至多 {most} 字节，实际为 {found}",
    ),
    "contract_version": (
        "{where}: expected contract version {expected}, found {found}",
        "{where}：接口规格版本应为 {expected}，实际为 {found}",
    ),
    "observation_floats": (
        "{where}: expected 1 to {most} observation floats, found {found}",
        "{where}：观测应有 1 到 {most} 个浮点数，实际为 {found}",
    ),
    "most_logits": (
        "{where}: expected 1 to {most} logits, found {found}",
        "{where}：应有 1 到 {most} 个 logits，实际为 {found}",
    ),
    "slots_hash": (
        "{where}: expected slots_hash {expected} of its own slots, found {found}",
        "{where}：slots_hash 与自身的观测槽不符：应为 {expected}，实际为 {found}",
    ),
    "names_twice": (
        "{where}: expected different names, found {name!r} twice",
        "{where}：名称 {name!r} 出现了两次",
    ),
    "entries": (
        "{where}: expected a list of 1 to {most} entries, found {found}",
        "{where}：应为 1 到 {most} 项的列表，实际为 {found}",
    ),
    "objects": ("a list of objects", "对象的列表"),
    "string": ("a string", "字符串"),
    "base64": ("{where}: expected base64, found {found}", "{where}：应为 base64，实际为 {found}"),
    "floats": (
        "{where}: expected {rows} x {columns} floats = {bytes} bytes, found {found}",
        "{where}：应有 {rows} × {columns} 个浮点数，即 {bytes} 字节，实际为 {found}",
    ),
    # the game that it was made for
    "slot": (
        "{where}: expected observation slot {index} {name!r} of size {expected}, found {found!r} of size {size}",
        "{where}：观测槽 {index} 应为 {name!r}，长度 {expected}；实际为 {found!r}，长度 {size}",
    ),
    "slot_size": (
        "{where}: expected observation slot {index} {name!r} of size {expected}, found {size}",
        "{where}：观测槽 {index} {name!r} 的长度应为 {expected}，实际为 {size}",
    ),
    "slot_range": (
        "{where}: expected observation slot {index} {name!r} in {expected}, found {found}",
        "{where}：观测槽 {index} {name!r} 的范围应为 {expected}，实际为 {found}",
    ),
    "slots": (
        "{where}: expected {expected} observation slots, found {found}",
        "{where}：应有 {expected} 个观测槽，实际为 {found}",
    ),
    "head": (
        "{where}: expected action head {index} {name!r} of size {expected}, found {found!r} of size {size}",
        "{where}：动作头 {index} 应为 {name!r}，长度 {expected}；实际为 {found!r}，长度 {size}",
    ),
    "heads": (
        "{where}: expected {expected} action heads, found {found}",
        "{where}：应有 {expected} 个动作头，实际为 {found}",
    ),
    "one_box": (
        "{where}: expected discrete heads alone or one box, found {found}",
        "{where}：应全部为离散动作头，或只有一个连续动作头，实际为 {found}",
    ),
    "no_masks_of_box": ("false, as continuous actions have no choices", "false（连续动作没有可屏蔽的选项）"),
    "bounds_of": ("a list of {size} bounds, null for none", "{size} 个界限的列表（null 表示无界）"),
    "finite_bounds": ("false, or bounds on every side", "false，或各方向均有界"),
    "truth": ("true or false", "true 或 false"),
    "box_low": (
        "{where}: expected action head {index} {name!r} to begin at {expected} in number {at}, found {found}",
        "{where}：动作头 {index} {name!r} 第 {at} 个数的下界应为 {expected}，实际为 {found}",
    ),
    "box_high": (
        "{where}: expected action head {index} {name!r} to end at {expected} in number {at}, found {found}",
        "{where}：动作头 {index} {name!r} 第 {at} 个数的上界应为 {expected}，实际为 {found}",
    ),
    "tick_rate": (
        "{where}: expected tick rate {expected:g}, found {found:g}",
        "{where}：每秒 tick 数应为 {expected:g}，实际为 {found:g}",
    ),
    "decision_period": (
        "{where}: expected decision period {expected}, found {found}",
        "{where}：决策周期应为 {expected}，实际为 {found}",
    ),
    "unknown": ("unknown", "未知"),
    "other_rules": (
        "trained under other rules ({theirs}, here {ours})",
        "训练时的规则不同（{theirs}，这里为 {ours}）",
    ),
    # whether the graph matches the metadata
    "input_size": (
        "{where}: expected an input of {expected} floats by its contract, found {found}",
        "{where}：按接口规格，输入应有 {expected} 个浮点数，实际为 {found}",
    ),
    "logits_size": (
        "{where}: expected {expected} logits by its contract, found {found}",
        "{where}：按接口规格，应有 {expected} 个 logits，实际为 {found}",
    ),
    "mask_size": (
        "{where}: expected an input 'action_mask' of {expected} columns by its contract, found {found}",
        "{where}：按接口规格，动作掩码输入应有 {expected} 列，实际为 {found}",
    ),
    "runtime_refused": ("{where}: onnxruntime refused it: {why}", "{where}：onnxruntime 无法载入（{why}）"),
    "golden_failed": (
        "{where}: failed on its golden observations: {why}",
        "{where}：在自带的校验观测上出错（{why}）",
    ),
    "golden": (
        "{where}: expected its golden logits within {expected:g}, found a difference of {found:.3g}",
        "{where}：与自带的校验结果应相差不超过 {expected:g}，实际相差 {found:.3g}",
    ),
    # in a match
    "rows": (
        "{where}: expected rows of {expected} floats, found shape {found}",
        "{where}：每行应有 {expected} 个浮点数，实际形状为 {found}",
    ),
    "mask_rows": (
        "{where}: expected an action mask of shape {expected}, found {found}",
        "{where}：动作掩码的形状应为 {expected}，实际为 {found}",
    ),
    "finite_logits": (
        "{where}: expected finite logits, found {found}",
        "{where}：logits 应为有限的数，实际为 {found}",
    ),
}
say: Final = Catalogue("agents", _TABLE, PHRASES).say
