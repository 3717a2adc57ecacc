"""Plain tables as TOML text: the inverse of `tomllib` for what recipes hold."""

import types
from collections.abc import Mapping, Sequence
from typing import Any


def toml_text(table: Mapping[str, Any], keep_empty: Sequence[str] = ()) -> str:
    """The tables as TOML. An empty table is left out, but for those inside the tables that `keep_empty` names.

    `{start, end}` is written in one line.
    """
    lines: list[str] = []
    _write_table(lines, "", table, keep_empty)
    return "\n".join(lines).lstrip("\n") + "\n"


def _write_table(lines: list[str], name: str, table: Mapping[str, Any], keep_empty: Sequence[str]) -> None:
    simple = {key: value for key, value in table.items() if not _is_subtable(value)}
    if name and (simple or not table):
        lines += ["", f"[{name}]"]
    lines += [f"{_key(key)} = {_toml(value)}" for key, value in simple.items()]
    for key, value in table.items():
        inside = f"{name}.{_key(key)}" if name else _key(key)
        kept = any(f"{name}.".startswith(f"{free}.") for free in keep_empty)
        if _is_subtable(value) and (value or kept):
            _write_table(lines, inside, value, keep_empty)


def _is_subtable(value: Any) -> bool:
    return isinstance(value, dict) and set(value) != {"start", "end"}


def _key(key: str) -> str:
    return key if key and all(c.isalnum() or c in "_-" for c in key) and key.isascii() else _toml(key)


def _toml(value: Any) -> str:
    """One value as TOML; strings are escaped as TOML basic strings."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        escaped = "".join(
            _ESCAPES.get(c, c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}") for c in value
        )
        return f'"{escaped}"'
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_toml(item)}" for key, item in value.items()) + " }"
    return _toml(str(value))


_ESCAPES = types.MappingProxyType({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
