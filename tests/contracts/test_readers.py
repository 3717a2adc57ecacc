"""Files of others come in through `safefiles.foreign`: every reader elsewhere is listed here with its reason.

A call that reads or parses (JSON, TOML, CSV, NumPy, zip, SQLite, MIDI, ONNX, or a file's bytes) is fine inside `with
refuse_errors(...)`, which turns whatever a parser raises into a located refusal. Any other stands in `OWN`, because nobody else
makes such files, or in `BOUNDED`, because its reader bounds and refuses by itself; tests/fuzz tries each of these.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.contracts.tree import DEFINITIONS, ROOT, nodes, parsed, shipped_sources

PARSERS = {
    "csv.DictReader", "csv.reader", "json.JSONDecoder", "json.load", "json.loads", "mido.MidiFile", "numpy.fromfile",
    "numpy.genfromtxt",
    "numpy.lib.format.read_array", "numpy.load", "numpy.loadtxt", "onnx.load", "onnx.load_model",
    "onnx.load_model_from_string", "open", "safetensors.deserialize", "safetensors.numpy.load", "safetensors.numpy.load_file",
    "safetensors.safe_open",
    "pygame.image.load", "soundfile.read", "sqlite3.connect", "tarfile.open", "tomllib.load", "tomllib.loads",
    "wave.open", "zipfile.ZipFile",
    "xml.etree.ElementTree.parse", "xml.etree.ElementTree.fromstring", "music21.converter.parse",
}  # fmt: skip
METHODS = {"read_bytes", "read_text", "open"}
NOT_FILES = {"app._open", "self._open", "webbrowser.open", "os.open"}
SKIPPED = ("safefiles/foreign.py",)  # the entrance itself

# Files of ours: shipped with the code, made by this process or for its child, or the machine's.
OWN = {
    "agents/recipe_reading.py: _read_source .read_text": "a shipped preset",
    "agents/selfplay.py: SelfPlayVecEnv.state json.loads": "its own dump, to make plain values",
    "agents/tensors.py: _with_sorted_metadata json.loads": "the header that the library has just written",
    "game/app/grades/background.py: ChildPlayer.play json.loads": "the answer of this process's own child",
    "game/app/strings.py: catalogue .read_text": "shipped texts",
    "game/app/strings.py: catalogue tomllib.loads": "shipped texts",
    "game/app/ui/fonts.py: font_bytes .read_bytes": "a shipped font",
    "game/app/playing/warm.py: _Progress.__init__ .read_text": "a count in the cache of kernels",
    "game/app/playing/warm.py: _Progress.__init__ json.loads": "a count in the cache of kernels",
    "game/cli/bench/builds.py: Build.measure json.loads": "the answer of its own child",
    "game/cli/bench/programs/measure_row.py: main json.loads": "what its parent asks for",
    "game/cli/bench/programs/timing.py: busy_seconds open": "/proc/stat",
    "game/cli/bench/programs/training.py: _evaluated .read_text": "the curve that its own child writes",
    "game/cli/bench/programs/training.py: _evaluated json.loads": "the curve that its own child writes",
    "game/cli/bench/programs/training.py: _lifted_budget .read_text": "a shipped preset",
    "game/cli/bench/programs/training.py: _lifted_budget tomllib.loads": "a shipped preset",
    "game/cli/bench/report.py: _processor open": "/proc/cpuinfo",
    "game/core/levels/starter.py: support_files .read_bytes": "shipped tilesets",
    "game/core/levels/tilesets.py: shared_tileset .read_bytes": "the shipped tileset",
    "game/match/grading/measured_scales.py: shipped_measurements .read_text": "shipped measurements",
    "game/match/grading/measured_scales.py: shipped_measurements json.loads": "shipped measurements",
    "game/match/grading/endless_shelf.py: _content .read_text": "shipped measurements",
    "game/match/grading/endless_shelf.py: _content json.loads": "shipped measurements",
    "game/match/grading/grading_child.py: serve json.loads": "an order of the process that began it",
    "game/match/grading/ship.py: main .read_text": "the measurements that ship, to go on with",
    "game/match/grading/ship.py: main json.loads": "the measurements that ship, to go on with",
    "game/match/making/fit_forecast.py: main .read_text": "shipped measurements",
    "game/match/making/fit_forecast.py: main json.loads": "shipped measurements",
    "game/match/making/forecast.py: forecasts .read_text": "the model that ships",
    "game/match/making/forecast.py: forecasts json.loads": "the model that ships",
    "game/match/brain_library.py: shipped_hashes .read_bytes": "the brains that ship",
    "game/cli/brain_tables.py: _measured .read_text": "what was measured of the brains that ship",
    "game/cli/brain_tables.py: _measured json.loads": "what was measured of the brains that ship",
    "game/cli/brain_tables.py: _duels .read_text": "the cards that ship",
    "game/cli/brain_tables.py: _duels json.loads": "the cards that ship",
    "game/cli/remake.py: commands .read_text": "the card that ships",
    "game/cli/remake.py: commands json.loads": "the card that ships",
    "game/match/strengths.py: measured_strengths .read_text": "shipped measurements",
    "game/match/strengths.py: measured_strengths json.loads": "shipped measurements",
    "game/core/sim/jit.py: _cpu_name .read_text": "/proc/cpuinfo",
    "game/core/sim/kernel_cache.py: _trusted_owners .read_text": "/proc/self/uid_map",
    "game/core/sim/jit.py: source_digest .read_bytes": "our sources",
    "game/cli/build_kernels.py: main .read_bytes": "what it has just built, and what ships",
    "game/core/sim/prebuilt.py: digest_of .read_bytes": "our sources",
    "game/core/sim/prebuilt.py: load_prebuilt .read_bytes": "machine code that ships, held against its digest",
    "game/core/sim/prebuilt.py: load_prebuilt .read_text": "the table that ships with it",
    "game/core/sim/prebuilt.py: load_prebuilt json.loads": "the table that ships with it",
    "music/corpus/scores21.py: scores_of_file music21.converter.parse": "scores of the installed music21",
    "music/learning/export.py: write_companions .read_bytes": "its own run folder's pictures and curves, copied as they are",
    "music/midi/writer.py: piece_to_midi mido.MidiFile": "writes one",
    "recommender/advisor/refit.py: BackgroundRefit._read numpy.load": "the answer of its own child, in a folder of mode 700",
    "recommender/evaluation/bench.py: run_scale json.loads": "the answer of its own child, on a pipe",
    "recommender/advisor/refit.py: _refit numpy.load": "the job that its parent wrote, in a folder of mode 700",
    "safefiles/extras.py: _checkout .read_text": "the checkout that this code runs from",
    "safefiles/extras.py: _checkout tomllib.loads": "the checkout that this code runs from",
    "safefiles/extras.py: _source .read_text": "what pip wrote of this installation",
    "safefiles/extras.py: _source json.loads": "what pip wrote of this installation",
    "safefiles/onnx_smoke.py: smoke_run json.loads": "the answer of its own child; any other is a refusal",
    "safefiles/sqlite_forms.py: empty_database sqlite3.connect": "in memory",
}
# Readers that bound, locate and refuse by themselves.
BOUNDED = {
    "agents/recipe_reading.py: _override_value tomllib.loads": "asks whether it is TOML; `parse_toml` then reads it",
    "agents/parents.py: policy_from_brain onnx.load_model_from_string": "bytes that the guard let pass, by their SHA-256",
    "agents/tensors.py: parse_tensors safetensors.numpy.load": "header, sizes and checksum were looked at before",
    "game/core/levels/safe_json.py: _parse json.loads": "bounds the number of values first, and lists every problem at once",
    "game/player/level_cache.py: _load json.loads": "after its checksum; what is no such data counts as none",
    "game/match/replay_check.py: _find_brains .read_bytes": "brains that the guard let pass",
    "music/archives.py: _array .open": "called inside `refuse_errors`",
    "music/archives.py: _array numpy.lib.format.read_array": "called inside `refuse_errors`",
    "music/midi/reader.py: read_midi mido.MidiFile": "walks all bytes first; whatever mido raises is MidiRefused",
    "recommender/store/exchange.py: _csv_rows csv.reader": "knows the line of each row; the text came through the entrance",
    "recommender/store/rows.py: _parsed json.loads": "whatever is no such value is RatingsRefused",
    "safefiles/remembered.py: is_remembered json.loads": "a mark that is no such JSON counts as none",
    **{
        f"safefiles/{name}": "the one way databases are opened: checked, healed, salvaged or set aside"
        for name in (
            "sqlite_file.py: SqliteFile._copied sqlite3.connect",
            "sqlite_file.py: _connect sqlite3.connect",
            "sqlite_mending.py: is_in_use sqlite3.connect",
            "sqlite_mending.py: repair_log .open",
            "sqlite_mending.py: rebuild_indexes sqlite3.connect",
            "sqlite_mending.py: replace_database sqlite3.connect",
            "sqlite_rescue.py: _first_page .open",
            "sqlite_rescue.py: _read sqlite3.connect",
            "sqlite_rescue.py: rescue_rows .open",
        )
    },
    "recommender/records/tables.py: _cells csv.reader": "knows the line of each row; the text came through the entrance",
    "recommender/store/exchange.py: _Scanner.__init__ json.JSONDecoder": "knows the line of each value",
}
# Readers that are to go through the entrance, and whose they are.
TO_MEND: dict[str, str] = {}


def calls(source: str) -> Iterator[tuple[str, str]]:
    """Yield (function, call) for every call in `source` that reads or parses outside `with refuse_errors(...)`."""
    yield from _below(parsed(source), "", _aliases(source))


def _below(node: ast.AST, where: str, aliases: dict[str, str]) -> Iterator[tuple[str, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, DEFINITIONS):
            yield from _below(child, f"{where}.{child.name}".lstrip("."), aliases)
            continue
        if isinstance(child, ast.With) and any(
            _name(item.context_expr, aliases) == "refuse_errors" for item in child.items
        ):
            continue
        if isinstance(child, ast.Call) and (found := _reads(child, aliases)):
            yield where, found
        yield from _below(child, where, aliases)


def _name(node: ast.expr, aliases: dict[str, str]) -> str:
    """The last part of what is called, its import's own name."""
    if not isinstance(node, ast.Call):
        return ""
    return _full(node.func, aliases).rpartition(".")[2]


def _full(node: ast.expr, aliases: dict[str, str]) -> str:
    head, dot, rest = ast.unparse(node).partition(".")
    return f"{aliases.get(head, head)}{dot}{rest}"


def _reads(call: ast.Call, aliases: dict[str, str]) -> str:
    """The name of a reading call, empty for any other."""
    full = _full(call.func, aliases)
    if full in NOT_FILES or full.startswith("safefiles.foreign."):
        return ""
    if full in PARSERS:
        return "" if full in ("open", "wave.open") and _writes(call, 1) else full
    if isinstance(call.func, ast.Attribute) and call.func.attr in METHODS:
        return "" if call.func.attr == "open" and _writes(call, 0) else f".{call.func.attr}"
    return ""


def _writes(call: ast.Call, place: int) -> bool:
    """Whether the mode, a literal at this place or by name, is one of writing."""
    modes = [item.value for item in call.keywords if item.arg == "mode"] + call.args[place : place + 1]
    return any(
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and mode.value[:1] in "wax"
        and mode.value
        for mode in modes
    )


def _aliases(source: str) -> dict[str, str]:
    """What each imported name stands for: `np` is `numpy`, `loads` is `json.loads`."""
    found = {}
    for node in nodes(source):
        if isinstance(node, ast.Import):
            found |= {alias.asname: alias.name for alias in node.names if alias.asname}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return found


def readers() -> set[str]:
    """Every reading call of the shipped sources outside the entrance: `file: function call`."""
    found = set()
    for file in shipped_sources():
        name = file.relative_to(ROOT).as_posix()
        if not name.startswith(SKIPPED):
            found |= {
                f"{name}: {where} {call}".replace("  ", " ")
                for where, call in calls(file.read_text(encoding="utf-8"))
            }
    return found


def test_every_reader_of_files_is_the_entrance_or_listed_with_its_reason() -> None:
    found, listed = readers(), {*OWN, *BOUNDED, *TO_MEND}
    assert len(found) > 10
    assert sorted(found - listed) == [], (
        "use safefiles.foreign, or list the reader with its reason and give tests/fuzz a row"
    )
    assert sorted(listed - found) == [], "these are gone: take them off the list"
    assert len(OWN) + len(BOUNDED) + len(TO_MEND) == len(listed)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import json\ndef f(p):\n    return json.loads(p)", "f json.loads"),
        ("from json import loads as l\nclass A:\n    def f(self): return l('')", "A.f json.loads"),
        ("import numpy as np\nnp.load(p, allow_pickle=False)", " numpy.load"),
        ("def f(p):\n    with p.open('rb') as s: return s.read()", "f .open"),
        ("def f(p): return p.read_bytes()", "f .read_bytes"),
        ("def f(p): return open(p).read()", "f open"),
        (
            "import tomllib\ndef f(t):\n    def g(): return tomllib.loads(t)\n    return g",
            "f.g tomllib.loads",
        ),
        ("import sqlite3 as s\ns.connect('x')", " sqlite3.connect"),
    ],
)
def test_a_reader_is_found(source: str, found: str) -> None:
    assert [f"{where} {call}" for where, call in calls(source)] == [found]


@pytest.mark.parametrize(
    "source",
    [
        "from safefiles.foreign import refuse_errors\nimport json\nwith refuse_errors('a', 'JSON'):\n    json.loads(x)",
        "from safefiles import foreign\nimport json\nwith foreign.refuse_errors('a', 'JSON'):\n    json.loads(x)",
        "from safefiles.foreign import parse_json, read_bytes\nparse_json(read_bytes(p, 9, 'a'), 'a')",
        "from safefiles import foreign\nforeign.read_bytes(p, 9, 'a')",
        "def f(p):\n    with p.open('wb') as s: s.write(b'')",
        "open(p, 'w')",
        "import json\njson.dumps(1)",
    ],
)
def test_the_entrance_and_writing_pass(source: str) -> None:
    assert list(calls(source)) == []
