"""The line that installs a missing extra works from where the user is, and never asks an index for this name."""

import json
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from safefiles import extras
from safefiles.extras import MissingExtra, extra_of, install_line, require
from tests.contracts.tree import ROOT

METADATA = """Metadata-Version: 2.4
Name: bankshot
Version: 0.1.0
Requires-Dist: numpy<3,>=2.1
Provides-Extra: train
Requires-Dist: torch<3,>=2.13; extra == "train"
Requires-Dist: matplotlib<4,>=3.9; extra == "train"
Provides-Extra: bench
Requires-Dist: scikit-surprise<2,>=1.1.4; extra == 'bench'
Requires-Dist: matplotlib<4,>=3.9; (python_version > "3.8") and extra == 'bench'
"""
NAMED = f"pip install {shlex.quote('torch<3,>=2.13')} {shlex.quote('matplotlib<4,>=3.9')}"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of installed packages with this distribution in it."""
    folder = tmp_path / "site-packages"
    info = folder / "bankshot-0.1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(METADATA)
    (info / "RECORD").write_text("safefiles/__init__.py,,\nsafefiles/extras.py,,\n")
    other = folder / "other-1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.4\nName: other\nVersion: 1\n")
    (other / "RECORD").write_text("other.py,,\n")
    monkeypatch.setattr(extras, "ROOT", folder)
    return folder


def installed_from(site: Path, direct: object) -> None:
    (site / "bankshot-0.1.0.dist-info" / "direct_url.json").write_text(json.dumps(direct))


def checkout(folder: Path) -> Path:
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "bankshot"\nversion = "1"\n')
    return folder


def test_in_the_checkout_a_dot_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert install_line("train") == "pip install '.[train]'"


def test_elsewhere_the_checkout_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert install_line("corpus") == f"pip install -e {shlex.quote(f'{ROOT}[corpus]')}"


def test_a_folder_that_was_installed_is_named(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = checkout(tmp_path / "my games")
    installed_from(site, {"url": source.as_uri(), "dir_info": {}})
    assert install_line("train") == f"pip install '{source}[train]'"
    installed_from(site, {"url": source.as_uri(), "dir_info": {"editable": True}})
    assert install_line("train") == f"pip install -e '{source}[train]'"
    monkeypatch.chdir(source)
    assert install_line("train") == "pip install '.[train]'"


def test_a_wheel_and_a_repository_are_named(site: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "bankshot-0.1.0-py3-none-any.whl"
    wheel.touch()
    installed_from(site, {"url": wheel.as_uri(), "archive_info": {}})
    assert install_line("train") == f"pip install '{wheel}[train]'"
    installed_from(site, {"url": "https://example.org/b.whl", "archive_info": {}})
    assert install_line("train") == "pip install 'bankshot[train] @ https://example.org/b.whl'"
    installed_from(
        site,
        {
            "url": "https://example.org/b.git",
            "vcs_info": {"vcs": "git", "commit_id": "abc"},
            "subdirectory": "x",
        },
    )
    assert (
        install_line("train")
        == "pip install 'bankshot[train] @ git+https://example.org/b.git@abc#subdirectory=x'"
    )


@pytest.mark.parametrize(
    "direct",
    [
        None,
        {"url": "file:///nowhere/at/all", "dir_info": {}},
        {"url": "https://example.org/\x1b[31m b", "archive_info": {}},
        {"url": "ssh -oProxyCommand=x", "archive_info": {}},
        {"url": 7},
        [],
    ],
    ids=["none", "gone", "escapes", "no-address", "no-text", "no-table"],
)
def test_where_nothing_is_known_the_packages_are_named(site: Path, direct: object) -> None:
    installed_from(site, direct)
    assert install_line("train") == NAMED
    assert "bankshot" not in install_line("bench")


def test_without_any_metadata_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "ROOT", tmp_path)
    assert install_line("train") == "install the packages of the extra 'train'"


def test_the_package_of_an_extra_is_known_by_the_name_it_is_imported_by(site: Path) -> None:
    assert extra_of("torch.nn") == "train"
    assert extra_of("surprise") == "bench"
    assert extra_of("matplotlib") in ("train", "bench")
    assert extra_of("numpy") is None
    assert extra_of("torchvision") is None


def test_every_package_of_our_extras_is_known_by_its_module() -> None:
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for module, extra in [
        ("torch", "train"), ("stable_baselines3", "train"), ("onnx", "train"), ("sklearn", "train"),
        ("tensorboard", "train"), ("pettingzoo", "train"), ("safetensors", "train"), ("tomli_w", "train"),
        ("music21", "corpus"), ("surprise", "bench"),
    ]:  # fmt: skip
        assert extra_of(module) == extra
        assert extra in tables["optional-dependencies"]


def test_what_is_missing_is_said_before_the_work() -> None:
    require("json", "train")
    with pytest.raises(MissingExtra, match="this needs no_such_module, which is not installed: pip install"):
        require("no_such_module.inside", "train")


@pytest.mark.slow  # starts pip twice, 6 s
def test_pip_takes_the_line(site: Path, tmp_path: Path) -> None:
    source = checkout(tmp_path / "a b")
    installed_from(site, {"url": source.as_uri(), "dir_info": {}})
    offline = ("--dry-run", "--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    for line, code in (
        (install_line("train"), 0),
        (f"pip install {shlex.quote(f'{source}/none[train]')}", 1),
    ):
        words = [sys.executable, "-m", *shlex.split(line), *offline]
        assert subprocess.run(words, capture_output=True, check=False).returncode == code


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps the folder that a process is in")
def test_the_line_can_be_made_in_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert "-e" in extras.install_line("train")
