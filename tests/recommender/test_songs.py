"""`recommender` in a program that has nothing to do with games: songs, in ten lines."""

from recommender.advisor.engine import Advisor, AdvisorSettings
from recommender.reasons import Nouns, text
from recommender.records.kinds import Item, Rating
from recommender.store import Store

LISTENERS = {
    "ann": {"Clair de Lune": 5, "Gymnopédie": 5, "Arabesque": 5, "Paranoid": 1, "Ace of Spades": 2},
    "ben": {"Clair de Lune": 4, "Gymnopédie": 5, "Arabesque": 4, "Iron Man": 1},
    "cho": {"Clair de Lune": 5, "Gymnopédie": 4, "Arabesque": 5, "Ace of Spades": 1},
    "dee": {"Paranoid": 5, "Iron Man": 5, "Ace of Spades": 4, "Clair de Lune": 2},
    "eli": {"Paranoid": 4, "Iron Man": 5, "Ace of Spades": 5, "Gymnopédie": 1},
}
PIANO = ("Clair de Lune", "Gymnopédie", "Arabesque", "Nocturne")
METAL = ("Paranoid", "Iron Man", "Ace of Spades", "Breaking the Law")


def songs() -> list[str]:
    # These ten lines are the whole program.
    items = [Item(song, tags=frozenset({"style:piano"})) for song in PIANO]
    items += [Item(song, tags=frozenset({"style:metal"})) for song in METAL]
    store = Store(None)
    for name, given in LISTENERS.items():
        store.put_ratings([Rating(name, song, stars, 0.0) for song, stars in given.items()])
    advisor = Advisor(items, store, player="you", settings=AdvisorSettings(exploration=0))
    advisor.rate("Clair de Lune", 5)
    advisor.rate("Paranoid", 1)
    words = Nouns(players="listeners", player="listener", simulated="made-up", finish="")
    return [f"{each.item}: {text(each.reason, nouns=words)}" for each in advisor.suggest(3)]


def test_ten_lines_recommend_songs() -> None:
    told = songs()
    assert [line.split(":")[0] in PIANO for line in told] == [True, True, True]
    assert "Gymnopédie: close to *Clair de Lune*, which you gave 5" in told
    assert "Nocturne: new: close to *Clair de Lune*, which you gave 5" in told
    assert not any("%" in line or "level" in line for line in told)  # nobody attempts a song
