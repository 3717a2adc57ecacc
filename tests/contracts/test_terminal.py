"""A title that holds terminal escapes or markup is only text, whichever format brings it and whichever command shows it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from game.cli.root import run
from game.core.levels.catalogue import load_level
from game.match.npc import SeatPolicy
from tests.match.matches import HeadlessMatch

HOSTILE = "\x1b]0;owned\x07\x1b[2J[bold red]T[/]\u202e\x9b31m\nerror: no"
Captured = pytest.CaptureFixture[str]


def brain(folder: Path) -> list[list[str]]:
    from agents.contract import Card
    from agents.export import build_model, make_golden, rebuild_policy
    from tests.agents.helpers import paddle_contract, policy_weights, small_recipe

    recipe, contract = small_recipe(), paddle_contract()
    weights = policy_weights(recipe, contract)
    golden = make_golden(rebuild_policy(recipe, contract, weights), contract, None)
    rows = [
        {"opponent": HOSTILE, "levels": HOSTILE, "win_rate": 0.5, "matches": HOSTILE},
        {"win_rate": HOSTILE},
    ]
    card = Card(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        machine=HOSTILE,
        created=HOSTILE,
        evaluation=rows,
    )
    path = folder / f"{HOSTILE.replace('/', '')}.onnx"
    path.write_bytes(build_model(recipe, contract, card, golden, weights))
    return [["agents", "inspect", str(path)], ["agents", "evaluate", str(path), "--opponent", "x"]]


def level(folder: Path) -> list[list[str]]:
    from game.core.levels.starter import starter_files

    for name, data in starter_files("mine").items():
        (folder / name).write_bytes(data)
    table = json.loads((folder / "mine.tmj").read_text(encoding="utf-8"))
    named = {each["name"]: each for each in table.get("properties", [])}
    named["title"] = {"name": "title", "type": "string", "value": HOSTILE}
    named[HOSTILE] = {"name": HOSTILE, "type": "string", "value": HOSTILE}
    table["properties"] = list(named.values())
    table["layers"][0]["name"] = HOSTILE
    (folder / "levels").mkdir()
    for name in ("mine.tsj", *(path.name for path in folder.glob("*.png"))):
        if (folder / name).exists():
            (folder / "levels" / name).write_bytes((folder / name).read_bytes())
    text = json.dumps(table)
    (folder / "mine.tmj").write_text(text, encoding="utf-8")
    (folder / "levels" / f"{HOSTILE.replace('/', '')}.tmj").write_text(text, encoding="utf-8")
    user = ["--user-dir", str(folder)]
    return [
        ["levels", "check", str(folder / "mine.tmj")],
        ["levels", "list", *user],
        ["levels", "check", *user],
    ]


def replay(folder: Path) -> list[list[str]]:
    match = HeadlessMatch(load_level("first_light"), 3)
    match.drive_all(SeatPolicy("idle"))
    recorder = match.record()
    match.run(60)
    path = folder / f"{HOSTILE.replace('/', '')}.bsr"
    path.write_bytes(recorder.data())
    damaged = folder / f"damaged{HOSTILE.replace('/', '')}.bsr"
    damaged.write_bytes(recorder.data()[:-9])
    return [
        ["replay", "verify", str(path)],
        ["replay", "verify", str(damaged)],
        ["replay", "play", str(damaged)],
    ]


def piece(folder: Path) -> list[list[str]]:
    from music.midi.load import midi_to_piece
    from music.piece import piece_to_json
    from tests.music.midi_files import song

    name = HOSTILE.replace("/", "")
    table = json.loads(piece_to_json(midi_to_piece(song(), "a.mid")))
    (folder / f"{name}.piece.json").write_text(json.dumps({**table, "title": HOSTILE}), encoding="utf-8")
    (folder / f"{name}.mid").write_bytes(song())
    files = [str(folder / f"{name}.piece.json"), str(folder / f"{name}.mid")]
    return [["music", "metrics", *files], ["music", "render", files[1], "--wav", str(folder / f"{name}.wav")]]


def items(folder: Path) -> list[list[str]]:
    name = HOSTILE.replace("/", "")
    table = folder / f"{name}.json"
    titles = {"en": HOSTILE, "zh": HOSTILE}
    rows = [
        {"name": f"{HOSTILE}{n}", "titles": titles, "tags": [f"mood:{HOSTILE}"], "numbers": {}}
        for n in range(6)
    ]
    rated = [
        {"player": f"{HOSTILE}{n % 3}", "item": f"{HOSTILE}{n % 6}", "stars": 4, "time": n} for n in range(18)
    ]
    table.write_text(json.dumps({"schema": 1, "items": rows, "ratings": rated}), encoding="utf-8")
    ratings = folder / f"{name}.csv"
    ratings.write_text(f'player,item,stars\n"{HOSTILE}",x,no\n', encoding="utf-8")
    store = ["--store", str(folder / f"{name}.sqlite")]
    return [
        ["recommender", "import", str(table), *store],
        ["recommender", "import", str(ratings), *store, "--skip-bad"],
        ["recommender", "import", str(ratings), *store],
        ["recommender", "recommend", *store, "--player", HOSTILE],
        ["recommender", "explain", f"{HOSTILE}1", *store],
        ["recommender", "explain", HOSTILE, *store],
        ["recommender", "evaluate", str(ratings)],
        ["recommender", "export", str(folder / name), *store],
    ]


def acting(text: str) -> list[str]:
    """Signs that are neither to be seen nor a line end."""
    return sorted({sign for sign in text if not sign.isprintable() and sign != "\n"})


@pytest.mark.parametrize("format_", [brain, level, replay, piece, items], ids=lambda made: made.__name__)
def test_a_hostile_title_does_not_act(
    format_: Callable[[Path], list[list[str]]], tmp_path: Path, capfd: Captured
) -> None:
    for arguments in format_(tmp_path):
        capfd.readouterr()
        run(arguments)
        captured = capfd.readouterr()
        told = captured.out + captured.err
        assert told.strip(), arguments
        assert acting(told) == [], (arguments, told)
        assert "\nerror: no" not in told, (arguments, told)


def test_what_acts_is_noticed() -> None:
    assert acting(f"title {HOSTILE}") == ["\x07", "\x1b", "\x9b", "\u202e"]
