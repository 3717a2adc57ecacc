"""Window files: valid files are read back, all others are refused with the reason."""

import io
import random
from pathlib import Path

import numpy as np
import pytest

from music import vocabulary as vo
from music import windows as windows_module
from music.errors import CorpusError
from music.windows import COLUMNS, Windows, read_windows, to_bytes
from tests.music.made_windows import made_windows


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def arrays_of(windows: Windows) -> dict[str, np.ndarray]:
    return {name: getattr(windows, name) for name in COLUMNS}


def test_windows_are_read_back(tmp_path: Path) -> None:
    windows = made_windows(7)
    path = tmp_path / "windows-train.npz"
    path.write_bytes(to_bytes(windows))
    again = read_windows(path)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(again, name), getattr(windows, name))


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(CorpusError) as error:
        read_windows(path)
    assert str(error.value).startswith("windows-train.npz")
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_wrong_array_is_named(tmp_path: Path) -> None:
    path = tmp_path / "windows-train.npz"
    good = arrays_of(made_windows(3))
    lone = io.BytesIO()
    np.save(lone, np.zeros(3))
    assert "expected an .npz file of windows" in refused(path, lone.getvalue())
    assert "expected an .npz file of windows" in refused(path, b"")
    assert "bar is missing" in refused(path, npz(**{name: good[name] for name in COLUMNS if name != "bar"}))
    assert "expected melody of shape" in refused(path, npz(**{**good, "melody": np.zeros((), np.uint8)}))
    far = {**good, "chords": np.full((3, vo.BEATS), vo.CHORD_TOKENS, np.uint8)}
    assert f"expected chords from 0 to {vo.CHORD_TOKENS - 1}" in refused(path, npz(**far))
    assert "found -1" in refused(path, npz(**{**good, "piece": np.full(3, -1, np.int32)}))
    pickled = npz(**{**good, "bar": np.array([{"a": 1}], object)})
    assert "found object" in refused(path, pickled)
    with pytest.raises(CorpusError, match="no such file; `music corpus` makes it"):
        read_windows(tmp_path / "nowhere.npz")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_module, "MAX_BYTES", 100_000)
    bomb = npz(**{**arrays_of(made_windows(3)), "melody": np.zeros(200_000, np.uint8)})
    assert len(bomb) < 10_000
    assert "expected at most 100000 bytes unpacked" in refused(tmp_path / "windows-train.npz", bomb)


def test_mutated_files_end_in_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "windows-train.npz"
    whole = to_bytes(made_windows(5))
    outcomes = set()
    for seed in range(300):
        chance = random.Random(seed)
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            read_windows(path)
            outcomes.add("read")
        except CorpusError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}
