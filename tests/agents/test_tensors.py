"""Named arrays on disk: exact, readable by anyone, refused when damaged."""

import contextlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from agents.errors import RunError
from agents.tensors import dump_tensors, load_tensors, parse_tensors, save_tensors
from safefiles.text import clean

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


def test_an_older_file_without_a_checksum_is_read() -> None:
    data = _file(
        {"__metadata__": {"samples": "3"}, "x": {"dtype": "U8", "shape": [2], "data_offsets": [0, 2]}}, b"ab"
    )
    arrays, metadata = parse_tensors(data, "old")
    assert (arrays["x"].tolist(), metadata) == ([97, 98], {"samples": "3"})
