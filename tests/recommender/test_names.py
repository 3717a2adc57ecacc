"""The file that names tags for `recommend` and `explain`."""

from pathlib import Path

import pytest

from recommender.commands.names import read_names
from recommender.errors import TableRefused


def test_names_are_of_the_language(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    file.write_text(
        '{"en": {"size:large": "large arenas"}, "zh": {"size:large": "大型地图"}}', encoding="utf-8"
    )
    assert read_names(file, "en") == {"size:large": "large arenas"}
    assert read_names(file, "zh") == {"size:large": "大型地图"}
    assert read_names(None, "en") == {}
    file.write_text('{"en": {}}', encoding="utf-8")
    assert read_names(file, "zh") == {}


@pytest.mark.parametrize("text", ["[]", "{", '{"en": ["a"]}', '{"en": {"a": 1}}', "7", ""])
def test_another_file_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TableRefused) as refused:
        read_names(file, "en")
    assert "names.json" in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(TableRefused):
        read_names(tmp_path, "en")
