"""Text from files is drawn, printed and stored as text: nothing of it acts."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safefiles.text import REPLACEMENT, clean, distinct_names, number_repeats, shown_path, storable


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
    assert shown_path(Path(name)).endswith(".tmj")
    assert REPLACEMENT in shown_path(name)
    assert shown_path(Path("a/b.tmj")) == str(Path("a/b.tmj"))


ORDINARY = ("first_light", "镜厅", "Ünïcode näme", "user file", "a\x1bb", "x" * 250)


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_is_its_own_key(name: str) -> None:
    assert storable(name) == name


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
def test_the_key_of_any_other_name_can_be_stored() -> None:
    assert storable(os.fsdecode("镜厅".encode("gbk"))) == "bytes/\\xbe\\xb5\\xcc\\xfc"
    assert storable(os.fsdecode(b"caf\xe9")) == "bytes/caf\\xe9"
    assert len(storable(os.fsdecode(b"\xe9" * 250))) == 200


NAME_BYTES = st.binary(min_size=1, max_size=12).filter(lambda data: b"/" not in data and b"\0" not in data)


@pytest.mark.skipif(os.name == "nt", reason="Windows' names are text")
@given(st.lists(NAME_BYTES | st.sampled_from([b"\xff\\xe9", b"\xff\xe9", b"\xff\\\\xe9"]), unique=True))
def test_no_two_names_share_a_key(names: list[bytes]) -> None:
    keys = [storable(os.fsdecode(name)) for name in names]
    assert len(set(keys)) == len(names)
    for key in keys:
        key.encode("utf-8")


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["a/canyon.tmj", "b/canyon.tmj"], ["a/canyon.tmj", "b/canyon.tmj"]),
        (["x/a/v.tmj", "a/v.tmj"], ["x/a/v.tmj", "a/v.tmj"]),
        (["old/levels/v.tmj", "new/levels/v.tmj", "new/w.tmj"], ["old/levels/v.tmj", "new/levels/v.tmj", "new/w.tmj"]),
        ([f"{name}/a/folder/of/levels/v.tmj" for name in ("old", "new")], ["old/…/v.tmj", "new/…/v.tmj"]),
        ([f"/{name}" + "/d" * 30 + "/v.tmj" for name in ("o" * 40, "n")], ["o" * 15 + "…/…/v.tmj", "n/…/v.tmj"]),
        ([f"{one}/{two}/of/so/many/levels/v.tmj" for one in "ab" for two in "cd"],
         ["a/…/v.tmj", "a/…/v.tmj (2)", "b/…/v.tmj", "b/…/v.tmj (2)"]),
        (["v.tmj", "v.tmj"], ["v.tmj", "v.tmj (2)"]),
        ([], []),
    ],
)  # fmt: skip
def test_paths_are_told_apart_by_as_little_as_it_takes(paths: list[str], told: list[str]) -> None:
    assert [text.replace(os.sep, "/") for text in distinct_names([Path(path) for path in paths], 24)] == told


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "deep", "x" * 30]), min_size=1, max_size=5), max_size=8),
    st.integers(20, 40),
)
def test_no_two_paths_are_told_alike(folders: list[list[str]], most: int) -> None:
    told = distinct_names([Path(*parts, "level.tmj") for parts in folders], most)
    assert len(set(told)) == len(folders)
    assert all(len(text) <= most for text in told)


def test_what_is_the_same_after_the_cut_gets_a_number() -> None:
    assert number_repeats(["canyon one", "canyon two", "canyon three", "gorge"], 7) == [
        "canyon…",
        "ca… (2)",
        "ca… (3)",
        "gorge",
    ]
