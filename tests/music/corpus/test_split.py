"""Splits: by the piece's hash, about a tenth each, pieces with a common tune together, no window twice."""

from dataclasses import replace

import numpy as np
import pytest

from music import vocabulary as vo
from music.corpus.split import first_of_each, split_pieces, tune_groups
from music.windows import Windows, empty_windows, join_windows


def tune(seed: int, count: int = 3) -> Windows:
    chance = np.random.default_rng(seed)
    melody = chance.integers(vo.FIRST_PITCH, vo.LINE_TOKENS, (count, vo.STEPS)).astype(np.uint8)
    return replace(empty_windows(count), melody=melody)


def sample(count: int) -> tuple[list[str], list[str], list[int], list[int]]:
    chance = np.random.default_rng(0)
    names = [f"{collection}/{index}" for collection in ("a", "b") for index in range(count)]
    counts = chance.integers(1, 90, 2 * count).tolist()
    return names, [name[0] for name in names], counts, list(range(2 * count))


def test_each_collection_gives_about_a_tenth_to_validation_and_test() -> None:
    names, collections, counts, groups = sample(64)
    splits = split_pieces(names, collections, counts, groups)
    for collection in ("a", "b"):
        own = [index for index, name in enumerate(collections) if name == collection]
        total = sum(counts[index] for index in own)
        for split in ("validation", "test"):
            share = sum(counts[index] for index in own if splits[index] == split) / total
            assert 0.09 < share < 0.18
            assert sum(splits[index] == split for index in own) >= 4


def test_the_split_hangs_on_the_names_and_not_on_the_order() -> None:
    names, collections, counts, groups = sample(40)
    splits = dict(zip(names, split_pieces(names, collections, counts, groups)))
    back = slice(None, None, -1)
    again = split_pieces(names[back], collections[back], counts[back], groups)
    assert dict(zip(names[back], again)) == splits
    renamed = split_pieces([name + "x" for name in names], collections, counts, groups)
    assert renamed != list(splits.values())


def test_pieces_of_a_group_go_the_same_way() -> None:
    names, collections, counts, groups = sample(40)
    groups = [index // 2 * 2 for index in groups]
    splits = split_pieces(names, collections, counts, groups)
    assert all(splits[index] == splits[index + 1] for index in range(0, len(splits), 2))
    assert set(splits) == {"train", "validation", "test"}


def test_a_group_larger_than_its_share_stays_in_training() -> None:
    names = [f"a/{index}" for index in range(20)]
    splits = split_pieces(names, ["a"] * 20, [1000] + [5] * 19, list(range(20)))
    assert splits[0] == "train"


@pytest.mark.parametrize("shared", [True, False])
def test_pieces_with_a_melody_in_common_are_one_tune(shared: bool) -> None:
    one, two, three = tune(1), tune(2), tune(3)
    if shared:
        three = join_windows([three, one[:1]])
    groups = tune_groups([one, two, three])
    assert (groups[0] == groups[2]) is shared
    assert groups[1] not in (groups[0], groups[2])


def test_a_few_notes_in_common_do_not_make_a_tune() -> None:
    sparse = empty_windows(1)
    sparse.melody[0, :4] = vo.FIRST_PITCH
    assert tune_groups([sparse, sparse]) == [0, 1]


def test_of_equal_windows_the_first_stays() -> None:
    one, two = tune(1), tune(2)
    again = replace(one, bar=one.bar + 9, piece=one.piece + 1)
    mask = first_of_each(join_windows([one, two, again]))
    assert mask.tolist() == [True] * 6 + [False] * 3
    other = replace(one, drums=one.drums + 1)
    assert first_of_each(join_windows([one, other])).all()
