"""The public names of the plugins: there, light to load, and the ones that the documentation uses."""

import importlib

import pytest

from tests.contracts.tree import ROOT, run_python

PLUGINS = ("agents", "music", "recommender")
LAZY = (*PLUGINS, "recommender.advisor", "recommender.records")
# What a program that wants one plugin must not wait for, or need, because of the package's own `__init__`
HEAVY = ("gymnasium", "numba", "numpy", "onnxruntime", "pygame", "scipy", "torch")


@pytest.mark.parametrize("package", LAZY)
def test_each_public_name_is_there_and_is_listed(package: str) -> None:
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name).__name__ == name
        assert name in dir(module)
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        module.nothing  # noqa: B018


@pytest.mark.parametrize("package", LAZY)
def test_a_package_alone_loads_nothing(package: str) -> None:
    code = f"import sys, {package}; print(sorted({HEAVY} & sys.modules.keys()))".replace(
        str(HEAVY), str(set(HEAVY))
    )
    done = run_python("-c", code, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("package", PLUGINS)
def test_the_readme_of_a_plugin_begins_with_its_public_names(package: str) -> None:
    text = (ROOT / package / "README.md").read_text(encoding="utf-8")
    line = next(
        line for line in text.splitlines() if line.startswith(("from ", "import ")) and package in line
    )
    assert line.startswith(f"from {package} import ")
    names = line.partition(" import ")[2].split(", ")
    assert set(names) <= set(importlib.import_module(package).__all__)


def test_former_places_still_work() -> None:
    from music.generator_files import load_generators
    from recommender.advisor import Advisor
    from recommender.records import Item, Rating

    assert all(callable(each) for each in (load_generators, Advisor, Item, Rating))
