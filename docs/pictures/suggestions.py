"""foryou.webp: a suggested level is played and rated, and the list of suggestions changes.

The player has rated three levels before. In the match, of which the beginning and the end are shown, the brain hunter has the
person's seat; everything else is clicked.
"""

import time
from typing import TYPE_CHECKING, Final

from PIL import Image

from docs.pictures.film import Order
from docs.pictures.headless import HeadlessApp
from game.app.browse.shelf import SuggestionCard
from game.app.playing.screen import PlayScreen
from game.app.window_options import AppOptions
from game.match.npc import NpcDriver, SeatPolicy
from game.player.profile import MatchRecord

if TYPE_CHECKING:
    from game.app.app import App

SIZE: Final = (1152, 720)  # px of the window
SHOWN: Final = (816, 571)  # px of the part of it that is shown
PICTURE: Final = (720, 504)  # px
LIST, SET_UP, MIDDLE = (0, 0), (312, 100), (168, 66)  # left upper corner of the part
PAN: Final = 0.4  # seconds from one part to another
DIFFICULTY: Final = "regular"
RATED: Final = (("first_light", 3), ("crossfire", 5), ("orchard", 2))
STAND_IN: Final = "hunter"
STARS: Final = 5


def draw(order: Order) -> list[Image.Image]:
    """Click through the list, the match, its results, and the list again."""
    with HeadlessApp(AppOptions(seed=4), SIZE, most=order.most) as window:
        app = window.app
        window.show_part(PICTURE, SHOWN, LIST)
        app.settings.set("difficulty", DIFFICULTY)
        app.library.prepare()
        for item, stars in RATED:
            have_played(app, item, stars)
        see_list(window)
        window.pointer = (SIZE[0] // 2, SIZE[1] // 2)
        window.run(1.3)
        window.click(next(each.name for each in app.top.widgets if isinstance(each, SuggestionCard)))
        window.pan(SET_UP, PAN)
        window.click("start")
        window.show_part(PICTURE, SHOWN, MIDDLE)
        play(window)
        window.run(0.7)  # the figures are counted
        row = window.widget("stars").rect
        window.click((row.centerx + round(row.width * (STARS - 3) * 0.156), row.centery))
        window.settle()
        window.run(1.2)
        window.click("levels")
        see_list(window, opens=False)
        window.pan(LIST, PAN)
        window.run(1.1)
    return window.frames


def have_played(app: "App", item: str, stars: int) -> None:
    """Store a won match on a level, and its stars."""
    info = app.library.find(item)
    if info is None or info.level is None:
        raise LookupError(f"expected a built-in level, found {item}")
    record = MatchRecord(
        level=item,
        level_hash=info.level.digest,
        objective=info.objective,
        brain="hunter",
        difficulty=DIFFICULTY,
        tank_class="ranger",
        outcome="won",
        score=5,
        ticks=1800,
        kills=1,
        deaths=0,
        retries=0,
        time=time.time(),
    )
    app.profile.record_match(record)
    app.profile.rate(item, stars)


def see_list(window: HeadlessApp, *, opens: bool = True) -> None:
    """Open the list, or come back to it, and wait until its suggestions are shown."""
    if opens:
        window.app.show("levels")
    for _ in range(3):
        window.settle()
        window.app.frame(0.3)


def play(window: HeadlessApp) -> None:
    """Show the beginning of the match, let it pass to its end, and wait for the results."""
    app = window.app
    window.until(lambda: isinstance(app.top, PlayScreen))
    screen = app.top
    assert isinstance(screen, PlayScreen)
    match = screen.match
    policies = {match.human_seat: SeatPolicy(STAND_IN)}
    match.drivers[-1] = NpcDriver(match.seats, policies, seed=0, budget=float("inf"))
    screen.countdown.stop()
    screen.renderer.forget_banner()
    window.run(0.6)
    while not match.over:
        app.tick()
    window.run(0.5)
    window.until(lambda: app.top.name == "results")
    window.settle()
