"""Compiled kernels are pickles: they are kept in a private folder, or compiled again and that is said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from game.app import AppOptions, run_app
from game.core.sim import kernel_cache as kc
from tests.contracts.tree import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has access lists instead of modes")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kc, "_known", {})
    monkeypatch.setenv(kc.CACHE_VARIABLE, "")  # so that it is put back


def shared_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def test_a_private_folder_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(kc.CACHE_VARIABLE, str(tmp_path / "mine"))
    assert kc.kernel_cache() == kc.KernelCache(tmp_path / "mine", tmp_path / "mine")
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o700


def test_a_shared_one_is_not_and_children_are_told_where_instead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shared = shared_folder(tmp_path)
    monkeypatch.setenv(kc.CACHE_VARIABLE, str(shared))
    cache = kc.kernel_cache()
    assert cache.wanted == shared
    assert "only its owner can write" in cache.problem
    assert cache.root != shared
    assert os.environ[kc.CACHE_VARIABLE] == str(cache.root)
    assert kc.kernel_cache() is cache, "the reason is still known"


def test_numba_reads_no_pickle_from_a_shared_folder(tmp_path: Path) -> None:
    shared = shared_folder(tmp_path)
    code = (
        "import numba\nfrom game.core.sim.rng import below\nbelow.dispatcher()\nprint(numba.config.CACHE_DIR)"
    )
    environment = {**os.environ, kc.CACHE_VARIABLE: str(shared), "NUMBA_CACHE_DIR": str(shared)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert not done.stdout.startswith(str(shared))
    assert list(shared.iterdir()) == []


def test_the_game_says_once_that_kernels_are_compiled_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, user_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(kc.CACHE_VARIABLE, str(shared_folder(tmp_path)))
    monkeypatch.setattr("game.core.sim.prebuilt.prebuilt", lambda: None)
    monkeypatch.setattr(
        "game.app.playing.warm.WarmUp.start", lambda warm: setattr(warm, "failed", "not tried")
    )
    assert run_app(AppOptions(user_dir=user_dir, seconds=0.1, language="en")) == 0
    (line,) = capfd.readouterr().err.splitlines()
    assert "compiled again at each start" in line
    assert str(tmp_path / "shared") in line
