"""The `bankshot` command: what it lists, what it refuses in one line, and that it is quick to say so."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from game import __version__
from game.cli.levels import _row
from game.cli.mounted import PLUGINS, PluginGroup, _brain_paths
from game.cli.root import _user_dir_first, run
from game.core.levels.catalogue import load_level, read_entry
from game.match.npc import SeatPolicy
from game.player.hardness import cached_gradebook
from game.player.paths import UserFolders
from game.player.profile import Profile
from game.player.settings import load_settings
from safefiles.writing import write_atomic
from tests.contracts.tree import ROOT, run_python
from tests.match.matches import HeadlessMatch, random_brain

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def replay_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    match = HeadlessMatch(load_level("first_light"), 3)
    match.drive_all(SeatPolicy("chaser"))
    recorder = match.record()
    match.run(400)
    path = tmp_path_factory.mktemp("replays") / "match.bsr"
    write_atomic(path, recorder.data())
    return path


def refused(arguments: list[str], captured: Captured) -> str:
    """Run a command that must fail; return its one line."""
    code = run(arguments)
    assert code != 0
    error = captured.readouterr().err
    assert error.count("\n") == 1, error
    assert error.startswith("error: ")
    return error.strip()


def test_help_lists_every_command_and_loads_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom game.cli.root import run\ncode = run(['--help'])\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
        "print('PLUGIN', 'agents.cli' in sys.modules)\nsys.exit(code)"
    )
    done = run_python("-c", program, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    for name in ("play", "watch", "levels", "replay", "bench", "agents", "music", "recommender"):
        assert f"  {name} " in done.stdout
    loaded = set(next(line for line in done.stdout.splitlines() if line.startswith("LOADED")).split()[1:])
    assert loaded & {"numba", "pygame", "onnxruntime", "torch"} == set()
    assert "PLUGIN False" in done.stdout


def test_the_version_is_told(capsys: Captured) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"bankshot {__version__}\n"


def test_python_m_game_is_the_command(tmp_path: Path) -> None:
    done = run_python("-m", "game", "--version", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.stdout == f"bankshot {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["fly"], "error: No such command 'fly'."),
        (["play", "--backwards"], "error: No such option: --backwards"),
        (
            ["levels", "check", "nowhere"],
            "error: level: expected a level's name, a path ending in .tmj or .tmx, a folder, a seed or a SPEC such as "
            "train:caves:1, found 'nowhere'",
        ),
        (["levels", "check", "orchart"], "did you mean orchard?"),
        (
            ["levels", "new", "Bad Name"],
            "error: name: expected 1 to 40 of a-z, 0-9, _ and -, found 'Bad Name'",
        ),
        (["replay", "verify", "gone.bsr"], "error: gone.bsr: expected a replay, found no such file"),
        (["bench", "--only", "frame_720_mss"], "found 'frame_720_mss'; did you mean 'frame_720_ms'?"),
        (["watch", "--language", "fr"], "error: --language: expected en or zh, found 'fr'"),
        (["watch", "--seconds", "soon"], "error: --seconds: expected a number, found 'soon'"),
        (["play", "--seconds", "0"], "error: --seconds: expected a number above 0, found 0.0"),
    ],
)
def test_bad_input_gets_one_clear_line(arguments: list[str], line: str, capsys: Captured) -> None:
    assert line in refused(arguments, capsys)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["watch", "nowhere", "--seconds", "1"], "level: expected a level's name"),
        (["watch", "--brains", "nobody", "--seconds", "1"], "brain: expected one of "),
        (["play", "--difficulty", "brutal", "--seconds", "1"], "difficulty: expected rookie"),
        (["replay", "play", "gone.bsr"], "gone.bsr: expected a replay, found no such file"),
    ],
)
def test_the_window_refuses_in_one_line_too(arguments: list[str], line: str, tmp_path: Path) -> None:
    done = run_python("-m", "game", *arguments, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode != 0
    assert line in done.stderr
    assert "Traceback" not in done.stderr
    assert len([row for row in done.stderr.splitlines() if row.strip()]) == 1


@pytest.mark.parametrize("place", ["first", "last", "equals"])
def test_the_user_folder_can_be_named_anywhere(place: str, tmp_path: Path, capsys: Captured) -> None:
    from game.core.levels.starter import starter_files

    (tmp_path / "levels").mkdir()
    for name, data in starter_files("mine").items():
        (tmp_path / "levels" / name).write_bytes(data)
    option = [f"--user-dir={tmp_path}"] if place == "equals" else ["--user-dir", str(tmp_path)]
    arguments = [*option, "levels", "list"] if place == "first" else ["levels", "list", *option]
    assert run(arguments) == 0
    assert "\nmine " in capsys.readouterr().out


def test_the_environment_names_the_user_folder_too(user_dir: Path, capsys: Captured) -> None:
    (user_dir / "levels").mkdir()
    (user_dir / "levels" / "broken.tmj").write_text("{", encoding="utf-8")
    assert run(["levels", "list"]) == 0
    assert "broken" in capsys.readouterr().out
    assert run(["levels", "check"]) == 1
    captured = capsys.readouterr()
    assert "broken.tmj" in captured.err
    assert captured.out.strip().endswith("levels can be played")


@pytest.mark.parametrize(
    ("arguments", "moved"),
    [
        ([], []),
        (["play", "--user-dir", "x", "y"], ["--user-dir", "x", "play", "y"]),
        (["agents", "train", "r", "--user-dir=x"], ["--user-dir=x", "agents", "train", "r"]),
        (["play", "--", "--user-dir", "x"], ["play", "--", "--user-dir", "x"]),
        (["play", "--user-dir"], ["--user-dir", "play"]),
    ],
)
def test_the_option_is_moved_to_where_it_is_understood(arguments: list[str], moved: list[str]) -> None:
    assert _user_dir_first(arguments) == moved


def test_levels_are_listed_checked_and_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["levels", "list", "--json", "levels.json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["name", "title", "objective", "size", "seats", "difficulty"]
    facts = json.loads((tmp_path / "levels.json").read_text(encoding="utf-8"))["levels"]
    assert len(facts) == len(lines) - 1 >= 16
    first, orchard = facts[0], next(one for one in facts if one["name"] == "orchard")
    assert first["measured"] == {"state": "measured", "stars": first["difficulty"]}
    assert orchard["measured"]["stars"] != orchard["difficulty"]
    said = f"{orchard['measured']['stars']} (author: {orchard['difficulty']})"
    assert next(line for line in lines if line.startswith("orchard ")).endswith(said)
    assert all(fact["builtin"] and fact["playable"] and fact["title"]["zh"] for fact in facts)

    assert run(["levels", "new", "canyon"]) == 0
    assert (tmp_path / "canyon" / "canyon.tmj").is_file()
    assert run(["levels", "new", "canyon"]) == 2
    assert "there is a level of this name already" in capsys.readouterr().err
    for name in ("canyon", "canyon/canyon.tmj", "orchard"):
        assert run(["levels", "check", name]) == 0
    text = (tmp_path / "canyon" / "canyon.tmj").read_text(encoding="utf-8")
    (tmp_path / "canyon" / "canyon.tmj").write_text(
        text.replace('"width":16', '"width":15', 1), encoding="utf-8"
    )
    capsys.readouterr()
    if text.count('"width":16'):
        assert run(["levels", "check", "canyon"]) == 1
        assert "canyon.tmj" in capsys.readouterr().err


def test_one_error_is_listed_as_one(tmp_path: Path) -> None:
    (tmp_path / "noise.tmj").write_bytes(b"\x00\x01")
    assert _row(read_entry(tmp_path / "noise.tmj"), cached_gradebook(None))[1].startswith("1 error: ")


def test_an_empty_folder_has_no_levels_to_check(tmp_path: Path, capsys: Captured) -> None:
    assert "expected .tmj or .tmx files in" in refused(["levels", "check", str(tmp_path)], capsys)


def test_a_replay_is_verified(replay_file: Path, tmp_path: Path, capsys: Captured) -> None:
    assert run(["replay", "verify", str(replay_file), "--json", str(tmp_path / "report.json")]) == 0
    assert "ticks as recorded" in capsys.readouterr().out
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["ok"]
    assert report["schema"] == 1


def test_a_tampered_replay_is_refused(replay_file: Path, tmp_path: Path, capsys: Captured) -> None:
    data = bytearray(replay_file.read_bytes())
    data[-100] ^= 1
    (tmp_path / "bad.bsr").write_bytes(data)
    assert "tampered with or damaged" in refused(["replay", "verify", str(tmp_path / "bad.bsr")], capsys)


def test_a_replay_that_differs_names_tick_and_field(
    replay_file: Path, tmp_path: Path, capsys: Captured
) -> None:
    from tests.match.test_replay import forged

    def walk(header: dict[str, object], raw: dict[str, bytearray]) -> None:
        raw["inputs"][200] ^= 1

    path = tmp_path / "forged.bsr"
    path.write_bytes(forged(replay_file.read_bytes(), walk))
    line = refused(["replay", "verify", str(path), "--json", str(tmp_path / "report.json")], capsys)
    assert "differs at tick 201: tanks › " in line
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["tick"] == 201


def test_a_replay_plays_without_a_display_and_without_a_model(replay_file: Path, tmp_path: Path) -> None:
    program = (
        "import sys\nfrom game.cli.root import run\n"
        f"code = run(['replay', 'play', {str(replay_file)!r}, '--seconds', '2', '--screenshot', 'end.png'])\n"
        "print('MODEL', 'onnxruntime' in sys.modules)\nsys.exit(code)"
    )
    done = run_python("-c", program, cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "end.png").stat().st_size > 10_000


def test_a_plugin_is_loaded_when_it_is_called(capsys: Captured) -> None:
    assert set(PLUGINS) == {"agents", "music", "recommender"}
    assert run(["agents", "recipes"]) == 0
    assert "quick" in capsys.readouterr().out
    assert run(["agents", "nothing"]) == 2


def test_training_goes_on_from_a_brain_by_its_name(user_dir: Path, capsys: Captured) -> None:
    random_brain(user_dir / "brains", "quick")
    line = refused(["agents", "train", "quick", "--from", "quick", "--set", "net.pi=[7]"], capsys)
    assert line.startswith("error: brain 'quick.onnx': expected "), "the recipe's name is left alone"


def test_a_plugin_understands_the_games_names_for_brains(user_dir: Path, capsys: Captured) -> None:
    path = random_brain(user_dir / "brains", "alpha")
    assert run(["agents", "inspect", "alpha"]) == 0
    assert capsys.readouterr().out.startswith("alpha.onnx ")
    commands = PluginGroup("agents", PLUGINS["agents"]).plugin_command().commands
    for arguments, meant in [
        (
            ["alpha", "--opponent", "chaser,alpha", "--json", "alpha"],
            ["{}", "--opponent", "chaser,{}", "--json", "alpha"],
        ),
        (["--opponent=alpha", "--matches", "5", "alpha"], ["--opponent={}", "--matches", "5", "{}"]),
    ]:
        places = PLUGINS["agents"].takes_brains["evaluate"]
        found = _brain_paths(arguments, commands["evaluate"], places)
        assert found == [part.format(path) for part in meant]
    places = PLUGINS["agents"].takes_brains["league add"]
    found = _brain_paths(["alpha", "--name", "x", "alpha"], commands["league"].commands["add"], places)
    assert found == ["alpha", "--name", "x", str(path)], "the league's folder may be called as a brain"
    line = refused(["agents", "league", "add", str(user_dir), "nobody"], capsys)
    assert "brain: expected one of guardian, hunter, raider, sniper, alpha" in line
    assert "expected a league's folder" in refused(["agents", "league", "add", "none", "alpha"], capsys)
    line = refused(["agents", "inspect", "nobody"], capsys)
    assert (
        "brain: expected one of guardian, hunter, raider, sniper, alpha, or a path to an .onnx file, found 'nobody'"
        in line
    )


def test_the_recommenders_commands_take_the_players_store(
    user_dir: Path, tmp_path: Path, capsys: Captured
) -> None:
    profile = Profile(UserFolders(user_dir))
    profile.rate("foundry", 4)
    profile.close()
    assert run(["recommender", "export", str(tmp_path / "mine.json")]) == 0
    assert "1 rating," in capsys.readouterr().out
    other = tmp_path / "other"
    assert run(["recommender", "import", str(tmp_path / "mine.json"), "--user-dir", str(other)]) == 0
    profile = Profile(UserFolders(other))
    assert profile.rating("foundry") == 4
    profile.close()


def test_advice_on_the_command_line_is_the_games(user_dir: Path, capsys: Captured) -> None:
    own = UserFolders(user_dir).levels / "mine.tmj"
    own.parent.mkdir(parents=True)
    own.write_bytes((ROOT / "game" / "core" / "levels" / "builtin" / "foundry.tmj").read_bytes())
    assert run(["recommender", "recommend", "--count", "30"]) == 0
    told = capsys.readouterr().out
    assert "Foundry" in told
    assert "easy to start with" in told  # a newcomer's ladder, as in the window
    assert run(["recommender", "explain", "foundry", "--zone", "0.9", "0.95"]) == 0
    assert "outside the flow zone of 90 to 95%" in capsys.readouterr().out
    assert not UserFolders(user_dir).feedback.exists()  # nothing but the cache is written
    assert run(["recommender", "simulate", "--personas", "1", "--matches", "11"]) == 0
    assert "advisor" in capsys.readouterr().out
    profile = Profile(UserFolders(user_dir))
    profile.dismiss("foundry")
    profile.close()
    settings = load_settings(UserFolders(user_dir).settings)
    settings.set("simulated_players", False)
    settings.set("language", "zh")
    settings.save()
    assert run(["recommender", "recommend", "--count", "30"]) == 0
    told = capsys.readouterr().out
    assert told.count("铸造厂") == 1  # the copy
    assert "模拟" not in told
    assert "通关概率" in told


def test_reasons_on_the_command_line_name_tags_as_the_game_does(user_dir: Path, capsys: Captured) -> None:
    profile = Profile(UserFolders(user_dir))
    for level in ("orchard", "reservoir", "exchange", "foundry", "last_post", "cellar", "crossfire", "keep"):
        profile.rate(level, 5 if level in ("orchard", "reservoir", "exchange") else 2)
    profile.close()
    for language, said in (
        ("en", "you like collecting levels: 3 stars more"),
        ("zh", "你偏爱收集关卡：平均多给 3 星"),
    ):
        assert run(["recommender", "explain", "orchard", "--language", language]) == 0
        told = capsys.readouterr().out
        assert run(["recommender", "recommend", "--count", "30", "--language", language]) == 0
        told += capsys.readouterr().out
        assert said in told
        assert "objective" not in told


def test_a_damaged_store_is_refused_and_left_alone(user_dir: Path, capsys: Captured) -> None:
    file = UserFolders(user_dir).feedback
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"no database" * 100)
    assert "feedback.sqlite" in refused(["recommender", "recommend"], capsys)
    assert file.read_bytes() == b"no database" * 100


def test_a_named_store_is_no_business_of_the_games(
    user_dir: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = tmp_path / "items.json"
    items.write_text(
        json.dumps(
            {
                "items": [
                    {"name": name, "titles": {}, "tags": [], "numbers": {}} for name in ("foundry", "waltz")
                ]
            }
        ),
        encoding="utf-8",
    )
    store = tmp_path / "songs.sqlite"
    monkeypatch.setenv("RECOMMENDER_STORE", str(store))
    assert run(["recommender", "import", str(items)]) == 0
    assert run(["recommender", "recommend"]) == 0
    told = capsys.readouterr().out
    assert "waltz" in told
    assert "Foundry" not in told
    assert "simulated" not in told
    assert not user_dir.exists() or not list(user_dir.iterdir())


def test_a_store_that_is_named_is_taken_instead(tmp_path: Path, user_dir: Path, capsys: Captured) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("player,item,stars\nann,foundry,3\n", encoding="utf-8")
    store = tmp_path / "own.sqlite"
    assert run(["recommender", "import", str(rows), "--store", str(store)]) == 0
    assert store.exists()
    assert not UserFolders(user_dir).feedback.exists()


def test_an_error_nobody_foresaw_leaves_a_log_and_one_line(
    monkeypatch: pytest.MonkeyPatch, user_dir: Path, capsys: Captured
) -> None:
    def broken(folder: object) -> None:
        raise ZeroDivisionError("in the middle of it")

    monkeypatch.setattr("game.core.levels.catalogue.list_levels", broken)
    line = refused(["levels", "list"], capsys)
    assert "ZeroDivisionError: in the middle of it; the log is in " in line
    (log,) = user_dir.glob("crashes/*/error.txt")
    assert "test_cli.py" in log.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("error", "code"), [(KeyboardInterrupt(), 130), (PermissionError(13, "denied", "file"), 1)]
)
def test_interrupts_and_file_errors_end_quietly(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, capsys: Captured
) -> None:
    def broken(folder: object) -> None:
        raise error

    monkeypatch.setattr("game.core.levels.catalogue.list_levels", broken)
    assert run(["levels", "list"]) == code
    assert capsys.readouterr().err in ("", "error: interrupted\n", "error: file: denied\n")


def test_a_closed_pipe_is_no_error_to_shout_about(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "game", "levels", "list"]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.close()
    error = child.stderr.read()
    child.wait()
    child.stderr.close()
    assert b"Traceback" not in error


def test_a_window_that_ctrl_c_ends_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for code, said in ((130, "error: interrupted\n"), (0, "")):
        monkeypatch.setattr("game.app.run_app", lambda options, code=code: code)
        for line in ([], ["play", "crossfire"], ["watch"]):
            assert run(line) == code
            assert capsys.readouterr().err == said


def test_the_game_gives_the_names_of_its_brains_to_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["agents", "duel", "hunter", "nosuch"]) == 2
    error = capsys.readouterr().err
    assert "a brain (guardian, hunter, raider, sniper) or an .onnx file" in error
    assert "expected one of idle, wanderer, chaser, marksman, turret" in error
