"""Tables about items and players, as features."""

from pathlib import Path

import numpy as np
import pytest

from recommender.errors import TableRefused
from recommender.records.side_tables import FeatureRows, read_features

ITEMS = tuple(f"i{number}" for number in range(12))
TABLE = "item_id:token\ttitle:token_seq\tclass:token_seq\tsize:float\n" + "".join(
    f"i{number}\tThe {number}\t{'Open Maze' if number % 2 else 'Open'}\t{number / 2}\n"
    for number in range(12)
)


def read(folder: Path, text: str) -> FeatureRows:
    path = folder / "items.item"
    path.write_text(text, "utf-8")
    return read_features(path, ITEMS)


def column(features: FeatureRows, name: str) -> list[float]:
    values: list[float] = features.values[:, features.names.index(name)].tolist()
    return values


def test_values_of_a_sequence_become_features(tmp_path: Path) -> None:
    features = read(tmp_path, TABLE)
    assert column(features, "class=Maze") == [float(number % 2) for number in range(12)]
    assert column(features, "class=Open") == [1.0] * 12


def test_nearly_unique_text_is_left_out(tmp_path: Path) -> None:
    assert not [name for name in read(tmp_path, TABLE).names if name.startswith("title")]


def test_a_number_gives_itself_standardised_and_bins(tmp_path: Path) -> None:
    features = read(tmp_path, TABLE)
    size = column(features, "size")
    assert np.mean(size) == pytest.approx(0)
    assert np.std(size) == pytest.approx(1)
    bins = [name for name in features.names if name.startswith("size~")]
    assert (
        features.values[:, [features.names.index(name) for name in bins]].sum(axis=1).tolist() == [1.0] * 12
    )


def test_rows_follow_the_order_of_the_ratings_and_unknown_ones_are_empty(tmp_path: Path) -> None:
    text = "item,kind\nother,a\n" + "".join(f"i{number},{'ab'[number > 5]}\n" for number in range(10, 0, -1))
    features = read(tmp_path, text)
    assert column(features, "kind=b") == [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]
    assert not features.values[0].any()
    assert not features.values[11].any()


def test_several_values_of_a_cell_are_split(tmp_path: Path) -> None:
    features = read(tmp_path, "item,kind\n" + "".join(f"i{number},a|b\n" for number in range(12)))
    assert features.names == ("kind=a", "kind=b")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("item,kind\nx,a\n", "expected rows about 'i0' and others of the ratings, found none of them"),
        ("item,kind\ni0,a\ni0,b\n", "line 3: expected each name once, found 'i0' again, after line 2"),
        ("item:token,size:float\ni0,1\ni1,big\n", "line 3: expected a number in column 'size', found 'big'"),
        (
            "item,title\n" + "".join(f"i{n},t{n}\n" for n in range(12)),
            "expected a column with values that several",
        ),
    ],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TableRefused, match=message):
        read(tmp_path, text)


def test_features_of_tags_and_numbers() -> None:
    features = FeatureRows.of([["a"], ["a", "b"]], [{"size": 2.0}, {}])
    assert features.names == ("a", "b", "size")
    assert features.values.tolist() == [[1, 0, 2], [1, 1, 0]]
    assert features.standardised().mean(axis=0).tolist() == [0, 0, 0]
