"""What an unknown model breaks, it breaks in a child process, which imports nothing of the game; once is enough."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from safefiles import onnx_smoke
from safefiles.errors import FileRefused
from safefiles.onnx_smoke import smoke_once, smoke_run
from tests.contracts.tree import PACKAGE_ROOTS

from .models import INPUT, SIZES, count_runs, good_bytes, good_model

MESSAGE = "^model 'x': "


@pytest.fixture(scope="module")
def good() -> bytes:
    return good_bytes()


def _run(data: bytes) -> None:
    smoke_run(data, "model 'x'", input_name=INPUT, input_size=SIZES[INPUT])


def _once(data: bytes, cache: Path | None, **versions: str) -> None:
    smoke_once(
        data,
        "model 'x'",
        input_name=INPUT,
        input_size=SIZES[INPUT],
        cache_dir=cache,
        versions=versions,
    )


def test_the_first_run_takes_no_module_from_the_current_folder(
    tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "random", "types"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    _run(good)
    assert not (tmp_path / "ran").exists()


def test_the_first_run_happens_in_a_child_and_is_remembered(
    tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = count_runs(monkeypatch)
    _once(good, tmp_path, music="1")
    _once(good, tmp_path, music="1")
    assert len(started) == 1
    assert started[0][0] == sys.executable
    # Another file, a mark from another version, or no cache: it runs again.
    other = good_model()
    other.doc_string = "another"
    _once(other.SerializeToString(), tmp_path, music="1")
    _once(good, tmp_path, music="2")
    _once(good, None, music="2")
    assert len(started) == 4


def test_the_child_imports_nothing_of_the_game_or_a_plugin(
    good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    original = subprocess.run

    def watched(command: list[str], **options: Any) -> Any:
        command[3] += "; sys.stderr.write(json.dumps(sorted(sys.modules)))"
        done = original(command, **options)
        loaded.extend(json.loads(done.stderr))
        return done

    monkeypatch.setattr(onnx_smoke.subprocess, "run", watched)
    _run(good)
    tops = {name.partition(".")[0] for name in loaded}
    assert tops & set(PACKAGE_ROOTS) == {"safefiles"}
    assert {"numpy", "onnxruntime"} <= tops
    assert tops & {"gymnasium", "numba", "onnx", "pygame", "scipy", "torch"} == set()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import os; os.abort()", "crashed in its first run"),
        ('print(\'{"error": "expected finite"}\')', "failed in its first run: expected finite"),
        ("print('hello')", "crashed in its first run"),
        ("import sys; sys.exit(3)", r"crashed in its first run \(exit code 3\)"),
    ],
)
def test_what_breaks_the_child_is_refused_here(
    code: str, message: str, tmp_path: Path, good: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = subprocess.run

    def replaced(command: list[str], **options: Any) -> Any:
        return original([sys.executable, "-c", code], **options)

    monkeypatch.setattr(onnx_smoke.subprocess, "run", replaced)
    with pytest.raises(FileRefused, match=MESSAGE + message):
        _once(good, tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*"))


def test_a_hanging_child_is_ended(good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], **options: Any) -> Any:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(onnx_smoke.subprocess, "run", hang)
    with pytest.raises(FileRefused, match=MESSAGE + "expected a first run within 60 s, found none"):
        _run(good)


def test_a_child_that_does_not_start_is_a_refusal(good: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **options: Any) -> Any:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(onnx_smoke.subprocess, "run", fail)
    with pytest.raises(FileRefused, match=MESSAGE + "the child process for its first run did not start"):
        _run(good)


def test_overflowing_weights_fail_the_first_run(good: bytes) -> None:
    model = onnx.load_from_string(good)
    for tensor in model.graph.initializer:
        array = np.full_like(numpy_helper.to_array(tensor), 3e38)
        tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    with pytest.raises(
        FileRefused, match=MESSAGE + "failed in its first run: expected 1 rows of finite numbers"
    ):
        _run(model.SerializeToString())


def test_another_input_name_fails_the_first_run(good: bytes) -> None:
    with pytest.raises(FileRefused, match=MESSAGE + "failed in its first run"):
        smoke_run(good, "model 'x'", input_name="observation", input_size=SIZES[INPUT])
