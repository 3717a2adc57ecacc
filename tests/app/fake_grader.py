"""A player of grading slices for tests: it needs no process."""

import json
from collections.abc import Callable

from game.app.grades.background import SliceRefused


class FakePlayer:
    """Wins as often as it is told, at once."""

    def __init__(self, won: int = 6) -> None:
        self.won = won
        self.asked: list[dict[str, object]] = []
        self.ends = 0
        self.gone = False
        self.refuses = False
        self.deadly: set[str] = set()  # names of levels at which the process ends
        self.deaths = 0

    def play(self, line: str, wanted: Callable[[], bool]) -> int:
        assert wanted()
        asked = json.loads(line)
        plain = asked.get("level")
        if self.gone or (plain is not None and plain["name"] in self.deadly):
            self.deaths += 1
            raise OSError("ended")
        if self.refuses:
            raise SliceRefused("no")
        self.asked.append(asked)
        return self.won

    def end(self) -> None:
        self.ends += 1
