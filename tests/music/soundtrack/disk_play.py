"""Plays to SDL's disk driver, so that the sound card's input can be read back. As a program, it prints JSON.

    python -m tests.music.soundtrack.disk_play real 60   one minute in real time, as in a program
    python -m tests.music.soundtrack.disk_play fast 8    as fast as possible, independent of the machine's load

In fast mode the "file" is a pipe that is read only after the player has polled its channel, and the clock counts the samples
read, so nothing depends on the speed of the machine.
"""

import json
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from music.soundtrack import Conductor, Soundtrack
from music.soundtrack import player as player_module
from music.soundtrack.player import PlayedChunk
from tests.music.soundtrack.tones import RATE, jump, rendered, small_piece, tone_render

BUFFER = 512  # samples
INTENSITY_CHANGES = 20
CUES = ("boss", "theme", "boss", "variation")  # in turns, at least four
CUE_SECONDS = 3.5  # intervals, chosen so that they fall on all places of a bar
TEMPO = 160.0  # 16,537.5 samples per beat, so that beats have two lengths


class Pipe:
    """A named pipe instead of the file, read block by block in step with the player."""

    def __init__(self, path: Path) -> None:
        import fcntl

        os.mkfifo(path)
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self._end, fcntl.F_SETPIPE_SZ, 4096)
        os.set_blocking(self._end, True)
        self.blocks: list[bytes] = []
        self.looks = 0
        self.free = True  # while no player runs
        self.thread = threading.Thread(target=self._read, daemon=True)

    def clock(self) -> float:
        """Seconds of sound read so far; a call shows that the player has polled."""
        self.looks += 1
        return len(self.blocks) * BUFFER / RATE

    def _read(self) -> None:
        """Read until the driver closes its end."""
        while True:
            looks = self.looks
            while self.looks < looks + 2 and not self.free:
                time.sleep(0.0001)
            block = os.read(self._end, BUFFER * 4)
            if not block:
                return
            self.blocks.append(block)

    def samples(self) -> int:
        return len(self.blocks) * BUFFER


def main(mode: str, seconds: float) -> dict[str, Any]:
    fast = mode == "fast"
    folder = Path(tempfile.mkdtemp())
    path = folder / "sound.raw"
    pipe = Pipe(path) if fast else None
    os.environ.update(SDL_AUDIODRIVER="disk", SDL_DISKAUDIOFILE=str(path), SDL_VIDEODRIVER="dummy")
    if fast:
        os.environ["SDL_DISKAUDIODELAY"] = "0"
        player_module.POLL_SECONDS = 0.0003  # type: ignore[misc]
    import pygame

    pygame.mixer.init(RATE, -16, 2, BUFFER, allowedchanges=0)
    if pipe is not None:
        pipe.thread.start()

    def heard() -> int:
        """Samples that the driver has taken."""
        return pipe.samples() if pipe is not None else path.stat().st_size // 4

    log: list[PlayedChunk] = []
    source = random.Random(5)
    track = Soundtrack(
        small_piece(TEMPO),
        render=tone_render,
        on_chunk=log.append,
        clock=pipe.clock if pipe is not None else time.monotonic,
    )
    events: list[tuple[float, str, Any]] = [
        (source.uniform(0.05, 0.95) * seconds, "intensity", source.random()) for _ in range(INTENSITY_CHANGES)
    ]
    cues = max(len(CUES), int(seconds / CUE_SECONDS))
    events += [
        ((number + source.uniform(0.05, 0.2)) * seconds / cues, "cue", CUES[number % len(CUES)])
        for number in range(cues)
    ]
    done: list[tuple[int, str, Any]] = []
    if pipe is not None:
        pipe.free = False
    track.start()
    while not log or (fast and not track._studio.done):  # type: ignore[union-attr]
        time.sleep(0.0005)
    begun = heard()
    for at, kind, value in [*sorted(events), (seconds, "stop", None)]:
        while heard() - begun < at * RATE:
            time.sleep(0.0005 if fast else 0.004)
        done.append((heard(), kind, value))
        if kind == "stop":
            break
        track.set_intensity(value) if kind == "intensity" else track.cue(value)
    last = heard()
    gaps = track.gaps
    track.stop(fade=0.2)
    track.wait(30)
    if pipe is not None:
        pipe.free = True
    pygame.mixer.quit()
    if pipe is not None:
        pipe.thread.join(30)
    data = b"".join(pipe.blocks) if pipe is not None else path.read_bytes()
    written = np.frombuffer(data, np.int16).reshape(-1, 2)
    return {"gaps": gaps, **compared(written, log, done, last), "played": replayed(log)}


def compared(
    written: NDArray[np.int16], log: list[PlayedChunk], done: list[tuple[int, str, Any]], last: int
) -> dict[str, Any]:
    """Compare the written samples with the conductor's output."""
    given = np.concatenate([played.chunk for played in log])
    start = int(np.flatnonzero(written.any(axis=1))[0] - np.flatnonzero(given.any(axis=1))[0])
    length = min(last - start, len(given))
    different = (written[start : start + length] != given[:length]).any(axis=1)
    lines = start + np.cumsum([len(played.chunk) for played in log])
    inside = [int(line) for line in lines if line + 2 < start + length]
    starts = [start, *lines[:-1].tolist()]
    return {
        "seconds": length / RATE,
        "gap_samples": int(different.sum()),
        "seam": max(jump(written, line) for line in inside),
        "lines": len(inside),
        "sections": list(dict.fromkeys(played.place.section for played in log)),
        "intensity_bars": latencies(log, starts, done, "intensity"),
        "cue_bars": latencies(log, starts, done, "cue"),
    }


def latencies(
    log: list[PlayedChunk], starts: list[int], done: list[tuple[int, str, Any]], kind: str
) -> list[float]:
    """For each change that was not replaced by the next of its kind: bars until it was heard."""
    bar = 4 * 60 / TEMPO * RATE
    events = [(at, value) for at, name, value in done if name == kind]
    cues = 0
    found = []
    for index, (at, value) in enumerate(events):
        cues += kind == "cue"
        until = events[index + 1][0] if index + 1 < len(events) else starts[-1]
        for start, played in zip(starts, log):
            follows = played.intensity == value if kind == "intensity" else played.state.cues == cues
            if start >= at and follows:
                found.append((start - at) / bar)
                break
        else:
            if until - at > 1.25 * bar:
                found.append(float("inf"))
    return found


def replayed(log: list[PlayedChunk]) -> bool:
    """Return whether another conductor, with the same controls at the same beats, gives the same samples."""
    studio = rendered(small_piece(TEMPO))
    conductor = Conductor(studio.score, studio)
    cues = 0
    for played in log:
        if played.state.cues != cues:
            cues = played.state.cues
            conductor.cue(played.place.section, at="beat")
        if not np.array_equal(conductor.next_chunk(played.intensity), played.chunk):
            return False
    return True


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], float(sys.argv[2]))))
