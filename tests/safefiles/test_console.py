"""What every command shares: exit codes, one line for every end, and output that never acts on the terminal."""

import errno
import io
from pathlib import Path
from typing import Annotated

import pytest
import typer
import typer.main
from rich.console import Console
from rich.progress import Progress
from typer.testing import CliRunner

from safefiles import console
from safefiles.console import clean_exit, command_group, echo, exit_line, fail
from safefiles.errors import FileRefused, Refused, WorkFailed
from safefiles.extras import MissingExtra
from tests.contracts.tree import ROOT, run_python

HOSTILE = "\x1b]0;title\x07\x1b[2J[red]bold[/red]\nsecond line\u202e"
CLEAN = r"\x1b]0;title\x07\x1b[2J[red]bold[/red] second line" + "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (Refused("bars: expected 8, found 7"), 2, "bars: expected 8, found 7"),
        (FileRefused("a.mid: expected notes"), 2, "a.mid: expected notes"),
        (WorkFailed("replay: differs"), 1, "replay: differs"),
        (MissingExtra("this needs torch"), 2, "this needs torch"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (FileNotFoundError(errno.ENOENT, "No such file", "a.csv"), 2, "a.csv: No such file"),
        (
            IsADirectoryError(errno.EISDIR, "Is a directory", b"\xff.csv"),
            2,
            "\N{REPLACEMENT CHARACTER}.csv: Is a directory",
        ),
        (OSError(errno.ENOSPC, "No space left on device", "b.json"), 1, "b.json: No space left on device"),
        (MemoryError("Unable to allocate 1.46 GiB"), 1, "memory: expected enough for this, found too little"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_end_has_its_code_and_its_line(error: BaseException, code: int, line: str) -> None:
    found = exit_line(error)
    assert found is not None
    assert found[1] == code
    assert found[0].startswith(line)


def test_a_module_of_an_extra_that_is_missing_is_bad_input_wherever_it_is_imported() -> None:
    found = exit_line(ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn"))
    assert found is not None
    assert found[0].startswith("this needs torch, which is not installed: pip install ")
    assert found[1] == 2


@pytest.mark.parametrize(
    "error", [ZeroDivisionError("x"), ValueError("x"), ModuleNotFoundError(name="nobodys")]
)
def test_what_nobody_foresaw_is_not_hidden(error: Exception) -> None:
    assert exit_line(error) is None
    app = command_group("tool", "A tool.")

    @app.command()
    @clean_exit
    def work() -> None:
        raise error

    @app.command()
    def other() -> None:
        pass

    assert type(CliRunner().invoke(app, ["work"]).exception) is type(error)


def tool() -> typer.Typer:
    app = command_group("tool", "A tool.")

    @app.command()
    @clean_exit
    def work(count: int = 1) -> None:
        if count == 2:
            fail("count: expected 1, found 2")
        if count == 3:
            raise WorkFailed("count: 3 did not work")
        if count == 4:
            raise KeyboardInterrupt
        echo(f"done {count}")

    @app.command()
    @clean_exit
    def other() -> None:
        pass

    return app


@pytest.mark.parametrize("host", [False, True], ids=["alone", "mounted"])
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 0, "Usage: "),
        (["-h"], 0, "Usage: "),
        (["work", "-h"], 0, "--count"),
        (["work"], 0, "done 1"),
        (["work", "--count", "2"], 2, "error: count: expected 1, found 2\n"),
        (["work", "--count", "3"], 1, "error: count: 3 did not work\n"),
        (["work", "--count", "4"], 130, "error: interrupted\n"),
    ],
)
def test_a_group_ends_the_same_way_alone_and_mounted(
    host: bool, arguments: list[str], code: int, told: str
) -> None:
    app = tool()
    if host:
        outer = typer.Typer()
        outer.add_typer(app, name="tool")
        outer.command("x")(lambda: None)
        app, arguments = outer, ["tool", *arguments]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code
    assert told in result.output


@pytest.mark.parametrize(
    "arguments", [["fly"], ["work", "--no-such"], ["work", "--count", "many"], ["work", "extra"]]
)
def test_a_usage_error_is_one_line(arguments: list[str]) -> None:
    result = CliRunner().invoke(tool(), arguments)
    assert result.exit_code == 2
    assert result.output.startswith("error: ")
    assert result.output.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--share", "0"], "--share: expected at least 1, found '0'"),
        (["--share=99"], "--share: expected at most 9, found '99'"),
        (["--share", "many"], "--share: expected a whole number, found 'many'"),
        (["--rate", "half"], "--rate: expected a number, found 'half'"),
    ],
)
def test_a_wrong_number_is_told_as_any_other_refusal(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = tool()

    @app.command()
    def sized(share: Annotated[int, typer.Option(min=1, max=9)] = 1, rate: float = 1.0) -> None:
        raise AssertionError(share, rate)

    group = typer.main.get_command(app)
    assert isinstance(group, console.Group)
    assert group.run(["sized", *arguments]) == 2
    said = capsys.readouterr().err
    assert said == f"error: {told}\n"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("Invalid value for '--n': 0 is not in the range 1<=x<=9.", "--n: expected 1 to 9, found '0'"),
        (
            "Invalid value for '--n' / '-n': 'x' is not a valid integer.",
            "--n: expected a whole number, found '0'",
        ),
        ("Invalid value for '--n': 'x' is not a valid float.", "--n: expected a number, found '0'"),
        ("No such option: --n", "No such option: --n"),
        ("Invalid value for '--n': no such colour", "Invalid value for '--n': no such colour"),
    ],
)
def test_the_words_of_other_versions_of_typer(message: str, told: str) -> None:
    assert console._in_our_words(message, ["work", "--n", "0"]) == told


def test_nothing_that_is_printed_acts(capsys: pytest.CaptureFixture[str]) -> None:
    echo(HOSTILE)
    echo(HOSTILE, err=True)
    console.print_error(HOSTILE)
    captured = capsys.readouterr()
    assert captured.out == CLEAN + "\n"
    assert captured.err == f"{CLEAN}\nerror: {CLEAN}\n"


def test_cells_of_tables_and_labels_of_bars_are_clean_and_no_markup() -> None:
    stream = io.StringIO()
    screen = Console(file=stream, force_terminal=True, width=300, color_system=None)
    screen.print(
        console.make_table([HOSTILE, "b"], [[HOSTILE, 7]], title=HOSTILE, caption=HOSTILE, right=True)
    )
    assert stream.getvalue().count(CLEAN) == 4
    assert "\x1b]0" not in stream.getvalue()
    label = console.ProgressLabel(200)
    bar = Progress(label)
    bar.add_task(HOSTILE)
    (task,) = bar.tasks
    assert label.render(task).plain == CLEAN


def test_files_and_plugins_do_without_the_terminal_libraries(tmp_path: Path) -> None:
    program = (
        "import sys, safefiles, safefiles.extras, safefiles.foreign, recommender.advisor.engine, agents.runtime\n"
        "sys.exit(bool({'typer', 'rich', 'click'} & {name.partition('.')[0] for name in sys.modules}))"
    )
    assert run_python("-c", program, cwd=tmp_path, PYTHONPATH=str(ROOT)).returncode == 0
