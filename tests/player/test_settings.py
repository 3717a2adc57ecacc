"""Settings: typed, forgiving on reading, atomic on writing, and careful with what they do not know."""

import json
from pathlib import Path

import pytest

from game.player.settings import BY_ID, SETTINGS, Settings, load_settings


def test_what_is_saved_is_loaded_again(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "settings.json")
    settings.set("music_volume", 0.25)
    settings.set("language", "zh")
    settings.set("fullscreen", True)
    settings.save()
    again = load_settings(tmp_path / "settings.json")
    assert again.values == settings.values
    assert again.messages == []


def test_a_missing_file_gives_the_defaults_in_silence(tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "none" / "settings.json")
    assert settings.values == {setting.id: setting.default for setting in SETTINGS}
    assert settings.messages == []


def test_unknown_keys_survive_a_save(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"from_the_future": {"a": [1, 2]}, "music_volume": 0.5}))
    settings = load_settings(path)
    settings.set("music_volume", 0.6)
    settings.save()
    document = json.loads(path.read_text())
    assert document["from_the_future"] == {"a": [1, 2]}
    assert document["music_volume"] == 0.6


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("music_volume", 1.5),
        ("music_volume", True),
        ("music_volume", "loud"),
        ("fullscreen", 1),
        ("language", "fr"),
        ("ui_scale", float("nan")),
        ("last_level", 7),
        ("last_level", "x" * 201),
    ],
)
def test_a_wrong_value_falls_back_and_is_named(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({key: value, "flash": 0.5}))
    settings = load_settings(path)
    assert settings.values[key] == BY_ID[key].default
    assert settings.number("flash") == 0.5
    assert len(settings.messages) == 1
    assert key in settings.messages[0]
    assert "expected" in settings.messages[0]
    with pytest.raises(ValueError, match="expected"):
        settings.set(key, value)  # type: ignore[arg-type]


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff\xfe\x00", b"[" * 100_000, b" " * (1 << 20) + b"{}"])
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings = load_settings(path)
    assert settings.values == {setting.id: setting.default for setting in SETTINGS}
    assert len(settings.messages) == 1
    kept = [file for file in tmp_path.iterdir() if "damaged" in file.name]
    assert len(kept) == 1
    assert kept[0].read_bytes() == content
    settings.save()
    assert load_settings(path).messages == []


def test_a_byte_order_mark_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"flash": 0.5}')
    assert load_settings(path).number("flash") == 0.5


def test_bindings_are_read_and_written(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"bindings": {"fire": ["key:x"]}}))
    settings = load_settings(path)
    assert settings.bindings == {"fire": ["key:x"]}
    settings.save()
    assert json.loads(path.read_text())["bindings"] == {"fire": ["key:x"]}
    path.write_text(json.dumps({"bindings": {"fire": "key:x"}}))
    broken = load_settings(path)
    assert broken.bindings == {}
    assert "bindings" in broken.messages[0]


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "settings.json"
    settings = Settings(path)
    settings.save()
    before = path.read_bytes()
    settings.set("flash", 0.1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        settings.save()
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_reset_touches_one_page_only() -> None:
    settings = Settings(None)
    settings.set("music_volume", 0.1)
    settings.set("flash", 0.1)
    settings.reset("sound")
    assert settings.number("music_volume") == BY_ID["music_volume"].default
    assert settings.number("flash") == 0.1


def test_every_default_is_a_value_of_its_own_setting() -> None:
    assert [setting.id for setting in SETTINGS if setting.problem(setting.default)] == []
    assert len(BY_ID) == len(SETTINGS)


def test_a_lone_surrogate_is_read_cleaned_and_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(
        rb'{"last_level": "a\ud800b", "from_\udfff": ["\ud800"], "bindings": {"fire": ["key:\ud800"]}}'
    )
    settings = load_settings(path)
    assert settings.messages == []
    assert settings.text("last_level") == "a\N{REPLACEMENT CHARACTER}b"
    settings.save()
    again = load_settings(path)
    assert (again.values, again.unknown, again.bindings) == (
        settings.values,
        settings.unknown,
        settings.bindings,
    )
    assert again.unknown == {"from_\N{REPLACEMENT CHARACTER}": ["\N{REPLACEMENT CHARACTER}"]}


def test_a_text_that_no_file_can_hold_is_cleaned_when_it_is_set(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "settings.json")
    settings.set("last_level", "caf\udce9")
    settings.save()
    assert load_settings(tmp_path / "settings.json").values == settings.values


def test_a_file_that_cannot_be_read_is_left_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{}")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refused)
        settings = load_settings(path)
    assert "Permission denied" in settings.messages[0]
    assert "your changes are not saved" in settings.messages[0]
    settings.set("music_volume", 0.1)
    settings.save()
    assert path.read_text() == "{}", "bindings and volume of the file are not overwritten with defaults"
    assert settings.path is None, "which is what the window asks before it saves"
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]
    path.unlink()
    path.mkdir()
    assert "found a folder" in load_settings(path).messages[0]
    assert path.is_dir()


def test_two_damaged_files_within_a_second_are_both_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    for content in ("{first", "{second", "{third"):
        path.write_text(content)
        load_settings(path)
    assert {file.read_text() for file in tmp_path.iterdir()} == {"{first", "{second", "{third"}


def test_a_damaged_file_that_cannot_be_renamed_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.json"
    path.write_text("{damaged")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    settings = load_settings(path)
    settings.save()
    assert path.read_text() == "{damaged"
    assert "the file is left unchanged" in settings.messages[0]


def test_a_large_wrong_value_is_not_quoted_whole(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"music_volume": ["x"] * 50_000, "language": "x" * 50_000}))
    assert max(map(len, load_settings(path).messages)) < 200


def test_a_newcomer_meets_rookies_and_an_older_file_keeps_its_difficulty(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    fresh = load_settings(path)
    assert (fresh.text("difficulty"), fresh.text("difficulty_by")) == ("rookie", "game")
    path.write_text(json.dumps({"difficulty": "regular"}))
    old = load_settings(path)
    assert (old.text("difficulty"), old.text("difficulty_by")) == ("regular", "player")
    fresh.save()
    assert load_settings(path).text("difficulty_by") == "game"
