"""Plays without stars: songs come back after a rest, what is skipped sinks, books are offered once."""

import pytest

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.records.kinds import Item, Play, Rating
from recommender.store import Store

CALM = AdvisorSettings(exploration=0.0)
STYLES = ("piano", "metal", "choir")


def songs(count: int = 18) -> list[Item]:
    return [Item(f"song{n:02d}", tags=frozenset({f"style:{STYLES[n % 3]}"})) for n in range(count)]


def listeners(items: list[Item], store: Store, players: int = 30) -> None:
    """Each plays the songs of one style again and again, and skips another's."""
    for player in range(players):
        for n in range(len(items)):
            if (n + player) % 3 == 0:
                event = "repeated" if n % 2 else "played"
            elif (n + player) % 3 == 1 and n % 4 == 0:
                event = "skipped"
            else:
                continue
            store.put_plays([Play(f"p{player}", items[n].name, event, 1.0, 0.0)])


def advisor(settings: AdvisorSettings = CALM, *, crowd: bool = True) -> Advisor:
    items, store = songs(), Store(None)
    if crowd:
        listeners(items, store)
    return Advisor(items, store, settings=settings, worker=False)


def places(one: Advisor) -> dict[str, int]:
    return {each.item: place for place, each in enumerate(one.suggest(18))}


def style(name: str) -> str:
    return STYLES[int(name[-2:]) % 3]


@pytest.mark.parametrize("crowd", [True, False])
def test_plays_alone_teach_a_taste(crowd: bool) -> None:
    """Without a star ever given: what was repeated draws its kind up, what was skipped pushes its kind down."""
    one = advisor(AdvisorSettings(exploration=0.0, diversity=0.0), crowd=crowd)
    for n in (0, 3, 6):
        one.played(f"song{n:02d}", "repeated")
    for n in (1, 4, 7):
        one.played(f"song{n:02d}", "skipped")
    first = [style(each.item) for each in one.suggest(3)]
    assert first == ["piano"] * 3
    assert one.beliefs().ratings == 0
    assert one._repository.ratings() == []  # plays are never taken for stars
    stars = dict(zip(one._names, one.stars().tolist(), strict=True))
    assert stars["song09"] > stars["song11"] > stars["song10"]  # piano, choir, metal


def test_a_loved_song_rests_and_comes_back() -> None:
    one = advisor()
    for _ in range(2):
        one.played("song00", "repeated")
    first: list[int] = []
    for heard in range(60):
        place = places(one)["song00"]
        first.append(place)
        if heard < CALM.rest - 1:
            assert place >= 18 - CALM.rest  # at the very end, with the others that rest
        one.played(next(each.item for each in one.suggest(3) if each.item != "song00"))
    assert min(first[CALM.rest :]) <= 2
    assert first.index(min(first)) > CALM.rest


def test_a_song_that_is_skipped_sinks_and_one_more_skip_sinks_it_more() -> None:
    sunk = []
    for skips in (0, 1, 3):
        one = advisor()
        for _ in range(skips):
            one.played("song06", "skipped")
        sunk.append(one.outlook("song06").stars)
    assert sunk[0] > sunk[1] > sunk[2]
    settings = AdvisorSettings(exploration=0.0, rest=0, repeats=True, diversity=0.0)
    before, after = advisor(settings), advisor(settings)
    for _ in range(3):
        after.played("song06", "skipped")
    assert places(after)["song06"] > places(before)["song06"] + 3


def test_books_are_never_offered_twice_while_others_are_left() -> None:
    books, store = [Item(f"book{n}", tags=frozenset({"abc"[n % 3]})) for n in range(12)], Store(None)
    store.put_ratings(
        [Rating(f"p{n}", f"book{m}", 1 + (n + m) % 5, 0.0) for n in range(8) for m in range(12)]
    )
    one = Advisor(books, store, settings=CALM, worker=False)
    read: list[str] = []
    for place in range(12):
        given = [each.item for each in one.suggest(3)]
        fresh = [name for name in given if name not in read]
        assert fresh == given[: min(3, 12 - len(read))]  # those already read only fill the end of a list
        book = given[0]
        if place % 2:
            one.rate(book, 1 + place % 5)
        else:
            one.played(book)
        read.append(book)
    assert sorted(read) == sorted(each.name for each in books)
    assert len(one.suggest(3)) == 3  # then again from the start


def test_whether_things_are_had_twice_is_seen_from_the_records_or_told() -> None:
    once = Advisor(songs(), Store(None), settings=CALM, worker=False)
    once.played("song00")
    assert not once._repeating()
    once.played("song00")
    assert once._repeating()  # two plays of one song
    for said in (True, False):
        told = Advisor(songs(), Store(None), settings=AdvisorSettings(repeats=said), worker=False)
        told.played("song00")
        told.played("song00", "repeated")
        assert told._repeating() is said
    crowd = advisor()
    assert crowd._repeating()  # others repeat


def test_events_that_only_the_program_knows_are_not_plays() -> None:
    items, store = songs(), Store(None)
    plain = Advisor(items, store, settings=CALM, worker=False)
    before = plain.stars().tolist()
    store.put_plays([Play("local", "song00", "start", 1.0, 0.0), Play("p1", "song01", "volume", 0.5, 0.0)])
    again = Advisor(items, store, settings=CALM, worker=False)
    assert again.stars().tolist() == before
    assert [each.item for each in again.suggest(5)] == [each.item for each in plain.suggest(5)]


def test_a_rating_says_more_than_plays_of_the_same_item() -> None:
    one = advisor(crowd=False)
    for _ in range(5):
        one.played("song00", "repeated")
    liked = one.outlook("song00").stars
    one.rate("song00", 1)
    assert one.outlook("song00").stars < 2.5 < liked
