"""Named arrays on disk: exact, readable by anyone, refused when damaged."""

import contextlib
import hashlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from agents.errors import RunError
from agents.tensors import dump_tensors, load_tensors, parse_tensors, save_tensors
from safefiles.text import clean

from .helpers import old_tensor_file

DTYPES = st.sampled_from([np.bool_, np.uint8, np.int16, np.int64, np.uint64, np.float32, np.float64])


@given(
    st.dictionaries(
        st.text(max_size=12).filter(lambda name: clean(name) == name),
        DTYPES.flatmap(lambda d: npst.arrays(d, npst.array_shapes(min_dims=0))),
        max_size=4,
    )
)
def test_arrays_come_back_bit_by_bit(arrays: dict[str, np.ndarray]) -> None:
    arrays.pop("__metadata__", None)
    found, metadata = parse_tensors(dump_tensors(arrays, {"k": "v"}), "x")
    assert metadata == {"k": "v"}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert found[name].tobytes() == np.ascontiguousarray(array).tobytes()


def test_loaded_arrays_can_be_written_to(tmp_path: Path) -> None:
    save_tensors(tmp_path / "a.safetensors", {"x": np.arange(3)})
    arrays, _ = load_tensors(tmp_path / "a.safetensors")
    arrays["x"][0] = 7
    assert arrays["x"].tolist() == [7, 1, 2]


def test_objects_are_refused() -> None:
    with pytest.raises(RunError, match="tensor 'x': expected a numeric or bool array, found dtype object"):
        dump_tensors({"x": np.array([object()])})


def _file(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"abc", "expected a tensor file, found 3 bytes"),
        (struct.pack("<Q", 1 << 40) + b"{}", "expected a header of at most 2 bytes"),
        (struct.pack("<Q", 2) + b"[]", "expected the header to be an object, found list"),
        (struct.pack("<Q", 2) + b"{x", "header: expected JSON, found "),
        (
            _file({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, b"1234"),
            "needs 8 bytes, found 4",
        ),
        (
            _file({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}),
            "lie outside the file's 0 bytes",
        ),
        (_file({"x": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 0]}}), "needs -4 bytes, found 0"),
        (_file({"x": {"dtype": "F32", "shape": [-1, 0], "data_offsets": [0, 0]}}), "needs 0 bytes, found 0"),
        (
            _file({"x": {"dtype": "F32", "shape": [0, 10**30], "data_offsets": [0, 0]}}),
            "expected dtype, shape",
        ),
        (
            _file({"x": {"dtype": "F32", "shape": [1.0], "data_offsets": [0, 4]}}, b"1234"),
            "expected dtype, shape",
        ),
        (
            _file({"x": {"dtype": "F32", "shape": [3, float("inf")], "data_offsets": [0, 4]}}),
            r"header › x\.shape\[1\]: expected a finite number of at most 40 digits, found inf",
        ),
        (
            _file({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, -float("inf")]}}),
            r"header › x\.data_offsets\[1\]: expected a finite number of at most 40 digits, found -inf",
        ),
        (
            _file({"x": {"dtype": "F32", "shape": [10**401], "data_offsets": [0, 4]}}),
            r"header › x\.shape\[0\]: expected a number of at most 40 digits, found a longer one",
        ),
        (
            _file({"x": {"dtype": "O", "shape": [], "data_offsets": [0, 0]}}),
            "expected dtype, shape and data_offsets",
        ),
        (_file({"x": 3}), "expected dtype, shape and data_offsets, found 3"),
        (_file({"__metadata__": {"a": 1}}), "expected __metadata__ to be strings by name"),
    ],
)
def test_damaged_files_are_refused_by_name(data: bytes, message: str) -> None:
    with pytest.raises(RunError, match=message) as refused:
        parse_tensors(data, "hurt.safetensors")
    assert str(refused.value).startswith("hurt.safetensors")


def test_huge_shapes_allocate_nothing() -> None:
    with pytest.raises(RunError, match="needs 4000000000000000000 bytes"):
        parse_tensors(
            _file({"x": {"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4]}}, b"1234"), "x"
        )


def test_any_flipped_bit_is_found() -> None:
    """A flip in the word "sha256" itself makes the file look old; what it holds is then whole."""
    arrays = {"x": np.arange(40, dtype=np.int64), "y": np.array(1.5)}
    data = dump_tensors(arrays, {"samples": "7"})
    (length,) = struct.unpack_from("<Q", data)
    source = np.random.default_rng(3)
    for place in [*range(8 + length), *source.integers(8 + length, len(data), 100).tolist()]:
        broken = bytearray(data)
        broken[place] ^= 1 << int(source.integers(8))
        if b'"sha256":"' in broken[: 8 + length]:
            with pytest.raises(RunError, match=r"^x"):
                parse_tensors(bytes(broken), "x")
        else:
            with contextlib.suppress(RunError):  # the header may be no JSON any more
                found, _ = parse_tensors(bytes(broken), "x")
                assert all(np.array_equal(found[name], array) for name, array in arrays.items())


def test_damage_is_told_with_both_checksums(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_tensors(path, {"x": np.arange(30)})
    data = bytearray(path.read_bytes())
    data[-3] ^= 16
    path.write_bytes(data)
    with pytest.raises(RunError, match=r"^a\.safetensors: damaged: expected sha-256 \w{16}…, found \w{16}…$"):
        load_tensors(path)


MANY = {
    "b": np.array([True, False, True]),
    "bytes": np.arange(5, dtype=np.uint8),
    "empty": np.zeros((0, 3), np.float32),
    "half": np.array([1.5], np.float16),
    "scalar": np.array(2.5),
    "weights": np.arange(12, dtype=np.float32).reshape(3, 4),
    "words": np.array([2**63], np.uint64),
}


def _assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes()


@pytest.mark.parametrize("sealed", [True, False])
def test_what_was_written_before_the_library_is_read(sealed: bool) -> None:
    texts = {"checkpoint": 'a "quoted" text é 中', "samples": "3"}
    data = old_tensor_file(MANY, texts, sealed=sealed)
    found, metadata = parse_tensors(data, "old")
    assert metadata == texts
    _assert_same(found, MANY)
    if sealed:
        with pytest.raises(RunError, match="old: damaged"):
            parse_tensors(data[:-1] + bytes([data[-1] ^ 1]), "old")


def test_the_layout_is_the_documented_one_with_a_seal_in_its_metadata() -> None:
    """Read here by the format's own description, as builds without the library read it."""
    data = dump_tensors(MANY, {"z": "last", "checkpoint": "é"})
    (length,) = struct.unpack_from("<Q", data)
    assert length % 8 == 0
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__")
    assert list(metadata) == ["checkpoint", "sha256", "z"]
    seal = metadata["sha256"].encode()
    assert hashlib.sha256(data.replace(seal, b"0" * 64, 1)).hexdigest().encode() == seal
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        kind = {"BOOL": "?", "U": "u", "I": "i", "F": "f"}[entry["dtype"].rstrip("0123456789")]
        size = "" if kind == "?" else str(int(entry["dtype"][1:]) // 8)
        flat = np.frombuffer(data[8 + length :][begin:end], kind + size)
        found[name] = flat.reshape(entry["shape"])
    _assert_same(found, MANY)


def test_the_same_arrays_give_the_same_bytes() -> None:
    texts = {str(number): "x" for number in range(6)}
    assert len({dump_tensors(MANY, texts) for _ in range(8)}) == 1
    assert len({safetensors.numpy.save(MANY, texts) for _ in range(8)}) > 1  # or the order need not be ours


def test_views_are_written_as_they_read() -> None:
    """The library copies memory as it lies: transposed, stepped and big-endian arrays are brought into order first."""
    table = np.arange(12, dtype=np.int32).reshape(3, 4)
    views = {"turned": table.T, "stepped": table[:, ::2], "back": table[::-1], "other": table.astype(">i4")}
    found, _ = parse_tensors(dump_tensors(views), "views")
    for name, view in views.items():
        assert found[name].tolist() == view.tolist()


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ({"x": {"dtype": "U8", "shape": [2], "data_offsets": [1, 3]}}, b"123"),
        ({"x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}, b"123"),
        ({name: {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]} for name in "xy"}, b"12"),
    ],
    ids=["a gap", "more at the end", "one over the other"],
)
def test_what_only_the_library_finds_is_refused_in_one_line(header: object, data: bytes) -> None:
    with pytest.raises(RunError, match=r"^odd: expected a safetensors file, found [^\n]+$"):
        parse_tensors(_file(header, data), "odd")


def test_a_name_with_control_signs_is_refused() -> None:
    with pytest.raises(RunError, match=r"odd: expected names of printable signs, found a\\x1bb$"):
        parse_tensors(_file({"a\x1bb": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}), "odd")


def test_an_older_file_without_a_checksum_is_read() -> None:
    data = _file(
        {"__metadata__": {"samples": "3"}, "x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}, b"ab"
    )
    arrays, metadata = parse_tensors(data, "old")
    assert (arrays["x"].tolist(), metadata) == ([97, 98], {"samples": "3"})
