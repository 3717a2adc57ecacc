"""The commands that turn scores into generators: corpus, train, resume, export, compare."""

import importlib
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from music.errors import MusicError
from safefiles.console import (
    INTERRUPTED,
    JsonOption,
    ProgressLabel,
    cell,
    choice,
    clean_exit,
    echo,
    examples,
    fail,
    print_table,
    write_json,
)
from safefiles.extras import require
from safefiles.stopping import stoppable
from safefiles.text import shown_path

MOST_NAMED = 20  # files that were left out
TRAIN = "train"  # the optional extra that training and measuring need
CorpusOption = Annotated[
    Path, typer.Option("--corpus", help="The folder that `corpus` made.", metavar="FOLDER")
]
COLLECTIONS = ("freedoom", "bach", "quartets", "monteverdi", "trecento", "ryan", "oneill", "aird")


def _presets(incomplete: str) -> list[str]:
    """Shell completions for a recipe: the file names of the shipped presets."""
    files = sorted((Path(__file__).parents[1] / "recipes").glob("*.toml"))
    return [file.stem for file in files if file.stem.startswith(incomplete)]


def _module(name: str) -> Any:
    """Import `music.NAME`, which needs the extra."""
    return importlib.import_module(f"music.{name}")


@clean_exit
@examples("--collections bach,quartets", "--collections bach --midi songs --out corpus")
def corpus(
    out: Annotated[Path, typer.Option("--out", help="The corpus's folder.", metavar="FOLDER")] = Path(
        "corpus"
    ),
    collections: Annotated[
        str,
        choice(
            COLLECTIONS,
            "Collections of free music to train on.",
            word="COLLECTIONS",
            several=True,
            show_default="all of them",
        ),
    ] = ",".join(COLLECTIONS),
    freedoom: Annotated[
        Path | None,
        typer.Option(
            help="Source of Freedoom's music: a vizdoom wheel, a WAD or a folder of WADs.",
            show_default="an installed vizdoom, otherwise its wheel is downloaded (39 MB)",
        ),
    ] = None,
    midi: Annotated[
        Path | None,
        typer.Option(
            help="A folder of your own MIDI files to train on.", metavar="FOLDER", show_default="none"
        ),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Make training windows from free music; an interrupted run continues where it stopped."""
    from music.corpus.progress import corpus_progress

    sources = importlib.import_module("music.corpus.sources")
    build = importlib.import_module("music.corpus.build")
    names = tuple(name.strip() for name in collections.split(",") if name.strip())
    files: list[Any] = []
    if "freedoom" in names:
        files += _freedoom_files(sources, freedoom, out)
    scores = tuple(name for name in names if name not in ("freedoom", "own"))
    if scores:
        files += sources.music21_files(scores)
    if midi is not None:
        files += sources.folder_midi_files(midi)
    with corpus_progress() as progress:
        manifest = build.build_corpus(out, files, progress)
    write_json(json_file, {"schema": 1, "corpus": manifest.corpus_hash, "collections": manifest.collections})
    for name, row in manifest.collections.items():
        echo(
            f"{name:12s} {row['style']:8s} {row.get('pieces', 0):5d} pieces {row.get('unique', 0):6d} windows  "
            f"train/validation/test {row.get('train', 0)}/{row.get('validation', 0)}/{row.get('test', 0)}"
        )
    for reason, count in manifest.dropped.items():
        echo(f"left out: {reason}: {count}")
    for name, why in manifest.left_out[:MOST_NAMED]:
        echo(f"  {name}: {why}")
    if len(manifest.left_out) > MOST_NAMED:
        echo(
            f"  … and {len(manifest.left_out) - MOST_NAMED} more, listed in {shown_path(out / 'manifest.json')}"
        )
    echo(f"{out}: corpus {manifest.corpus_hash}")


def _freedoom_files(sources: Any, place: Path | None, out: Path) -> list[Any]:
    """Freedoom's music from `place`, from an installed vizdoom, or from a wheel that pip downloads."""
    if place is not None:
        files: list[Any] = sources.freedoom_files(place)
        return files
    try:
        return list(sources.freedoom_files())
    except MusicError:
        echo("downloading the vizdoom wheel, which contains Freedoom's music (39 MB)")
        return list(sources.freedoom_files(sources.fetch_vizdoom(out / "fetched")))


@clean_exit
@examples("quick", "standard --corpus corpus --seed 3 --out runs/mine")
def train(
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(help="A preset's name (quick, standard) or a .toml file.", autocompletion=_presets),
    ] = "quick",
    corpus_folder: CorpusOption = Path("corpus"),
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="The run's folder.", metavar="FOLDER", show_default="runs/music-RECIPE-SEED"
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=2**31 - 1,
            help="Seed of the training; the same seed gives the same generators.",
            show_default="the recipe's",
        ),
    ] = None,
) -> None:
    """Train the three generators on one processor core; Ctrl-C saves, `resume` continues."""
    recipes, run = _module("learning.recipe"), _module("learning.run")
    chosen = recipes.read_recipe(recipe)
    if seed is not None:
        chosen = recipes.with_seed(chosen, seed)
    loaded = run.read_corpus(corpus_folder)
    folder = out or Path("runs") / f"music-{Path(recipe).stem}-{chosen.seed}"
    _train(context, run.Run.create(folder, chosen, loaded), loaded)


@clean_exit
@examples("runs/music-quick-1", "runs/music-quick-1 --corpus corpus")
def resume(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The run's folder.")],
    corpus_folder: CorpusOption = Path("corpus"),
) -> None:
    """Continue a run exactly from its last checkpoint."""
    run = _module("learning.run")
    _train(context, run.Run.open_run(folder), run.read_corpus(corpus_folder))


def _train(context: typer.Context, run: Any, loaded: Any) -> None:
    columns = (
        ProgressLabel(), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} steps/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console()) as bar:
        tasks = {
            part: bar.add_task(part, total=settings.steps, rate=0.0)
            for part, settings in run.recipe.parts.items()
        }

        def progress(part: str, step: int, steps: int, rate: float) -> None:
            bar.update(tasks[part], completed=step, total=steps, rate=rate)

        def stopping() -> None:
            bar.console.print(cell("stopping after this step; press Ctrl-C again to stop immediately"))

        with stoppable(stopping) as stopped:
            finished = run.train(loaded, progress, stop=stopped)
    if not finished:
        group = context.parent.command_path if context.parent else "music"
        again = f"{group} resume {shlex.quote(str(run.folder))}"
        fail(
            f"stopped before the end; saved in {shown_path(run.folder)}; continue with: {again}", INTERRUPTED
        )
    seconds = run.facts()["seconds"]
    echo(f"done in {sum(seconds.values()) / 60:.1f} min: {run.folder}")


@contextmanager
def _trials() -> Iterator[Callable[[str, int, int], None]]:
    """Show a progress bar inside the context; yields the `progress` function for `choose_sampling`."""
    columns = (
        ProgressLabel(),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("trials"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console()) as bar:
        task = bar.add_task("reading", total=None)

        def report(what: str, done: int, total: int) -> None:
            bar.update(task, description=what or "done", completed=done, total=total)

        yield report


@clean_exit
@examples(
    "runs/music-quick-1 --out generators", "runs/music-quick-1 --out generators --temperature 1 --companions"
)
def export(
    folder: Annotated[Path, typer.Argument(help="The run's folder.")],
    out: Annotated[
        Path,
        typer.Option(
            "--out", help="The folder for chords.onnx, lines.onnx and drums.onnx.", metavar="FOLDER"
        ),
    ],
    temperature: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=10.0,
            help="Sampling temperature for all parts, a number; no tilts then.",
            show_default="chosen on validation pieces, with tilts fitted on training pieces (a few minutes)",
        ),
    ] = None,
    corpus_folder: CorpusOption = Path("corpus"),
    licence: Annotated[str, typer.Option(help="Licence of the generators, for their card.")] = "MIT",
    companions: Annotated[
        bool, typer.Option(help="Also write recipe, curves and card next to the models.")
    ] = False,
    json_file: JsonOption = None,
) -> None:
    """Write the generators as verified ONNX: torch and onnxruntime compared, contract and golden rows inside."""
    exporter = _module("learning.export")
    runs = _module("learning.run")
    run = runs.Run.open_run(folder)
    loaded = runs.read_corpus(corpus_folder) if temperature is None or companions else None
    if loaded is not None:
        run.check_corpus(loaded)
    samplers = _module("learning.sampling")
    if temperature is None:
        with _trials() as progress:
            sampling = samplers.choose_sampling(run, loaded, progress)
    else:
        sampling = samplers.Sampling.plain(temperature)
    echo("writing the generators and comparing torch with onnxruntime")
    temperatures = sampling.temperatures
    report = exporter.export_run(run, out, sampling, licence=licence)
    if companions and loaded is not None:
        exporter.write_companions(run, out, loaded.manifest, temperatures)
    report["temperatures"] = temperatures
    write_json(json_file, report)
    for part, row in report["parts"].items():
        echo(
            f"{out / part}.onnx: {row['bytes']:,} bytes, largest difference {row['largest_difference']:.1e}, "
            f"temperature {temperatures[part]:g}"
        )


@clean_exit
@examples("runs/music-quick-1", "runs/music-quick-1 runs/music-quick-2 --no-baseline --plot figures.png")
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs, usually of several seeds.")],
    corpus_folder: CorpusOption = Path("corpus"),
    baseline: Annotated[
        bool, typer.Option(help="Also train and measure a simple network with minimax loss.")
    ] = True,
    count: Annotated[
        int, typer.Option(min=50, max=5000, help="Number of held-out windows in the comparison.")
    ] = 1000,
    overall: Annotated[bool, typer.Option(help="Compare only overall, not also by style.")] = False,
    json_file: JsonOption = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Also plot the results (PNG).", metavar="FILE", show_default="none"),
    ] = None,
) -> None:
    """Compare runs on held-out pieces, also with training pieces, Markov chains, shuffled and random pieces, and the baseline."""
    evaluation = _module("learning.evaluation")
    if plot is not None:
        require("matplotlib", TRAIN)
    loaded = _module("learning.run").read_corpus(corpus_folder)
    report = evaluation.compare_runs(
        runs, loaded, corpus_folder, baseline=baseline, count=count, overall=overall
    )
    for scope in report.scopes:
        print_table(_module("metrics.report").report_table(report, scope), width=220)
    for line in evaluation.target_lines(report):
        echo(line)
    write_json(json_file, report.to_json())
    if plot is not None:
        _module("metrics.plot").plot_report(report, plot)
