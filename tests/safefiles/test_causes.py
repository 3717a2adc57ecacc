"""What the system, SQLite and parsers answer is told in clean text, in both languages."""

import json
import sqlite3

import pytest

from safefiles.causes import database_message, message_of, parser_message, system_message


def test_a_damaged_schema_is_quoted_without_signs_that_act() -> None:
    """As the long run of mutants found: SQLite repeats what it cannot read."""
    error = sqlite3.DatabaseError('malformed database schema (matches) - unrecognized token: "\x02\x1b[31m"')
    for message in (database_message(error), message_of(error)):
        for text in (str(message), message.text("zh")):
            assert text.isprintable(), text
    assert r"\x02" in str(database_message(error))


@pytest.mark.parametrize(
    "error",
    [OSError(2, "gone\x07"), ValueError("odd \x1b]0;title\x07"), json.JSONDecodeError("bad\x00", "{}", 0)],
)
def test_no_cause_holds_a_sign_that_acts(error: Exception) -> None:
    found = [message_of(error), parser_message(error)]
    if isinstance(error, OSError):
        found.append(system_message(error))
    assert all(text.isprintable() for each in found for text in (str(each), each.text("zh")))
