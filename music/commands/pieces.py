"""The commands that compose, measure and render pieces: generate, metrics, render, bench."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from music import vocabulary as vo
from music.errors import MusicError
from safefiles.console import (
    BAD_INPUT,
    FAILED,
    JsonOption,
    choice,
    clean_exit,
    echo,
    examples,
    make_table,
    print_error,
    print_table,
    write_json,
)
from safefiles.extras import require
from safefiles.text import shown_path

SeedOption = Annotated[
    int,
    typer.Option(
        min=0, max=2**31 - 1, help="Seed of all random choices; the same seed gives the same piece."
    ),
]
GeneratorsOption = Annotated[
    Path | None,
    typer.Option(
        "--generators",
        help="A folder of exported generators.",
        metavar="FOLDER",
        show_default="the shipped ones",
    ),
]
PlotOption = Annotated[
    Path | None,
    typer.Option("--plot", help="Also plot the results (PNG).", metavar="FILE", show_default="none"),
]


def _moods() -> list[str]:
    """Return the names of the moods, the calmest first."""
    return list(importlib.import_module("music.composer.moods").MOODS)


def _timbres() -> list[str]:
    """Return the names of the timbres."""
    return list(importlib.import_module("music.synth.timbres").TIMBRES)


@clean_exit
@examples(
    "--mood calm --wav calm.wav", "--seed 7 --mood heroic --bars 64 --midi hero.mid --out hero.piece.json"
)
def generate(
    seed: SeedOption = 1,
    mood: Annotated[str, choice(_moods, "Mood of the piece.", word="MOOD")] = "driving",
    energy: Annotated[
        float | None,
        typer.Option(min=0.0, max=1.0, help="Density of the notes as a share.", show_default="the mood's"),
    ] = None,
    style: Annotated[
        str, choice(vo.STYLES, "Style of music that the piece follows.", word="STYLE")
    ] = vo.STYLES[0],
    bars: Annotated[int, typer.Option(help="Length in bars, a multiple of 4.")] = 32,
    title: Annotated[
        str | None, typer.Option(help="Title of the piece.", show_default="mood and seed")
    ] = None,
    generators: GeneratorsOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the piece (.piece.json).", metavar="FILE", show_default="none"),
    ] = None,
    midi: Annotated[
        Path | None,
        typer.Option("--midi", help="Write a MIDI file.", metavar="FILE", show_default="none"),
    ] = None,
    wav: Annotated[
        Path | None,
        typer.Option(
            "--wav",
            help="Write a WAV (or .ogg) file of at most ten minutes.",
            metavar="FILE",
            show_default="none",
        ),
    ] = None,
    json_file: JsonOption = None,
) -> None:
    """Compose a piece; the same seed and settings give the same piece."""
    from music.composer.compose import compose, planned_seconds
    from music.generators.files import load_generators

    if wav is not None:  # refused before any work
        _sound_writer(wav)
        _check_seconds(wav, planned_seconds(seed=seed, mood=mood, style=style, bars=bars))
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
    write_json(json_file, report)
    touched, notes = composition.repairs.touched, composition.repairs.notes
    sections = ", ".join(f"{section.name} {section.bars}" for section in piece.sections)
    echo(
        f"{piece.title}: {piece.bars} bars, {piece.seconds:.0f} s, {piece.tempo:.0f} beats a minute; bars: {sections}"
    )
    echo(f"voice leading: {touched} of {notes} melody notes repaired")
    written = [shown_path(path) for path in (out, midi, wav, json_file) if path is not None]
    echo(
        f"written: {', '.join(written)}"
        if written
        else "nothing written: name a file by --out, --midi or --wav"
    )


def _write_piece(piece: Any, out: Path | None, midi: Path | None, wav: Path | None) -> None:
    from safefiles.writing import write_atomic, write_text

    if out is not None:
        from music.piece import piece_to_json

        write_text(out, piece_to_json(piece))
    if midi is not None:
        from music.midi.writer import piece_to_midi

        write_atomic(midi, piece_to_midi(piece))
    if wav is not None:
        _write_sound(piece, wav)


def _sound_writer(path: Path) -> Callable[..., None]:
    """The function that writes files with this suffix. MusicError for any other suffix."""
    from music.synth.sound_files import write_ogg, write_wav

    write = {".wav": write_wav, ".ogg": write_ogg}.get(path.suffix.lower())
    if write is None:
        raise MusicError(f"{path.name}: expected a name that ends in .wav or .ogg")
    return write


def _check_seconds(path: Path, seconds: float) -> None:
    from music.synth.render import MAX_SECONDS

    if seconds > MAX_SECONDS:
        raise MusicError(
            f"{shown_path(path.name)}: expected a piece of at most {MAX_SECONDS:.0f} seconds, found {seconds:.0f}; "
            "use fewer bars"
        )


def _write_sound(piece: Any, path: Path, tempos: Any = ()) -> None:
    from music.synth.loudness import normalise_loudness
    from music.synth.render import mixdown, render_stems

    write = _sound_writer(path)
    rendered = normalise_loudness(render_stems(piece, tempos=tempos))
    write(path, mixdown(rendered.with_tails()), rendered.sample_rate)


@clean_exit
@examples("hero.piece.json --wav hero.wav", "song.mid --wav song.ogg --timbre chip")
def render(
    source: Annotated[Path, typer.Argument(help="A .piece.json or MIDI file.")],
    wav: Annotated[Path, typer.Option("--wav", help="The WAV (or .ogg) file to write.", metavar="FILE")],
    timbre: Annotated[
        str | None, choice(_timbres, "Sounds of the voices.", word="TIMBRE", show_default="the piece's")
    ] = None,
) -> None:
    """Render a piece or a MIDI file as sound at a common loudness, with a MIDI file's changes of tempo."""
    from dataclasses import replace

    from music.source import read_source
    from music.synth.render import piece_seconds

    _sound_writer(wav)  # refused before any work
    read = read_source(source)
    piece = read.piece if timbre is None else replace(read.piece, timbre=timbre)
    for line in read.remarks_with_tempos:
        _note(source, line)
    _write_sound(piece, wav, read.tempos)
    changes = f", {len(read.tempos) - 1} changes of tempo" if read.tempos else ""
    echo(f"{shown_path(wav)}: {piece_seconds(piece, read.tempos):.0f} s{changes}")


def _note(path: Path, line: str) -> None:
    """Write to stderr what was changed while the file was read."""
    echo(f"note: {shown_path(path.name)}: {line}", err=True)


@clean_exit
@examples("hero.piece.json", "hero.piece.json song.mid --plot figures.png")
def metrics(
    files: Annotated[list[Path], typer.Argument(help="MIDI or .piece.json files.")],
    json_file: JsonOption = None,
    plot: PlotOption = None,
) -> None:
    """Measure pieces: MuseGAN's and MusPy's metrics and our own, one column per file. Files that cannot be read are listed at
    the end and the exit code is 1; 2 if none can be read.
    """
    from music.metrics.pieces import measure_piece
    from music.source import read_source

    if plot is not None:
        require("matplotlib", "train")
    found: dict[str, dict[str, float | None]] = {}
    refused: dict[str, str] = {}
    names = [path.name for path in files]
    for path in files:
        name = shown_path(path.name if names.count(path.name) == 1 else path)
        try:
            read = read_source(path)
            found[name] = measure_piece(read.piece)
        except MusicError as error:
            refused[name] = str(error)
            continue
        for line in read.remarks:
            _note(path, line)
    write_json(json_file, {"schema": 1, "files": found, "refused": refused})
    if found:
        _show_metrics(found)
    if plot is not None and found:
        from music.metrics.plot import plot_pieces

        plot_pieces(found, plot)
    for line in refused.values():
        print_error(line)
    if refused:
        raise typer.Exit(FAILED if found else BAD_INPUT)


def _show_metrics(found: dict[str, dict[str, float | None]]) -> None:
    rows = [[name, *(values[name] for values in found.values())] for name in next(iter(found.values()))]
    rows = [
        [name, *("-" if value is None else f"{value:.3f}" for value in values)]
        for name, *values in rows
        if any(value is not None for value in values)
    ]
    print_table(make_table(["metric", *found], rows), width=max(80, 30 + 16 * len(found)))


@clean_exit
@examples("", "--json bench.json")
def bench(json_file: JsonOption = None) -> None:
    """Measure generators, composer, synthesiser and mixer on this machine."""
    from music.commands.bench import run_bench

    report = run_bench()
    write_json(json_file, report)
    for row in report["results"]:
        value = (
            f"{row['value']:,.2f}" if "value" in row else f"{row['p50']:.3f} / {row['p99']:.3f} (p50 / p99)"
        )
        facts = ", ".join(
            f"{key} {fact}" for key, fact in row.items() if key in ("timbre", "bars", "rows", "what")
        )
        echo(f"{row['name']:32s} {value} {row['unit']}  {facts}")
