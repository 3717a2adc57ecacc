"""The player's folder: the option comes before the variable, the variable before the platform's place."""

import os
from pathlib import Path

import platformdirs
import pytest

from game.cli.root import run
from game.player.paths import USER_DIR_VARIABLE, UserFolders, without_home
from safefiles.errors import FileRefused
from safefiles.foreign import expand_path


def test_the_option_wins_over_the_variable(tmp_path: Path) -> None:
    assert UserFolders.find(tmp_path / "mine").root == tmp_path / "mine"


def test_the_variable_wins_over_the_platform(user_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert UserFolders.find().root == user_dir
    monkeypatch.delenv(USER_DIR_VARIABLE)
    assert UserFolders.find().root == Path(platformdirs.user_data_dir("bankshot", appauthor=False))


def test_a_path_is_expanded_and_one_of_nobody_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert expand_path("~/a") == tmp_path / "a"
    assert without_home(f"in {tmp_path / 'a'}") == f"in {Path('~') / 'a'}"
    for find in (expand_path, UserFolders.find):
        with pytest.raises(FileRefused, match=r"^~no-such-user.x: expected a path, found .* not known here$"):
            find(os.path.join("~no-such-user", "x"))


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder that a process is in")
def test_a_relative_path_in_a_folder_that_is_gone_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(FileRefused, match=r"^x: expected a path, found no such file$"):
        expand_path("x")
    assert expand_path(tmp_path) == tmp_path


@pytest.mark.parametrize("name", ["~no-such-user/x", "~no-such-user/x.onnx"])
def test_commands_refuse_a_path_of_nobody_in_one_line(
    name: str, user_dir: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    commands = [["--user-dir", name, "levels", "list"], ["--user-dir", name, "play", "--seconds", "1"]]
    if name.endswith(".onnx"):
        commands.append(["watch", "--brains", name, "--seconds", "1"])
    for command in commands:
        assert run(command) == 2, command
        monkeypatch.setenv(USER_DIR_VARIABLE, str(user_dir))
    monkeypatch.setenv(USER_DIR_VARIABLE, name)
    assert run(["levels", "list"]) == 2
    assert run(["play", "--seconds", "1"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == len(commands) + 2
    assert all(line.startswith(f"error: {name}: expected a path") for line in lines), lines
    assert not (user_dir / "crashes").exists()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_listed_is_no_trouble(tmp_path: Path) -> None:
    folders = UserFolders.find(tmp_path)
    folders.crashes.mkdir()
    folders.crashes.chmod(0)
    try:
        assert folders.crashes not in folders.writers()
    finally:
        folders.crashes.chmod(0o700)


def test_crash_folders_are_swept_where_they_can_be_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = UserFolders.find(tmp_path)
    (folders.crashes / "20260101-000000").mkdir(parents=True)
    assert folders.crashes / "20260101-000000" in folders.writers()

    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refused)
    assert folders.root in folders.writers()


def test_nothing_is_made_before_create(tmp_path: Path) -> None:
    folders = UserFolders.find(tmp_path / "mine")
    assert not folders.root.exists()
    folders.create()
    assert sorted(path.name for path in folders.root.iterdir()) == ["brains", "levels", "replays"]
