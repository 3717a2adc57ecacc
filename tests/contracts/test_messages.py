"""Messages of every package: both languages with the same fields, no English in Chinese, no refusal that is only English.

What a player may read in the window is a `safefiles.messages.Message`. Refusals that only a terminal shows may be plain English.
"""

import ast
import importlib
import pickle
import re
import string
from pathlib import Path

import pytest

from safefiles.causes import message_of
from safefiles.errors import Refused
from safefiles.messages import CATALOGUES, Catalogue, Message, in_chinese
from tests.contracts.tree import ROOT, nodes

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for pattern in (
        "*/messages.py",
        "safefiles/onnx_messages.py",
        "game/**/messages.py",
        "game/core/levels/problems.py",
    )
    for path in ROOT.glob(pattern)
)
for module in MODULES:
    importlib.import_module(module)
ROWS = [
    (catalogue, key) for catalogue in CATALOGUES.values() for key in catalogue.table
]  # without those of this file
HAN = re.compile(r"[\u3400-\u9fff]")
# Names that a Chinese text writes as they are: formats, file types, words of a file's own format and of the system.
NAMES = re.compile(
    r"\{[^}]*\}|ONNX IR|MThd|MTrk|Tiled|Bankshot|[A-Z]{2,}[-\w]*|\.?\b[\w-]+\.(onnx|json|tmj|mid|tsj)\b|\.(onnx|tsj|tmj)"
    r"|music|signatures|'\w+'"
    r"|`[\w ]+`|float32|float_data|raw_data|protobuf|onnxruntime|base64|Base64|zlib|zstd|NaN|logits|slots_hash|bindings"
    r"|true|false|null|key:w|tick|--[\w-]+|train:caves:1|bankshot levels check|（[a-z]+）"
)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_package_has_its_table() -> None:
    assert {
        "files_of_tests",
        "agents",
        "files",
        "level_tests",
        "levels",
        "match",
        "music",
        "onnx",
        "player",
        "recommender",
    } == set(CATALOGUES)
    assert len(ROWS) > 500


ENGLISH_WORDS = {"told", "cause", "choices"}  # fields with English text of a library or of a list
NEEDLESS = {"files.unread"}  # that a file is missing says enough in Chinese: what it should be is left out


def uneven(english: str, chinese: str) -> set[str]:
    """Return the fields of one text that the other lacks; Chinese has its own words where English gives a library's."""
    return set() if fields(english) & ENGLISH_WORDS else fields(english) ^ fields(chinese)


def test_both_languages_fill_the_same_fields() -> None:
    assert {f"{c.prefix}.{key}" for c, key in ROWS if uneven(*c.table[key])} == NEEDLESS
    assert [f"{c.prefix}.{key}" for c, key in ROWS if fields(c.table[key][1]) & ENGLISH_WORDS] == []
    assert uneven("{a} of {b}", "{b} 的") == {"a"}


def english_in(text: str) -> list[str]:
    return re.findall(r"[A-Za-z]{3,}", NAMES.sub("", text))


def test_chinese_messages_hold_no_english() -> None:
    assert {f"{c.prefix}.{key}": found for c, key in ROWS if (found := english_in(c.table[key][1]))} == {}
    assert english_in("应为 settings，实际为 {found}") == ["settings"]


def used_texts(folder: Path) -> set[str]:
    """Return what may be an id in the sources below a folder: every short text in quotes, but for those of the tables."""
    texts: set[str] = set()
    for path in folder.rglob("*.py"):
        if not re.match(r"(messages|phrases|onnx_messages)", path.stem):
            texts |= set(re.findall(r'"(?:\w+\.)?([\w-]+)"', path.read_text(encoding="utf-8")))
    return texts


def test_every_message_is_used() -> None:
    texts = {
        root: used_texts(ROOT / root) for root in ("agents", "game", "music", "recommender", "safefiles")
    }
    everywhere = set().union(*texts.values())
    made = ("title_", "most_", "model_", "os_", "json_", "tile_", "who_", "row_")  # ids that are put together
    unused = [f"{c.prefix}.{key}" for c, key in ROWS if key not in everywhere and not key.startswith(made)]
    assert unused == []


# Sources whose refusals may reach a screen.
SHOWN = (
    "safefiles", "agents/brain_file.py", "agents/contract.py", "agents/runtime.py", "music/archives.py", "music/copying.py",
    "music/edits.py", "music/library.py", "music/piece.py", "music/composer", "music/generators", "music/midi",
    "music/soundtrack", "music/synth", "recommender/advisor/community.py", "recommender/advisor/refit.py", "recommender/store",
    "game/app", "game/match", "game/player", "game/core/levels",
)  # fmt: skip
TERMINAL = "only commands say it, in a terminal"
CALLER = "an argument that the program itself gives: a fault of ours, which a screen calls so"
UNTOLD = "a level without a grade is shown as one, and nothing more is said"
LEFT = {
    "game/app/main.py": TERMINAL, "game/app/window_options.py": TERMINAL, "game/app/playing/launch.py": TERMINAL,
    "game/match/replay": TERMINAL,
    "game/match/brain_folder.py": TERMINAL, "game/match/replay_check.py": TERMINAL, "game/match/grading": TERMINAL,
    "game/match/making": TERMINAL, "game/match/simulation.py": TERMINAL, "game/core/levels/catalogue.py": TERMINAL,
    "game/core/levels/writer.py": TERMINAL, "game/core/levels/starter.py": TERMINAL, "game/core/levels/tileset": TERMINAL,
    "recommender/store/exchange.py": TERMINAL,
    "game/core/levels/specs.py": TERMINAL, "game/core/levels/report.py": TERMINAL,
    "game/match/testing": TERMINAL,
    "music/generators/energy.py": TERMINAL, "safefiles/console.py": TERMINAL, "safefiles/extras.py": TERMINAL,
    "safefiles/targets.py": TERMINAL,
    "music/synth/sound_files.py": TERMINAL, "music/soundtrack/bench.py": TERMINAL, "music/synth/bench.py": TERMINAL,
    "game/app/screens.py": CALLER, "game/app/strings.py": CALLER, "game/match/npc.py": CALLER, "game/match/difficulty.py": CALLER,
    "game/player/profile.py": CALLER, "game/player/community": CALLER, "game/core/levels/generator.py": CALLER,
    "game/core/levels/dice.py": CALLER, "music/soundtrack/controls.py": CALLER, "music/synth/oscillators.py": CALLER,
    "music/synth/measure.py": CALLER, "game/app/grades/background.py": UNTOLD,
}  # fmt: skip


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr | ast.BinOp) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def name_of(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def bare(source: str) -> list[str]:
    """Return `line: what` for each refusal and each message for the player that is made of a text and no message."""
    found = []
    for node in nodes(source):
        if (
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and name_of(node.exc.func) != "fail"  # whose first argument is a place
            and node.exc.args
            and is_text(node.exc.args[0])
        ):
            found.append(f"{node.lineno}: raise {name_of(node.exc.func)}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            kept = node.func.attr == "append" and name_of(node.func.value).endswith(("messages", "problems"))
            if kept and is_text(node.args[0]):
                found.append(f"{node.lineno}: {name_of(node.func.value)}.append")
        elif isinstance(node, ast.Assign) and is_text(node.value):
            for target in node.targets:
                empty = isinstance(node.value, ast.Constant) and not node.value.value
                if name_of(target) in ("problem", "reason") and not empty:
                    found.append(f"{node.lineno}: {name_of(target)} =")
    return found


def test_what_a_screen_may_show_is_a_message() -> None:
    faults = []
    for name in SHOWN:
        place = ROOT / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            where = path.relative_to(ROOT).as_posix()
            if not any(where == left or where.startswith(f"{left}/") for left in LEFT):
                faults += [f"{where}:{fault}" for fault in bare(path.read_text(encoding="utf-8"))]
    assert faults == []
    assert [left for left in LEFT if not (ROOT / left).exists()] == []


@pytest.mark.parametrize(
    "source",
    [
        "raise Refused(f'{where}: expected a file')",
        "raise Refused('no' + 'thing')",
        "self.messages.append(f'{error}; kept')",
        "self.problem = 'no device'",
    ],
)
def test_a_bare_text_is_found(source: str) -> None:
    assert len(bare(source)) == 1
    assert bare("raise Refused(say('x', where=where)); self.problem = ''; names.append('x')") == []


# How a message is said


say = Catalogue(
    "files_of_tests",
    {
        "file": ("{name}: not {what}", "{name}：不是{what}"),
        "piece": ("a piece", "曲子"),
        "layer": ("layer {n}", "图层 {n}"),
        "parts": ("{a}{b}", "{a}{b}"),
    },
).say


def test_a_message_is_its_english_and_knows_its_chinese() -> None:
    message = say("file", name="a.json", what=say("piece"))
    assert message == "a.json: not a piece"
    assert message.text("zh") == "a.json：不是曲子"
    assert message.text("fr") == message


def test_a_blank_stands_between_han_and_the_rest_and_nowhere_else() -> None:
    assert say("file", name="a", what="MIDI 文件").text("zh") == "a：不是 MIDI 文件"
    assert say("layer", n=3).text("zh") == "图层 3"
    assert say("layer", n=say("piece")).text("zh") == "图层曲子"
    assert say("parts", a="曲子", b=".x").text("zh") == "曲子.x"
    assert in_chinese("{a}·  {b}", {"a": "x", "b": "曲子"}) == "x·  曲子"
    assert in_chinese("{a} 已静音，{a}大调", {"a": "C"}, blanks=False) == "C 已静音，C大调"
    assert in_chinese("{a} 已静音", {"a": "旋律"}, blanks=False) == "旋律已静音"
    assert say("parts", a="“x", b="曲子”").text("zh") == "“x 曲子”"


def test_an_error_keeps_its_message_and_a_pickle_does_too() -> None:
    error = Refused(say("file", name="a", what=say("piece")))
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert str(each) == "a: not a piece"
        assert message_of(each).text("zh") == "a：不是曲子"


def test_other_errors_are_said_by_their_kind() -> None:
    missing = FileNotFoundError(2, "No such file or directory", "/x")
    assert (str(message_of(missing)), message_of(missing).text("zh")) == (
        "No such file or directory",
        "文件或文件夹不存在",
    )
    assert message_of(ValueError("out of ink")).text("zh") == "程序内部错误（ValueError）"
    assert message_of(OSError("odd")) == "odd"
    assert isinstance(message_of(OSError(99999, "odd")), Message)


def test_a_cut_message_is_cut_in_english_and_whole_in_chinese() -> None:
    cut = say("file", name="a" * 50, what=say("piece")).cut(20)
    assert len(cut) == 20
    assert cut.text("zh").endswith("：不是曲子")
