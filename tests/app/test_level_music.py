"""Every level has its piece: chosen, named, or its own; the same everywhere, kept in the cache."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from game.app.sound.level_music import (
    COMPOSED_FOR,
    COMPOSED_FOR_OBJECTIVE,
    LevelMusic,
    PieceChoices,
    mood_of,
    seed_of,
)
from game.core import rules
from game.core.levels import model
from game.core.levels.catalogue import list_levels, load_level
from game.core.levels.generator import generate
from music.composer.compose import compose
from music.composer.moods import MOODS as COMPOSER_MOODS
from music.copying import CopyRefused
from music.errors import GeneratorRefused, MusicError
from music.library import Library
from music.piece import Piece, piece_to_json
from tests.music.fakes import fake_generators

SET = fake_generators()


class Bench:
    """A `LevelMusic` with a library, choices, and counted compositions."""

    def __init__(self, folder: Path, *, generators: bool = True) -> None:
        self.cache = folder / "cache"
        self.choices = PieceChoices(folder / "levels.json")
        self.library = Library(folder / "music", shipped=folder / "shipped")
        self.asked = 0
        self.refuse: Callable[[Piece], object] = lambda piece: None
        self.has_generators = generators
        self.music = LevelMusic(self.cache, self.choices, lambda: self.library, self.generators, self.check)

    def check(self, piece: Piece) -> object:
        return self.refuse(piece)

    def generators(self) -> object:
        if not self.has_generators:
            raise GeneratorRefused("generator 'chords.onnx': no such file")
        self.asked += 1
        return SET

    def add(self, seed: int, title: str = "") -> str:
        entry = self.library.add(
            lambda: compose(SET, seed=seed, mood="calm", bars=8, title=title or None).piece
        )
        return self.library.keep(entry.name).name


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


LEVEL = load_level("first_light")


def test_the_tables_know_every_mood_and_objective() -> None:
    assert set(COMPOSED_FOR) == set(model.LEVEL_MOODS)
    assert set(COMPOSED_FOR_OBJECTIVE) == set(rules.OBJECTIVE_NAMES)
    named = {mood for moods in (*COMPOSED_FOR.values(), *COMPOSED_FOR_OBJECTIVE.values()) for mood in moods}
    assert named == set(COMPOSER_MOODS)


def test_every_built_in_level_has_a_mood_and_a_seed_and_most_differ() -> None:
    levels = [entry.level for entry in list_levels() if entry.level is not None]
    assert len({seed_of(level) for level in levels}) == len(levels)
    assert len({mood_of(level) for level in levels}) >= 5
    for level in levels:
        allowed = (
            COMPOSED_FOR_OBJECTIVE[level.objective_name] if level.mood == "auto" else COMPOSED_FOR[level.mood]
        )
        assert mood_of(level) in allowed


def test_mood_and_seed_follow_the_level_file() -> None:
    assert mood_of(replace(LEVEL, mood="dark")) in COMPOSED_FOR["dark"]
    assert seed_of(replace(LEVEL, seed=99)) == 99
    assert seed_of(replace(LEVEL, seed=0)) == seed_of(replace(LEVEL, seed=0, mood="calm"))
    assert seed_of(generate(5)) == generate(5).seed


def test_a_level_has_the_same_piece_each_time_and_composes_it_once(bench: Bench) -> None:
    first = bench.music.piece(LEVEL, "first_light")
    (path,) = bench.cache.iterdir()
    changed = path.stat().st_mtime_ns
    assert bench.music.piece(LEVEL, "first_light") == first
    assert path.stat().st_mtime_ns == changed
    path.unlink()
    assert bench.music.piece(LEVEL, "first_light") == first
    assert bench.music.piece(replace(LEVEL, name="other", seed=0), "other") != first


def test_a_damaged_cache_is_composed_again(bench: Bench) -> None:
    first = bench.music.piece(LEVEL, "first_light")
    (path,) = bench.cache.iterdir()
    path.write_bytes(b"{")
    assert bench.music.piece(LEVEL, "first_light") == first


def test_a_cache_that_cannot_be_written_is_no_trouble(bench: Bench) -> None:
    bench.cache.write_text("a file where the folder should be")
    assert bench.music.piece(LEVEL, "first_light").bars == 32


def test_a_harder_level_has_a_denser_piece(bench: Bench) -> None:
    easy = bench.music.piece(replace(LEVEL, difficulty=1), "x")
    hard = bench.music.piece(replace(LEVEL, difficulty=5), "x")
    assert hard.origin["energy"] > easy.origin["energy"]


def test_the_file_names_a_piece(bench: Bench) -> None:
    name = bench.add(1, "Dawn")
    assert bench.music.piece(replace(LEVEL, music=name), "first_light").title == "Dawn"
    assert bench.music.piece(replace(LEVEL, music="nowhere"), "first_light").origin["seed"] == seed_of(LEVEL)


def test_what_the_player_chose_counts_first(bench: Bench) -> None:
    named, chosen = bench.add(1, "Dawn"), bench.add(2, "Dusk")
    bench.choices.set("first_light", chosen)
    level = replace(LEVEL, music=named)
    assert bench.music.piece(level, "first_light").title == "Dusk"
    assert bench.music.piece(level, "other").title == "Dawn"
    bench.library.delete(chosen)
    assert bench.music.piece(level, "first_light").title == "Dawn"


def test_a_copy_is_never_played(bench: Bench) -> None:
    seen: list[int] = []

    def refuse(piece: Piece) -> None:
        seen.append(piece.origin["seed"])
        if len(seen) < 3:
            raise CopyRefused("too close")

    bench.refuse = refuse
    assert bench.music.piece(LEVEL, "first_light").origin["seed"] == seed_of(LEVEL) + 2
    assert seen == [seed_of(LEVEL) + n for n in range(3)]


def test_if_everything_is_a_copy_it_says_so(bench: Bench) -> None:
    def refuse(piece: Piece) -> None:
        raise CopyRefused("too close")

    bench.refuse = refuse
    with pytest.raises(CopyRefused):
        bench.music.piece(LEVEL, "first_light")


def ship(folder: Path, name: str, mood: str, seed: int = 1) -> None:
    folder.mkdir(exist_ok=True)
    piece = compose(SET, seed=seed, mood=mood, bars=8, title=name).piece
    (folder / f"{name}.piece.json").write_text(piece_to_json(piece), encoding="utf-8")


def test_without_generators_a_shipped_piece_of_the_mood_stands_in(tmp_path: Path) -> None:
    ship(tmp_path / "shipped", "gloom", "dark")
    ship(tmp_path / "shipped", "sun", "bright")
    bench = Bench(tmp_path, generators=False)
    for mood in ("dark", "bright"):
        level = next(
            level for n in range(50) if mood_of(level := replace(LEVEL, name=f"level-{n}", mood=mood)) == mood
        )
        assert bench.music.piece(level, "x").origin["mood"] == mood


def test_without_anything_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(MusicError, match="expected generators or shipped pieces, found neither"):
        Bench(tmp_path, generators=False).music.piece(LEVEL, "first_light")


def test_the_menu_has_the_shipped_piece_else_one_composed(tmp_path: Path) -> None:
    assert Bench(tmp_path).music.menu().origin["mood"] == "heroic"
    ship(tmp_path / "shipped", "menu", "calm")
    assert Bench(tmp_path).music.menu().title == "menu"


# PieceChoices


def test_choices_survive_a_restart(tmp_path: Path) -> None:
    choices = PieceChoices(tmp_path / "music" / "levels.json")
    choices.set("first_light", "dawn")
    choices.set("user/mine", "dawn")
    choices.set("foundry", "dusk")
    choices.set("foundry", "")
    again = PieceChoices(choices.path)
    assert [again.get(item) for item in ("first_light", "user/mine", "foundry")] == ["dawn", "dawn", ""]
    assert again.levels_of("dawn") == ["first_light", "user/mine"]
    assert again.messages == []


@pytest.mark.parametrize(
    "damage", [b"", b"[]", b"{}", b'{"levels": {"a": 1}}', b"\xff", b'{"levels": []}', b" " * 2_000_000]
)
def test_damaged_choices_are_set_aside(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "levels.json"
    path.write_bytes(damage)
    choices = PieceChoices(path)
    assert choices.get("first_light") == ""
    assert len(choices.messages) == 1
    (kept,) = tmp_path.glob("levels.damaged-*.json")
    assert kept.read_bytes() == damage
    choices.set("first_light", "dawn")
    assert PieceChoices(path).get("first_light") == "dawn"


def test_choices_that_cannot_be_read_are_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "levels.json"
    PieceChoices(path).set("foundry", "dusk")
    before = path.read_bytes()

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refused)
        choices = PieceChoices(path)
        (told,) = choices.messages
        assert "Permission denied" in told
        assert told.endswith("the file is left unchanged")
        with pytest.raises(OSError, match="is left unchanged"):
            choices.set("first_light", "dawn")
        assert choices.messages == [told]
    assert path.read_bytes() == before
    choices.set("first_light", "dawn")  # it can be read again
    again = PieceChoices(path)
    assert [again.get(item) for item in ("foundry", "first_light")] == ["dusk", "dawn"]


def test_a_choice_that_cannot_be_saved_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "music").write_text("a file")
    choices = PieceChoices(tmp_path / "music" / "levels.json")
    with pytest.raises(OSError, match=r"levels\.json|music"):
        choices.set("first_light", "dawn")
    assert choices.get("first_light") == ""


def test_a_lone_surrogate_in_the_choices_is_read_cleaned_and_saved(tmp_path: Path) -> None:
    path = tmp_path / "levels.json"
    path.write_bytes(rb'{"levels": {"foundry": "afterglow", "\ud800": "y"}}')
    choices = PieceChoices(path)
    assert choices.messages == []
    assert choices.get("foundry") == "afterglow"
    choices.set("caf\udce9", "undertow")
    again = PieceChoices(path)
    assert again.get("caf\udce9") == "undertow"
    assert again.get("foundry") == "afterglow"
    assert again.messages == []
