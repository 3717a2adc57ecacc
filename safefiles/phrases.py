"""Phrases used in every package's messages, and the messages of this package."""

from typing import Final

from safefiles.messages import Catalogue, Templates

_TABLE: Final[dict[str, Templates]] = {
    # the frame of a refusal
    "refused": ("{where}: expected {expected}, found {found}", "{where}：应为{expected}，实际为{found}"),
    "unread": ("{where}: expected {expected}, found {found}", "{where}：{found}"),
    "malformed": (
        "{where}: expected {expected}, found {found}",
        "{where}：不是有效的{expected}（{found}）",
    ),
    "too_large": (
        "{where}: expected {expected} of at most {most:,} bytes, found more",
        "{where}：超过 {most:,} 字节（应为{expected}）",
    ),
    "inside": ("{where}{mark}{step}", "{where}{mark}{step}"),
    "of_file": ("{where}: {why}", "{where}：{why}"),
    "a_file": ("file", "文件"),
    "fault": ("{told}", "程序内部错误（{kind}）"),
    "bug": ("{kind}: {told}", "程序内部错误（{kind}）"),
    # what a file turned out to be
    "folder": ("a folder", "这是一个文件夹"),
    "device": ("a device or pipe", "这是设备或管道"),
    "no_file": ("no such file", "文件不存在"),
    "unreadable": ("one that cannot be read ({why})", "无法读取（{why}）"),
    "nested": ("nesting that is too deep", "嵌套过深"),
    "memory_full": ("more than fits into memory", "内容过大，内存容纳不下"),
    "not_text": (
        "byte {byte} at offset {offset}, which is not {encoding}",
        "偏移 {offset} 处的字节 {byte} 不符合 {encoding}",
    ),
    "absent": ("no {what}", "缺少 {what}"),
    "json_at": ("{told}", "第 {line} 行第 {column} 列{mistake}"),
    "toml_at": ("{told}", "第 {line} 行第 {column} 列有语法错误"),
    "toml_end": ("{told}", "内容在中途结束"),
    "packed": ("{told}", "压缩数据已损坏"),
    "cut_off": ("{told}", "数据不完整"),
    "base64": ("{told}", "不是有效的 base64"),
    "unfit": ("{told}", "内容无法识别（{kind}）"),
    # what is wrong with JSON
    "json_value": ("no value where one belongs", "缺少值"),
    "json_name": ("no name in double quotes", "缺少双引号中的名称"),
    "json_colon": ("no colon after a name", "的名称后缺少冒号"),
    "json_comma": ("no comma between two values", "的两个值之间缺少逗号"),
    "json_extra": ("more after its end", "的结尾之后还有内容"),
    "json_quote": ("a text without its closing quote", "的文本缺少结束引号"),
    "json_control": ("a control character in a text", "的文本中有控制字符"),
    "json_escape": ("a wrong escape in a text", "的文本中有错误的转义"),
    "json_other": ("{told}", "有语法错误"),
    # what the system answers
    "os_EPERM": ("{told}", "不允许此操作"),
    "os_ENOENT": ("{told}", "文件或文件夹不存在"),
    "os_EIO": ("{told}", "磁盘读写出错"),
    "os_EACCES": ("{told}", "没有权限"),
    "os_EBUSY": ("{told}", "正被占用"),
    "os_EEXIST": ("{told}", "同名文件已存在"),
    "os_ENOTDIR": ("{told}", "路径中有一段不是文件夹"),
    "os_EISDIR": ("{told}", "这是一个文件夹"),
    "os_EINVAL": ("{told}", "系统不接受这个名称或操作"),
    "os_EMFILE": ("{told}", "打开的文件过多"),
    "os_ENFILE": ("{told}", "打开的文件过多"),
    "os_EFBIG": ("{told}", "文件过大"),
    "os_ENOSPC": ("{told}", "磁盘已满"),
    "os_EDQUOT": ("{told}", "磁盘配额已用完"),
    "os_EROFS": ("{told}", "只读，不能写入"),
    "os_ENAMETOOLONG": ("{told}", "文件名过长"),
    "os_ELOOP": ("{told}", "链接成环"),
    "os_ENOMEM": ("{told}", "内存不足"),
    "os_ETIMEDOUT": ("{told}", "等待超时"),
    "os_ESTALE": ("{told}", "网络文件已失效"),
    "os_ENODEV": ("{told}", "设备不存在"),
    "os_other": ("{told}", "系统错误 {number}"),
    "sqlite_busy": ("{told}", "正被其他程序占用"),
    "sqlite_closed": ("{told}", "无法打开"),
    "sqlite_damaged": ("{told}", "数据库已损坏"),
    "sqlite_other_file": ("{told}", "不是数据库文件"),
    "sqlite_memory": ("{told}", "内存不足或内容过大"),
    "sqlite_other": ("{told}", "数据库错误 {number}"),
    # what is expected
    "path": ("a path", "路径"),
    "unknown_user": ("the folder of a user who is not known here", "此处未知用户的文件夹"),
    "json": ("JSON", "JSON"),
    "toml": ("TOML", "TOML"),
    "onnx_file": ("an .onnx file", ".onnx 文件"),
    "object": ("an object", "对象"),
    "text": ("a text", "文本"),
    "yes_or_no": ("true or false", "true 或 false"),
    "one_of": ("one of {known}", "以下之一：{known}"),
    "whole_from": ("a whole number from {low} to {high}", "{low} 到 {high} 的整数"),
    "number_from": ("a number from {low:g} to {high:g}", "{low:g} 到 {high:g} 的数"),
    "more": ("more", "更多"),
    "none": ("none", "没有"),
    "nothing": ("nothing", "没有内容"),
    # values of a parsed file
    "finite": (
        "{where}: expected a finite number of at most {most} digits, found {found}",
        "{where}：应为至多 {most} 位的有限数，实际为 {found}",
    ),
    "digits": (
        "{where}: expected a number of at most {most} digits, found a longer one",
        "{where}：数字超过 {most} 位",
    ),
    "name_twice": (
        "{where}: expected each name once, found {name!r} twice",
        "{where}：名称 {name!r} 出现了两次",
    ),
    "name_alike": (
        "{where}: expected each name once, found two that both read {name!r}",
        "{where}：有两个名称读起来都是 {name!r}",
    ),
    "nested_values": (
        "{where}: expected at most {most} nested values, found more",
        "{where}：嵌套超过 {most} 层",
    ),
    # a folder's list
    "left_out": ("more than {count} files: {left} left out", "超过 {count} 个文件：略去 {left} 个"),
    "reader_fault": ("a fault of its reader ({kind}: {told})", "读取程序出错（{kind}）"),
    # files that are kept
    "not_saved": ("{name}: not saved ({reason})", "{name}：未能保存（{reason}）"),
    "saved_after_all": ("{name}: saved after all", "{name}：现已保存"),
    "never_saved": ("{name}: never saved ({reason})", "{name}：最终未能保存（{reason}）"),
    "not_kept": (
        "{name}: {reason}; this session's records are not saved",
        "{name}：{reason}。这次的记录不会保留。",
    ),
    "not_yet": (
        "{name}: cannot be opened ({reason}); new records stay in memory and writing is retried",
        "{name}：无法打开（{reason}）。记录暂存在内存中，稍后会再试。",
    ),
    "mended_log": (
        "{name}: damaged ({reason}); repaired with its checksums, nothing is lost",
        "{name}：已损坏（{reason}）。已按校验和修正，没有丢失任何内容。",
    ),
    "healed": (
        "{name}: damaged ({reason}); its indexes were rebuilt, records named above may differ from what was "
        "stored; the original file is kept as {aside}",
        "{name}：已损坏（{reason}）。索引已重建；上面提到的记录可能与原来存的不同。原文件保留为 {aside}",
    ),
    "salvaged": (
        "{name}: damaged ({reason}); {count} records were read into a new file, others may be "
        "missing; the damaged file is kept as {aside}",
        "{name}：已损坏（{reason}）。读出 {count} 条记录，写入了新文件，其余可能已丢失。损坏的文件保留为 {aside}",
    ),
    "fresh": (
        "{name}: damaged ({reason}); kept as {aside}, a new file begins",
        "{name}：已损坏（{reason}）。已重新建立。损坏的文件保留为 {aside}",
    ),
    "rows_left_out": (
        "{name}: {count} of the rows in {table} have a value of a wrong type; they are left out and kept in "
        "the table {aside}",
        "{name}：{table} 中有 {count} 条记录的值类型不对，已略去，另存在表 {aside} 中。",
    ),
    "not_forgotten": (
        "{name}: forgotten; but damaged files with earlier records could not be removed: {aside}",
        "{name}：已清除，但留有早先记录的损坏文件无法删除：{aside}",
    ),
    "nonsense": (
        "{name}: {count} of the rows in {table} make no sense and are left out",
        "{name}：{table} 中有 {count} 条记录不合规则，已略去",
    ),
    "unchecked": (
        "{name}: its pages are sound; its indexes were not compared, as that takes longer than {reason}",
        "{name}：各页完好。索引没有核对，因为那要超过 {reason}。",
    ),
    "partly_checked": (
        "{name}: not all of its pages were checked, as that takes longer than {reason}",
        "{name}：没有核对全部页面，因为那要超过 {reason}。",
    ),
    "unread_rows": ("{name}: not readable ({reason})", "{name}：无法读取（{reason}）"),
    "late": ("{name}: closed, so this is not saved", "{name}：已关闭，未能保存"),
    "unfinished": ("{name}: {count} writes did not finish", "{name}：{count} 次写入没有完成"),
    # why a database cannot be used
    "db_cannot_open": ("{name}: cannot be opened ({reason})", "{name}：无法打开（{reason}）"),
    "db_log_lost": ("its log holds damaged frames", "日志中有损坏的帧"),
    "db_log_bit": ("{count} wrong bit in its log", "日志中有 {count} 个错误的位"),
    "db_log_bits": ("{count} wrong bits in its log", "日志中有 {count} 个错误的位"),
    "db_in_use": (
        "damaged ({reason}), and another process uses it",
        "已损坏（{reason}），而且正被其他程序使用",
    ),
    "db_stuck": (
        "damaged ({reason}) and not replaceable ({why})",
        "已损坏（{reason}），而且无法替换（{why}）",
    ),
    "db_odd": (
        "expected tables and indexes alone, found the {kind} {what}",
        "应只有表和索引，实际还有 {kind} {what}",
    ),
    "db_newer": (
        "expected form {own} or older, found form {form}, written by a newer version of {owner}",
        "格式 {form} 来自更新版本的 {owner}，本版本只支持到 {own}",
    ),
    "db_foreign": (
        "expected a file of {owner}, found another program's tables",
        "这是其他程序的数据库，不是 {owner} 的",
    ),
    "db_device": ("expected a file, found a device or pipe", "应为文件，实际为设备或管道"),
    "db_large": ("expected at most {most:,} bytes, found {found:,}", "至多 {most:,} 字节，实际为 {found:,}"),
    # where a command is to write
    "target_folder": (
        "{option}: expected a file, found the folder {path}",
        "{option}：应为文件，实际为文件夹 {path}",
    ),
    "target_other": (
        "{option}: expected a new file or one ending in {endings}, found {path}, which would be lost",
        "{option}：应为新文件或以 {endings} 结尾的文件，实际为 {path}，它会被覆盖",
    ),
    "target_ending": (
        "{option}: expected a name ending in {endings}, found {path}",
        "{option}：应为以 {endings} 结尾的名称，实际为 {path}",
    ),
    "target_named": (
        "{option}: expected a folder, found the name of a file, {path}",
        "{option}：应为文件夹，实际为文件名 {path}",
    ),
    "target_file": (
        "{option}: expected a folder, found the file {path}",
        "{option}：应为文件夹，实际为文件 {path}",
    ),
    "target_failed": ("{path}: {why}", "{path}：{why}"),
    # an option of a command line
    "choice": (
        "expected {known} or {last}, found {found!r}{hint}",
        "应为 {known} 或 {last}，实际为 {found!r}{hint}",
    ),
    "choice_hint": ("; did you mean {name!r}?", "；是否想写 {name!r}？"),
    "option_number": (
        "{option}: expected {expected}, found {found!r}",
        "{option}：应为{expected}，实际为 {found!r}",
    ),
    "option_needs": ("{option}: expected {expected}", "{option}：应为{expected}"),
    "at_least": ("at least {low}", " {low} 或更大的数"),
    "at_most": ("at most {high}", " {high} 或更小的数"),
    "within": ("{low} to {high}", " {low} 到 {high} 的数"),
    "whole_number": ("a whole number", "整数"),
    "any_number": ("a number", "数字"),
    "no_option": ("No such option: {option}", "没有选项 {option}"),
    "no_argument": ("Missing argument {name}.", "缺少参数 {name}"),
    "no_value": ("Option {option} requires an argument.", "选项 {option} 需要一个值"),
    "interrupted": ("interrupted", "已中断"),
    "db_unsound": ("expected a sound database, found: {told}{more}", "数据库检查发现 {count} 处问题"),
}
PHRASES: Final = Catalogue("files", _TABLE)
say = PHRASES.say
