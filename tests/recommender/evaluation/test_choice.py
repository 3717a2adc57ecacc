"""Settings are chosen on an inner split of the outer one's kind."""

import numpy as np

from recommender.evaluation.choice import FIXED, PENALTIES, choose_settings, inner_part
from recommender.evaluation.protocols import GLOBAL_TIME, LEAVE_LAST, by_entry
from recommender.records.ratings import Ratings
from tests.recommender.made import made_ratings


def test_the_inner_split_of_windows_judges_the_newest_tenth() -> None:
    learned = by_entry(made_ratings(20, 20, 10)[0])
    part = inner_part(learned, GLOBAL_TIME)
    assert len(part.learned) == 180
    assert part.learned.time.max() <= part.judged.time.min()
    last = inner_part(learned, LEAVE_LAST)
    assert len(last.judged) == 20
    assert last.learned.time.max() > last.judged.time.min()  # the twin: leave-last-out looks ahead


def test_where_nobody_can_be_judged_the_fixed_settings_stay() -> None:
    rows = [(f"p{player}", f"i{player % 3}", 4.0, float(player)) for player in range(40)]
    assert choose_settings(inner_part(Ratings.of(rows), GLOBAL_TIME), recent=True) == FIXED


def test_without_recency_the_penalty_alone_is_chosen() -> None:
    chosen = choose_settings(inner_part(made_ratings(40, 30, 15)[0], LEAVE_LAST), recent=False)
    assert chosen.penalty in PENALTIES
    assert np.isinf([chosen.together, chosen.memory]).all()
