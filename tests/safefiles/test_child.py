"""A child process finds these packages and runs nothing of the folder it is started in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from safefiles.child import child_environment, python_command
from tests.contracts.tree import ROOT

SHOW = "import json, safefiles; print(json.__file__); print(safefiles.__file__)"
OWN = str(ROOT / "safefiles" / "__init__.py")


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A downloaded folder with modules named like ours and the standard library's."""
    for name in ("json", "safefiles", "subprocess", "typing"):
        (tmp_path / f"{name}.py").write_text(f"print('{name} of the pack')\n", encoding="utf-8")
    return tmp_path


def _shown(command: list[str], folder: Path, variables: dict[str, str]) -> list[str]:
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def test_a_child_imports_nothing_from_the_current_folder(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("", f"{os.pathsep}{ROOT}", f"{ROOT}{os.pathsep}"):  # an empty entry means the current folder
        monkeypatch.setenv("PYTHONPATH", path)
        own, ours = _shown(python_command("-c", SHOW), pack, child_environment())
        assert own.startswith(str(Path(os.__file__).parent))
        assert ours == OWN


def test_without_the_flag_it_would(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "")
    assert _shown([sys.executable, "-c", SHOW], pack, child_environment())[0] == "json of the pack"


def test_a_child_gets_more_variables_over_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_VARIABLE", "ours")
    assert child_environment()["SOME_VARIABLE"] == "ours"
    assert child_environment({"SOME_VARIABLE": "its own"})["SOME_VARIABLE"] == "its own"
