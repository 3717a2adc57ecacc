"""Every file reader of `music` with damaged and hostile input: each refuses it in one line that names the place."""

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from music import vocabulary as vo
from music.archives import read_arrays
from music.copying import read_fingerprints
from music.corpus.manifest import FORMAT, FORMAT_VERSION, NAME, read_manifest
from music.corpus.reading import read_pieces
from music.corpus.sources import COLLECTIONS, SourceFile, folder_midi_files, freedoom_files
from music.corpus.wad import midi_lumps
from music.errors import CorpusError, MusicError
from music.generators.files import load_generator
from music.library import Library
from music.midi.reader import read_midi
from music.piece import piece_from_json, piece_to_json, read_piece
from music.soundtrack.soundtrack import Soundtrack
from music.source import read_source
from music.windows import read_windows
from safefiles.text import shown_path
from tests.music.midi_files import song, wad_bytes
from tests.music.synth.pieces import demo_piece

LONG = "9" * 401
DEEP = "[" * 5000 + "]" * 5000
BYTES: dict[str, bytes] = {
    "empty": b"",
    "a NUL": b"\0",
    "no UTF-8": b"\xff\xfe\x00{",
    "nested deeply": DEEP.encode(),
    "Infinity": b'{"format": Infinity}',
    "a long number": f'{{"version": {LONG}}}'.encode(),
    "a float beyond range": b'{"version": 1e999}',
    "a list": b"[]",
    "escapes": b'{"format": "\x1b[2J\\u001b[31m"}',
    "a lone surrogate": b'{"format": "\\ud800"}',
    "a MIDI file": song(2),
    "a zip": b"PK\x03\x04" + bytes(60),
    "text": b"key = 1\n",
}


def manifest_in(path: Path) -> object:
    path.rename(path.with_name(NAME))
    return read_manifest(path.parent)


def cached(path: Path) -> object:
    """A source with the file's name as label; only MIDI is read from it."""
    return read_pieces(SourceFile(COLLECTIONS["own"], shown_path(path.name), 1, path=path), path.parent)


READERS: dict[str, Callable[[Path], object]] = {
    "piece": read_piece,
    "soundtrack": Soundtrack.read,
    "source": lambda path: read_source(path.rename(path.with_suffix(".json"))),
    "midi source": read_source,
    "import": lambda path: Library(path.parent / "library", shipped=None).import_midi(path),
    "arrays": lambda path: read_arrays(path, "arrays", 1_000_000, CorpusError),
    "windows": read_windows,
    "fingerprints": read_fingerprints,
    "manifest": manifest_in,
    "generator": lambda path: load_generator(path, "chords", smoke=False),
    "corpus source": cached,
    "wad": freedoom_files,
    "wheel": lambda path: freedoom_files(path.rename(path.with_suffix(".whl"))),
}
RENAMING = ("manifest", "wheel", "source")  # readers whose samples rename their file
TAKES_MIDI = ("midi source", "import", "corpus source")


def refused_in_one_line(read: Callable[[], object], name: str) -> str:
    with pytest.raises(MusicError) as refusal:
        read()
    line = str(refusal.value)
    assert line.isprintable(), line
    assert len(line) < 700
    assert "expected" in line or "no such file" in line
    assert name in line or NAME in line or "WAD" in line, line
    return line


@pytest.mark.parametrize("reader", READERS)
def test_bytes_of_any_kind_are_refused_in_one_line(reader: str, tmp_path: Path) -> None:
    for number, (kind, data) in enumerate(BYTES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "thing.bin"
        path.write_bytes(data)
        if kind == "a MIDI file" and reader in TAKES_MIDI:
            READERS[reader](path)
        else:
            refused_in_one_line(lambda path=path: READERS[reader](path), "thing")  # type: ignore[misc]


@pytest.mark.parametrize("reader", [name for name in READERS if name not in RENAMING])
def test_a_folder_a_pipe_and_nothing_are_refused_in_one_line(reader: str, tmp_path: Path) -> None:
    folder = tmp_path / "thing"
    folder.mkdir()
    refused_in_one_line(lambda: READERS[reader](folder), "thing")
    try:
        refused_in_one_line(lambda: READERS[reader](tmp_path / ("thing" + "x" * 300)), "thing")
        refused_in_one_line(lambda: READERS[reader](tmp_path / "thing.none"), "thing")
    except FileNotFoundError:
        assert reader == "arrays"  # whose callers say how to make such a file
    if hasattr(os, "mkfifo") and reader not in ("arrays", "windows", "fingerprints", "generator"):
        os.mkfifo(tmp_path / "thing.pipe")
        refused_in_one_line(lambda: READERS[reader](tmp_path / "thing.pipe"), "thing")


@pytest.mark.parametrize("reader", [name for name in READERS if name not in RENAMING])
def test_names_with_escapes_and_other_bytes_are_shown_as_text(reader: str, tmp_path: Path) -> None:
    for name in (b"thing\x1b[2J", b"thing\xb5\xda\xd2\xbb"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        try:
            path.write_bytes(b"nothing of use")
        except OSError:
            pytest.skip("this file system takes no such names")
        refused_in_one_line(lambda path=path: READERS[reader](path), "thing")  # type: ignore[misc]


def test_the_check_notices_a_line_that_acts() -> None:
    def read() -> object:
        raise MusicError("thing: expected text, found \x1b[2J")

    with pytest.raises(AssertionError):
        refused_in_one_line(read, "thing")


def changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(piece_to_json(demo_piece(bars=1))), **fields}).encode()


def test_titles_and_names_of_a_piece_are_cleaned() -> None:
    piece = piece_from_json(
        changed(
            title="a\x1b[2J\ud800\nb\u202e",
            sections=[["the\tme\u2028", 0, 1]],
            origin={"mood\x07": "x\x1b", "list": ["\udfff"]},
        ),
        "x",
    )
    assert piece.title == "a\\x1b[2J\N{REPLACEMENT CHARACTER} b\N{REPLACEMENT CHARACTER}"
    assert piece.sections[0].name == "the me "
    assert piece.origin == {"mood\\x07": "x\\x1b", "list": ["\N{REPLACEMENT CHARACTER}"]}
    assert piece_from_json(piece_to_json(piece).encode(), "x") == piece


def test_a_wide_space_in_a_title_is_no_reason_to_refuse_a_piece() -> None:
    assert piece_from_json(changed(title="霓虹\u3000一"), "x").title == "霓虹\u3000一"


def test_a_soundtrack_of_a_midi_file_names_the_reader(tmp_path: Path) -> None:
    path = tmp_path / "x.mid"
    path.write_bytes(song(2))
    line = refused_in_one_line(lambda: Soundtrack.read(path), "x.mid")
    assert line == (
        "x.mid: expected a piece (.piece.json), found a MIDI file; "
        "convert it with music.midi.load.midi_to_piece"
    )


def test_names_of_a_midi_file_are_cleaned() -> None:
    track = b"\0\xff\x03\x06a\x1b[2Jb\0\xff\x06\x03c\n\x07\0\x90\x3c\x40\x60\x3c\0"
    data = struct.pack(">4sIHHH4sI", b"MThd", 6, 1, 1, 96, b"MTrk", len(track)) + track
    read = read_midi(data, "x")
    assert read.track_names == ("a\\x1b[2Jb",)
    assert read.markers == ((0, "c \\x07"),)


def arrays_file(path: Path, name: str, data: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, data)
    return path


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }", "found float64"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", "found float64"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "found object"),
        ("{'descr': '<f8', 'fortran_order': False, 'shape': (1, ", "expected arrays, found"),
        ("nonsense", "expected arrays, found"),
    ],
)
def test_an_array_that_promises_more_than_it_holds_is_refused(tmp_path: Path, header: str, said: str) -> None:
    path = arrays_file(tmp_path / "thing.npz", "a.npy", npy(header, bytes(80)))
    line = refused_in_one_line(lambda: read_arrays(path, "arrays", 1_000_000, CorpusError), "thing.npz")
    assert said in line


def test_an_array_with_a_true_header_is_read(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (10,), }"
    path = arrays_file(tmp_path / "thing.npz", "a.npy", npy(header, bytes(80)))
    found = read_arrays(path, "arrays", 1_000_000, CorpusError)
    np.testing.assert_array_equal(found["a"], np.zeros(10))


def test_too_many_arrays_are_refused(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number}.npy", b"")
    path = tmp_path / "thing.npz"
    path.write_bytes(stream.getvalue())
    line = refused_in_one_line(lambda: read_arrays(path, "arrays", 1_000_000, CorpusError), "thing.npz")
    assert "in 4096 arrays, found 0 in 5000" in line


def test_a_manifest_made_before_files_were_named_is_read(tmp_path: Path) -> None:
    scale = [float(number) for number in range(21)]
    data: dict[str, Any] = {
        "format": FORMAT, "version": FORMAT_VERSION, "vocabulary_hash": vo.vocabulary_hash(), "corpus_hash": "x",
        "collections": {}, "dropped": {}, "pieces": [], "energy": {"melody+bass": scale, "melody": scale},
    }  # fmt: skip
    (tmp_path / NAME).write_text(json.dumps(data))
    assert read_manifest(tmp_path).left_out == ()
    for bad in ([3], [["one"]], "text", 7):
        (tmp_path / NAME).write_text(json.dumps({**data, "left_out": bad}))
        refused_in_one_line(lambda: read_manifest(tmp_path), NAME)


def test_lumps_and_labels_of_other_people_are_text(tmp_path: Path) -> None:
    [(name, _)] = midi_lumps(wad_bytes([("D_\x1b[2J", song(2))]), "x.wad")
    assert name.isprintable()
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x1b\xb5.mid")).write_bytes(song(2))
    except OSError:
        pytest.skip("this file system takes no such names")
    [file] = folder_midi_files(tmp_path)
    assert file.label == "\\x1b\N{REPLACEMENT CHARACTER}.mid"
    assert file.read() == song(2)
