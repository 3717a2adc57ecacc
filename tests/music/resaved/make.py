"""Makes the files of this folder: our export, opened and saved by other libraries.

    pip install pretty_midi==0.2.11.post0 symusic==0.6.0 miditoolkit==1.0.1 muspy==0.5.0 music21==10.5.1
    python -m tests.music.resaved.make write             # where this project is installed: ours.piece.json, ours.mid
    python tests/music/resaved/make.py save              # where those libraries are

The files are stored because the libraries are not needed for anything else.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
OURS = HERE / "ours.mid"


def write() -> None:
    """Write the piece, whose last bar is silent, and our export of it."""
    from dataclasses import replace

    from music.edits import with_muted
    from music.midi.writer import piece_to_midi
    from music.piece import Note, Section, piece_to_json
    from tests.music.synth.pieces import demo_piece

    piece = demo_piece("dark", bars=4)
    tune = tuple(Note(4 * n, 4, 72 + n % 5, 90 - n) for n in range(15))
    hats = tuple(Note(2 * n, 2, 42, 70) for n in range(32))
    piece = replace(
        with_muted(piece.with_voices({**piece.voices, "melody": tune, "drums": hats}), "bass"),
        title="Resaved",
        bars=5,
        tempo=133.3333,
        sections=(Section("theme", 0, 2), Section("boss", 2, 3)),
    )
    (HERE / "ours.piece.json").write_text(piece_to_json(piece), encoding="utf-8")
    OURS.write_bytes(piece_to_midi(piece))


def pretty_midi(out: str) -> None:
    import pretty_midi

    pretty_midi.PrettyMIDI(str(OURS)).write(out)


def symusic(out: str) -> None:
    import symusic

    symusic.Score(str(OURS)).dump_midi(out)


def miditoolkit(out: str) -> None:
    import miditoolkit

    miditoolkit.MidiFile(str(OURS)).dump(out)


def muspy(out: str) -> None:
    import muspy

    muspy.read_midi(str(OURS)).write_midi(out)


def music21(out: str) -> None:
    import music21

    parsed: Any = music21.converter.parse(str(OURS))
    parsed.write("midi", fp=out)


SAVERS: tuple[Callable[[str], None], ...] = (pretty_midi, symusic, miditoolkit, muspy, music21)

if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    else:
        for saver in SAVERS:
            saver(str(HERE / f"{saver.__name__}.mid"))
