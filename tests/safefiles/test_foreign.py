"""Whatever is wrong with a file, its reader answers with one line: expected, found, where."""

import contextlib
import csv
import json
import os
import tokenize
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safefiles.errors import FileRefused
from safefiles.foreign import MAX_DEPTH, parse_json, parse_toml, read_bytes, refuse_errors


class Odd(ValueError):
    """A reader's own refusal."""


@pytest.mark.parametrize(
    ("error", "found"),
    [
        (FileNotFoundError(2, "No such file"), "no such file"),
        (PermissionError(13, "Permission denied"), "one that cannot be read (Permission denied)"),
        (OSError(36, "File name too long"), "one that cannot be read (File name too long)"),
        (OverflowError("int too large to convert to float"), "int too large to convert to float"),
        (RecursionError("maximum recursion depth exceeded"), "nesting that is too deep"),
        (MemoryError(), "more than fits into memory"),
        (
            UnicodeDecodeError("utf-8", b"a\xff", 1, 2, "invalid start byte"),
            "byte 0xff at offset 1, which is not utf-8",
        ),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), "surrogates not allowed"),
        (KeyError("roster"), "no 'roster'"),
        (zlib.error("bad data"), "bad data"),
        (zipfile.BadZipFile("no zip"), "no zip"),
        (EOFError(), "EOFError"),
        (csv.Error("field larger than field limit (131072)"), "field larger than field limit"),
        (tokenize.TokenError("EOF in multi-line statement", (2, 0)), "EOF in multi-line statement"),
        (ValueError("two\nlines \x1b[1m"), "two lines \\x1b[1m"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_what_a_parser_raises_becomes_a_located_line(error: Exception, found: str) -> None:
    with pytest.raises(Odd) as refused, refuse_errors(Path("some/level.tmj"), "a level", Odd):
        raise error
    told = str(refused.value)
    assert told.startswith("level.tmj: expected a level, found ")
    assert found in told
    assert "\n" not in told


def test_a_refusal_passes_and_a_fault_of_the_reader_is_not_hidden() -> None:
    with pytest.raises(Odd, match=r"^mine$"), refuse_errors("x", "y", Odd):
        raise Odd("mine")
    with pytest.raises(Odd, match=r"^theirs$"), refuse_errors("x", "y", Odd):
        raise FileRefused("theirs")
    with pytest.raises(TypeError), refuse_errors("x", "y", Odd):
        raise TypeError("a fault of ours")
    with pytest.raises(KeyboardInterrupt), refuse_errors("x", "y", Odd):
        raise KeyboardInterrupt
    with pytest.raises(FileNotFoundError), refuse_errors("x", "y", Odd, missing=True):
        raise FileNotFoundError(2, "No such file", "x")


def test_only_a_regular_file_of_bounded_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.bin"
    file.write_bytes(b"12345")
    assert read_bytes(file, 5, "five bytes") == b"12345"
    with pytest.raises(FileRefused, match=r"a\.bin: expected four bytes of at most 4 bytes, found more"):
        read_bytes(file, 4, "four bytes")
    with pytest.raises(FileRefused, match="expected a file, found a folder"):
        read_bytes(tmp_path, 9, "a file")
    with pytest.raises(FileRefused, match="no such file"):
        read_bytes(tmp_path / "none", 9, "a file")
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "none", 9, "a file", missing=True)
    with pytest.raises(FileRefused, match="expected a file, found"):
        read_bytes(tmp_path / ("x" * 300), 9, "a file")
    with pytest.raises(FileRefused, match="expected a file, found"):
        read_bytes(Path("nul\0"), 9, "a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileRefused, match="a device or pipe"):
        read_bytes(tmp_path / "pipe", 9, "a file")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": Infinity}', "card › a: expected a finite number"),
        ('{"a": [1, 1e999]}', "card › a[1]: expected a finite number"),
        ('[{"b": NaN}]', "card › [0].b: expected a finite number"),
        ('{"a": {"b": ' + "9" * 401 + "}}", "card › a.b: expected a number of at most 40 digits"),
        ('{"a": -' + "9" * 5000 + "}", "card › a: expected a number of at most 40 digits"),
        ("[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), f"expected at most {MAX_DEPTH} nested values"),
        ("[" * 100_000, "card: expected JSON, found nesting that is too deep"),
        ("{", "card: expected JSON, found "),
    ],
    ids=["infinity", "overflow", "nan", "401 digits", "5000 digits", "deep", "deeper", "cut"],
)
def test_json_that_is_not_allowed_is_refused_with_its_place(text: str, told: str) -> None:
    with pytest.raises(FileRefused) as refused:
        parse_json(text, "card")
    assert told in str(refused.value)


def test_json_texts_come_in_clean() -> None:
    found = parse_json(
        b'\xef\xbb\xbf{"t\\u001b": ["a\\ud800b", "one\\ntwo"], "n": 7, "x": 0.5, "none": null}', "x"
    )
    assert found == {"t\\x1b": ["a�b", "one\ntwo"], "n": 7, "x": 0.5, "none": None}
    assert type(found["n"]) is int
    with pytest.raises(FileRefused, match="byte 0xff at offset 1"):
        parse_json(b'"\xff"', "x")


def test_numbers_that_are_not_finite_pass_where_they_are_expected() -> None:
    assert parse_json("[Infinity]", "curve", finite=False) == [float("inf")]
    with pytest.raises(FileRefused, match="at most 40 digits"):
        parse_json("9" * 41, "curve", finite=False)
    assert parse_json("9" * 40, "state") == 10**40 - 1


def test_toml_goes_by_the_same_rules() -> None:
    assert parse_toml(b"[a]\nb = 1", "recipe.toml") == {"a": {"b": 1}}
    for text, told in (
        ("a = inf", "recipe.toml › a: expected a finite number"),
        ("a = ", "recipe.toml: expected TOML, found "),
        ("a = " + "9" * 5000, "recipe.toml: expected TOML, found "),
        ("a = " + "[" * 5000, "recipe.toml: expected TOML, found nesting that is too deep"),
    ):
        with pytest.raises(FileRefused) as refused:
            parse_toml(text, "recipe.toml")
        assert told in str(refused.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for parse in (parse_json, parse_toml):
        with contextlib.suppress(FileRefused):
            parse(data, "file")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "x.json: expected each name once, found 'a' twice"),
        ('{"b": [0, {"a": 1, "c": 3, "a": 1}]}', "x.json › b[1]: expected each name once, found 'a' twice"),
        (
            '{"b": {"a\\u001b": 1, "a\\\\x1b": 2}}',
            "x.json › b: expected each name once, found two that both read 'a\\\\x1b'",
        ),
    ],
)
def test_a_name_that_stands_twice_is_refused_at_its_place(text: str, told: str) -> None:
    with pytest.raises(FileRefused) as caught:
        parse_json(text, "x.json")
    assert str(caught.value) == told


def test_names_that_differ_and_the_same_name_in_two_objects_are_fine() -> None:
    value = {"a": {"a": 1, "A": 2}, "b": [{"a": 1}, {"a": 1}]}
    assert parse_json(json.dumps(value), "x.json") == value
    with pytest.raises(FileRefused, match="found two that both read"):
        parse_toml('"a\\u001b" = 1\n"a\\\\x1b" = 2\n', "x.toml")
