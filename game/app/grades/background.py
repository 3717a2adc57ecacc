"""`BackgroundGrader`: runs the panel's matches in its own process, slice by slice, while the player plays no match.

The process has the lowest priority and one thread. The start of a match kills it, and its slice is played again later.
So no frame of a match ever waits for it.
"""

import json
import subprocess
import threading
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from game.app.worker import Worker
from safefiles.child import child_environment, python_command

_BELOW: Final = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0) | getattr(
    subprocess, "CREATE_NO_WINDOW", 0
)


class SliceRefused(ValueError):
    """A level could not be played."""


class NotPlayed(NamedTuple):
    """Why a slice was not played."""

    why: str
    died: bool  # the process ended while it played; otherwise it refused the level


class SlicePlayer(Protocol):
    """Plays slices; call `play` in a worker thread, `end` in any thread."""

    def play(self, line: str, wanted: Callable[[], bool]) -> int:
        """Play a slice by an order of `grading_child`; return the wins.

        Raises SliceRefused, and OSError if it was ended or is no longer `wanted`.
        """

    def end(self) -> None:
        """End the running slice, without waiting."""


class ChildPlayer:
    """The process that plays; it starts with the first slice."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def play(self, line: str, wanted: Callable[[], bool] = lambda: True) -> int:
        """Play a slice; see SlicePlayer."""
        with (
            self._lock
        ):  # if `end` came before, the slice is no longer wanted; if it comes after, it finds the process
            if not wanted():
                raise OSError("the slice is no longer wanted")
            child = self._child = self._child or self._begin()
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(line)
            child.stdin.flush()
            answer = child.stdout.readline()
            found = json.loads(answer)
        except (OSError, ValueError):
            self._drop(child)
            raise OSError("the process that grades levels ended") from None
        if "won" not in found:
            raise SliceRefused(str(found.get("failed")))
        return int(found["won"])

    def end(self) -> None:
        """Kill the process."""
        with self._lock:
            child = self._child
        if child is not None:
            self._drop(child)

    def _begin(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            python_command("-m", "game.match.grading.grading_child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=child_environment(),
            creationflags=_BELOW,
        )

    def _drop(self, child: subprocess.Popen[str]) -> None:
        with self._lock:
            if self._child is child:
                self._child = None
        child.kill()
        # A process of the lowest priority may take seconds to die: a frame must not wait for that
        threading.Thread(target=child.wait, name="grading's end", daemon=True).start()


class BackgroundGrader:
    """Plays one slice at a time. Call all methods in the frame's thread."""

    def __init__(self, player: SlicePlayer | None = None, worker: Worker | None = None) -> None:
        self._player = player or ChildPlayer()
        self._worker = worker or Worker("grading")
        self._begun = False
        self._round = 0  # slices submitted under an earlier number are no longer wanted

    @property
    def busy(self) -> bool:
        """Whether a slice is being played."""
        return self._worker.busy

    def play(
        self,
        line: Callable[[], str],
        then: Callable[[int], None],
        failed: Callable[[NotPlayed], None],
    ) -> None:
        """Play a slice; then `poll` calls `then` with the wins, or `failed` if it could not be played.

        Neither is called for a stopped slice. `line` returns the order; it is called in the thread.
        """
        self._begun = True
        asked = self._round

        def work() -> int | NotPlayed:
            try:
                return self._player.play(line(), lambda: asked == self._round)
            except OSError as error:
                return NotPlayed(str(error), died=True)

        def done(found: int | NotPlayed) -> None:
            if not isinstance(found, NotPlayed):
                then(found)
            elif asked == self._round:
                failed(found)

        self._worker.submit(work, done, lambda why: failed(NotPlayed(str(why), died=False)))

    def stop(self) -> None:
        """End the process and its slice."""
        if self._begun:
            self._begun = False
            self._round += 1
            self._player.end()

    def poll(self) -> None:
        """Deliver finished slices; call it every frame."""
        self._worker.poll()

    def close(self) -> None:
        """End it for good."""
        self.stop()
        self._worker.close()
