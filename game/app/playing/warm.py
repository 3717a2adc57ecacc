"""Compiles the core before its first use, in a child process, so that the title never waits for it.

If the machine code of the package fits (`game.core.sim.prebuilt`), nothing is compiled. Otherwise:

The child (`python -m game.app.playing.warm`) plays a short match on a small level, which compiles every kernel the window
uses into numba's disk cache; it prints `n/total` lines that become the progress bar. With more than one
processor, a helper process compiles half of them. Later starts find the marker file next to the cache and skip all this.
"""

import json
import math
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from safefiles.child import child_environment, python_command
from safefiles.writing import write_atomic

MARKER: Final = "warm.json"
COUNT: Final = "count.json"  # number of compilations of the last cold start
HELPER: Final = "--helper"
EXPECTED_KERNELS: Final = 161  # compilations of a cold start if none was counted before
EXPECTED_SHARE: Final = 0.85


def has_prebuilt_kernels() -> bool:
    """Return whether the package's machine code fits, so that nothing must be compiled.

    This imports llvmlite, which the title does not need.
    """
    from game.core.sim.prebuilt import prebuilt

    return prebuilt() is not None


def marker_path() -> Path:
    """Return the path of the file that marks this build's kernels as compiled."""
    from game.core.sim.jit import cache_folder

    return cache_folder() / MARKER


class WarmUp:
    """The child process and its progress. Call `start` once, then read `ready` and `progress`."""

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        """`then` runs in the background after the kernels are loaded, before `ready`."""
        self._then = then
        self.ready = False
        self.failed = ""  # the child's last lines
        self.compiling = False  # a first start; later ones only load
        self.done = 0  # kernels compiled so far
        self.total = EXPECTED_KERNELS  # the number of the last cold start
        self._share = 0.0
        self._process: subprocess.Popen[str] | None = None
        self._thread: threading.Thread | None = None
        self._cancelled = False

    def start(self) -> None:
        """Begin in the background: look for the marker; if there is none, start the child."""
        self._thread = threading.Thread(target=self._run, name="kernel warm-up", daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the kernels are compiled or the child failed, at most `seconds`; return whether either happened."""
        if self._thread is not None:
            self._thread.join(seconds)
            return not self._thread.is_alive()
        return True

    def close(self) -> None:
        """End the child; kernels compiled so far stay in the cache."""
        self._cancelled = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout=2)
            except subprocess.TimeoutExpired:
                self._process.kill()

    @property
    def progress(self) -> float:
        """The progress, 0 to 1."""
        if self.ready:
            return 1.0
        if self._share <= EXPECTED_SHARE:
            return self._share
        return 1 - (1 - EXPECTED_SHARE) * math.exp(
            -(self._share - EXPECTED_SHARE) * 3
        )  # more kernels than expected

    def _run(self) -> None:
        try:
            if has_prebuilt_kernels() or marker_path().exists():
                self._load()
                return
            self._compile()
        except Exception as error:  # the thread must always end in a state that the window can show
            self.failed = f"{type(error).__name__}: {error}"

    def _compile(self) -> None:
        self.compiling = True
        self._process = subprocess.Popen(
            python_command("-m", "game.app.playing.warm"),
            stdout=subprocess.PIPE,
            # One pipe: of two, the unread one could fill up and block the child
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=child_environment(),
        )
        assert self._process.stdout is not None
        words = ""  # the last lines that were not progress
        for line in self._process.stdout:
            done, _, rest = line.strip().partition("/")
            total = rest.partition(" ")[0]
            if done.isdigit() and total.isdigit() and int(total) > 0:
                self.done, self.total = max(self.done, int(done)), int(total)
                self._share = max(self._share, int(done) / int(total))
            elif line.strip():
                words = line.strip()
        code = self._process.wait()
        if code != 0 and not self._cancelled:
            self.failed = words or f"exit code {code}"
            return
        if not self._cancelled:
            self._load()

    def _load(self) -> None:
        self.compiling = False
        _load_kernels()
        if self._then is not None:
            self._then()
        self.ready = True


def _load_kernels() -> None:
    """Run the same short match in this process, to load its kernels from the cache outside the main thread."""
    from game.app.playing.kernel_warm_up import warm_up_kernels

    warm_up_kernels()


class _Progress:
    """Counts compilations, including the helper's, and prints a line for each."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()
        self._total = EXPECTED_KERNELS
        try:
            text = (marker_path().parent.parent / COUNT).read_text(encoding="utf-8")
            earlier = int(json.loads(text)["kernels"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        if 0 < earlier < 100_000:
            self._total = earlier

    def note(self, _name: str) -> None:
        """Count a compilation."""
        with self._lock:
            self.count += 1
            print(f"{self.count}/{self._total}", flush=True)


def _listen(on_compile: Callable[[str], None]) -> None:
    """Call `on_compile` with the kernel's name at each of numba's compilations in this process."""
    from numba.core import event

    class Listener(event.Listener):
        def on_start(self, happened: "event.Event") -> None:
            on_compile(getattr(happened.data.get("dispatcher"), "__name__", ""))

        def on_end(self, happened: "event.Event") -> None:
            return

    event.register("numba:compile", Listener())


def _side_by_side(progress: _Progress) -> None:
    """Compile one half of the kernels here and the other in a helper; kernels that the helper misses are compiled later."""
    from game.app.playing.kernel_warm_up import warm_up_world

    helper = subprocess.Popen(
        python_command("-m", "game.app.playing.warm", HELPER),
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env=child_environment(),
    )
    lines = helper.stdout
    assert lines is not None

    def relay() -> None:
        for line in lines:
            progress.note(line.strip())

    reader = threading.Thread(target=relay, name="helper's progress", daemon=True)
    reader.start()
    try:
        warm_up_world()
        helper.wait()
    finally:
        helper.kill()
    reader.join()


def _help() -> None:
    """Compile the helper's half; a broken pipe ends it together with its parent process."""
    from game.app.playing.kernel_warm_up import warm_up_brains

    _listen(lambda name: print(name, flush=True))
    warm_up_brains()


def main() -> None:
    """Compile every kernel, print the progress, and write the marker; do nothing if it exists."""
    from game.app.playing.kernel_warm_up import warm_up_kernels
    from game.core.sim.threads import processors

    if has_prebuilt_kernels() or marker_path().exists():
        return
    # so that the helper ends too when the window closes
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    progress = _Progress()
    _listen(progress.note)
    if processors() > 1:
        _side_by_side(progress)
    warm_up_kernels()
    folder = marker_path().parent
    content = json.dumps({"kernels": progress.count}).encode()
    if progress.count > EXPECTED_KERNELS // 2:  # fewer compilations mean that another process did a part
        write_atomic(folder.parent / COUNT, content)
    write_atomic(folder / MARKER, content)


if __name__ == "__main__":
    if HELPER in sys.argv[1:]:
        _help()
    else:
        main()
