"""Mutants go through the game: list, set-up, play, end, save, next start; and a wrong turn would be seen."""

from pathlib import Path

import pytest

from game.player.profile import Profile
from music.library import Library
from tests.fuzz import journey
from tests.fuzz.check import without_child
from tests.fuzz.journey import WrongTurn, travel


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_folder_of_mutants_does_not_stop_the_game(seed: int, tmp_path: Path) -> None:
    with without_child():
        assert travel(tmp_path / "user", seed, advice=seed == 0)


def test_a_record_that_is_lost_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Profile, "rate", lambda profile, item, stars: True)
    monkeypatch.setattr(journey, "packed", lambda chance: sound())
    with pytest.raises(WrongTurn, match="expected 4 stars"):
        travel(tmp_path / "user", 0, advice=False)


def test_an_error_that_a_worker_hides_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(library: Library, path: Path) -> None:
        raise TypeError("a fault of ours")

    monkeypatch.setattr(Library, "import_midi", broken)
    monkeypatch.setattr(journey.Journey, "list_levels", lambda *_: None)
    monkeypatch.setattr(journey.Journey, "other_screens", lambda *_: None)
    monkeypatch.setattr(journey, "packed", lambda chance: {**sound(), "music/midi/a.mid": b"MThd"})
    with pytest.raises(WrongTurn, match=r"a worker's job raised TypeError: a fault of ours"):
        travel(tmp_path / "user", 0, advice=False)


def sound() -> dict[str, bytes]:
    """A folder in which nothing is wrong."""
    return {"levels/sound.tmj": journey.samples.levels()[0]["mutant.tmj"]}
