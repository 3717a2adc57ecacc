"""However the game ends: signals, the console on Windows, the power between two writes."""

import os
import shutil
import signal
import threading
from pathlib import Path

import pytest

from game.app.app import App
from game.app.exit_handler import FORCED_EXIT_COUNT, ExitHandler
from game.match.replay import load_replay, verify
from game.player.paths import UserFolders
from game.player.profile import Profile
from safefiles.late_writes import LateWrites
from safefiles.sqlite_file import SqliteFile
from tests.app.conftest import Hands
from tests.app.opened import LEVEL, open_play


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
def test_a_hang_up_that_was_ignored_stays_ignored() -> None:
    ended: list[int] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ExitHandler(lambda: ended.append(1)):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert ended == []


def test_a_game_that_hangs_is_ended_by_a_few_interrupts() -> None:
    ended: list[int] = []
    with ExitHandler(lambda: ended.append(1)) as exits:
        for _ in range(FORCED_EXIT_COUNT - 1):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert len(ended) == FORCED_EXIT_COUNT - 1
    assert exits.interrupted


def test_a_closing_console_waits_until_the_game_has_saved() -> None:
    order: list[str] = []
    asked = threading.Event()

    def end() -> None:
        order.append("asked to end")
        asked.set()

    exits = ExitHandler(end)
    assert not exits.console_closes(0), "Ctrl-C there is a signal"

    def system() -> None:
        assert exits.console_closes(2)
        order.append("the process dies")

    thread = threading.Thread(target=system)
    with exits:
        thread.start()
        assert asked.wait(10)
        order.append("saved")
    thread.join(10)
    assert order == ["asked to end", "saved", "the process dies"]


class Power:
    """Lets a number of writes of the player's files happen; then it is gone, and nothing is written any more."""

    def __init__(self, patch: pytest.MonkeyPatch, writes: int) -> None:
        self.left = writes
        self.done: list[str] = []
        late, run = LateWrites.write, SqliteFile._run

        def write(files: LateWrites, path: Path, data: bytes) -> bool:
            return self._is_on(path.name) and late(files, path, data)

        def transaction(file: SqliteFile, statements: object) -> Exception | None:
            if file.path is not None and not self._is_on(file.path.name):
                return None
            return run(file, statements)  # type: ignore[arg-type]

        patch.setattr(LateWrites, "write", write)
        patch.setattr(SqliteFile, "_run", transaction)

    def _is_on(self, what: str) -> bool:
        if self.left:
            self.left -= 1
            self.done.append(what)
            return True
        return False


def left_over(folders: UserFolders, tmp_path: Path) -> list[str]:
    """What the next start finds of a match, after checking that each part stands on the one before."""
    copy = tmp_path / "next start"
    shutil.copytree(folders.root, copy)
    profile = Profile(UserFolders(copy))
    assert profile.messages == []
    replays = [path.name for path in (copy / "replays").iterdir()]
    rows = profile._results.rows("SELECT outcome, replay FROM matches")
    attempts = profile.repository.attempts()
    profile.close()
    for _, name in rows:
        assert name in replays, "a result names a replay that is not there"
        assert verify(load_replay(copy / "replays" / name)).ok
    assert len(attempts) <= len(rows), "an attempt without its result"
    return ["replay"] * len(replays) + ["result"] * len(rows) + ["attempt"] * len(attempts)


WHOLE = ["replay", "result", "attempt"]


@pytest.mark.parametrize("writes", range(len(WHOLE) + 1))
def test_power_taken_between_two_writes_leaves_a_consistent_part(
    app: App, hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    app.settings.set("last_level", LEVEL)  # no write of the settings among those of the match
    play = open_play(app)
    hands.frames(70)
    app.profile.flush()
    power = Power(monkeypatch, writes)
    play._record()
    app.profile.flush()
    assert left_over(app.folders, tmp_path) == WHOLE[:writes]
    assert len(power.done) == writes


def test_an_order_of_writes_that_leaves_a_dangling_part_is_noticed(
    app: App, hands: Hands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    play = open_play(app)
    hands.frames(70)
    app.profile.flush()
    monkeypatch.setattr(SqliteFile, "_run", _results_are_lost(SqliteFile._run))
    play._record()
    app.profile.flush()
    with pytest.raises(AssertionError, match="an attempt without its result"):
        left_over(app.folders, tmp_path)


def _results_are_lost(run: object) -> object:
    def transaction(file: SqliteFile, statements: object) -> object:
        lost = file.path is not None and file.path.name == "results.sqlite"
        return None if lost else run(file, statements)  # type: ignore[operator]

    return transaction
