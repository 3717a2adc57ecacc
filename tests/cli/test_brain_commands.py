"""`bankshot agents brains`: the folder of brains is changed by one command, whole or not at all, and never by accident."""

import hashlib
import json
from pathlib import Path

import pytest

from agents.card_text import card_markdown
from agents.contract import Card
from game.cli.root import run
from game.match.brain_folder import add_brain, read_brain_facts
from game.match.brain_library import SHIPPED_FOLDER
from tests.agents.helpers import brain_bytes, paddle_contract

Captured = pytest.CaptureFixture[str]
HUNTER, SNIPER = (SHIPPED_FOLDER / name / "brain.onnx" for name in ("hunter", "sniper"))


@pytest.fixture
def brains(user_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, with nothing in it; models are not run in a child process first."""
    monkeypatch.setattr("agents.runtime.smoke_once", lambda *_, **__: None)
    return user_dir / "brains"


def _brains(*arguments: object) -> int:
    return run(["agents", "brains", *map(str, arguments)])


def test_a_brain_is_added_listed_and_removed(brains: Path, tmp_path: Path, capsys: Captured) -> None:
    assert _brains("add", HUNTER, "--name", "mine") == 0
    assert "mine is in " in capsys.readouterr().out
    assert (brains / "mine.onnx").read_bytes() == HUNTER.read_bytes()
    file = tmp_path / "list.json"
    assert _brains("list", "--json", file) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "yours" in lines["mine"]
    assert "shipped" in lines["hunter"]
    for word in ("Hunter", "game:Bankshot/Arena-v0", "1,175,875", "  chaser 76 %, marksman 59 %"):
        assert word in lines["hunter"]
    assert lines["hunter"].endswith("59 %"), "the panel is for the card"
    facts = {fact["name"]: fact for fact in json.loads(file.read_text())["brains"]}
    assert facts["mine"]["sha256"] == facts["hunter"]["sha256"]
    assert facts["mine"]["card"]["title"] == "Hunter"
    assert _brains("remove", "mine", "--yes") == 0
    assert not list(brains.iterdir())


def test_a_name_is_the_files_or_its_folders(brains: Path, tmp_path: Path, capsys: Captured) -> None:
    copy = tmp_path / "rookie.onnx"
    copy.write_bytes(HUNTER.read_bytes())
    assert _brains("add", copy) == 0
    assert _brains("add", HUNTER) == 0
    assert "user/hunter is in " in capsys.readouterr().out, "the game has a hunter"
    assert sorted(path.name for path in brains.iterdir()) == ["hunter.onnx", "rookie.onnx"]


def test_nothing_is_overwritten_unless_asked(brains: Path, capsys: Captured) -> None:
    assert _brains("add", HUNTER, "--name", "mine") == 0
    assert _brains("add", SNIPER, "--name", "mine") == 2
    assert "mine.onnx is there; give another name, or --replace" in capsys.readouterr().err
    assert (brains / "mine.onnx").read_bytes() == HUNTER.read_bytes()
    assert _brains("add", SNIPER, "--name", "mine", "--replace") == 0
    assert (brains / "mine.onnx").read_bytes() == SNIPER.read_bytes()
    (brains / "two").mkdir()
    (brains / "two" / "brain.onnx").write_bytes(HUNTER.read_bytes())
    assert _brains("add", SNIPER, "--name", "two") == 2
    assert _brains("add", SNIPER, "--name", "two", "--replace") == 0
    assert (brains / "two" / "brain.onnx").read_bytes() == SNIPER.read_bytes()
    assert not (brains / "two.onnx").exists()


def test_what_cannot_play_here_is_not_added(brains: Path, tmp_path: Path, capsys: Captured) -> None:
    other, damaged = tmp_path / "paddle.onnx", tmp_path / "damaged.onnx"
    other.write_bytes(brain_bytes())
    damaged.write_bytes(HUNTER.read_bytes()[:-5000])
    for arguments, message in (
        ((other,), "expected observation slot"),
        ((damaged,), "damaged.onnx"),
        ((HUNTER, "--name", "../out"), "--name: expected letters, figures"),
        ((HUNTER, "--name", ""), "--name: expected letters, figures"),
    ):
        assert _brains("add", *arguments) == 2
        error = capsys.readouterr().err
        assert message in error
        assert error.count("\n") == 1
    assert not brains.exists() or not list(brains.iterdir())


def test_a_file_that_changes_while_it_is_checked_is_not_added(
    brains: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy.onnx"
    copy.write_bytes(HUNTER.read_bytes())
    monkeypatch.setattr("agents.runtime.smoke_once", lambda *_, **__: copy.write_bytes(SNIPER.read_bytes()))
    with pytest.raises(ValueError, match="found it changed meanwhile"):
        add_brain(copy, brains, tmp_path / "cache")


def test_only_ones_own_are_removed_and_only_after_a_yes(brains: Path, capsys: Captured) -> None:
    assert _brains("add", HUNTER) == 0
    capsys.readouterr()
    for name in ("hunter", "chaser", "nobody"):
        assert _brains("remove", name, "--yes") == 2
        assert "expected one of your own (user/hunter)" in capsys.readouterr().err
    assert _brains("remove", "user/hunter") == 2
    assert "--yes: expected this option, as there is no terminal" in capsys.readouterr().err
    assert (brains / "hunter.onnx").exists()
    assert HUNTER.exists()
    (brains / "junk.onnx").write_bytes(b"junk")
    assert _brains("remove", "junk", "--yes") == 0, "a broken one too"
    (brains / "two").mkdir()
    (brains / "two" / "brain.onnx").write_bytes(HUNTER.read_bytes())
    (brains / "two" / "notes.txt").write_text("kept")
    assert _brains("remove", "two", "--yes") == 0
    assert [path.name for path in (brains / "two").iterdir()] == ["notes.txt"]


def test_a_card_is_markdown(brains: Path, tmp_path: Path, capsys: Captured) -> None:
    assert _brains("card", "sniper") == 0
    text = capsys.readouterr().out
    assert text.startswith("# Sniper\n")
    for part in ("| licence | MIT |", "## Evaluation", "| chaser | ", "## Recipe", "```toml\n"):
        assert part in text
    file = tmp_path / "sniper.md"
    assert _brains("card", str(SNIPER), "--out", file) == 0
    assert "| name | sniper |" in file.read_text(encoding="utf-8")
    assert "[eval]" in file.read_text(encoding="utf-8")


def test_a_card_tells_what_was_measured_of_a_brain_that_ships(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    sniper = hashlib.sha256(SNIPER.read_bytes()).hexdigest()
    steps = {name: {"delay": 4, "temperature": 0.7, "rating": 31.25} for name in ("rookie", "ace")}
    team = {"share": 0.515, "low": 0.46, "high": 0.57, "matches": 240}
    seen = {"distance": 7.25, "bank_share": 0.5, "hits": 9.0, "specials": 3.0}
    row = {"difficulties": steps, "objectives": {"collect": team}, "telltale": seen}
    monkeypatch.setattr("game.cli.brain_commands.measured_strengths", lambda: {sniper: row})
    assert _brains("card", "sniper") == 0
    text = capsys.readouterr().out
    for part in (
        "| ace | 4 | 0.7 | 31.2 |",
        "| collect | 51.5 % | 46.0 % to 57.0 % | 240 |",
        "7.2 tiles from its enemy, 50 % of its hits banked, 9.0 hits and 3.0 specials a minute",
    ):
        assert part in text
    assert _brains("card", "guardian") == 0
    assert "In this game" not in capsys.readouterr().out


def test_a_cards_texts_stay_in_their_place() -> None:
    """A stranger's card neither ends a table or a fence nor brings tags, links or pictures from elsewhere."""
    card = Card(
        title="<b>x</b>\n# y", licence="a | b", recipe="a = 1\n```\n# not a heading of ours\n````\n",
        notes="![pixel](http://example.invalid/x.png) \\[y](z)",
        evaluation=[{"opponent": "c|d", "win_rate": "often"}, {"measure": "return", "mean_return": 3.0}],
    )  # fmt: skip
    lines = card_markdown(card, paddle_contract(), "0" * 64, 10).splitlines()
    assert lines[0] == "# &lt;b>x&lt;/b> # y"
    assert r"Notes: !\[pixel](http://example.invalid/x.png) \\\[y](z)" in lines
    assert "| licence | a \\| b |" in lines
    assert "| c\\|d | ? | ? | ? to ? | ? | ? | ? |" in lines
    assert "| 3.00 | ? to ? | ? |" in lines
    assert [line for line in lines if line.startswith("`````")] == ["`````toml", "`````"]


def test_watch_takes_the_same_names(brains: Path, capsys: Captured) -> None:
    assert _brains("add", HUNTER, "--name", "mine") == 0
    assert run(["watch", "--brains", "mine,user/mine,hunter", "--seconds", "0.1", "--mute"]) == 0
    assert run(["watch", "--brains", "gone", "--seconds", "0.1", "--mute"]) == 2
    assert "mine" in capsys.readouterr().err


def test_facts_are_those_of_the_file() -> None:
    facts = read_brain_facts(HUNTER)
    assert (facts.size, facts.card.title) == (HUNTER.stat().st_size, "Hunter")
