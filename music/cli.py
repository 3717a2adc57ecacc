"""The commands: corpus, train, resume, export, compare, generate, metrics, render, bench.

A game mounts `app` under its own command; `python -m music` runs it alone. Nothing here imports torch, music21 or
scikit-learn: the modules that do are loaded when a command needs them, and without the extra the command says what
to install and exits 2.
"""

import functools
import importlib
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from music import vocabulary as vo
from music.errors import MusicError

TRAIN_PACKAGES = ("torch", "onnx", "matplotlib", "sklearn")
TRAIN_HINT = "pip install 'bankshot[train]'"
CORPUS_PACKAGES = ("music21",)
CORPUS_HINT = "pip install 'bankshot[corpus]'"

app = typer.Typer(
    name="music",
    help="Compose with a GAN: training music, training, export, pieces, sound, measurements.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Command = TypeVar("Command", bound=Callable[..., Any])
JsonOption = Annotated[Path | None, typer.Option("--json", help="Also write the result to this JSON file.")]
CorpusOption = Annotated[Path, typer.Option("--corpus", help="The folder that `corpus` made.")]
SeedOption = Annotated[int, typer.Option(min=0, max=2**31 - 1)]
GeneratorsOption = Annotated[
    Path | None,
    typer.Option("--generators", help="A folder of exported generators; default: the shipped ones."),
]


def main() -> None:
    """Entry point of `python -m music`."""
    app(prog_name="music")


def _clean(command: Command) -> Command:
    """Turn refusals into one line on stderr and exit code 1; interrupts into 130."""

    @functools.wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except MusicError as error:
            _fail(str(error))
        except OSError as error:
            _fail(f"{error.filename or 'file'}: {error.strerror or error}")
        except KeyboardInterrupt:
            _fail("interrupted", 130)

    return wrapped  # type: ignore[return-value]


def _fail(message: str, code: int = 1) -> None:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(code)


def _module(name: str, packages: tuple[str, ...] = TRAIN_PACKAGES, hint: str = TRAIN_HINT) -> Any:
    """Import `music.NAME`; without its extra say what to install and exit 2."""
    try:
        return importlib.import_module(f"music.{name}")
    except ImportError as error:
        _missing(error, packages, hint)
        raise


def _missing(error: ImportError, packages: tuple[str, ...], hint: str) -> None:
    """Say what to install and exit 2 where one of `packages` is missing."""
    if (error.name or "").partition(".")[0] in packages:
        typer.echo(
            f"error: this needs packages that are not installed ({error.name} is missing): {hint}", err=True
        )
        raise typer.Exit(2) from error


def _write_json(path: Path | None, value: object) -> None:
    if path is not None:
        from safefiles.writing import write_text

        write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@app.command()
@_clean
def corpus(
    out: Annotated[Path, typer.Option("--out", help="Folder of the corpus.")] = Path("corpus"),
    collections: Annotated[
        str,
        typer.Option(
            help="Which, by commas: freedoom, bach, quartets, monteverdi, trecento, ryan, oneill, aird."
        ),
    ] = "freedoom,bach,quartets,monteverdi,trecento,ryan,oneill,aird",
    freedoom: Annotated[
        Path | None,
        typer.Option(help="A vizdoom wheel, a WAD or a folder of WADs; default: installed or fetched."),
    ] = None,
    midi: Annotated[
        Path | None, typer.Option(help="A folder of MIDI files of your own to learn from.")
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Make the training windows from free music; an interrupted run goes on where it stopped."""
    sources = importlib.import_module("music.corpus.sources")
    build = importlib.import_module("music.corpus.build")
    names = tuple(name.strip() for name in collections.split(",") if name.strip())
    known = set(sources.COLLECTIONS)
    for name in names:
        if name not in known:
            raise MusicError(
                f"collections: expected names among {', '.join(sorted(known))}, found {name!r:.40}"
            )
    files: list[Any] = []
    try:
        if "freedoom" in names:
            files += _freedoom_files(sources, freedoom, out)
        scores = tuple(name for name in names if name not in ("freedoom", "own"))
        if scores:
            files += sources.music21_files(scores)
        if midi is not None:
            files += sources.folder_files(midi)
        console = Console()
        columns = (
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        )  # fmt: skip
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("reading", total=None)

            def progress(label: str, done: int, total: int) -> None:
                bar.update(task, description=f"{label:.36}", completed=done, total=total)

            manifest = build.build_corpus(out, files, progress)
    except ImportError as error:
        _missing(error, CORPUS_PACKAGES, CORPUS_HINT)
        raise
    _write_json(json_file, {"schema": 1, "corpus": manifest.corpus_hash, "collections": manifest.collections})
    for name, row in manifest.collections.items():
        typer.echo(
            f"{name:12s} {row['style']:8s} {row.get('pieces', 0):5d} pieces {row.get('unique', 0):6d} windows  "
            f"train/validation/test {row.get('train', 0)}/{row.get('validation', 0)}/{row.get('test', 0)}"
        )
    for reason, count in manifest.dropped.items():
        typer.echo(f"left out: {reason}: {count}")
    typer.echo(f"{out}: corpus {manifest.corpus_hash}")


def _freedoom_files(sources: Any, place: Path | None, out: Path) -> list[Any]:
    """Freedoom's music from `place`, an installed vizdoom or, failing both, a wheel that pip fetches."""
    if place is not None:
        files: list[Any] = sources.freedoom_files(place)
        return files
    try:
        return list(sources.freedoom_files())
    except MusicError:
        typer.echo("fetching the vizdoom wheel, which carries Freedoom's music (39 MB)")
        return list(sources.freedoom_files(sources.fetch_vizdoom(out / "fetched")))


@app.command()
@_clean
def train(
    recipe: Annotated[
        str, typer.Argument(help="A preset's name (quick, standard) or a .toml file.")
    ] = "quick",
    corpus_folder: CorpusOption = Path("corpus"),
    out: Annotated[
        Path | None, typer.Option("--out", help="Run folder; default runs/music-RECIPE-SEED.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=2**31 - 1)] = None,
) -> None:
    """Train the three generators on one processor core; Ctrl-C saves, `resume` goes on."""
    recipes, run = _module("learning.recipe"), _module("learning.run")
    chosen = recipes.read_recipe(recipe)
    if seed is not None:
        chosen = recipes.with_seed(chosen, seed)
    loaded = run.read_corpus(corpus_folder)
    folder = out or Path("runs") / f"music-{Path(recipe).stem}-{chosen.seed}"
    _train(run.Run.create(folder, chosen, loaded), loaded)


@app.command()
@_clean
def resume(
    folder: Annotated[Path, typer.Argument(help="The run folder.")],
    corpus_folder: CorpusOption = Path("corpus"),
) -> None:
    """Go on with a run from its last checkpoint, exactly."""
    run = _module("learning.run")
    _train(run.Run.open_run(folder), run.read_corpus(corpus_folder))


def _train(run: Any, loaded: Any) -> None:
    columns = (
        TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} steps/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=Console()) as bar:
        tasks = {
            part: bar.add_task(part, total=settings.steps, rate=0.0)
            for part, settings in run.recipe.parts.items()
        }

        def progress(part: str, step: int, steps: int, rate: float) -> None:
            bar.update(tasks[part], completed=step, total=steps, rate=rate)

        with _interruptible(bar.console) as interrupted:
            finished = run.train(loaded, progress, stop=interrupted)
    if not finished:
        typer.echo(f"saved; go on with: music resume {run.folder}")
        raise typer.Exit(130)
    seconds = run.facts()["seconds"]
    typer.echo(f"done in {sum(seconds.values()) / 60:.1f} min: {run.folder}")


@contextmanager
def _interruptible(console: Console) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C finish the step and save; the second stops at once, and the last checkpoint stays."""
    pressed = False

    def press(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        console.print("stopping after this step; press Ctrl-C again to stop at once")

    try:
        before = signal.signal(signal.SIGINT, press)
    except ValueError:  # not in the main thread: the caller handles interrupts
        yield lambda: False
        return
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


@app.command()
@_clean
def export(
    folder: Annotated[Path, typer.Argument(help="The run folder.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for chords.onnx, lines.onnx and drums.onnx.")],
    temperature: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=10.0,
            help="Sampling temperature, without tilts; default: temperatures chosen on validation pieces, "
            "tilts fitted on training pieces (a few minutes).",
        ),
    ] = None,
    corpus_folder: CorpusOption = Path("corpus"),
    licence: Annotated[str, typer.Option(help="Licence of the generators.")] = "MIT",
    companions: Annotated[bool, typer.Option(help="Also write recipe, curves and card beside them.")] = False,
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
        sampling = samplers.choose_sampling(run, loaded)
    else:
        sampling = samplers.Sampling.plain(temperature)
    temperatures = sampling.temperatures
    report = exporter.export_run(run, out, sampling, licence=licence)
    if companions and loaded is not None:
        exporter.write_companions(run, out, loaded.manifest, temperatures)
    report["temperatures"] = temperatures
    _write_json(json_file, report)
    for part, row in report["parts"].items():
        typer.echo(
            f"{out / part}.onnx: {row['bytes']:,} bytes, largest difference {row['largest_difference']:.1e}, "
            f"temperature {temperatures[part]:g}"
        )


@app.command()
@_clean
def compare(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, usually of several seeds.")],
    corpus_folder: CorpusOption = Path("corpus"),
    baseline: Annotated[
        bool, typer.Option(help="Also train and measure the source article's network.")
    ] = True,
    count: Annotated[int, typer.Option(min=50, max=5000, help="Held-out windows to compare with.")] = 1000,
    overall: Annotated[bool, typer.Option(help="Leave the styles out and compare overall alone.")] = False,
    json_file: JsonOption = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Write the figures as a PNG.")] = None,
) -> None:
    """Measure runs on held-out pieces beside the reference rows: train, Markov, shuffled, random, the baseline."""
    evaluation = _module("learning.evaluation")
    loaded = _module("learning.run").read_corpus(corpus_folder)
    report = evaluation.compare_runs(
        runs, loaded, corpus_folder, baseline=baseline, count=count, overall=overall
    )
    console = Console(width=220, highlight=False)
    for scope in report.scopes:
        console.print(_module("metrics.report").report_table(report, scope))
    for line in evaluation.target_lines(report):
        typer.echo(line)
    _write_json(json_file, report.to_json())
    if plot is not None:
        _module("metrics.plot").plot_report(report, plot)


@app.command()
@_clean
def generate(
    seed: SeedOption = 1,
    mood: Annotated[
        str, typer.Option(help="calm, dreamy, bright, heroic, wistful, driving, dark or frantic.")
    ] = "driving",
    energy: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Density of notes; default: the mood's.")
    ] = None,
    style: Annotated[str, typer.Option(help=f"One of {', '.join(vo.STYLES)}.")] = "arcade",
    bars: Annotated[int, typer.Option(help="Length, a multiple of 4.")] = 32,
    title: Annotated[str | None, typer.Option()] = None,
    generators: GeneratorsOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the piece (.piece.json).")] = None,
    midi: Annotated[Path | None, typer.Option("--midi", help="Write a MIDI file.")] = None,
    wav: Annotated[Path | None, typer.Option("--wav", help="Write a WAV (or .ogg) file.")] = None,
    json_file: JsonOption = None,
) -> None:
    """Compose a piece; the same seed and settings give the same piece."""
    from music.composer.compose import compose
    from music.generator_files import load_generators

    if wav is not None:
        _sound_writer(wav)  # refused before anything is written
    composition = compose(
        load_generators(*([generators] if generators else [])),
        seed=seed, mood=mood, energy=energy, style=style, bars=bars, title=title,
    )  # fmt: skip
    piece = composition.piece
    _write_piece(piece, out, midi, wav)
    report = {
        "schema": 1,
        "title": piece.title,
        "seconds": piece.seconds,
        "tempo": piece.tempo,
        **composition.report(),
    }
    _write_json(json_file, report)
    touched, notes = composition.repairs.touched, composition.repairs.notes
    sections = ", ".join(f"{section.name} {section.bars}" for section in piece.sections)
    typer.echo(
        f"{piece.title}: {piece.bars} bars, {piece.seconds:.0f} s, {piece.tempo:.0f} a minute; {sections}"
    )
    typer.echo(f"voice leading: {touched} of {notes} melody notes mended")


def _write_piece(piece: Any, out: Path | None, midi: Path | None, wav: Path | None) -> None:
    from safefiles.writing import write_atomic, write_text

    if out is not None:
        from music.piece import piece_to_json

        write_text(out, piece_to_json(piece))
    if midi is not None:
        from music.midi_export import piece_to_midi

        write_atomic(midi, piece_to_midi(piece))
    if wav is not None:
        _write_sound(piece, wav)


def _sound_writer(path: Path) -> Callable[..., None]:
    """What writes a file of that ending. MusicError for any other."""
    from music.synth.sound_files import write_ogg, write_wav

    write = {".wav": write_wav, ".ogg": write_ogg}.get(path.suffix.lower())
    if write is None:
        raise MusicError(f"{path.name}: expected a name that ends in .wav or .ogg")
    return write


def _write_sound(piece: Any, path: Path) -> None:
    from music.synth.loudness import mastered
    from music.synth.render import mixdown, render_stems

    write = _sound_writer(path)
    rendered = mastered(render_stems(piece))
    write(path, mixdown(rendered.with_tails()), rendered.sample_rate)


@app.command()
@_clean
def render(
    source: Annotated[Path, typer.Argument(help="A .piece.json or MIDI file.")],
    wav: Annotated[Path, typer.Option("--wav", help="The WAV (or .ogg) file to write.")],
    timbre: Annotated[str | None, typer.Option(help="chip, neon or dark; default: the piece's.")] = None,
) -> None:
    """Turn a piece or a MIDI file into sound, evenly loud."""
    from dataclasses import replace

    piece = read_source(source)
    if timbre is not None:
        piece = replace(piece, timbre=timbre)
    _write_sound(piece, wav)
    typer.echo(f"{wav}: {piece.seconds:.0f} s")


def read_source(path: Path) -> Any:
    """Read a .piece.json or a MIDI file as a Piece. Raises PieceRefused or MidiRefused."""
    from music.midi import MAX_BYTES
    from music.midi_import import midi_to_piece
    from music.piece import read_piece

    if path.suffix.lower() == ".json":
        return read_piece(path)
    with path.open("rb") as stream:
        return midi_to_piece(stream.read(MAX_BYTES + 1), path.name)


@app.command()
@_clean
def metrics(
    files: Annotated[list[Path], typer.Argument(help="MIDI or .piece.json files.")],
    json_file: JsonOption = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Write the figures as a PNG.")] = None,
) -> None:
    """Measure pieces: MuseGAN's and MusPy's metrics and our own, a column a file."""
    from rich.table import Table

    from music.metrics.pieces import measure_piece

    names = [path.name for path in files]
    found = {
        path.name if names.count(path.name) == 1 else str(path): measure_piece(read_source(path))
        for path in files
    }
    _write_json(json_file, {"schema": 1, "files": found})
    table = Table("metric", *found)
    for name in next(iter(found.values())):
        row = [values[name] for values in found.values()]
        if any(value is not None for value in row):
            table.add_row(name, *("-" if value is None else f"{value:.3f}" for value in row))
    Console(width=max(80, 30 + 16 * len(found))).print(table)
    if plot is not None:
        _module("metrics.plot", ("matplotlib",), TRAIN_HINT).plot_pieces(found, plot)


@app.command()
@_clean
def bench(json_file: JsonOption = None) -> None:
    """Measure generators, composer, synthesiser and mixer on this machine."""
    from music.bench import run_bench

    report = run_bench()
    _write_json(json_file, report)
    for row in report["results"]:
        value = (
            f"{row['value']:,.2f}" if "value" in row else f"{row['p50']:.3f} / {row['p99']:.3f} (p50 / p99)"
        )
        facts = ", ".join(
            f"{key} {fact}" for key, fact in row.items() if key in ("timbre", "bars", "rows", "what")
        )
        typer.echo(f"{row['name']:32s} {value} {row['unit']}  {facts}")
