"""Read scores from source files: MIDI directly, music21's files through a cache that later runs reuse."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from music.corpus.score import Score, score_from_data, score_of_song, score_to_data
from music.corpus.sources import SourceFile
from music.errors import CorpusError, WriteFailed
from music.midi.reader import read_midi
from safefiles.foreign import read_bytes, refuse_errors
from safefiles.writing import write_text

MAX_CACHED_BYTES: Final = 64 * 1024 * 1024
READER_VERSION: Final = 1  # part of a cached file's name: raise it when the output of scores21 changes


@dataclass(frozen=True)
class SourcePiece:
    """One piece of a file: its id in the manifest, the hash of its file, its notes."""

    identity: str
    sha256: str
    file: SourceFile
    score: Score


def read_pieces(file: SourceFile, cache: Path) -> list[SourcePiece]:
    """Return the pieces of a file: one for MIDI, one per tune for a tune-book. Raises MidiRefused, CorpusError."""
    data = file.read()
    digest = hashlib.sha256(data).hexdigest()
    base = f"{file.collection.name}/{file.label}"
    if file.is_midi:
        song = read_midi(data, file.label)
        title = song.track_names[0] or Path(file.label).stem
        return [SourcePiece(base, digest, file, score_of_song(song, title, file.label))]
    return [
        SourcePiece(f"{base}#{number}" if number else base, digest, file, score)
        for number, score in _cached_scores(file, digest, cache)
    ]


def _cached_scores(file: SourceFile, digest: str, cache: Path) -> list[tuple[str, Score]]:
    path = cache / f"{digest[:32]}-{READER_VERSION}.json"
    try:
        with refuse_errors(path, "scores that were read before", CorpusError):
            loaded = json.loads(read_bytes(path, MAX_CACHED_BYTES, "cached scores", CorpusError))
            if not isinstance(loaded, list):
                raise CorpusError(f"{path.name}: expected a list of scores")
            return [(str(number), score_from_data(data)) for number, data in loaded]
    except (CorpusError, TypeError, AttributeError):
        pass  # missing, cut short or damaged: read the source again
    from music.corpus.scores21 import scores_of_file

    assert file.path is not None
    scores = list(scores_of_file(file.path))
    text = json.dumps([[number, score_to_data(score)] for number, score in scores], separators=(",", ":"))
    try:
        write_text(path, text)
    except OSError as error:
        raise WriteFailed(f"{path}: cannot be written ({error.strerror or error})") from error
    return scores
