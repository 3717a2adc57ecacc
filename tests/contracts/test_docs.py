"""The tables in docs/ are the tables of the code: a page that fell behind is named."""

import importlib.util
import re
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from tests.contracts.tree import ROOT

DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """`docs/generate.py`, which is no part of any package."""
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_table_is_as_the_code_has_it(generate: ModuleType) -> None:
    assert list(generate.stale_pages(DOCS)) == []


def test_every_table_of_the_generator_is_on_a_page(generate: ModuleType) -> None:
    marked = {
        name
        for page in DOCS.glob("*.md")
        for name in re.findall(r"<!-- table: ([a-z-]+) -->", page.read_text())
    }
    assert marked == set(generate.TABLES)


def test_a_page_that_fell_behind_is_named(generate: ModuleType, tmp_path: Path) -> None:
    shutil.copy(DOCS / "observation.md", tmp_path / "observation.md")
    page = tmp_path / "observation.md"
    page.write_text(
        page.read_text(encoding="utf-8").replace("| `own_hp` |", "| `own_health` |"), encoding="utf-8"
    )
    stale = generate.stale_pages(tmp_path)
    assert list(stale) == [page]
    assert stale[page] == (DOCS / "observation.md").read_text(encoding="utf-8")


def test_a_mark_of_no_table_is_refused(generate: ModuleType) -> None:
    with pytest.raises(KeyError, match=r"expected one of .* found 'weather'"):
        generate.fill("<!-- table: weather -->\n<!-- end -->")


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []
