"""Every help page says all that a person needs: texts, units, defaults, the values of an enumeration, examples that run."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
import typer.main

from game.cli import completion, reference
from game.cli.root import app, run
from game.core import rules
from game.core.bots.table import BOT_NAMES
from game.core.levels.catalogue import BUILTIN_FOLDER
from game.core.levels.families import FAMILIES
from game.match.brain_library import BrainLibrary
from game.match.difficulty import DEFAULT_DIFFICULTY, DIFFICULTY_IDS
from music.commands.learning import COLLECTIONS
from music.composer.moods import MOODS
from music.corpus import sources
from music.synth.timbres import TIMBRES
from music.vocabulary import STYLES
from recommender.evaluation.protocols import PROTOCOLS
from recommender.evaluation.simulated_players import KINDS as TASTES
from recommender.store.exchange import KINDS
from safefiles.console import choice, command_group, examples
from safefiles.help_pages import Parameter, examples_of, parameters
from safefiles.messages import LANGUAGES
from tests.contracts.test_commands import TREE
from tests.contracts.tree import ROOT

Captured = pytest.CaptureFixture[str]
LEAVES = {way: command for way, command in TREE.items() if not hasattr(command, "list_commands") or not way}
REFERENCE = {row.words: row for row in reference.commands()}
ENUMERATIONS = (
    LANGUAGES, DIFFICULTY_IDS, [each.name for each in rules.TANK_CLASSES], rules.OBJECTIVE_NAMES, FAMILIES, MOODS,
    STYLES, TIMBRES, PROTOCOLS, TASTES, KINDS, COLLECTIONS, ("bash", "zsh", "fish"), ("text", "github"),
)  # fmt: skip
UNITS = re.compile(
    r"bars|chance|difficulty in points|GiB|items|levels|logits|matches|number|pairs|personas|pixels|players|samples|seconds|"
    r"\bseed|share|stages|stars|suggestions|threads|trials|windows",
    re.IGNORECASE,
)
NUMBER = re.compile(r" (?:N|X|SECONDS|POINTS|GIB|LOW HIGH)$")


def faults(command: Any) -> list[str]:
    """What the help page of a command leaves out."""
    found = [] if examples_of(command) else ["no example"]
    for row in parameters(command):
        found += [f"{row.name}: no text"] if not row.meaning else []
        found += [f"{row.name}: no default"] if not (row.default or row.required or is_switch(row)) else []
        number = not row.positional and NUMBER.search(row.names)
        found += [f"{row.name}: no unit"] if number and not UNITS.search(row.meaning) else []
        found += [f"{row.name}: enumeration as text" for names in ENUMERATIONS if is_text_of(row, names)]
    return found


def is_switch(row: Parameter) -> bool:
    return not row.positional and " " not in row.names


def is_text_of(row: Parameter, names: Any) -> bool:
    """Whether two of these names stand in the text of a parameter that takes any value."""
    words = re.findall(r"[\w-]+", row.meaning)
    free = not row.positional and not row.choices and not row.names.endswith(("FILE", "FOLDER"))
    return free and not is_switch(row) and len({*names} & {*words}) > 1


@pytest.mark.parametrize("way", LEAVES, ids=lambda way: " ".join(way) or "bankshot")
def test_a_help_page_is_whole(way: tuple[str, ...]) -> None:
    assert faults(LEAVES[way]) == []


def test_a_page_that_leaves_things_out_is_noticed() -> None:
    group = command_group("demo", "A demo.")

    @group.command()
    def bare(
        count: Annotated[int, typer.Option(help="How much.")] = 3,
        mood: Annotated[str, typer.Option(help="calm, dreamy or bright.")] = "calm",
        out: Annotated[Path | None, typer.Option()] = None,
        strict: Annotated[bool, typer.Option("--strict", help="More strictly.")] = False,
    ) -> None:
        """Do nothing."""

    @group.command()
    @examples("--count 3 --mood calm")
    def full(
        count: Annotated[int, typer.Option(help="How many matches.")] = 3,
        mood: Annotated[str, choice(("calm", "dreamy"), "Of the music.", word="MOOD")] = "calm",
        out: Annotated[Path | None, typer.Option(help="A file.", show_default="none")] = None,
    ) -> None:
        """Do nothing."""

    made = typer.main.get_command(group).commands  # type: ignore[attr-defined]
    assert faults(made["bare"]) == [
        "no example", "count: no unit", "mood: enumeration as text", "out: no text", "out: no default",
    ]  # fmt: skip
    assert faults(made["full"]) == []


@pytest.mark.parametrize("way", LEAVES, ids=lambda way: " ".join(way) or "bankshot")
def test_a_page_shows_what_the_reference_has(way: tuple[str, ...], capsys: Captured) -> None:
    assert run([*way, "-h"]) == 0
    page = " ".join(capsys.readouterr().out.replace("...", "…").split())
    words = " ".join(("bankshot", *way))
    row = REFERENCE[words]
    assert f"Usage: {words} [OPTIONS]" in page
    for each in row.parameters:
        assert f"{each.names} {' '.join(each.line.split())}" in page
    assert page.endswith(f"Examples: {' '.join(row.examples)}")


def pieces(command: Any) -> Iterator[str]:
    yield from getattr(command.callback, "examples", ())
    yield from getattr(command.callback, "filled_examples", ())


@pytest.mark.parametrize("way", [way for way in LEAVES if way], ids=" ".join)
def test_each_example_is_understood(
    way: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RECOMMENDER_STORE", "songs.sqlite")  # for those where the game fills it in
    for line in dict.fromkeys(pieces(LEAVES[way])):
        LEAVES[way].make_context(way[-1], shlex.split(line)).close()


def test_examples_that_need_no_file_run(
    user_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    quick = (
        "levels list", "levels check", "levels new", "levels repair", "levels export", "levels render", "agents recipes",
        "agents brains list", "agents brains card", "recommender recommend", "recommender explain", "recommender import",
        "recommender export",
    )  # fmt: skip
    (tmp_path / "ratings.csv").write_text("player,item,stars\nlocal,foundry,5\n", encoding="utf-8")
    shown = {row.words.removeprefix("bankshot "): row.examples for row in REFERENCE.values()}
    for words in quick:
        assert run(shlex.split(shown[words][0])[1:]) == 0, (words, capsys.readouterr().err)
    made = {path.name for path in tmp_path.iterdir()} - {"ratings.csv"}
    assert made == {
        "my_arena",
        "maps",
        "foundry.png",
        "export.json",
    }  # in a starter map there is nothing to repair


@pytest.mark.parametrize("way", [way for way in LEAVES if way], ids=" ".join)
def test_a_value_that_is_no_choice_or_no_number_is_one_line_and_2(
    way: tuple[str, ...], user_dir: Path, capsys: Captured
) -> None:
    for row in parameters(LEAVES[way]):
        option = row.names.split(" ")[0]
        if row.choices:
            values, expected = ["nowhere"], f"{', '.join(row.choices[:-1])} or {row.choices[-1]}"
        elif not row.positional and row.names.endswith((" N", " X")):
            values, expected = ["nowhere"], "a whole number" if row.names.endswith("N") else "a number"
        else:
            continue
        assert run([*way, option, *values]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"error: {option}: expected {expected}, found 'nowhere'"), error
        assert error.count("\n") == 1


def test_a_default_that_is_told_in_words_is_the_one_that_is_taken() -> None:
    (row,) = (row for row in parameters(LEAVES["levels", "generate"]) if row.name == "difficulty")
    assert row.default == DEFAULT_DIFFICULTY


def test_the_collections_of_the_command_are_those_of_the_corpus() -> None:
    assert {*COLLECTIONS} == {*sources.COLLECTIONS} - {"own"}  # which --midi names


def completed(line: str, user_dir: Path) -> tuple[list[str], list[str]]:
    """What bash is offered for the last word of a line, and the heavy modules that were loaded for it."""
    words = line.split(" ")
    code = (
        "import sys, game.cli.root as root\n"
        "try: root.run([])\n"
        "except SystemExit: pass\n"
        "print([n for n in ('numba', 'torch', 'pygame', 'onnxruntime') if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ, "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1), "_BANKSHOT_COMPLETE": "complete_bash",
            "BANKSHOT_USER_DIR": str(user_dir), "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    return done.stdout.split(), done.stderr.splitlines()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("bankshot levels re", ["render", "repair"]),
        ("bankshot play --difficulty r", ["rookie", "regular"]),
        ("bankshot watch foundry --brains hunter,s", ["hunter,sniper", "hunter,strafer"]),
        ("bankshot agents evaluate h", ["hunter"]),
    ],
)
def test_the_shell_completes(line: str, offered: list[str], user_dir: Path) -> None:
    found, heavy = completed(line, user_dir)
    assert sorted(found) == sorted(offered)
    assert heavy == ["[]"]
    assert not list(user_dir.iterdir())


def test_completion_knows_each_level_and_brain(user_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANKSHOT_USER_DIR", str(user_dir))
    for name in ("levels/mine.tmj", "levels/drawn.TMX", "levels/notes.txt", "brains/rival.onnx"):
        (user_dir / name).parent.mkdir(exist_ok=True)
        (user_dir / name).touch()
    levels = {*completion.level_names(""), *completion.GROUPS}
    assert {path.stem for path in BUILTIN_FOLDER.glob("*.tmj")} | {"mine", "drawn"} == levels - {
        *completion.GROUPS
    }
    shipped = [entry.name for entry in BrainLibrary(user_dir / "none").entries()]
    assert sorted(completion.brain_names("")) == sorted([*shipped, "rival"])
    assert {*BOT_NAMES} < {*shipped}
    assert completion.brain_names("chaser,ri") == ["chaser,rival"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_completion_of_a_shell_is_printed(shell: str, capsys: Captured) -> None:
    assert run(["--show-completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_BANKSHOT_COMPLETE" in script
    assert "bankshot" in script


def test_the_completion_is_installed_where_the_shell_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run(["--install-completion", "bash"]) == 0
    assert "completes `bankshot`" in capsys.readouterr().out
    assert ".bash_completions/bankshot.sh" in (tmp_path / ".bashrc").read_text(encoding="utf-8")
    script = tmp_path / ".bash_completions" / "bankshot.sh"
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_the_pages_of_a_plugin_alone_name_the_command_that_runs_it() -> None:
    for plugin in ("agents", "music", "recommender"):
        done = subprocess.run(
            [sys.executable, "-m", plugin, "-h"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith(f"Usage: python -m {plugin} [OPTIONS] COMMAND ...")


def test_the_tree_is_the_one_that_runs() -> None:
    assert {*TREE} >= {("levels", "check"), ("agents", "league", "new"), ()}
    assert typer.main.get_command(app).name == "bankshot"
