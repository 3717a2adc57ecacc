"""A tileset that cannot be read: without weight where no tile of it is used, else told with level, place and path."""

import json
from pathlib import Path

import pytest

from game.core.levels.problems import ERROR, LevelError
from game.core.levels.tmj import read_level
from tests.core.levels.hostile import Case, Map, sound_map, write_case

SOURCES = {
    "lost": ("lost.tsj", {}, "E027"),
    "Tiled's own of automapping": ("://automap-tiles.tsx", {}, "E027"),
    "elsewhere": ("../../secret.tsj", {}, "E026"),
    "of a name too long": ("x" * 300 + ".tsj", {}, "E027"),
    "broken": ("bad.tsj", {"bad.tsj": b"{"}, "E005"),
    "of a wrong count": ("bad.tsj", {"bad.tsj": b'{"tilecount": -1}'}, "E014"),
    "too large": ("bad.tsj", {"bad.tsj": b" " * (3 << 20)}, "E002"),
    "a folder": (".", {}, "E027"),
}


def written(folder: Path, source: str, beside: dict[str, bytes], *cells: int) -> Path:
    """A level with a second tileset from tile 33 on, some tiles of which lie on the first cells."""
    data = sound_map()
    data["tilesets"].append({"firstgid": 33, "source": source})
    data["layers"][0]["data"][: len(cells)] = cells
    return write_case(Case("canyon", "", "", json.dumps(data).encode(), beside), folder)


@pytest.mark.parametrize(("source", "beside", "code"), SOURCES.values(), ids=SOURCES)
def test_unused_it_is_a_warning(tmp_path: Path, source: str, beside: dict[str, bytes], code: str) -> None:
    level = read_level(written(tmp_path, source, beside))
    (warning,) = level.notes
    assert warning.code == "W112"
    assert str(warning).startswith("W112 canyon.tmj › tilesets[1].source: the tileset ")
    assert len(str(warning)) < 400


@pytest.mark.parametrize(("source", "beside", "code"), SOURCES.values(), ids=SOURCES)
def test_used_it_is_one_error_that_names_the_level(
    tmp_path: Path, source: str, beside: dict[str, bytes], code: str
) -> None:
    with pytest.raises(LevelError) as caught:
        read_level(written(tmp_path, source, beside, 33, 40, 1033))
    (error,) = [problem for problem in caught.value.problems if problem.severity == ERROR]
    assert error.code == code
    assert error.file == "canyon.tmj"
    assert error.where.startswith("bad.tsj" if beside else "tilesets[1].source")


def test_a_lost_one_is_told_with_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(LevelError, match=r"found no such file; looked for .*my/tiles\.tsj"):
        read_level(written(tmp_path, "my/tiles.tsj", {}, 33))


def test_it_ends_where_the_next_tileset_begins(tmp_path: Path) -> None:
    def change(data: Map) -> None:
        data["tilesets"] += [
            {"firstgid": 33, "source": "lost.tsj"},
            {"firstgid": 50, "name": "own", "tilecount": 1, "tiles": [{"id": 0, "type": "wall"}]},
        ]
        data["layers"][0]["data"][0] = 50

    data = sound_map()
    change(data)
    level = read_level(write_case(Case("canyon", "", "", json.dumps(data).encode()), tmp_path))
    assert [problem.code for problem in level.notes] == ["W112"]
    assert level.arena.tiles[0, 0] == 1


def test_an_object_uses_it_too(tmp_path: Path) -> None:
    data = sound_map()
    data["tilesets"].append({"firstgid": 33, "source": "lost.tsj"})
    data["layers"][1]["objects"].append({"id": 9, "gid": 33, "x": 0, "y": 32, "width": 32, "height": 32})
    with pytest.raises(LevelError, match="E027"):
        read_level(write_case(Case("canyon", "", "", json.dumps(data).encode()), tmp_path))


def test_a_folder_that_may_not_be_searched_is_a_lost_tileset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "closed/tiles.tsj", {}, 33)
    stat = Path.stat

    def refusing(self: Path, **options: bool) -> object:
        if self.name == "tiles.tsj":
            raise PermissionError(13, "Permission denied")
        return stat(self, **options)

    monkeypatch.setattr(Path, "stat", refusing)
    with pytest.raises(LevelError, match=r"E027 canyon.tmj .*cannot be read \(Permission denied\)"):
        read_level(path)
