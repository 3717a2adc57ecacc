"""Scores from music21's corpus: the only module that loads music21, and only when called."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from music.corpus.score import BEATS, MAX_BARS, Part, Score, Stretch, is_four_four
from music.errors import CorpusError
from safefiles.text import clean


def scores_of_file(path: Path) -> Iterator[tuple[str, Score]]:
    """Yield (number, score) for the piece, or for each tune of the tune-book, in a file of music21's corpus.

    Never reads or writes music21's pickled copies. Raises CorpusError if music21 cannot read the file.
    """
    import music21

    try:
        parsed = music21.converter.parse(str(path), forceSource=True, storePickle=False)
    except Exception as error:  # music21's exceptions for broken files have no common base class
        raise CorpusError(
            f"{path.name}: expected a score that music21 reads, found {clean(str(error), 80)}"
        ) from error
    if not isinstance(parsed, music21.stream.Opus):
        yield "", _score(parsed, path.stem)
        return
    for index, tune in enumerate(parsed.scores):
        number = str(tune.metadata.number if tune.metadata and tune.metadata.number else index + 1)
        yield number, _score(tune, path.stem)


def _score(parsed: Any, name: str) -> Score:
    import music21

    parts = list(parsed.parts) if hasattr(parsed, "parts") and len(parsed.parts) else [parsed]
    read = [_part(part) for part in parts]
    runs: tuple[Stretch, ...] = ()
    for part in parts:
        runs = _runs(part)
        if runs:
            break
    signatures = parsed.recurse().getElementsByClass(music21.key.KeySignature)
    sharps = int(signatures[0].sharps) if len(signatures) else None
    metadata = parsed.metadata
    title = (metadata.title or metadata.movementName) if metadata is not None else None
    shown = str(title or name).removesuffix(".mxl").removesuffix(".xml")
    return Score(shown, tuple(part for part in read if len(part.notes)), runs, sharps)


def _part(part: Any) -> Part:
    rows: list[tuple[float, float, float, float]] = []
    sounding: dict[int, int] = {}  # pitch: row of a note that a tie extends
    for element in part.recurse().notes:
        start = float(element.getOffsetInHierarchy(part))
        length = float(element.duration.quarterLength)
        if length <= 0 or not hasattr(element, "pitches"):
            continue  # grace notes, unpitched percussion
        members = element.notes if element.isChord else (element,)
        for note in members:
            pitch = int(note.pitch.midi)
            if not 0 <= pitch <= 127:
                continue
            tie = note.tie.type if note.tie is not None else ""
            row = sounding.pop(pitch, -1)
            if tie in ("stop", "continue") and row >= 0 and abs(rows[row][1] - start) < 0.01:
                rows[row] = (rows[row][0], start + length, rows[row][2], rows[row][3])
            else:
                row = len(rows)
                rows.append((start, start + length, float(pitch), 80.0))
            if tie in ("start", "continue"):
                sounding[pitch] = row
    rows.sort(key=lambda row: (row[0], row[2]))
    name = str(part.partName or "") if hasattr(part, "partName") else ""
    return Part(name[:100], -1, False, np.array(rows, np.float64).reshape(-1, 4))


def _runs(part: Any) -> tuple[Stretch, ...]:
    """Return the stretches of whole 4/4 bars.

    A bar split by a repeat or an upbeat is one bar; any other incomplete bar ends a run.
    """
    runs: list[Stretch] = []
    metre = None
    begin = Fraction(0)
    bars = 0
    pending = Fraction(0)  # beats of an unfinished bar

    def close() -> None:
        nonlocal bars, pending
        if bars:
            runs.append(Stretch(float(begin), min(bars, MAX_BARS)))
        bars, pending = 0, Fraction(0)

    for measure in part.getElementsByClass("Measure"):
        metre = measure.timeSignature or metre
        start = Fraction(measure.offset)
        length = Fraction(measure.duration.quarterLength)
        if metre is None or not is_four_four(metre.numerator, metre.denominator) or not 0 < length <= BEATS:
            close()
            continue
        if (bars or pending) and (begin + bars * BEATS + pending != start or pending + length > BEATS):
            close()
        if not bars and not pending:
            if length < Fraction(metre.barDuration.quarterLength):
                continue  # an upbeat
            begin = start
        pending += length
        if pending == BEATS:
            bars, pending = bars + 1, Fraction(0)
    if pending >= BEATS // 2:
        bars += 1  # a last bar shortened by the upbeat
    close()
    return tuple(runs)
