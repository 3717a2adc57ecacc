"""Moods: composer settings by name, chosen by a level or a player. One table, in order of tension."""

from dataclasses import dataclass

from music import vocabulary as vo


@dataclass(frozen=True)
class Mood:
    """The composer settings of a mood."""

    name: str
    number: int  # part of the seed of this mood's pieces: never change one; a new row takes the next number
    title: str
    title_zh: str
    mode: int  # index of vocabulary.MODES
    keys: tuple[int, ...]  # pitch classes of the tonic to choose from
    tempo: tuple[int, int]  # slowest and fastest quarter notes a minute
    energy: float  # used if the caller names none
    timbre: str


MOODS = {
    mood.name: mood
    for mood in (
        Mood("calm", 1, "Calm", "平静", vo.MAJOR, (0, 5, 7), (84, 100), 0.2, "neon"),
        Mood("dreamy", 3, "Dreamy", "梦幻", vo.MAJOR, (2, 4, 9), (88, 106), 0.35, "neon"),
        Mood("bright", 0, "Bright", "明快", vo.MAJOR, (0, 2, 7), (112, 132), 0.6, "chip"),
        Mood("heroic", 6, "Heroic", "英勇", vo.MAJOR, (0, 5, 10), (120, 140), 0.75, "neon"),
        Mood("wistful", 7, "Wistful", "惆怅", vo.MINOR, (9, 2, 4), (88, 104), 0.3, "chip"),
        Mood("driving", 4, "Driving", "疾驰", vo.MINOR, (9, 4, 11), (124, 144), 0.7, "neon"),
        Mood("dark", 2, "Dark", "暗黑", vo.MINOR, (0, 2, 5), (96, 116), 0.5, "dark"),
        Mood("frantic", 5, "Frantic", "狂乱", vo.MINOR, (4, 9, 2), (144, 164), 0.9, "dark"),
    )
}
