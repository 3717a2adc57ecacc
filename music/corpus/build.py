"""`build_corpus`: source files to a folder of windows and a manifest. An interrupted run continues where it stopped."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from music import vocabulary as vo
from music.corpus.codec import EncodedPiece, encode_score
from music.corpus.fidelity import fidelity_shares
from music.corpus.key_finding import transposition
from music.corpus.manifest import (
    MOST_LEFT_OUT,
    NAME,
    Manifest,
    PieceEntry,
    corpus_hash,
    counts,
    manifest_to_json,
)
from music.corpus.reading import SourcePiece, read_pieces
from music.corpus.sources import COLLECTIONS, SourceFile
from music.corpus.split import SPLITS, first_of_each, split_pieces, tune_groups
from music.errors import CorpusError, MidiRefused, WriteFailed
from music.generators.energy import measure_energy_scale
from music.windows import Windows, join_windows, to_bytes
from safefiles.text import clean, shown_path
from safefiles.writing import write_atomic

CACHE: Final = "cache"
MAX_TITLE: Final = 120
MAX_LABEL: Final = 300  # of a left-out file's label and of the reason, in characters

Progress = Callable[[str, int, int], None]  # label, bytes done, bytes in all


@dataclass(frozen=True)
class _EncodedSource:
    source: SourcePiece
    encoded: EncodedPiece


def windows_name(split: str) -> str:
    """Return the file name of a split's windows."""
    return f"windows-{split}.npz"


def build_corpus(out: Path, sources: Sequence[SourceFile], progress: Progress | None = None) -> Manifest:
    """Read every source, write manifest.json and windows-*.npz into `out`, and return the manifest.

    Scores parsed by music21 are cached in out/cache for later runs. A source that cannot be read is listed in the manifest,
    with the reason, and skipped. Equal sources give equal bytes. Raises CorpusError if nothing is usable or the folder cannot
    be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteFailed(f"{out}: cannot be made ({error.strerror or error})") from error
    dropped: Counter[str] = Counter()
    left_out: list[tuple[str, str]] = []
    pieces = _read_all(sources, out / CACHE, dropped, left_out, progress)
    if not pieces:
        why = f": {left_out[0][0]}: {left_out[0][1]}" if left_out else ""
        raise CorpusError(
            f"{shown_path(out)}: expected pieces with at least {vo.BARS} usable bars of 4/4, found none{why}"
        )
    windows, entries = _assemble(pieces)
    kept: dict[str, Counter[str]] = {}
    for piece in pieces:
        kept.setdefault(piece.source.file.collection.name, Counter()).update(piece.encoded.kept)
    collections = {
        name: {
            "style": COLLECTIONS[name].style,
            "source": COLLECTIONS[name].source,
            "licence": COLLECTIONS[name].licence,
            **row,
            "kept": fidelity_shares(kept[name]),
        }
        for name, row in counts(entries, windows).items()
    }
    manifest = Manifest(
        vo.vocabulary_hash(),
        corpus_hash(windows, entries),
        collections,
        dict(sorted(dropped.items())),
        measure_energy_scale(windows["train"]),
        tuple(entries),
        tuple(left_out),
    )
    for split in SPLITS:
        _write(out / windows_name(split), to_bytes(windows[split]))
    _write(out / NAME, manifest_to_json(manifest).encode())
    return manifest


def _read_all(
    sources: Sequence[SourceFile],
    cache: Path,
    dropped: Counter[str],
    left_out: list[tuple[str, str]],
    progress: Progress | None,
) -> list[_EncodedSource]:
    def leave_out(name: str, reason: str, message: str = "") -> None:
        dropped[f"pieces: {reason}"] += 1
        if len(left_out) < MOST_LEFT_OUT:
            left_out.append((clean(name, MAX_LABEL), clean(message or reason, MAX_LABEL)))

    total = sum(file.size for file in sources)
    done = 0
    pieces: list[_EncodedSource] = []
    for file in sources:
        if progress is not None:
            progress(file.label, done, total)
        done += file.size
        style = vo.STYLES.index(file.collection.style)
        try:
            found = read_pieces(file, cache)
        except (MidiRefused, CorpusError) as error:
            leave_out(f"{file.collection.name}/{file.label}", "cannot be read", str(error))
            continue
        for source in found:
            if not any(run.bars >= vo.BARS for run in source.score.runs):
                leave_out(source.identity, "no four bars of 4/4")
                continue
            encoded = encode_score(source.score, style, file.collection.melody_only)
            dropped.update({f"windows: {reason}": count for reason, count in encoded.dropped.items()})
            if len(encoded.windows):
                pieces.append(_EncodedSource(source, encoded))
            else:
                leave_out(source.identity, "no usable window")
    if progress is not None:
        progress("", total, total)
    return pieces


def _assemble(pieces: Sequence[_EncodedSource]) -> tuple[dict[str, Windows], list[PieceEntry]]:
    """Remove duplicates, split, and describe the pieces. Of equal windows the first is kept, in whichever split it is."""
    groups = tune_groups([piece.encoded.windows for piece in pieces])
    numbered = [
        replace(piece.encoded.windows, piece=np.full(len(piece.encoded.windows), number, np.int32))
        for number, piece in enumerate(pieces, 1)
    ]
    every = join_windows(numbered)
    every = every[first_of_each(every)]
    unique = np.bincount(every.piece, minlength=len(pieces) + 1)[1:]
    splits = split_pieces(
        [piece.source.identity for piece in pieces],
        [piece.source.file.collection.name for piece in pieces],
        unique.tolist(),
        groups,
    )
    entries = [_entry(piece, split, int(count)) for piece, split, count in zip(pieces, splits, unique)]
    of_window = np.array(splits)[every.piece - 1]
    return {split: every[of_window == split] for split in SPLITS}, entries


def _entry(piece: _EncodedSource, split: str, unique: int) -> PieceEntry:
    source, encoded = piece.source, piece.encoded
    bits = int(np.bitwise_or.reduce(encoded.windows.voices))
    title = "".join(sign for sign in source.score.title if sign.isprintable())
    return PieceEntry(
        source.identity,
        source.file.collection.name,
        title[:MAX_TITLE],
        source.sha256,
        split,
        vo.MODES[encoded.key // 12],
        transposition(encoded.key),
        sum(run.bars for run in source.score.runs),
        len(encoded.windows),
        unique,
        tuple(name for name in vo.VOICES if bits & vo.VOICE_BIT[name]),
    )


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomic(path, data)
    except OSError as error:
        raise WriteFailed(f"{path}: cannot be written ({error.strerror or error})") from error
