"""Whatever happened to the file, the store opens, and what is written afterwards is kept."""

import random
from pathlib import Path

import pytest

from recommender.records.kinds import Rating
from recommender.store import Store
from tests.recommender.store.damaged import damaged, foreign_file, open_and_use, sound_file


def verdicts(tmp_path: Path, seeds: range) -> set[str]:
    data = sound_file(tmp_path / "whole.sqlite")
    (tmp_path / "a").mkdir()
    return {
        open_and_use(tmp_path / "a" / "feedback.sqlite", damaged(data, random.Random(seed))) for seed in seeds
    }


def test_a_damaged_file_is_read_or_set_aside_and_never_blocks(tmp_path: Path) -> None:
    assert verdicts(tmp_path, range(16)) >= {"sound", "set aside", "salvaged"}


@pytest.mark.slow
def test_a_thousand_damaged_files(tmp_path: Path) -> None:
    assert verdicts(tmp_path, range(16, 1016)) >= {"sound", "set aside", "salvaged", "healed"}


def test_a_log_of_another_time_beside_the_file_does_no_harm(tmp_path: Path) -> None:
    data = sound_file(tmp_path / "whole.sqlite")
    (tmp_path / "a").mkdir()
    for log in (b"\0" * 100, random.Random(1).randbytes(9000), data[:5000]):
        assert open_and_use(tmp_path / "a" / "feedback.sqlite", data, log) == "sound"


def test_the_check_notices_a_store_that_loses_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    data = sound_file(tmp_path / "whole.sqlite")
    monkeypatch.setattr(Store, "put_ratings", lambda store, ratings: True)
    with pytest.raises(AssertionError):
        open_and_use(tmp_path / "a" / "feedback.sqlite", data)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_another_programs_database_is_kept_whole(tmp_path: Path, version: int) -> None:
    content = foreign_file(tmp_path / "feedback.sqlite", version)
    store = Store(tmp_path / "feedback.sqlite")
    (aside,) = tmp_path.glob("feedback.damaged-*.sqlite")
    assert aside.read_bytes() == content
    assert store.put_ratings([Rating("ann", "foundry", 3.0, 40.0)])
    store.close()
