"""Keys by their place: the tank moves on every layout, pictures show what the layout prints, and the README agrees."""

import re

import pygame
import pytest

from game.app.app import App
from game.app.input.actions import BY_ID, Bindings, InputContext
from game.app.input.hub import InputHub
from game.app.input.keyboard import SCANCODES, KeyLayout, is_character, key_inputs
from game.app.jukebox.rename import LONGEST, RenameScreen
from game.app.ui.prompts import input_label
from tests.app.conftest import Hands
from tests.app.opened import open_jukebox, open_play, open_rename
from tests.contracts.tree import ROOT

# What stands where a US keyboard has W A S D Q E, as SDL's key codes
LAYOUTS = {"us": "wasdqe", "fr": "zqsdae", "ru": "цфывйу", "gr": "ςασδ;ε", "dvorak": ",aoe'."}
PLACES = "wasdqe"


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_fingers_move_the_tank_on_every_layout(layout: str, hands: Hands, app: App) -> None:
    play = open_play(app)

    def move() -> int:
        return play.control.action((0, 0), lambda _: (1.0, 0.0))[0]

    for place, direction in (("w", 7), ("a", 5), ("s", 3), ("d", 1)):
        hands.hold_scancode(ord(LAYOUTS[layout][PLACES.index(place)]), SCANCODES[place])
        assert move() == direction
        hands.hold_scancode(ord("x"), SCANCODES[place], down=False)  # the layout changed meanwhile
        assert move() == 0


def test_a_key_without_a_scancode_is_one_of_a_us_keyboard() -> None:
    assert key_inputs(pygame.K_w, 0) == ("key:w", "scan:w")
    assert key_inputs(pygame.K_COMMA, 0) == ("key:comma", "scan:comma")
    assert key_inputs(pygame.K_ESCAPE, 0) == ("key:escape",)
    assert key_inputs(ord("ц"), 0) == ("key:ц",)


def hub_of(changes: dict[str, list[str]]) -> InputHub:
    return InputHub(Bindings(changes))


def pressed(hub: InputHub, code: int, place: str, context: InputContext = InputContext.PLAY) -> list[str]:
    down = pygame.event.Event(pygame.KEYDOWN, key=code, scancode=SCANCODES[place])
    return [press.action for press in hub.handle(down, context)[0]]


def test_bindings_of_older_settings_mean_the_same_letters_as_before() -> None:
    """They were stored as what the key prints: a player with AZERTY bound moving to `key:z` and `key:q`."""
    hub = hub_of({"move_up": ["key:z"], "move_left": ["key:q", "key:left"], "aim_left": ["key:a"]})
    assert hub.bindings.problems == []
    assert pressed(hub, pygame.K_z, "w") == ["move_up"]
    assert hub.held("move_up")
    assert pressed(hub, pygame.K_a, "q") == ["aim_left"]
    assert pressed(hub_of({"restart": ["key:w"]}), ord("ц"), "w") == ["restart"]  # Latin letters there too


def test_a_letter_goes_before_a_place_in_its_context_only() -> None:
    hub = hub_of({"menu_restart": ["key:z"]})
    assert pressed(hub, pygame.K_z, "w", InputContext.MENU) == ["menu_restart"]
    hub.handle(pygame.event.Event(pygame.KEYUP, key=pygame.K_z, scancode=SCANCODES["w"]), InputContext.MENU)
    assert pressed(hub, pygame.K_z, "w") == ["move_up"]


def layout_of(name: str) -> KeyLayout:
    layout = KeyLayout()
    layout._printed = {SCANCODES[place]: ord(code) for place, code in zip(PLACES, LAYOUTS[name], strict=True)}
    return layout


@pytest.mark.parametrize(
    ("layout", "labels"), [("us", "WASDQE"), ("fr", "ZQSDAE"), ("ru", "ЦФЫВЙУ"), ("gr", "WΑΣΔ;Ε")]
)
def test_pictures_of_keys_show_what_the_layout_prints(layout: str, labels: str, app: App) -> None:
    printed = layout_of(layout)
    assert "".join(input_label(f"scan:{p}", printed, app.kit.fonts.knows) for p in PLACES) == labels
    assert input_label("scan:1", printed) == "1"


def test_this_window_knows_its_layout(app: App) -> None:
    assert [app.kit.layout.character_at(place) for place in ("w", "comma", "semicolon", "1")] == [
        "W",
        ",",
        ";",
        "1",
    ]


def test_the_layout_is_read_again_when_a_key_prints_something_else(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []
    layout = layout_of("us")
    monkeypatch.setattr(layout, "read", lambda: reads.append(1))
    layout.note_press(pygame.K_w, SCANCODES["w"])
    assert reads == []
    layout.note_press(pygame.K_z, SCANCODES["w"])
    assert reads == [1]


@pytest.mark.parametrize(
    ("character", "known"), [("W", True), ("Ц", True), ("é", True), ("ไ", False), ("ς", False)]
)
def test_the_font_says_what_it_can_draw(character: str, known: bool, app: App) -> None:
    assert app.kit.fonts.knows(character) is known


# Text input: an input method takes letters only where there is a text field


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setattr("pygame.key.start_text_input", lambda: found.append("start"))
    monkeypatch.setattr("pygame.key.stop_text_input", lambda: found.append("stop"))
    return found


def test_text_input_is_on_in_a_text_field_and_nowhere_else(calls: list[str], hands: Hands, app: App) -> None:
    calls.clear()
    open_jukebox(app)
    hands.frames(2)
    assert calls == []
    screen = open_rename(app)
    assert isinstance(screen, RenameScreen)
    hands.frames(2)
    assert calls == ["start"]
    screen.focus_name("propose")
    hands.frames(2)
    assert calls == ["start", "stop"]
    screen.focus_name("title")
    hands.frames(2)
    app.back()
    hands.frames(2)
    assert calls == ["start", "stop", "start", "stop"]


def test_text_input_is_off_from_the_start(calls: list[str], request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("app")
    assert calls == ["stop"]


def test_letters_of_any_script_are_typed_and_do_nothing_else(hands: Hands, app: App) -> None:
    screen = open_rename(app)
    assert isinstance(screen, RenameScreen)
    screen.field.text = ""
    for character, place in (("ц", "w"), ("ы", "s"), ("r", "r")):
        hands.hold_scancode(ord(character), SCANCODES[place])
        hands.send(pygame.TEXTINPUT, text=character)
        hands.hold_scancode(ord(character), SCANCODES[place], down=False)
    assert screen.field.text == "цыr"
    assert app.top is screen
    assert screen.focus is screen.field


def test_what_an_input_method_composes_is_its_own_until_it_is_settled(hands: Hands, app: App) -> None:
    screen = open_rename(app)
    assert isinstance(screen, RenameScreen)
    screen.field.text = "A"
    hands.send(pygame.TEXTEDITING, text="ni", start=0, length=2)
    assert (screen.field.text, screen.field.composing) == ("A", "ni")
    hands.key("backspace")
    hands.key("escape")
    assert app.top is screen
    hands.send(pygame.TEXTINPUT, text="你" * 80)
    assert screen.field.composing == ""
    assert screen.field.text == ("A" + "你" * 80)[:LONGEST]
    hands.key("escape")
    assert app.top is not screen


@pytest.mark.parametrize(
    ("code", "typed"),
    [(pygame.K_w, True), (ord("ц"), True), (pygame.K_SPACE, True), (pygame.K_DELETE, False), (pygame.K_UP, False),
     (pygame.K_RETURN, False), (pygame.K_ESCAPE, False)],
)  # fmt: skip
def test_what_is_a_character(code: int, typed: bool) -> None:
    assert is_character(code) is typed


# The README's table of keys

ROWS = {  # in the table's order
    "move": ("move_up", "move_down", "move_left", "move_right"),
    "aim": ("aim_left", "aim_right", "stick_up", "stick_down", "stick_left", "stick_right"),
    "fire": ("fire",),
    "special": ("special",),
    "pause": ("pause",),
    "restart": ("restart",),
    "debug": ("debug",),
    "fullscreen": ("fullscreen",),
    "screenshot": ("screenshot",),
}
WORDS = {
    "arrow keys|方向键": ("key:up", "key:down", "key:left", "key:right"),
    "left button|左键": ("mouse:left",),
    "right button|右键": ("mouse:right",),
    "Space|空格": ("key:space",),
    r"\bShift\b": ("key:lshift", "key:rshift"),
    r"\bEsc\b": ("key:escape",),
    "left stick|左摇杆": ("pad:left_x-", "pad:left_x+", "pad:left_y-", "pad:left_y+"),
    "right stick|右摇杆": ("pad:right_x-", "pad:right_x+", "pad:right_y-", "pad:right_y+"),
    "left trigger|左扳机": ("pad:left_trigger",),
    "right trigger|右扳机": ("pad:right_trigger",),
    r"\bStart\b": ("pad:start",),
    r"\bBack\b": ("pad:back",),
    r"\bF3\b": ("key:f3",),
    r"\bF11\b": ("key:f11",),
    r"\bF12\b": ("key:f12",),
}  # fmt: skip
LETTER = re.compile(r"\b([A-Z])\b")


def named(cell: str) -> set[str]:
    """The inputs that a cell of the table names."""
    found = {name for words, names in WORDS.items() if re.search(words, cell) for name in names}
    return found | {f"scan:{letter.lower()}" for letter in LETTER.findall(cell)}


def key_table(text: str) -> list[tuple[str, str]]:
    """(keyboard and mouse, gamepad) of each row of the README's table of keys."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    head = next(n for n, row in enumerate(rows) if "gamepad" in row[-1] or "手柄" in row[-1])
    return [(row[1], row[2]) for row in rows[head + 2 : head + 2 + len(ROWS)]]


def key_faults(text: str) -> list[str]:
    """Rows that name an input which does not do what the row says, or no input at all where there is one."""
    faults = []
    for (what, actions), (keyboard, pad) in zip(ROWS.items(), key_table(text), strict=True):
        bound = {name for action in actions for name in BY_ID[action].inputs}
        faults += [f"{what}: {name}" for name in sorted(named(keyboard) | named(pad)) if name not in bound]
        for device, cell in (("keyboard", keyboard), ("pad", pad)):
            has = any(name.startswith("pad:") == (device == "pad") for name in bound)
            if has and not named(cell):
                faults.append(f"{what}: nothing for the {device}")
    return faults


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_readme_tells_the_keys_that_are_bound(name: str) -> None:
    assert key_faults((ROOT / name).read_text(encoding="utf-8")) == []


def test_a_readme_with_the_wrong_key_is_noticed() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    wrong = text.replace("right button, Shift or F |", "right button or Space |")
    assert wrong != text
    assert key_faults(wrong) == ["special: key:space"]
    assert key_faults(text.replace("| Esc or P | Start |", "| | Start |")) == [
        "pause: nothing for the keyboard"
    ]
