"""The player's settings: one typed table, one JSON file that keeps the keys it does not know.

`SETTINGS` is the table: the file, the settings screen and the checks derive from it. A value of the wrong type or
outside its range falls back to the default with a message. A damaged file is set aside, and an unreadable file
is left unchanged: neither is overwritten.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from game.player.messages import say
from safefiles.aside import set_aside
from safefiles.causes import message_of
from safefiles.errors import FileRefused
from safefiles.foreign import parse_json, read_bytes
from safefiles.text import clean
from safefiles.writing import write_atomic

MAX_FILE_BYTES: Final = 1 << 20  # a settings file has a few hundred bytes; a larger file is not ours

Value = bool | int | float | str


@dataclass(frozen=True)
class Setting:
    """One row of the settings table. Numbers have a range and a step, texts have choices unless `choices` is ()."""

    id: str
    default: Value
    low: float = 0.0
    high: float = 1.0
    step: float = 0.05
    choices: tuple[str, ...] = ()
    page: str = ""  # settings page that shows it; "": saved, but shown elsewhere

    def problem(self, value: object) -> str:
        """Return what is wrong with `value` ("expected …, found …"), or an empty text."""
        if isinstance(self.default, bool):
            return (
                ""
                if isinstance(value, bool)
                else say("expected", expected=say("yes_or_no"), found=_short(value))
            )
        if isinstance(self.default, int | float):
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number and self.low <= value <= self.high:  # type: ignore[operator]  # a number by now
                return ""
            return say(
                "expected", expected=say("number_from", low=self.low, high=self.high), found=_short(value)
            )
        if not isinstance(value, str) or len(value) > 200:
            return say("expected", expected=say("text"), found=_short(value))
        if self.choices and value not in self.choices:
            return say("expected", expected=say("one_of", known=", ".join(self.choices)), found=_short(value))
        return ""


NEWCOMER_DIFFICULTY: Final = "rookie"  # until a streak of wins, or until the player chooses
BY_GAME: Final = "game"
BY_PLAYER: Final = "player"


def _short(value: object) -> str:
    return f"{value!r:.60}"


SETTINGS: Final = (
    Setting("music_volume", 0.7, page="sound"),
    Setting("effects_volume", 0.8, page="sound"),
    Setting("mute_in_background", True, page="sound"),
    Setting("screen_shake", 1.0, page="video"),
    Setting("flash", 1.0, page="video"),
    Setting("fullscreen", False, page="video"),
    Setting("ui_scale", 1.0, low=0.8, high=1.4, step=0.1, page="video"),
    Setting("frame_limit", "auto", choices=("auto", "60", "120", "144", "240"), page="video"),
    Setting("show_fps", False, page="video"),
    Setting("language", "auto", choices=("auto", "en", "zh"), page="game"),
    Setting("sight_line", True, page="game"),
    Setting("hints", True, page="game"),
    Setting("pause_on_focus_loss", True, page="game"),
    Setting("pad_rumble", True, page="game"),
    Setting("stick_dead_zone", 0.25, low=0.05, high=0.6, page="game"),
    Setting("simulated_players", True, page="for_you"),
    Setting("flow_low", 0.55, low=0.05, high=0.85, page="for_you"),
    Setting("flow_high", 0.85, low=0.15, high=0.95, page="for_you"),
    # Remembered choices of other screens
    Setting("brain", "mixed"),
    Setting("difficulty", NEWCOMER_DIFFICULTY),
    Setting("difficulty_by", BY_GAME, choices=(BY_GAME, BY_PLAYER)),  # who chose it
    Setting("tank_class", "ranger", choices=("scout", "ranger", "heavy")),
    Setting("mode", "play", choices=("play", "watch")),
    Setting("hints_done", ""),
    Setting("last_level", ""),
)
BY_ID: Final = {setting.id: setting for setting in SETTINGS}


@dataclass
class Settings:
    """The values of the table, and unknown keys of the file. Change them with `set`, then `save`."""

    path: Path | None  # None: kept in memory only
    values: dict[str, Value] = field(default_factory=lambda: {s.id: s.default for s in SETTINGS})
    unknown: dict[str, Any] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)  # problems with the file, for the player
    bindings: dict[str, list[str]] = field(
        default_factory=dict
    )  # input action -> inputs that differ from the defaults

    def number(self, key: str) -> float:
        """Return a number setting."""
        value = self.values[key]
        assert isinstance(value, int | float), key
        return float(value)

    def flag(self, key: str) -> bool:
        """Return an on/off setting."""
        value = self.values[key]
        assert isinstance(value, bool), key
        return value

    def text(self, key: str) -> str:
        """Return a text setting."""
        value = self.values[key]
        assert isinstance(value, str), key
        return value

    def set(self, key: str, value: Value) -> None:
        """Change a value. Raises KeyError for an unknown setting and ValueError for a value outside its range."""
        problem = BY_ID[key].problem(value)
        if problem:
            raise ValueError(say("setting", key=key, problem=problem))
        self.values[key] = clean(value) if isinstance(value, str) else value

    def reset(self, page: str) -> None:
        """Put every setting of a page back to its default."""
        for setting in SETTINGS:
            if setting.page == page:
                self.values[setting.id] = setting.default

    def save(self) -> None:
        """Write the file. Raises OSError; the old file is then unchanged."""
        if self.path is not None:
            write_atomic(self.path, self.content())

    def content(self) -> bytes:
        """Return the content to write to the file."""
        document: dict[str, Any] = {**self.unknown, **self.values}
        if self.bindings:
            document["bindings"] = self.bindings
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def load_settings(path: Path) -> Settings:
    """Return the settings in `path`, or the defaults; problems are reported in `messages`."""
    settings = Settings(path)
    try:
        document = _read(path)
    except FileNotFoundError:
        return settings
    except SettingsRefused as error:
        # An unreadable file may be good, or not ours
        kept = "" if isinstance(error.__cause__, OSError) else set_aside(path)
        if kept:
            settings.messages.append(say("settings_aside", why=message_of(error), kept=kept))
        else:
            settings.path = None
            settings.messages.append(say("settings_stay", why=message_of(error)))
        return settings
    for key, value in document.items():
        if key == "bindings":
            settings.bindings = _read_bindings(value, path.name, settings.messages)
        elif key not in BY_ID:
            settings.unknown[key] = value
        elif problem := BY_ID[key].problem(value):
            settings.messages.append(say("setting_default", where=f"{path.name} › {key}", problem=problem))
        else:
            settings.values[key] = value
    if "difficulty" in document and "difficulty_by" not in document:
        settings.values["difficulty_by"] = BY_PLAYER  # a file from before newcomers had a separate difficulty
    return settings


class SettingsRefused(FileRefused):
    """The file's content is not settings."""


def _read(path: Path) -> dict[str, Any]:
    """Return the file's content with its texts cleaned. Raises FileNotFoundError and SettingsRefused."""
    data = read_bytes(path, MAX_FILE_BYTES, say("settings"), SettingsRefused, missing=True)
    document = parse_json(data, path.name, SettingsRefused, finite=False)
    if not isinstance(document, dict):
        raise SettingsRefused(
            say("refused", where=path.name, expected=say("object"), found=type(document).__name__)
        )
    return document


def _read_bindings(value: object, name: str, messages: list[str]) -> dict[str, list[str]]:
    fits = isinstance(value, dict) and all(
        isinstance(key, str) and isinstance(inputs, list) and all(isinstance(i, str) for i in inputs)
        for key, inputs in value.items()
    )
    if fits:
        assert isinstance(value, dict)
        return dict(value)
    messages.append(say("bindings_shape", where=f"{name} › bindings"))
    return {}
