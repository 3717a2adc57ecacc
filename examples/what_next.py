"""recommender: suggest items that people rate; here songs."""

from recommender import Advisor, Item, Nouns, Rating, Store, text

items = [
    Item("Nocturne", tags=frozenset({"style:piano"})),
    Item("Prelude", tags=frozenset({"style:piano"})),
    Item("Paranoid", tags=frozenset({"style:metal"})),
    Item("Breadfan", tags=frozenset({"style:metal"})),
]
store = Store(None)  # in memory; Store(Path("songs.sqlite")) keeps it
store.put_ratings([Rating("ann", "Nocturne", 5, 0.0)])
advisor = Advisor(items, store, player="you", seed=1)  # the same exploration each time
advisor.rate("Nocturne", 5)
advisor.rate("Paranoid", 1)
words = Nouns(players="listeners", player="listener", simulated="made-up", finish="")
for each in advisor.suggest(1):
    print(each.item, round(each.stars, 1), text(each.reason, nouns=words))
advisor.close()
