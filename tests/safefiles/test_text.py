"""Text from files is drawn, printed and stored as text: nothing of it acts."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safefiles.text import REPLACEMENT, clean, shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hall of Mirrors", "Hall of Mirrors"),
        ("镜厅", "镜厅"),
        ("\x1b[31mred\x1b]0;title\x07", "\\x1b[31mred\\x1b]0;title\\x07"),
        ("a\ud800b", f"a{REPLACEMENT}b"),
        ("exe\u202egnp.", f"exe{REPLACEMENT}gnp."),
        ("one\ntwo\tthree\r\nfour", "one two three  four"),
        ("\x9b31m", "\\x9b31m"),
        ("nul\0", "nul\\x00"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("full\u3000width", "full\u3000width"),
    ],
    ids=["ascii", "chinese", "escape", "surrogate", "override", "lines", "c1", "nul", "joiner", "wide space"],
)
def test_text_becomes_harmless(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_line_ends_stay_where_they_are_wanted() -> None:
    assert clean("one\r\ntwo\n\tthree\x1b", lines=True) == "one\ntwo\n three\\x1b"


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert clean("x" * 50, 10) == "x" * 9 + "…"
    assert clean("x" * 10, 10) == "x" * 10


@given(st.text(st.characters()))
def test_clean_text_is_one_line_that_can_be_written_and_is_left_alone(text: str) -> None:
    found = clean(text)
    found.encode("utf-8")
    assert len(found.splitlines()) <= 1
    assert not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in found)
    assert clean(found) == found


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
def test_a_name_of_other_bytes_is_shown() -> None:
    name = os.fsdecode("镜厅".encode("gbk") + b".tmj")
    assert shown(Path(name)).endswith(".tmj")
    assert REPLACEMENT in shown(name)
    assert shown(Path("a/b.tmj")) == str(Path("a/b.tmj"))
