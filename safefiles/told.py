"""Messages about files: English as they are, and with a key and values for a program that speaks another language."""

from typing import Final

# key -> English text. A program that translates them uses the keys; {name} is the file's name.
TEXTS: Final = {
    "not_saved": "{name}: not saved ({reason})",
    "saved_after_all": "{name}: saved after all",
    "never_saved": "{name}: never saved ({reason})",
    "not_kept": "{name}: {reason}; this session's records are not kept",
    "not_yet": "{name}: cannot be opened ({reason}); what is recorded stays in memory and is tried again",
    "mended_log": "{name}: damaged ({reason}); put right by its checksums, nothing is lost",
    "healed": "{name}: damaged ({reason}); its indexes are made anew, records named in it may differ from what was "
    "stored; the file as it was is kept as {aside}",
    "salvaged": "{name}: damaged ({reason}); {count} records were read and a new file holds them, others may be "
    "missing; the damaged one is kept as {aside}",
    "fresh": "{name}: damaged ({reason}); kept as {aside}, a fresh one begins",
    "left_out": "{name}: {count} of the rows in {table} have a value of a wrong type; they are left out and kept in "
    "the table {aside}",
    "not_forgotten": "{name}: forgotten; but damaged files with earlier records could not be removed: {aside}",
    "nonsense": "{name}: {count} of the rows in {table} make no sense and are left out",
    "unchecked": "{name}: its pages are sound; its indexes were not compared, as that takes longer than {reason}",
}


class Told(str):
    """One message in English; `key` and `values` are what it was made of."""

    __slots__ = ("key", "values")
    key: str
    values: dict[str, str]


def told(key: str, **values: object) -> Told:
    """Return the message of a key of `TEXTS`."""
    texts = {name: str(value) for name, value in values.items()}
    message = Told(TEXTS[key].format(**texts))
    message.key, message.values = key, texts
    return message
