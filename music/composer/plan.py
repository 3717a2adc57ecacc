"""The plan of a piece: the order of its sections, the material of each, and its density."""

from dataclasses import dataclass

from music import vocabulary as vo
from music.errors import MusicError
from music.messages import say

PHRASE = vo.BARS
SHORTEST, LONGEST = 8, 256  # bars


@dataclass(frozen=True)
class Phrase:
    """Four bars: their section, the material they are made from, and how it is varied."""

    section: str
    material: str  # "theme", "contrast" or "boss": equal materials share noise and chords
    vary: float = 0.0  # deviation of the bar noise from the material's, in standard deviations
    energy: float = 0.0  # added to the piece's
    melody: bool = True
    drums: bool = True


INTRO = Phrase("intro", "theme", energy=-0.25, melody=False)
THEME = Phrase("theme", "theme")
VARIATION = Phrase("variation", "theme", vary=0.6)
CONTRAST = Phrase("contrast", "contrast", energy=-0.05)
RETURN = Phrase("return", "theme")
BOSS = Phrase("boss", "boss", energy=0.35)
BOSS_TURN = Phrase("boss", "boss", vary=0.6, energy=0.35)
ENDING = Phrase("ending", "theme", energy=-0.1)

# Complete forms by number of phrases; longer pieces repeat the middle.
FORMS: dict[int, tuple[Phrase, ...]] = {
    2: (THEME, ENDING),
    3: (THEME, CONTRAST, ENDING),
    4: (THEME, VARIATION, CONTRAST, RETURN),
    5: (INTRO, THEME, VARIATION, CONTRAST, RETURN),
    6: (INTRO, THEME, VARIATION, CONTRAST, RETURN, ENDING),
    7: (INTRO, THEME, VARIATION, CONTRAST, RETURN, BOSS, ENDING),
    8: (INTRO, THEME, VARIATION, CONTRAST, RETURN, BOSS, BOSS_TURN, ENDING),
}
MIDDLE = (THEME, VARIATION, CONTRAST, RETURN)


def plan(bars: int) -> tuple[Phrase, ...]:
    """Return the phrases of a piece of `bars` bars. MusicError unless it is a multiple of four within the limits."""
    if bars % PHRASE or not SHORTEST <= bars <= LONGEST:
        raise MusicError(say("bars", step=PHRASE, low=SHORTEST, high=LONGEST, found=bars))
    count = bars // PHRASE
    longest = max(FORMS)
    if count in FORMS:
        return FORMS[count]
    extra = count - longest
    middle = [MIDDLE[index % len(MIDDLE)] for index in range(extra)]
    whole = FORMS[longest]
    return (*whole[:1], *middle, *whole[1:])
