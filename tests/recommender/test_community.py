import json
from pathlib import Path

import pytest

from recommender.advisor.community import Community
from recommender.errors import TableRefused
from recommender.records.kinds import SIMULATED

RATINGS = "player,item,stars,time\nada,canal,4,20\nbo,forge,2.5,10\n"
ATTEMPTS = "player,item,outcome,seconds,time,deaths,against\nada,canal,finished,61.5,19,2,hunter/hard\n"


def written(
    folder: Path, ratings: str = RATINGS, attempts: str = ATTEMPTS, card: str = '{"seed": 1}'
) -> Path:
    for name, content in (("ratings.csv", ratings), ("attempts.csv", attempts), ("card.json", card)):
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_everything_read_is_labelled_simulated_and_oldest_first(tmp_path: Path) -> None:
    found = Community.read(written(tmp_path))
    assert [(rating.player, rating.stars, rating.source) for rating in found.ratings] == [
        ("bo", 2.5, SIMULATED),
        ("ada", 4.0, SIMULATED),
    ]
    (attempt,) = found.attempts
    assert (attempt.deaths, attempt.against, attempt.source, attempt.seconds) == (
        2,
        "hunter/hard",
        SIMULATED,
        61.5,
    )
    assert found.players == ("ada", "bo")
    assert found.card == {"seed": 1}


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("ratings", "player,item,stars,time\nada,canal,9,1\n", "ratings.csv, line 2: expected stars from 1 to 5, found '9'"),
        ("ratings", "player,item,stars,time\nada,canal,nan,1\n", "ratings.csv, line 2: expected stars"),
        ("ratings", "player,item,stars\nada,canal,4\n", "ratings.csv, line 1: expected the columns .* found no 'time'"),
        ("ratings", "player,item,stars,time\nada,canal\n", "ratings.csv, line 2: expected 4 values, found 2"),
        ("ratings", "player,item,stars,time\n,canal,4,1\n", "ratings.csv, line 2: expected a player, found nothing"),
        ("ratings", "", "ratings.csv, line 1: expected the columns"),
        ("attempts", "player,item,outcome,seconds,time\na,b,won,1,1\n", "attempts.csv, line 2: expected an outcome of finished"),
        ("attempts", "player,item,outcome,seconds,time,luck\n", "found 'luck'"),
        ("card", "[1]", "card.json: expected an object, found list"),
        ("card", "{", "card.json: expected JSON"),
        ("card", f'{{"seed": [{"0," * (1 << 19)}0]}}', "card.json: expected a card of at most"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_by_line(tmp_path: Path, file: str, content: str, message: str) -> None:
    folder = written(tmp_path, **{file: content})
    with pytest.raises(TableRefused, match=message):
        Community.read(folder)


def test_a_missing_folder_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(TableRefused, match=r"card\.json: expected a card, found no such file"):
        Community.read(tmp_path / "nowhere")
    assert json.loads((written(tmp_path) / "card.json").read_text())["seed"] == 1
