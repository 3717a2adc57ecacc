"""The environment of every test: no window, no sound card, one thread, a separate user folder.

The variables are set while pytest starts, before any test module imports the game, so that they also
reach every child process.
"""

import faulthandler
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

FIXED_ENVIRONMENT = {
    "SDL_VIDEODRIVER": "dummy",
    "SDL_AUDIODRIVER": "dummy",
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "MPLBACKEND": "Agg",
    # One thread per maths library: torch's results and the load on a shared machine depend on it.
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
USER_DIR_VARIABLE = "BANKSHOT_USER_DIR"
KERNEL_CACHE_VARIABLE = "BANKSHOT_KERNEL_CACHE"
ROOT = Path(__file__).resolve().parents[1]

# Otherwise, if the variable forbids the cache, every process of a run, children too, compiles our modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

settings.register_profile("bankshot", deadline=None, derandomize=True, database=None)
settings.load_profile("bankshot")


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment; share compiled kernels and the font list between this run's processes and later runs.

    The kernel cache's folders are named by a hash of the sources, so shared folders can never run old code.
    """
    os.environ.update(FIXED_ENVIRONMENT)
    _hear_signals()
    scratch = Path(tempfile.mkdtemp(prefix="bankshot-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(scratch, ignore_errors=True))
    os.environ[USER_DIR_VARIABLE] = str(scratch / "user")
    cache = getattr(config, "cache", None)
    kernels, fonts = (
        Path(cache.mkdir(name)) if cache is not None else scratch / name for name in ("kernels", "matplotlib")
    )
    os.environ["MPLCONFIGDIR"] = str(fonts)
    os.environ.setdefault(KERNEL_CACHE_VARIABLE, str(kernels))
    whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS
    worker = hasattr(config, "workerinput")  # of pytest-xdist; the first process has already compiled
    if whole and not worker and not config.option.collectonly:
        # Compile the kernels that most tests need on all processors. The tests show a failure.
        subprocess.run(
            [sys.executable, "-m", "game.app.playing.warm"], stdout=subprocess.DEVNULL, check=False
        )


@pytest.fixture(scope="session")
def compiled_late() -> list[str]:
    """Calls from the game for which the shipped machine code had no version, so that numba compiled during the test."""
    from game.core.sim.jit import MISSES, Kernel

    found: list[str] = []

    def note(kernel: Kernel) -> None:
        frame = sys._getframe(2)
        place = Path(frame.f_code.co_filename)
        if place.is_relative_to(ROOT / "game"):
            found.append(f"{kernel.py_func.__name__} from {place.relative_to(ROOT)}:{frame.f_lineno}")

    MISSES.append(note)
    return found


@pytest.fixture(autouse=True)
def _nothing_compiles_late(compiled_late: list[str]) -> Iterator[None]:
    compiled_late.clear()
    yield
    assert compiled_late == [], "game/cli/exercise.py does not call these kernels with such arguments"


@pytest.fixture(scope="session", autouse=True)
def _no_disk_is_waited_for() -> Iterator[None]:
    """Skip fsync: tests kill processes, never the machine, and waiting for the disk takes a minute in all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda handle: None)
        yield


def _hear_signals() -> None:
    """Restore signals that a run in the background or under nohup ignores, because children inherit this."""
    for name, handler in (("SIGINT", signal.default_int_handler), ("SIGHUP", signal.SIG_DFL)):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Disable the timeout of slow tests; `faulthandler_timeout` ends any other test that hangs."""
    if item.get_closest_marker("slow") is not None:
        faulthandler.cancel_dump_traceback_later()


@pytest.fixture(autouse=True)
def user_dir(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a new user folder, which the commands and the profile use."""
    folder = tmp_path_factory.mktemp("user")
    monkeypatch.setenv(USER_DIR_VARIABLE, str(folder))
    return folder
