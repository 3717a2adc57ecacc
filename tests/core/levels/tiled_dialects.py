"""Each built-in level in every dialect that Tiled writes, written by a real Tiled, is still the same level.

    python -m tests.core.levels.tiled_dialects            # all of them, as a table; needs Debian's package `tiled`

Where Tiled's command line cannot make a dialect (infinite maps, compressed layers, templates), a file of that kind is made
here and Tiled opens and saves it.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from game.core.levels.catalogue import BUILTIN_FOLDER
from game.core.levels.model import Level
from game.core.levels.problems import LevelError
from game.core.levels.tileset.sheet import tileset_json
from game.core.levels.tmj import read_level
from tests.core.levels.packing import packed

TILED: Final = shutil.which("tiled")
MOVED: Final = -5, 20  # tiles
CHUNK: Final = 16  # tiles
FACTS: Final = (
    *("digest", "title", "roster", "author", "licence", "mood"),
    *("music", "difficulty", "seed", "family"),
)
Map = dict[str, Any]
Prepare = Callable[[Map, Path], None]


def tiled(folder: Path, *arguments: str) -> None:
    """Run Tiled in a folder, without a window and with settings of its own. Raises CalledProcessError."""
    assert TILED is not None
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(folder)}
    done = subprocess.run(
        [TILED, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, arguments, done.stdout, done.stderr)


def same(one: Level, other: Level) -> bool:
    """Tell whether two levels are the same game for players: arena, roster, titles and the rest of their facts."""
    return all(getattr(one, name) == getattr(other, name) for name in FACTS)


def plain(_data: Map, _folder: Path) -> None:
    """As the game writes it."""


def own_tileset(data: Map, _folder: Path) -> None:
    """The tileset as `.tsx`, which Tiled has written."""
    data["tilesets"] = [{"firstgid": 1, "source": "own.tsx"}]


def compressed(way: str) -> Prepare:
    """Layers as base64, compressed."""

    def prepare(data: Map, _folder: Path) -> None:
        for layer in data["layers"]:
            if layer["type"] == "tilelayer":
                layer |= {"encoding": "base64", "compression": way, "data": packed(layer["data"], way)}

    return prepare


def infinite(data: Map, _folder: Path) -> None:
    """An infinite map whose content lies elsewhere, in chunks."""
    dx, dy = MOVED
    data["infinite"] = True
    for layer in data["layers"]:
        for item in layer.get("objects", ()):
            item["x"] += dx * data["tilewidth"]
            item["y"] += dy * data["tileheight"]
        if layer["type"] == "tilelayer":
            layer["chunks"] = _chunks(layer.pop("data"), layer["width"], dx, dy)
            layer |= {"startx": dx, "starty": dy}


def _chunks(cells: Sequence[int], width: int, dx: int, dy: int) -> list[Map]:
    at = {(n % width + dx, n // width + dy): gid for n, gid in enumerate(cells)}
    corners = sorted({(x // CHUNK * CHUNK, y // CHUNK * CHUNK) for x, y in at})
    side = range(CHUNK)
    return [
        {
            "x": left,
            "y": top,
            "width": CHUNK,
            "height": CHUNK,
            "data": [at.get((left + x, top + y), 0) for y in side for x in side],
        }
        for left, top in corners
    ]


def templates(data: Map, folder: Path) -> None:
    """Every object as an instance of a template that has its tile and its properties."""
    made: dict[str, str] = {}
    for layer in data["layers"]:
        for item in layer.get("objects", ()):
            own = {key: item.pop(key) for key in ("gid", "width", "height", "properties") if key in item}
            text = json.dumps(own, sort_keys=True)
            if text not in made:
                made[text] = f"o{len(made)}.tx"
                (folder / made[text]).write_text(_template(own), encoding="utf-8")
            item["template"] = made[text]
            for key in ("name", "type", "rotation", "visible"):
                item.pop(key, None)


def _template(own: Map) -> str:
    rows = "".join(
        f'<property name="{each["name"]}" type="{each["type"]}" value="{str(each["value"]).lower()}"/>'
        for each in own.get("properties", ())
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<template>\n <tileset firstgid="1" source="bankshot.tsj"/>\n'
        f' <object gid="{own["gid"]}" width="{own["width"]}" height="{own["height"]}">'
        f"<properties>{rows}</properties></object>\n</template>\n"
    )


DIALECTS: Final[dict[str, tuple[Prepare, str, tuple[str, ...]]]] = {
    ".tmj": (plain, "tmj", ()),
    ".tmx": (plain, "tmx", ()),
    "minimised .tmj": (plain, "tmj", ("--minimize",)),
    "embedded .tmx": (plain, "tmx", ("--embed-tilesets",)),
    "embedded .tmj": (plain, "tmj", ("--embed-tilesets",)),
    "resolved .tmx": (plain, "tmx", ("--resolve-types-and-properties",)),
    "infinite .tmx": (infinite, "tmx", ()),
    "infinite .tmj": (infinite, "tmj", ()),
    "zstd .tmj": (compressed("zstd"), "tmj", ()),
    "zstd .tmx": (compressed("zstd"), "tmx", ()),
    "zlib .tmx": (compressed("zlib"), "tmx", ()),
    "gzip .tmj": (compressed("gzip"), "tmj", ()),
    ".tsx, .tmx": (own_tileset, "tmx", ()),
    ".tsx, .tmj": (own_tileset, "tmj", ()),
    "templates .tmx": (templates, "tmx", ()),
    "templates .tmj": (templates, "tmj", ()),
    "detached .tmx": (templates, "tmx", ("--detach-templates",)),
}
MARKS: Final = {  # what the file that Tiled wrote must hold, or the dialect was not tried
    "infinite .tmx": '<chunk x="',
    "infinite .tmj": '"startx":',
    "zstd .tmj": '"compression":"zstd"',
    "zstd .tmx": 'compression="zstd"',
    "zlib .tmx": 'compression="zlib"',
    ".tsx, .tmx": 'source="own.tsx"',
    ".tsx, .tmj": '"own.tsx"',
    "templates .tmx": 'template="o0.tx"',
    "templates .tmj": '"template":"o0.tx"',
    "embedded .tmx": '<tile id="',
}


def verdict(name: str, dialect: str, folder: Path) -> str:
    """Return "same", or what is wrong with a built-in level in a dialect that Tiled has written into `folder`."""
    prepare, ending, options = DIALECTS[dialect]
    folder.mkdir(parents=True)
    (folder / "bankshot.tsj").write_bytes(tileset_json())
    if prepare is own_tileset:
        tiled(folder, "--export-tileset", "tsx", "bankshot.tsj", "own.tsx")
    original = read_level(BUILTIN_FOLDER / f"{name}.tmj")
    data: Map = json.loads((BUILTIN_FOLDER / f"{name}.tmj").read_bytes())
    data["tilesets"] = [{"firstgid": 1, "source": "bankshot.tsj"}]
    prepare(data, folder)
    (folder / "made.tmj").write_text(json.dumps(data), encoding="utf-8")
    out = folder / f"{name}.{ending}"
    tiled(folder, *options, "--export-map", "tmx" if ending == "tmx" else "json", "made.tmj", out.name)
    if MARKS.get(dialect, "") not in out.read_text(encoding="utf-8"):
        return "Tiled wrote another dialect"
    try:
        again = read_level(out)
    except LevelError as error:
        return str(error).splitlines()[0]
    return "same" if same(original, again) else "another level"


def table(names: Sequence[str], dialects: Sequence[str], folder: Path) -> dict[tuple[str, str], str]:
    """Return the verdict for each level and dialect."""
    pairs = [(name, dialect) for dialect in dialects for name in names]
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda pair: verdict(*pair, folder / f"{pairs.index(pair)}"), pairs)
    return dict(zip(pairs, found, strict=True))


def main() -> int:
    """Print the table; 1 where a level was not the same."""
    if TILED is None:
        print("needs Tiled: Debian's package tiled, or mapeditor.org", file=sys.stderr)
        return 2
    names = sorted(path.stem for path in BUILTIN_FOLDER.glob("*.tmj"))
    with tempfile.TemporaryDirectory() as folder:
        found = table(names, list(DIALECTS), Path(folder))
    print(f"{'dialect':16} same of {len(names)}")
    for dialect in DIALECTS:
        wrong = [f"{name}: {found[name, dialect]}" for name in names if found[name, dialect] != "same"]
        print(f"{dialect:16} {len(names) - len(wrong):4}  {'; '.join(wrong)}"[:400])
    return int(set(found.values()) != {"same"})


if __name__ == "__main__":
    sys.exit(main())
