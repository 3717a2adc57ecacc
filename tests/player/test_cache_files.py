"""What lies in the player's cache has names of its own: two parts of the game never write one file."""

from pathlib import Path

import pytest

from game.cli import recommender_defaults
from game.match.grading import endless_kept, gradebook
from game.match.grading.endless_kept import MATCHES, EndlessGrades
from game.match.grading.grade import N_STEPS
from game.player.paths import UserFolders


def test_what_the_commands_write_is_nothing_that_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(tmp_path))
    cache = UserFolders.find().cache
    kept = EndlessGrades(cache)
    following = kept.following("defend")
    assert following is not None
    kept.add("defend", following.place, (MATCHES // 2,) * N_STEPS)
    for command in recommender_defaults.ADVICE:
        recommender_defaults.defaults([command])
    names = {one.name for one in EndlessGrades(cache).levels}
    assert following.name in names
    written = {recommender_defaults.ITEMS_FILE, recommender_defaults.ENDLESS_FILE}
    written |= {recommender_defaults.NAMES_FILE, recommender_defaults.SETTINGS_FILE}
    assert written.isdisjoint({endless_kept.FILE, gradebook.KEPT_FILE})
