"""manifest.json: the contents of a corpus, so that a trained generator can name its sources and anyone can rebuild it."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from music import vocabulary as vo
from music.corpus.split import SPLITS
from music.errors import CorpusError
from music.generators.energy import EnergyScale
from music.windows import COLUMNS, Windows
from safefiles.foreign import parse_json, read_bytes
from safefiles.text import shown_path

FORMAT: Final = "bankshot-music-corpus"
FORMAT_VERSION: Final = 1
NAME: Final = "manifest.json"
MOST_LEFT_OUT: Final = 500  # files listed
MAX_BYTES: Final = 32 * 1024 * 1024


@dataclass(frozen=True)
class PieceEntry:
    """One piece with usable windows. Its position in the list, from 1, is the number in Windows.piece."""

    id: str
    collection: str
    title: str
    sha256: str  # of the file that it is in
    split: str
    mode: str
    transposition: int  # semitones to C major or A minor, from the key of most of its bars
    bars: int
    windows: int  # usable
    unique: int  # of these, in the corpus: the others are duplicates
    voices: tuple[str, ...]  # all voices that its windows have


@dataclass(frozen=True)
class Manifest:
    """A corpus: its pieces, the licences of their collections, counts, and the scale of energies of its training part."""

    vocabulary_hash: str
    corpus_hash: str
    collections: dict[str, dict[str, Any]]  # style, source, licence; pieces, windows, …: see `counts`
    dropped: dict[str, int]  # reason: windows, or pieces where it says so
    energy: EnergyScale
    pieces: tuple[PieceEntry, ...]
    left_out: tuple[tuple[str, str], ...] = ()  # files or tunes without a window, with the reason


def corpus_hash(windows: dict[str, Windows], pieces: Sequence[PieceEntry]) -> str:
    """Return a hash over all windows and pieces, 16 hex digits; a generator's card names its training data by it."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for name in COLUMNS:
            digest.update(np.ascontiguousarray(getattr(windows[split], name)).tobytes())
    for piece in pieces:
        digest.update(json.dumps(asdict(piece), sort_keys=True).encode())
    return digest.hexdigest()[:16]


def counts(pieces: Sequence[PieceEntry], windows: dict[str, Windows]) -> dict[str, dict[str, int]]:
    """Return for each collection: pieces and windows as read, unique windows by split and by their voices."""
    table: dict[str, Counter[str]] = {}
    names = np.array([piece.collection for piece in pieces])
    for piece in pieces:
        row = table.setdefault(piece.collection, Counter())
        row["pieces"] += 1
        row["windows"] += piece.windows
        row["unique"] += piece.unique
        row[f"{piece.split}_pieces"] += 1
    for split, part in windows.items():
        for name, row in table.items():
            own = part[names[part.piece - 1] == name]
            row[split] += len(own)
            row["melody_harmony_bass"] += int(own.having("melody", "harmony", "bass").sum())
            row["with_drums"] += int(own.having("melody", "harmony", "bass", "drums").sum())
    return {name: dict(row) for name, row in table.items()}


def manifest_to_json(manifest: Manifest) -> str:
    """Return the text of manifest.json: stable, so that equal corpora give equal bytes."""
    data = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "vocabulary_hash": manifest.vocabulary_hash,
        "corpus_hash": manifest.corpus_hash,
        "collections": manifest.collections,
        "dropped": manifest.dropped,
        "left_out": [list(row) for row in manifest.left_out],
        "energy": manifest.energy.to_data(),
        "pieces": [asdict(piece) for piece in manifest.pieces],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def read_manifest(folder: Path) -> Manifest:
    """Read a corpus folder's manifest. Raises CorpusError: missing, foreign, damaged or of another vocabulary."""
    path = folder / NAME
    try:
        data = read_bytes(path, MAX_BYTES, "a corpus manifest", CorpusError, missing=True)
    except FileNotFoundError as error:
        raise CorpusError(f"{shown_path(path)}: no such file; `music corpus` makes it") from error
    return _manifest(parse_json(data, NAME, CorpusError))


def _manifest(data: Any) -> Manifest:
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("version") != FORMAT_VERSION:
        raise CorpusError(f"{NAME}: expected format {FORMAT}, version {FORMAT_VERSION}")
    if data.get("vocabulary_hash") != vo.vocabulary_hash():
        raise CorpusError(
            f"{NAME}: expected vocabulary {vo.vocabulary_hash()}, found {data.get('vocabulary_hash')!s:.20}; "
            "build the corpus again"
        )
    try:
        pieces = tuple(_piece(entry) for entry in data["pieces"])
        return Manifest(
            str(data["vocabulary_hash"]),
            str(data["corpus_hash"]),
            {str(name): dict(entry) for name, entry in data["collections"].items()},
            {str(reason): int(count) for reason, count in data["dropped"].items()},
            EnergyScale.from_data(data["energy"], NAME),
            pieces,
            tuple((str(file), str(reason)) for file, reason in data.get("left_out", [])[:MOST_LEFT_OUT]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, CorpusError):
            raise
        raise CorpusError(f"{NAME}: expected the fields of a corpus manifest ({error!r:.80})") from error


def _piece(entry: dict[str, Any]) -> PieceEntry:
    if entry["split"] not in SPLITS or entry["mode"] not in vo.MODES:
        raise CorpusError(f"{NAME} › {entry['id']!s:.60}: expected a known split and mode")
    return PieceEntry(
        str(entry["id"]),
        str(entry["collection"]),
        str(entry["title"]),
        str(entry["sha256"]),
        str(entry["split"]),
        str(entry["mode"]),
        int(entry["transposition"]),
        int(entry["bars"]),
        int(entry["windows"]),
        int(entry["unique"]),
        tuple(str(voice) for voice in entry["voices"]),
    )
