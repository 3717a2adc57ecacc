"""recommender: suggest songs and keep ratings in a file. `python examples/song_shelf.py [FILE [SONG STARS]]`."""

import sys
from pathlib import Path

from recommender import Advisor, Item, Nouns, Rating, Store, text

SONGS = {
    "Nocturne": "piano", "Prelude": "piano", "Gymnopedie": "piano", "Paranoid": "metal", "Breadfan": "metal",
    "Ace of Spades": "metal", "So What": "jazz", "Take Five": "jazz",
}  # fmt: skip
FRIENDS = {
    "ann": {"Nocturne": 5, "Gymnopedie": 5, "Paranoid": 1},
    "bob": {"Paranoid": 5, "Breadfan": 4, "So What": 2},
}

file = Path(sys.argv[1] if len(sys.argv) > 1 else "songs.sqlite")
first = not file.exists()
store = Store(file)
items = [Item(name, tags=frozenset({f"style:{style}"})) for name, style in SONGS.items()]
if first:
    store.put_ratings(
        [Rating(who, song, stars, 0.0) for who, given in FRIENDS.items() for song, stars in given.items()]
    )
advisor = Advisor(items, store, player="you", seed=1)
if len(sys.argv) > 3:
    advisor.rate(sys.argv[2], float(sys.argv[3]))
print(
    f"{file.name}: {'new' if first else 'found'}, you have rated {len(store.ratings('you'))} of {len(items)} songs"
)
words = Nouns(players="listeners", player="listener", simulated="made-up", finish="")
for each in advisor.suggest(3):
    print(f"{each.item:14s} {each.stars:.1f} of 5: {text(each.reason, nouns=words)}")
for message in [*advisor.take_messages(), *store.messages]:
    print("note:", message)
advisor.close()
store.close()
