"""What to compose: mood, energy, length, and how many candidates."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from game.app.jukebox.panel import PopupScreen
from game.app.ui import theme
from game.app.ui.widgets import Button, Choice, Slider

if TYPE_CHECKING:
    from game.app.stage import Stage

LENGTHS: Final = (16, 24, 32, 48, 64)  # bars
COUNTS: Final = (1, 2, 4, 8)
Compose = Callable[[str, float, int, int], None]  # mood, energy, bars, how many


class ComposeScreen(PopupScreen):
    """A form for the request; then the jukebox composes. The last request is proposed again."""

    name = "compose"
    prompts = (("confirm", "prompt.select"), ("left", "prompt.change"), ("back", "prompt.back"))
    colour = theme.MAGENTA

    # The last request of this run
    mood = "driving"
    energy = 0.7
    bars = 32
    count = 4

    def __init__(self, stage: "Stage", compose: Compose) -> None:
        super().__init__(stage, stage.kit.strings("compose.title"))
        self._compose = compose
        label = self.label
        self.rows = [
            Choice("mood", label("compose.mood"), self._moods, lambda: self.mood, self._set_mood),
            Slider("energy", label("compose.energy"), lambda: self.energy, self._set_energy),
            Choice("bars", label("compose.bars"), self._lengths, lambda: str(self.bars), self._set_bars),
            Choice("count", label("compose.count"), self._counts, lambda: str(self.count), self._set_count),
        ]
        self.buttons = [
            Button("go", label("compose.go"), self._go, colour=theme.MAGENTA),
            Button("cancel", label("common.cancel"), self.back),
        ]
        self.fill()

    def _moods(self) -> list[tuple[str, str]]:
        from music.composer.moods import MOODS

        strings = self.kit.strings
        return [(mood.name, strings.pick(mood.title, mood.title_zh)) for mood in MOODS.values()]

    def _lengths(self) -> list[tuple[str, str]]:
        return [(str(bars), self.kit.strings("jukebox.bars", bars=bars)) for bars in LENGTHS]

    def _counts(self) -> list[tuple[str, str]]:
        return [(str(count), str(count)) for count in COUNTS]

    def _set_mood(self, mood: str) -> None:
        from music.composer.moods import MOODS

        type(self).mood = mood
        type(self).energy = MOODS[mood].energy

    def _set_energy(self, energy: float) -> None:
        type(self).energy = energy

    def _set_bars(self, bars: str) -> None:
        type(self).bars = int(bars)

    def _set_count(self, count: str) -> None:
        type(self).count = int(count)

    def _go(self) -> None:
        self.stage.back()
        self._compose(self.mood, self.energy, self.bars, self.count)
