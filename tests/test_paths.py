"""The player's folder: the option comes before the variable, the variable before the platform's place."""

from pathlib import Path

import platformdirs
import pytest

from game.paths import USER_DIR_VARIABLE, UserFolders


def test_the_option_wins_over_the_variable(tmp_path: Path) -> None:
    assert UserFolders.find(tmp_path / "mine").root == tmp_path / "mine"


def test_the_variable_wins_over_the_platform(user_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert UserFolders.find().root == user_dir
    monkeypatch.delenv(USER_DIR_VARIABLE)
    assert UserFolders.find().root == Path(platformdirs.user_data_dir("bankshot", appauthor=False))


def test_nothing_is_made_before_create(tmp_path: Path) -> None:
    folders = UserFolders.find(tmp_path / "mine")
    assert not folders.root.exists()
    folders.create()
    assert sorted(path.name for path in folders.root.iterdir()) == ["brains", "levels", "replays"]
