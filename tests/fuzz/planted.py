"""Readers with a fault planted in them: what the laboratory must find, or it would find nothing anywhere."""

import os
import signal
import time
from pathlib import Path

from tests.fuzz.formats import Format
from tests.fuzz.mutate import json_file
from tests.fuzz.samples import Samples

SAMPLE = b'{"name": "ann", "age": 7, "likes": ["a", "b"]}'
EVERY = 3  # of the mutants that are no JSON object any more, the crashing readers take about so many


def _samples() -> Samples:
    return ({"a.json": SAMPLE},)


def _data(folder: Path) -> bytes:
    return (folder / "a.json").read_bytes()


def lets_out(folder: Path) -> list[str]:
    """Takes one kind of value for another."""
    import json

    try:
        document = json.loads(_data(folder))
    except (ValueError, RecursionError) as error:
        raise FileNotFoundError("expected JSON") from error
    return [] if len(document["name"]) < document["age"] else ["too young"]


def hangs(folder: Path) -> list[str]:
    """Waits, on the processor, for something that never comes."""
    while _data(folder) != SAMPLE:
        pass
    return []


def is_slow(folder: Path) -> list[str]:
    """Takes a second and a half of the processor."""
    end = time.process_time() + 1.5 * (_data(folder) != SAMPLE)
    while time.process_time() < end:
        pass
    return []


def takes_memory(folder: Path) -> list[str]:
    """Needs more than it may."""
    return [f"{len(bytearray(300 << 20)) >> 20} MB"] if _data(folder) != SAMPLE else []


def shows_escapes(folder: Path) -> list[str]:
    """Repeats what it found as it was."""
    return ["found \x1b[31m"] if _data(folder) != SAMPLE else []


def crashes(folder: Path) -> list[str]:
    """Ends the process."""
    data = _data(folder)
    if data != SAMPLE and len(data) % EVERY == 0:
        os.kill(os.getpid(), signal.SIGSEGV)
    return []


SECONDS = {"is_slow": 0.3}
PLANTED = {
    read.__name__: Format(
        read.__name__,
        _samples,
        {"*.json": json_file},
        read,
        (FileNotFoundError,),
        seconds=SECONDS.get(read.__name__, 1.0),
    )
    for read in (lets_out, hangs, is_slow, takes_memory, shows_escapes, crashes)
}
