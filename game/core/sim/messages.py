"""Why a folder cannot hold compiled kernels, in English and Chinese."""

from typing import Final

from safefiles.messages import Catalogue, Templates

_TABLE: Final[dict[str, Templates]] = {
    "owner": (
        "expected a folder of user {expected}, found one of user {found}",
        "文件夹应属于用户 {expected}，实际属于用户 {found}",
    ),
    "mode": (
        "expected a folder that only its owner can write, found mode {found:o}",
        "文件夹应只有所有者能写入，实际权限为 {found:o}",
    ),
    "owner_above": (
        "expected to lie below folders of the user or the system, found {folder} of user {found}",
        "上级文件夹应属于该用户或系统，{folder} 却属于用户 {found}",
    ),
    "mode_above": (
        "expected to lie below folders that others cannot write, found {folder}",
        "其他用户可以写入上级文件夹 {folder}",
    ),
    "not_alone": (
        "expected a folder for kernels alone, found {found} in it",
        "文件夹应只存放编译结果，其中却有 {found}",
    ),
}
say: Final = Catalogue("core", _TABLE).say
