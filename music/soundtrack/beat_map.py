"""Where in samples the beats of a piece lie, and which section follows which: the horizontal half."""

from typing import Final

import numpy as np

from music import vocabulary as vo
from music.errors import MusicError
from music.messages import say
from music.piece import Piece, Section

# How a section is left when it ends and nothing was cued. What is not named here goes on to the next section that is
# not named either, round and round: theme, variation, contrast, theme …
ONCE, HELD, LAST = "once", "held", "last"
SECTION_PLAYS: Final = {
    "intro": ONCE,  # once, at the start
    "boss": HELD,  # only by a cue, and again until another cue
    "ending": LAST,  # only by a cue; then the music is over
}
WHOLE: Final = "theme"  # what a piece without sections is called
OVER: Final = -1  # the index that stands for "no section: the music is over"


class BeatMap:
    """A piece's sections and beat lines at a sample rate.

    Beat k of the piece starts at sample round(k * samples per beat), so that no rounding ever adds up. A beat's length
    is the difference of two lines and the same each time the beat is played.
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
        """Return the section that a piece begins with: the first that is not waiting for a cue."""
        waiting = (HELD, LAST)
        free = (
            index
            for index, section in enumerate(self.sections)
            if SECTION_PLAYS.get(section.name) not in waiting
        )
        return next(free, 0)

    def after(self, index: int) -> int:
        """Return the section that follows when nothing is cued; OVER after an ending."""
        plays = SECTION_PLAYS.get(self.sections[index].name)
        if plays == LAST:
            return OVER
        if plays == HELD or not self._round:
            return index
        return next((later for later in self._round if later > index), self._round[0])
