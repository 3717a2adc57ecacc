"""Mutated MIDI files and WADs, read in a separate process: success or a clear error, within limits of time and memory."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEGABYTE = 1024 * 1024
MEMORY = 256 * MEGABYTE
SECONDS = 2.0  # of processor time, which grows by half on shared cores; 0.7 on an idle machine

PROGRAM = '''
import json, resource, struct, sys, time
from pathlib import Path
from music.corpus import sources, wad
from music.corpus.codec import encode_score
from music.corpus.score import score_of_song
from music.errors import MusicError
from music.midi.reader import read_midi
from tests.music.midi_files import mutated, song, wad_bytes
import mido

def read(data, name):
    if name == "wad":
        return [convert(lump, name) for name, lump in wad.midi_lumps(data, "x.wad")]
    return convert(data, name)

def convert(data, name):
    return encode_score(score_of_song(read_midi(data, name), name, name), 0, False)

def quantity(number):
    return bytes([128 | number >> 14, 128 | number >> 7 & 127, number & 127])

def crowded(data, name):
    """As many parts, notes and bars as a file may have, and no note ends before its track."""
    per = 30_000 // 32
    tracks = []
    for part in range(32):
        notes = (quantity(96 * 4000 // per) + bytes([0x90 | part % 9, 36 + beat % 60, 90]) for beat in range(per))
        tracks.append(b"".join(notes))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, 32, 96)
    return convert(header + b"".join(b"MTrk" + struct.pack(">I", len(each)) + each for each in tracks), name)

def stuffed(data, name):
    """One event of nearly a megabyte."""
    track = bytes([0, 0xF0]) + quantity(1_000_000) + bytes(1_000_000) + bytes([0, 0x90, 60, 60])
    return convert(struct.pack(">4sIHHH4sI", b"MThd", 6, 1, 1, 96, b"MTrk", len(track)) + track, name)

def hog(data, name):
    return bytearray(512 * 1024 * 1024)

def sleeper(data, name):
    time.sleep(2.2)

def thrower(data, name):
    raise IndexError("not a word to anyone")

first, last, function, limit = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
whole = song(12)
wads = wad_bytes([("D_E1M1", song(6)), ("OTHER", bytes(300)), ("D_E1M2", song(6, seed=2))])
read(whole, "warm"), read(wads, "wad")  # what is loaded once is no file's doing
pages = int(Path("/proc/self/statm").read_text().split()[0])
most = pages * resource.getpagesize() + limit
resource.setrlimit(resource.RLIMIT_AS, (most, most))
result = {"read": 0, "refused": 0, "slowest": 0.0, "other": []}
for seed in range(first, last):
    name, source = ("wad", wads) if seed % 4 == 0 else ("song", whole)
    data = mutated(source, seed)
    now = time.perf_counter if function == "sleeper" else time.process_time  # others use this machine too
    start = now()
    try:
        globals()[function](data, name)
        result["read"] += 1
    except MusicError as error:
        result["refused"] += 1
        assert str(error) and "\\n" not in str(error)
    except BaseException as error:
        result["other"].append(f"{seed}: {error!r}")
    result["slowest"] = max(result["slowest"], now() - start)
print(json.dumps(result))
'''

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limit on memory is Linux's")


def run(first: int, last: int, function: str = "read") -> dict[str, float]:
    command = [sys.executable, "-c", PROGRAM, str(first), str(last), function, str(MEMORY)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    result: dict[str, float] = json.loads(done.stdout)
    return result


def check(result: dict[str, float], count: int) -> None:
    assert result["other"] == []
    assert result["read"] + result["refused"] == count
    assert result["slowest"] < SECONDS


def test_two_hundred_mutated_files_end_well() -> None:
    result = run(0, 200)
    check(result, 200)
    assert result["read"] > 10
    assert result["refused"] > 10


@pytest.mark.parametrize("function", ["crowded", "stuffed"])
def test_the_largest_files_that_are_read_end_well(function: str) -> None:
    result = run(0, 1, function)
    check(result, 1)
    assert result["read"] == 1


@pytest.mark.slow
def test_two_thousand_mutated_files_end_well() -> None:
    check(run(0, 2000), 2000)


@pytest.mark.parametrize("function", ["hog", "sleeper", "thrower"])
def test_the_check_detects_memory_time_and_other_errors(function: str) -> None:
    with pytest.raises(AssertionError):
        check(run(0, 1, function), 1)
