"""A run folder: a stopped and resumed run gives the weights of an uninterrupted one; wrong files are refused."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from music import vocabulary as vo
from music.commands.root import app
from music.corpus.manifest import Manifest
from music.errors import TrainingError
from music.generators import contract as co
from music.generators.energy import measure_energy_scale
from music.generators.files import load_generators
from music.learning import run as run_module
from music.learning import sampling as sampling_module
from music.learning.curve import Curve
from music.learning.evaluation import compare_runs
from music.learning.export import export_run, write_companions
from music.learning.recipe import Recipe, parse_recipe
from music.learning.run import Corpus, Run, read_checkpoint, write_arrays
from music.learning.sampling import choose_sampling
from music.learning.trainer import Trainer
from music.windows import to_bytes
from tests.music.made_windows import made_windows

SMALL = """
steps = 6
rebuild_only = 2
rebuild = 0.2
batch = 8
width = 16
depth = 1
memory = 8
critic_width = 8
encoder_width = 16
"""
TEXT = "seed = 4\n" + "".join(f"[{part}]\n{SMALL}" for part in co.PARTS)


@pytest.fixture(autouse=True)
def few_measures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A curve with one row and a choice of two temperatures: both are tested elsewhere."""
    monkeypatch.setattr(run_module, "MEASURES", 1)
    monkeypatch.setattr(sampling_module, "CHOICE_WINDOWS", 60)
    monkeypatch.setattr(sampling_module, "FIT_WINDOWS", 60)
    monkeypatch.setattr(sampling_module, "TEMPERATURES", (0.5, 1.0))


@pytest.fixture
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sample sheets or plotted curves, which take most of a small run's time."""
    monkeypatch.setattr(run_module, "draw_sheet", lambda windows, path: None)
    monkeypatch.setattr(Curve, "_draw", lambda curve: None)


def corpus_of(count: int = 40, name: str = "c0ffee") -> Corpus:
    train, validation = made_windows(count), made_windows(20, seed=1)
    scale = measure_energy_scale(train)
    manifest = Manifest(
        vo.vocabulary_hash(), name, {"made": {"style": "arcade", "licence": "MIT"}}, {}, scale, ()
    )
    return Corpus(train, validation, scale, name, manifest)


def recipe() -> Recipe:
    return parse_recipe(TEXT, "small.toml")


def quiet(part: str, step: int, steps: int, rate: float) -> None:
    assert part in co.PARTS
    assert 0 < step <= steps


def stop_after(calls: int) -> Callable[[], bool]:
    left = [calls]

    def stop() -> bool:
        left[0] -= 1
        return left[0] < 0

    return stop


def averaged(run: Run) -> dict[str, np.ndarray]:
    return {
        f"{part}/{name}": value
        for part in co.PARTS
        for name, value in read_checkpoint(run.checkpoint(part)).items()
        if name.startswith("averaged")
    }


@pytest.mark.usefixtures("no_pictures")
def test_a_stopped_run_continues_to_the_same_result(tmp_path: Path) -> None:
    corpus = corpus_of()
    through = Run.create(tmp_path / "through", recipe(), corpus)
    through.train(corpus, quiet)
    stopped = Run.create(tmp_path / "stopped", recipe(), corpus)
    for calls in (3, 5, 4):
        assert not stopped.train(corpus, quiet, stop=stop_after(calls))
        stopped = Run.open_run(tmp_path / "stopped")
    assert stopped.train(corpus, quiet)
    first, second = averaged(through), averaged(stopped)
    assert first.keys() == second.keys()
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)
    other = Run.create(
        tmp_path / "other", parse_recipe(TEXT.replace("seed = 4", "seed = 5"), "other"), corpus
    )
    other.train(corpus, quiet)
    assert any(not np.array_equal(value, averaged(other)[name]) for name, value in first.items())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP")
@pytest.mark.usefixtures("no_pictures")
def test_a_stopped_command_keeps_a_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []
    step = Trainer.train_step

    def asked(trainer: Trainer) -> dict[str, float]:
        steps.append(trainer.step)
        if len(steps) % 3 == 0:  # the second time twice, like a closing terminal
            signal.raise_signal(signal.SIGTERM if len(steps) == 3 else signal.SIGHUP)
            signal.raise_signal(signal.SIGHUP)
        return step(trainer)

    monkeypatch.setattr(Trainer, "train_step", asked)
    monkeypatch.setattr("music.learning.run.read_corpus", lambda folder: corpus_of())
    monkeypatch.setattr("music.learning.recipe.read_recipe", lambda name: recipe())
    folder = tmp_path / "my run"
    for command, after in ((["train", "quick", "--out", str(folder)], 3), (["resume", str(folder)], 6)):
        done = CliRunner().invoke(app, command, prog_name="music")
        assert done.exit_code == 130, done.output
        again = f"continue with: music resume '{folder}'\n"
        assert f"error: stopped before the end; saved in {folder}; {again}" in done.output
        assert read_checkpoint(Run.open_run(folder).checkpoint("chords"))["counts"][0] == after


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_a_step_broken_off_leaves_the_checkpoint_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = corpus_of()
    through = Run.create(tmp_path / "through", recipe(), corpus)
    through.train(corpus, quiet)
    broken = Run.create(tmp_path / "broken", recipe(), corpus)
    broken.train(corpus, quiet, stop=stop_after(4))

    def break_off(trainer: Trainer, playing: bool) -> dict[str, float]:
        raise KeyboardInterrupt  # the critic's step is already done

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_generator_step", break_off)
        with pytest.raises(KeyboardInterrupt):
            broken.train(corpus, quiet)
    broken.train(corpus, quiet)
    for name, value in averaged(through).items():
        np.testing.assert_array_equal(value, averaged(broken)[name], err_msg=name)


def test_a_run_of_another_corpus_is_not_compared(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", recipe(), corpus_of())
    other = corpus_of(name="decade")
    (tmp_path / "windows-test.npz").write_bytes(to_bytes(made_windows(20, seed=2)))
    with pytest.raises(TrainingError, match="expected corpus c0ffee, found decade"):
        compare_runs([run.folder], other, tmp_path)
    with pytest.raises(TrainingError, match="expected corpus c0ffee, found decade"):
        choose_sampling(run, other)
    bare = corpus_of()
    bare.validation = bare.validation[:0]
    with pytest.raises(TrainingError, match="expected validation windows"):
        choose_sampling(run, bare)


def test_a_run_leaves_curves_and_sheets_and_exports(tmp_path: Path) -> None:
    corpus = corpus_of()
    run = Run.create(tmp_path / "run", recipe(), corpus)
    run.train(corpus, quiet)
    for part in co.PARTS:
        assert (run.folder / f"curve-{part}.png").read_bytes()[:4] == b"\x89PNG"
        assert (run.folder / f"curve-{part}.csv").read_text().count("\n") == 2
        assert list((run.folder / "sheets").glob(f"{part}-*.png"))
    told: list[tuple[str, int, int]] = []
    sampling = choose_sampling(run, corpus, lambda *step: told.append(step))
    assert [done for _, done, _ in told] == list(range(9))
    assert {total for _, _, total in told} == {8}
    assert told[0][0] == "chords at temperature 0.5"
    assert told[-1] == ("", 8, 8)
    assert set(sampling.temperatures) == set(sampling.tilts) == set(co.PARTS)
    assert sampling.tilts["lines"]["interval"].any()
    report = export_run(run, tmp_path / "out", sampling, licence="MIT")
    assert all(row["largest_difference"] < 1e-4 for row in report["parts"].values())
    write_companions(run, tmp_path / "out", corpus.manifest, sampling.temperatures)
    card = json.loads((tmp_path / "out" / "card.json").read_text())
    assert card["corpus"] == "c0ffee"
    assert card["collections"]["made"]["licence"] == "MIT"
    loaded = load_generators(tmp_path / "out")
    assert loaded.cards["lines"].corpus == "c0ffee"
    assert loaded.generators.temperatures == sampling.temperatures
    for part, tables in sampling.tilts.items():
        for name, table in tables.items():
            np.testing.assert_array_equal(loaded.generators.tilts[part][name], table)


def test_a_run_is_not_made_twice_nor_with_another_corpus(tmp_path: Path) -> None:
    corpus = corpus_of()
    run = Run.create(tmp_path / "run", recipe(), corpus)
    with pytest.raises(TrainingError, match="expected a new folder, found a run"):
        Run.create(tmp_path / "run", recipe(), corpus)
    with pytest.raises(TrainingError, match="expected corpus c0ffee, found decade"):
        run.train(corpus_of(name="decade"), quiet)
    with pytest.raises(TrainingError, match=r"expected checkpoint-chords\.npz, found none"):
        run.network("chords")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04K\x01."])
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "checkpoint-lines.npz"
    path.write_bytes(data)
    with pytest.raises(TrainingError, match=r"checkpoint-lines\.npz: expected a checkpoint"):
        read_checkpoint(path)


@pytest.mark.parametrize("value", [np.array([np.inf]), np.array([1.0, np.nan]), np.array(["x"])])
def test_a_checkpoint_of_no_finite_numbers_is_refused(tmp_path: Path, value: np.ndarray) -> None:
    path = tmp_path / "checkpoint-lines.npz"
    write_arrays(path, {"good": np.zeros(3), "bad": value})
    with pytest.raises(TrainingError, match=r"checkpoint-lines\.npz › bad: expected finite numbers"):
        read_checkpoint(path)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="expected a run folder"):
        Run.open_run(tmp_path)
    (tmp_path / "run.json").write_text('{"version": 9}')
    (tmp_path / "recipe.toml").write_text(TEXT)
    with pytest.raises(TrainingError, match="expected version 1"):
        Run.open_run(tmp_path)
    facts = {"version": 1, "vocabulary": vo.vocabulary_hash(), "corpus": "c0ffee", "seconds": {}}
    (tmp_path / "run.json").write_text(json.dumps(facts))
    assert Run.open_run(tmp_path).corpus_hash == "c0ffee"
    for damage in (
        "[" * 50_000,
        json.dumps({**facts, "seconds": 3}),
        " " * 70_000,
        "\xff",
        json.dumps({**facts, "seconds": {"lines": 1e300}}),
    ):
        (tmp_path / "run.json").write_text(damage)
        with pytest.raises(TrainingError, match=r"run\.json"):
            Run.open_run(tmp_path)


@pytest.mark.parametrize("text", ["step,z\n1,far\n", "step,z\n1,2,3\n", "z\n1\n"])
def test_a_damaged_curve_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "curve-lines.csv").write_text(text)
    with pytest.raises(TrainingError, match=r"curve-lines\.csv: expected"):
        Curve(tmp_path, "lines")
