"""Files can be read back unchanged, and are never written partially."""

import io
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from music.synth.render import mixdown, render_stems
from music.synth.sound_files import ogg_bytes, wav_bytes, write_ogg, write_wav
from tests.music.synth.pieces import demo_piece

RATE = 44_100


@pytest.fixture(scope="module")
def mix() -> np.ndarray:
    return mixdown(render_stems(demo_piece("neon", bars=2)).stems) * np.float32(0.5)


def test_a_wav_is_read_back_to_half_a_step(tmp_path: Path, mix: np.ndarray) -> None:
    path = tmp_path / "sub" / "a.wav"
    write_wav(path, mix, RATE)
    back, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    assert back.shape == mix.shape
    assert np.abs(back - np.clip(mix, -1, 1)).max() < 1.01 / 32_768
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2


def test_equal_samples_give_equal_bytes_and_peaks_are_clipped(mix: np.ndarray) -> None:
    assert wav_bytes(mix, RATE) == wav_bytes(mix.copy(), RATE)
    loud = np.frombuffer(wav_bytes(np.full((4, 2), 3.0, np.float32), RATE)[44:], "<i2")
    assert set(loud.tolist()) == {32_767}


def test_an_ogg_sounds_alike_and_is_small(tmp_path: Path, mix: np.ndarray) -> None:
    path = tmp_path / "a.ogg"
    write_ogg(path, mix, RATE)
    back, rate = soundfile.read(path, dtype="float32")
    assert rate == RATE
    assert back.shape == mix.shape
    assert path.stat().st_size < len(wav_bytes(mix, RATE)) / 5
    assert np.corrcoef(back[:, 0], mix[:, 0])[0, 1] > 0.99


def test_equal_samples_give_equal_ogg_files(mix: np.ndarray) -> None:
    data = ogg_bytes(mix, RATE)
    assert data == ogg_bytes(mix.copy(), RATE)
    assert data != ogg_bytes(mix * np.float32(0.9), RATE)
    pages = [at for at in range(len(data)) if data[at : at + 4] == b"OggS"]
    assert len(pages) > 2
    wrong = bytearray(data)
    wrong[pages[-1] + 22] ^= 1  # the last page's checksum: a reader skips a damaged page
    assert len(soundfile.read(io.BytesIO(data))[0]) == len(mix)
    assert len(soundfile.read(io.BytesIO(bytes(wrong)))[0]) < len(mix)


@pytest.mark.parametrize("write", [write_wav, write_ogg])
def test_only_the_file_is_left(tmp_path: Path, write: object) -> None:
    assert callable(write)
    path = tmp_path / "x.bin"
    path.write_bytes(b"old")
    write(path, np.zeros((100, 2), np.float32), RATE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.bin"]
    assert path.read_bytes()[:4] in (b"RIFF", b"OggS")
