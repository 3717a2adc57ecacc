"""Sample positions of a piece's beats, and the order of its sections (horizontal re-sequencing)."""

from typing import Final

import numpy as np

from music import vocabulary as vo
from music.errors import MusicError
from music.messages import say
from music.piece import Piece, Section

# What follows a section that ends without a cue. Sections not named here follow each other in a loop: theme, variation,
# contrast, theme …
ONCE, HELD, LAST = "once", "held", "last"
SECTION_PLAYS: Final = {
    "intro": ONCE,  # played once, at the start
    "boss": HELD,  # reached only by a cue, repeated until another cue
    "ending": LAST,  # reached only by a cue; then the music ends
}
WHOLE: Final = "theme"  # name of the only section of a piece without sections
OVER: Final = -1  # section index that means: the music has ended


class BeatMap:
    """A piece's sections and beat lines at a sample rate.

    Beat k of the piece starts at sample round(k * samples per beat), so rounding errors do not add up. A beat's length is the
    difference of two such positions and the same each time the beat is played.
    """

    def __init__(self, piece: Piece, sample_rate: int) -> None:
        if sample_rate <= 0:
            raise MusicError(say("positive_rate", found=sample_rate))
        self.sample_rate = sample_rate
        self.sections = piece.sections or (Section(WHOLE, 0, piece.bars),)
        for section in self.sections:
            if section.bar < 0 or section.bars < 1 or section.bar + section.bars > piece.bars:
                raise MusicError(say("section_bars", name=section.name, most=piece.bars, found=str(section)))
        per_beat = sample_rate * 60.0 / piece.tempo
        self.lines = np.rint(np.arange(piece.bars * vo.BEATS_PER_BAR + 1) * per_beat).astype(np.int64)
        self.beat_samples = round(per_beat)
        self._round = [
            index for index, section in enumerate(self.sections) if section.name not in SECTION_PLAYS
        ]

    def samples_of_beat(self, bar: int, beat: int) -> int:
        """Return the length of a beat, 0..3, of a bar of the piece."""
        line = bar * vo.BEATS_PER_BAR + beat
        return int(self.lines[line + 1] - self.lines[line])

    def samples_of_bar(self, bar: int) -> int:
        """Return the length of a bar of the piece."""
        line = bar * vo.BEATS_PER_BAR
        return int(self.lines[line + vo.BEATS_PER_BAR] - self.lines[line])

    def find(self, name: str) -> int | None:
        """Return the index of the first section of that name."""
        return next((index for index, section in enumerate(self.sections) if section.name == name), None)

    def first(self) -> int:
        """Return the section that a piece begins with: the first one that needs no cue."""
        waiting = (HELD, LAST)
        free = (
            index
            for index, section in enumerate(self.sections)
            if SECTION_PLAYS.get(section.name) not in waiting
        )
        return next(free, 0)

    def after(self, index: int) -> int:
        """Return the section that follows without a cue; OVER after an ending."""
        plays = SECTION_PLAYS.get(self.sections[index].name)
        if plays == LAST:
            return OVER
        if plays == HELD or not self._round:
            return index
        return next((later for later in self._round if later > index), self._round[0])
