"""What a user installs: every package and data file of the game, no test, no learner; versions that agree."""

import email
import json
import re
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import game
from tests.contracts.tree import PACKAGE_ROOTS, ROOT, copy_project, project_table, run_python, walk

BUILD = "import setuptools.build_meta as backend; print(backend.build_wheel('wheels'))"
TRAIN_ONLY = {
    "matplotlib", "onnx", "pettingzoo", "safetensors", "stable-baselines3", "tensorboard", "tomli-w", "torch"
}  # fmt: skip
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==([0-9][0-9a-z.]*)$")


def build_wheel(project: Path) -> zipfile.ZipFile:
    """Build a wheel of `project` with this environment's setuptools and open it; no network."""
    (project / "wheels").mkdir()
    result = run_python("-c", BUILD, cwd=project)
    assert result.returncode == 0, result.stderr
    return zipfile.ZipFile(next((project / "wheels").glob("*.whl")))


def packages_on_disk(project: Path) -> set[str]:
    """Dotted names of the folders below the package roots that hold an `__init__.py`."""
    inits = (file for root in PACKAGE_ROOTS for file in (project / root).rglob("__init__.py"))
    return {".".join(file.parent.relative_to(project).parts) for file in inits}


def files_missing(wheel: zipfile.ZipFile, project: Path) -> set[str]:
    """Files of the package folders that the wheel leaves out."""
    on_disk = {
        file.relative_to(project).as_posix() for root in PACKAGE_ROOTS for file in walk(project / root)
    }
    return on_disk - set(wheel.namelist())


def unpinned(requirements: list[str], constraints: str) -> list[str]:
    """What `constraints` does not pin to an accepted version, and its lines that are not plain pins."""
    problems, pins = [], {}
    for row in constraints.splitlines():
        if not row or row.startswith("#"):
            continue
        match = PIN.match(row)
        if match is None:
            problems.append(f"not a plain pin: {row}")
        else:
            pins[match[1]] = Version(match[2])
    for text in requirements:
        requirement = Requirement(text)
        pin = pins.get(canonicalize_name(requirement.name))
        if pin is None or pin not in requirement.specifier:
            problems.append(f"{text}: pinned {pin}")
    return problems


def all_requirements() -> list[str]:
    """Every requirement of the project and its extras, without those that name the project itself."""
    project = project_table()["project"]
    extras = [row for rows in project["optional-dependencies"].values() for row in rows]
    return [row for row in project["dependencies"] + extras if not row.startswith("bankshot")]


def endless(requirements: list[str]) -> list[str]:
    """Requirements that a release of any later year would satisfy, or that refuse what was tested."""
    later = Version("99999")
    return [
        text
        for text in requirements
        if later in Requirement(text).specifier
        or not any(part.operator in ("<", "<=", "==", "~=") for part in Requirement(text).specifier)
    ]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return build_wheel(copy_project(tmp_path_factory.mktemp("wheel")))


def test_the_package_list_is_what_is_on_disk() -> None:
    listed = project_table()["tool"]["setuptools"]["packages"]
    assert listed == sorted(set(listed))
    assert packages_on_disk(ROOT) == set(listed)


def test_a_package_that_is_not_listed_is_noticed(tmp_path: Path) -> None:
    project = copy_project(tmp_path, only_python=True)
    (project / "game" / "extra").mkdir()
    (project / "game" / "extra" / "__init__.py").write_text("", encoding="utf-8")
    assert packages_on_disk(project) - set(project_table()["tool"]["setuptools"]["packages"]) == {
        "game.extra"
    }


def test_the_wheel_holds_every_file_of_the_packages(wheel: zipfile.ZipFile) -> None:
    assert files_missing(wheel, ROOT) == set()


def test_the_wheel_holds_nothing_else(wheel: zipfile.ZipFile) -> None:
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in tops if not name.endswith(".dist-info")} == set(PACKAGE_ROOTS)


def test_a_data_file_without_a_rule_is_noticed(tmp_path: Path) -> None:
    project = copy_project(tmp_path, only_python=True)
    (project / "game" / "core" / "levels" / "forgotten.dat").write_bytes(b"1")
    assert files_missing(build_wheel(project), project) == {"game/core/levels/forgotten.dat"}


def test_a_play_install_needs_no_learner(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    requirements = [
        Requirement(row) for row in email.message_from_bytes(wheel.read(name)).get_all("Requires-Dist", [])
    ]
    play = {canonicalize_name(row.name) for row in requirements if row.marker is None}
    extra = {canonicalize_name(row.name) for row in requirements if row.marker is not None}
    assert "pygame-ce" in play
    assert play & TRAIN_ONLY == set()
    assert extra >= TRAIN_ONLY


def test_the_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    assert "bankshot = game.__main__:main" in wheel.read(name).decode()


def test_every_requirement_is_pinned_to_a_version_it_accepts() -> None:
    requirements = all_requirements()
    assert len(requirements) > 15
    assert unpinned(requirements, (ROOT / "constraints.txt").read_text(encoding="utf-8")) == []


def test_every_requirement_has_an_upper_bound() -> None:
    building = project_table()["build-system"]["requires"]
    assert endless([*all_requirements(), *building]) == []
    assert unpinned(building, (ROOT / "constraints.txt").read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("text", ["numpy", "numpy>=2", "numpy!=2.1", "numpy>=2,!=99999"])
def test_a_requirement_without_an_upper_bound_is_noticed(text: str) -> None:
    assert endless([text, "numpy>=2,<3", "numpy==2.4"]) == [text]


def unnamed(requirements: list[str], text: str) -> list[str]:
    """Packages that no row of the tables in `text` names first."""
    named = {
        canonicalize_name(row.split("|")[1].split("(")[0].strip())
        for row in text.splitlines()
        if row.startswith("| ")
    }
    return sorted({canonicalize_name(Requirement(row).name) for row in requirements} - named)


def test_every_package_has_its_licence_written_down() -> None:
    text = (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")
    assert unnamed(all_requirements(), text) == []
    assert unnamed(["numpy>=2", "left-pad"], text) == ["left-pad"]
    card = json.loads((ROOT / "music/shipped/generators/card.json").read_text(encoding="utf-8"))
    for name, collection in card["collections"].items():
        assert f"| {name} | {collection['pieces']} |" in text


@pytest.mark.parametrize(
    ("requirement", "constraints"),
    [
        ("numpy>=2", ""),
        ("numpy>=2", "numpy==1.26.4"),
        ("torch>=2", "torch==2.13.0+cpu"),
        ("torch>=2", "torch @ file:///wheels/torch.whl"),
        ("torch>=2", "torch>=2.13"),
    ],
)
def test_a_missing_or_loose_pin_is_noticed(requirement: str, constraints: str) -> None:
    assert unpinned([requirement], constraints)


def test_the_version_is_the_same_everywhere() -> None:
    version = project_table()["project"]["version"]
    assert game.__version__ == version
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert version in headings
