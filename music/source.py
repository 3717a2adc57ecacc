"""Read a piece from a .piece.json or a MIDI file, with the data of a MIDI file that a piece cannot store."""

from dataclasses import dataclass
from pathlib import Path

from music.errors import MidiRefused
from music.messages import say
from music.midi.load import midi_to_piece, tempo_map_of
from music.midi.reader import MAX_BYTES, read_midi
from music.midi.remarks import read_remark, remarks_of
from music.piece import Piece, read_piece
from music.synth.timeline import TempoMap
from safefiles.foreign import read_bytes
from safefiles.text import shown_path


@dataclass(frozen=True)
class Source:
    """The contents of a file."""

    piece: Piece
    remarks: tuple[str, ...] = ()  # changes made to a MIDI file while reading, as lines
    tempos: TempoMap = ()  # tempo map of a MIDI file whose tempo changes
    tempo_remarks: tuple[str, ...] = ()  # changes made to the tempo map, as lines

    @property
    def remarks_with_tempos(self) -> tuple[str, ...]:
        """The changes, for a caller that uses the tempo map."""
        kept = [line for line in self.remarks if (read_remark(line) or ("",))[0] != "tempo_changes"]
        return (*kept, *self.tempo_remarks)


def read_source(path: Path) -> Source:
    """Read a .piece.json or a MIDI file. Raises PieceRefused or MidiRefused."""
    if path.suffix.lower() == ".json":
        return Source(read_piece(path))
    name = shown_path(path.name)
    song = read_midi(read_bytes(path, MAX_BYTES, say("midi_file"), MidiRefused), name)
    piece = midi_to_piece(song, name)
    tempos, lines = tempo_map_of(song)
    changing = tempos if len(tempos) > 1 else ()
    return Source(piece, tuple(remarks_of(piece)), changing, tuple(lines))
