"""Nothing is sent home: onnxruntime's telemetry is off before it is imported, and its files never appear."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT, nodes, run_python, shipped_sources

from .models import INPUT, good_bytes

SETTER = "safefiles/onnx_session.py"
OPEN = f"""
import sys
from safefiles.onnx_session import open_session
open_session(open("model.onnx", "rb").read(), {INPUT!r})
"""
LOUD = 'import onnxruntime\nonnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])'
# CI services hide the telemetry: onnxruntime writes nothing where one of these is set.
CI_VARIABLES = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "TRAVIS", "CIRCLECI", "GITLAB_CI")


def imports_of_onnxruntime(source: str) -> list[int]:
    """The lines of `source` that import onnxruntime."""
    if "onnxruntime" not in source:
        return []
    return [
        node.lineno
        for node in nodes(source)
        if (isinstance(node, ast.Import) and any(_is_it(alias.name) for alias in node.names))
        or (isinstance(node, ast.ImportFrom) and _is_it(node.module or ""))
        or (
            isinstance(node, ast.Call)
            and bool(node.args)
            and isinstance(node.args[0], ast.Constant)
            and _is_it(str(node.args[0].value))
            and ast.unparse(node.func).rpartition(".")[2] in ("import_module", "__import__")
        )
    ]


def _is_it(name: str) -> bool:
    return name.partition(".")[0] == "onnxruntime"


def run(code: str, home: Path) -> list[str]:
    """Run `code` in a home of its own, as on a machine that is no CI service; return the files it left there."""
    (home / "model.onnx").write_bytes(good_bytes())
    environment = {name: value for name, value in os.environ.items() if name not in CI_VARIABLES}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    environment.pop("XDG_CACHE_HOME", None)
    environment |= {"HOME": str(home), "PYTHONPATH": str(ROOT), "LOCALAPPDATA": str(home)}
    done = subprocess.run(
        [*_offline(), sys.executable, "-c", code],
        cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return sorted(str(file.relative_to(home)) for file in home.rglob("*") if file.name != "model.onnx")


def _offline() -> list[str]:
    """A prefix for a command without any network, empty where the system does not allow it."""
    command = ["unshare", "--map-root-user", "--net"]
    if (
        shutil.which("unshare")
        and subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0
    ):
        return command
    return []


def test_only_one_module_imports_onnxruntime() -> None:
    found = {
        str(file.relative_to(ROOT)): lines
        for file in shipped_sources()
        if (lines := imports_of_onnxruntime(file.read_text(encoding="utf-8")))
    }
    assert list(found) == [SETTER]


@pytest.mark.parametrize(
    "line",
    ["import onnxruntime", "from onnxruntime import InferenceSession", "import_module('onnxruntime.capi')"],
)
def test_another_import_is_found(line: str) -> None:
    assert imports_of_onnxruntime(line) == [1]


def test_a_session_leaves_nothing_behind(tmp_path: Path) -> None:
    assert run(OPEN, tmp_path) == []


@pytest.mark.skipif(
    not _offline(), reason="a test must not send telemetry, and this system has no `unshare --net`"
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measured on Linux")
def test_without_the_switch_it_would(tmp_path: Path) -> None:
    assert any("onnxruntime" in name for name in run(LOUD, tmp_path))


def test_a_host_that_was_faster_is_told_once(tmp_path: Path) -> None:
    code = (
        "import sys, types; sys.modules['onnxruntime'] = types.ModuleType('onnxruntime')\n"
        "import safefiles, safefiles.telemetry as t\n"
        "print(t.switch_off())"
    )
    environment = {"PYTHONPATH": str(ROOT)}
    environment_without = {k: v for k, v in os.environ.items() if k != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment_without | environment, cwd=tmp_path,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.count("onnxruntime was imported before this package") == 1
    assert done.stdout.split() == ["True"]


def test_a_choice_of_the_user_stands(tmp_path: Path) -> None:
    code = "import safefiles, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    assert run_python(
        "-c", code, cwd=tmp_path, PYTHONPATH=str(ROOT), ORT_DISABLE_TELEMETRY="0"
    ).stdout.split() == ["0"]
