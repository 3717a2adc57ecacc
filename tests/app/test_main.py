"""From options to an exit code: headless runs, bad arguments, and what an uncaught error leaves behind."""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pygame
import pytest

import game
from game.app import AppOptions, run_app
from game.app.app import App
from game.app.crash import LOG_NAME, REPLAY_NAME, Journal, collect_crash_logs, save_crash, watch_crashes
from game.app.main import _open, _show_crashes
from game.app.menu.title import TitleScreen
from game.app.playing.screen import PlayScreen
from game.app.playing.session import Match
from game.app.playing.warm import WarmUp
from game.core.sim.jit import CACHE_VARIABLE, cache_folder
from game.core.sim.prebuilt import VARIABLE, unavailable_reason
from game.match.replay import load_replay, verify
from game.player.paths import UserFolders
from game.player.settings import load_settings
from tests.contracts.tree import run_python

ROOT = Path(__file__).resolve().parents[2]


def watch(user_dir: Path, **changes: object) -> AppOptions:
    wanted: dict[str, object] = {
        "mode": "watch", "level": "first_light", "brains": ("chaser", "marksman"), "seconds": 1.0,
        "user_dir": user_dir, "size": (640, 360), "seed": 7,
    }  # fmt: skip
    return AppOptions(**{**wanted, **changes})  # type: ignore[arg-type]


def test_a_watched_match_ends_after_its_simulated_seconds_and_leaves_a_picture(
    user_dir: Path, tmp_path: Path
) -> None:
    seen: list[int] = []
    picture = tmp_path / "out" / "watch.png"
    original = App.close

    def close(app: App) -> None:
        match = app.current_match()
        assert match is not None
        seen.append(match.ticks)
        original(app)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "close", close)
        assert run_app(watch(user_dir, screenshot=picture)) == 0
    assert seen == [60]
    image = pygame.image.load(picture)
    assert image.get_size() == (640, 360)
    assert len({tuple(image.get_at((x, y))) for x in range(0, 640, 20) for y in range(0, 360, 20)}) > 30


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
@pytest.mark.parametrize("mode", ["menu", "play"])
def test_a_game_that_nobody_could_see_is_refused(
    mode: str, user_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    assert run_app(AppOptions(mode=mode, user_dir=user_dir, seed=7)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: window: expected a display, found none")
    assert error.count("\n") == 1


def test_without_a_display_a_match_of_some_seconds_is_played_all_the_same(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    assert run_app(watch(user_dir, mode="play", seconds=0.2)) == 0


def test_without_a_display_it_chooses_the_dummy_drivers_by_itself(tmp_path: Path) -> None:
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "SDL_AUDIODRIVER")
    }
    code = (
        "import sys; from pathlib import Path; from game.app import AppOptions, run_app; "
        f"sys.exit(run_app(AppOptions(mode='watch', level='first_light', seconds=0.5, brains=('chaser',), size=(640, 360), "
        f"user_dir=Path({str(tmp_path)!r}), screenshot=Path({str(tmp_path / 'a.png')!r}))))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert (tmp_path / "a.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mode": "dance"}, "mode: expected one of"),
        ({"level": "nowhere"}, "nowhere"),
        ({"seconds": -1.0}, "seconds: expected"),
        ({"brains": ("nobody",)}, "nobody"),
    ],
)
def test_a_bad_argument_gives_one_line_and_exit_code_2(
    user_dir: Path, capfd: pytest.CaptureFixture[str], changes: dict[str, object], words: str
) -> None:
    assert run_app(watch(user_dir, **changes)) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert words in lines[0]


def test_a_user_folder_that_cannot_be_made_gives_one_line(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run_app(watch(tmp_path / "file" / "inside")) == 2
    assert "user folder: expected a folder" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["levels", "brains", "replays"])
def test_a_file_in_the_place_of_a_folder_is_named(
    user_dir: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    (user_dir / name).write_text("")
    assert run_app(watch(user_dir)) == 2
    assert f"user folder: expected a folder, found {user_dir / name} (" in capfd.readouterr().err


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(28, "No space left on device")], ids=str)
def test_what_fails_in_the_start_of_a_match_is_no_bad_argument(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: Exception
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("game.app.playing.screen.build_match", broken)
    assert run_app(watch(user_dir)) == 1
    (crash,) = UserFolders(user_dir).crashes.iterdir()
    assert "in broken" in (crash / LOG_NAME).read_text(encoding="utf-8")
    assert str(crash) in capfd.readouterr().err


def test_a_bug_beside_the_options_is_no_bad_argument(user_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr("game.app.playing.opponents.Opponents.assign", broken)
    assert run_app(watch(user_dir)) == 1
    monkeypatch.setattr("game.app.playing.launch.settings_choice", broken)
    with pytest.raises(ValueError, match="a bug"):  # the command line saves its log
        run_app(watch(user_dir))


def test_the_level_that_was_played_is_kept(user_dir: Path) -> None:
    folders = UserFolders(user_dir)
    assert run_app(watch(user_dir, level="crossfire", seconds=0.1)) == 0
    assert load_settings(folders.settings).text("last_level") == ""
    assert run_app(watch(user_dir, mode="play", level="crossfire", seconds=5.0)) == 0
    assert load_settings(folders.settings).text("last_level") == "crossfire"


def test_a_picture_that_cannot_be_written_gives_one_line(
    user_dir: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert run_app(watch(user_dir, screenshot=tmp_path / "file" / "a.png", seconds=0.1)) == 1
    assert "screenshot: expected a file" in capfd.readouterr().err


def test_an_uncaught_error_leaves_log_and_replay_and_says_where(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    original = PlayScreen.tick

    def tick(screen: PlayScreen) -> None:
        if screen.match.ticks == 40:
            raise RuntimeError("the arena caught fire")
        original(screen)

    monkeypatch.setattr(PlayScreen, "tick", tick)
    assert run_app(watch(user_dir)) == 1
    folders = UserFolders(user_dir)
    (crash,) = folders.crashes.iterdir()
    assert str(crash) in capfd.readouterr().err
    log = (crash / LOG_NAME).read_text(encoding="utf-8")
    for words in (
        "the arena caught fire",
        "Traceback",
        "first_light",
        "tick: 40",
        "seed: ",
        "numba ",
        "open play",
    ):
        assert words in log
    assert str(Path.home()) + "/" not in log
    replay = load_replay(crash / REPLAY_NAME)
    assert replay.ticks == 40
    assert verify(replay).ok


def test_an_error_in_the_menu_leaves_a_log_without_a_replay(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def draw(*_: object) -> None:
        raise ZeroDivisionError("no more neon")

    monkeypatch.setattr("game.app.menu.title.TitleScreen.draw_back", draw)
    assert run_app(AppOptions(user_dir=user_dir, seconds=0.1)) == 1
    (crash,) = UserFolders(user_dir).crashes.iterdir()
    assert [path.name for path in crash.iterdir()] == [LOG_NAME]
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_replay_that_fails_too_does_not_stop_the_log(tmp_path: Path) -> None:
    def broken() -> bytes:
        raise ValueError("replay in ruins")

    journal = Journal()
    journal.note("last words")
    report = save_crash(UserFolders(tmp_path), RuntimeError("first\nsecond"), journal, {"fact": 1}, broken)
    assert report.folder is not None
    assert report.replay is None
    assert report.summary == "RuntimeError: first"
    log = (report.folder / LOG_NAME).read_text(encoding="utf-8")
    assert "replay in ruins" in log
    assert "last words" in log
    assert "fact: 1" in log


def test_two_crashes_in_one_second_keep_both_logs(tmp_path: Path) -> None:
    reports = [save_crash(UserFolders(tmp_path), RuntimeError(str(n)), Journal(), {}, None) for n in range(2)]
    assert reports[0].folder != reports[1].folder


def test_a_crash_that_cannot_be_saved_prints_only_text(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    journal = Journal()
    journal.note("open \x1b]0;owned\x07\x1b[2J")
    save_crash(
        UserFolders(tmp_path / "file"), RuntimeError("\x1b[31mlost"), journal, {"level": "\x1b[2J"}, None
    )
    told = capfd.readouterr().err
    assert told.count("\\x1b[2J") == 2
    assert {sign for sign in told if not sign.isprintable()} == {"\n"}


def test_a_crash_that_cannot_be_saved_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    report = save_crash(UserFolders(tmp_path / "file"), RuntimeError("lost"), Journal(), {}, None)
    assert report.folder is None
    assert "RuntimeError: lost" in capfd.readouterr().err


def test_importing_the_entry_point_loads_neither_pygame_nor_a_learner() -> None:
    code = (
        "import sys; import game.app; heavy = {'pygame', 'numba', 'onnxruntime', 'torch'} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_the_title_is_up_before_numba_is_even_imported(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from game.app.app import App; from game.app.window_options import AppOptions; "
        "from game.player.paths import UserFolders; from game.player.settings import Settings; "
        "from game.app.menu.title import TitleScreen; "
        f"app = App(AppOptions(), UserFolders(Path({str(tmp_path)!r})), Settings(None), real=False); "
        "app.push(TitleScreen(app)); app.frame(1 / 60); "
        "heavy = {'numba', 'onnxruntime', 'torch', 'game.core.sim.tick'} & set(sys.modules); "
        "sys.exit(repr(heavy) if heavy else 0)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.skipif(unavailable_reason() != "", reason=f"no machine code here: {unavailable_reason()}")
def test_with_machine_code_that_fits_nothing_is_compiled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    warm = WarmUp()
    warm.start()
    assert warm.wait(60)
    assert (warm.ready, warm.compiling, warm.failed) == (True, False, "")
    result = run_python("-m", "game.app.playing.warm", cwd=ROOT)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_warm_up_child_compiles_and_leaves_its_marker() -> None:
    marker = cache_folder() / "warm.json"
    marker.unlink(missing_ok=True)
    result = run_python("-m", "game.app.playing.warm", cwd=ROOT, **{VARIABLE: "0"})
    assert result.returncode == 0, result.stderr
    assert marker.exists()
    assert all(
        line.split(" ")[0].replace("/", "").isdigit() for line in result.stdout.splitlines() if "/" in line
    )


@pytest.mark.slow
def test_the_helper_compiles_its_half() -> None:
    result = run_python("-m", "game.app.playing.warm", "--helper", cwd=ROOT, **{VARIABLE: "0"})
    assert result.returncode == 0, result.stderr


def saved_match(user_dir: Path) -> tuple[str, str]:
    """The outcome of the one match on record, and of its attempt; its replay must be there and be right."""
    folders = UserFolders(user_dir)
    with closing(sqlite3.connect(folders.results)) as connection:
        ((outcome, name),) = connection.execute("SELECT outcome, replay FROM matches").fetchall()
    with closing(sqlite3.connect(folders.feedback)) as connection:
        ((attempt,),) = connection.execute("SELECT outcome FROM attempts").fetchall()
    assert verify(load_replay(folders.replays / name)).ok
    return outcome, attempt


@pytest.mark.skipif(os.name == "nt", reason="Windows has none of these to send")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 0), ("SIGHUP", 0), ("SIGINT", 130)])
def test_a_signal_ends_the_game_without_a_question_and_the_match_is_kept(
    user_dir: Path, name: str, code: int
) -> None:
    original = PlayScreen.tick
    number = signal.Signals[name]

    def tick(screen: PlayScreen) -> None:
        original(screen)
        if screen.match.ticks == 70:
            os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlayScreen, "tick", tick)
        assert run_app(watch(user_dir, mode="play", seconds=60.0)) == code
    assert signal.getsignal(number) is before
    assert saved_match(user_dir) == ("quit", "quit")


def test_an_error_in_a_match_keeps_its_result(user_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = PlayScreen.draw_at

    def draw(screen: PlayScreen, target: pygame.Surface, alpha: float) -> None:
        if screen.match.ticks == 70:
            raise RuntimeError("no more neon")
        original(screen, target, alpha)

    monkeypatch.setattr(PlayScreen, "draw_at", draw)
    assert run_app(watch(user_dir, mode="play", seconds=60.0)) == 1
    assert saved_match(user_dir) == ("quit", "quit")


def test_an_error_in_one_screen_at_the_end_does_not_stop_the_others_from_saving(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def closed(_: TitleScreen) -> None:
        raise RuntimeError("the door is stuck")

    original = PlayScreen.tick

    def tick(screen: PlayScreen) -> None:
        original(screen)
        if screen.match.ticks == 70:
            screen.stage.quit()

    monkeypatch.setattr(PlayScreen, "tick", tick)
    monkeypatch.setattr(TitleScreen, "closed", closed)
    monkeypatch.setattr("game.app.jukebox.studio.Jukebox.close", closed)
    assert run_app(watch(user_dir, mode="play", seconds=60.0)) == 0
    assert saved_match(user_dir) == ("quit", "quit")
    assert "closing: RuntimeError: the door is stuck" in capfd.readouterr().err


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A user folder that this process may not write; a superuser gives up the right to write everywhere."""
    if os.name == "nt":
        pytest.skip("needs POSIX permissions")
    folder = Path(tempfile.mkdtemp(prefix="bankshot-read-only-"))
    root = os.geteuid() == 0
    folder.chmod(0o555)
    if root:
        os.seteuid(65534)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_read_only_user_folder_is_played_from_and_what_is_not_kept_is_said(
    read_only: Path, capfd: pytest.CaptureFixture[str], language: str
) -> None:
    said: list[list[str]] = []
    original = App.frame

    def frame(app: App, seconds: float) -> None:
        original(app, seconds)
        said.append(app.toasts.texts())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(App, "frame", frame)
        assert run_app(watch(read_only, mode="play", seconds=0.5, language=language)) == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert str(read_only) in line
    assert ("can play" if language == "en" else "可以照常游玩") in line
    assert said[0] == [line], "the toast says the same, and nothing says it twice"
    assert list(read_only.iterdir()) == []


def test_a_folder_that_can_be_written_again_gets_everything(read_only: Path) -> None:
    original = PlayScreen.tick

    def tick(screen: PlayScreen) -> None:
        original(screen)
        if screen.match.ticks == 60:
            if os.geteuid() != os.getuid():
                os.seteuid(os.getuid())
            read_only.chmod(0o755)
        if screen.match.ticks == 70:
            screen.stage.quit()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PlayScreen, "tick", tick)
        assert run_app(watch(read_only, mode="play", seconds=60.0)) == 0
    assert saved_match(read_only) == ("quit", "quit")


def test_the_headless_app_waits_for_its_kernels(user_dir: Path) -> None:
    ticks: list[int] = []
    original = Match.tick

    def tick(match: Match) -> None:
        original(match)
        ticks.append(match.ticks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Match, "tick", tick)
        assert run_app(watch(user_dir, seconds=0.25)) == 0
    assert ticks[-1] == 15


# Ends that Python cannot report

DIES = """
import faulthandler, sys
from pathlib import Path
from game.app.crash import watch_crashes
from game.player.paths import UserFolders
with watch_crashes(UserFolders(Path(sys.argv[1]))):
    if sys.argv[2] == "dies":
        faulthandler._sigsegv()
"""


def ended(user_dir: Path, how: str) -> int:
    return subprocess.run([sys.executable, "-c", DIES, str(user_dir), how], cwd=ROOT, check=False).returncode


def test_a_signal_leaves_the_stacks_and_the_next_start_names_the_log(user_dir: Path) -> None:
    folders = UserFolders(user_dir)
    assert ended(user_dir, "dies") != 0
    (waiting,) = folders.crashes.iterdir()
    assert "Segmentation fault" in waiting.read_text(encoding="utf-8")
    told: list[str] = []
    for language in ("en", "zh"):
        app, _ = _open(AppOptions(user_dir=user_dir, language=language), folders, real=False)
        _show_crashes(app, collect_crash_logs(folders) or [folders.crashes / "fatal-x.txt"])
        told += app.toasts.texts()
        app.close()
    (log,) = folders.crashes.glob("*")
    text = log.read_text(encoding="utf-8")
    assert log.name.startswith("fatal-")
    assert f"Bankshot {game.__version__}" in text
    assert "Segmentation fault" in text
    assert "<string>" in text, "the stack of the thread that ended"
    assert any(log.name in line and "crash" in line for line in told)
    assert any("fatal-x.txt" in line and "崩溃" in line for line in told)
    assert collect_crash_logs(folders) == [], "each is named once"


def test_a_run_that_ends_well_leaves_no_file(user_dir: Path) -> None:
    """The twin: nothing is found where nothing crashed, and a running process keeps its file."""
    folders = UserFolders(user_dir)
    assert ended(user_dir, "well") == 0
    assert not folders.crashes.exists()
    with watch_crashes(folders) as path:
        assert path is not None
        assert collect_crash_logs(folders) == []
        with watch_crashes(folders) as again:
            assert again is None
        assert path.exists()
    assert not folders.crashes.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows removes no file that is open")
def test_what_killed_runs_left_is_removed_after_a_day(user_dir: Path) -> None:
    folders = UserFolders(user_dir)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    folders.crashes.mkdir(parents=True)
    names = {
        "killed": (f"running-20200101-000000-{gone.pid}.txt", 0),
        "no number": ("running-old.txt", 0),
        "runs": (f"running-20200101-000000-{os.getpid()}.txt", 0),
        "of today": (f"running-20200102-000000-{gone.pid}.txt", None),
    }
    for name, age in names.values():
        (folders.crashes / name).write_text("")
        if age is not None:
            os.utime(folders.crashes / name, (age, age))
    assert collect_crash_logs(folders) == []
    left = {path.name for path in folders.crashes.iterdir()}
    assert left == {names["runs"][0], names["of today"][0]}


def test_a_folder_that_cannot_be_written_watches_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with watch_crashes(UserFolders(tmp_path / "file")) as path:
        assert path is None


def test_a_long_command_is_watched_and_a_short_one_is_not(
    user_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from game.cli import root as cli

    watched: list[Path] = []

    @contextlib.contextmanager
    def noted(folders: UserFolders) -> Iterator[None]:
        watched.append(folders.root)
        yield

    monkeypatch.setattr("game.app.crash.watch_crashes", noted)
    assert cli.run(["--user-dir", str(user_dir), "levels", "list"]) == 0
    assert watched == []
    assert cli.run(["--user-dir", str(user_dir), "agents", "inspect", "hunter"]) == 0
    assert watched == [user_dir]
