"""Nothing unfinished ships: no marker of work left over in any source or text of the project."""

import re

import pytest

from tests.contracts.tree import ROOT, TEXT_SUFFIXES, walk

# Spelt in halves, so that this file passes its own check.
MARKERS = re.compile(
    r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK", "T" + "BD")) + r")\b"
    r"|\b(?i:lorem ip" + r"sum|not implemented y" + r"et|coming so" + r"on|place" + r"holder)\b"
)


def leftovers(text: str) -> list[str]:
    """Return `line: marker` for every marker of unfinished work in `text`."""
    rows = enumerate(text.splitlines(), start=1)
    return [f"{number}: {match.group()}" for number, row in rows for match in MARKERS.finditer(row)]


def test_nothing_unfinished_is_left() -> None:
    files = [file for file in walk(ROOT) if file.suffix in TEXT_SUFFIXES]
    assert len(files) > 20
    found = {
        str(file.relative_to(ROOT)): rows
        for file in files
        if (rows := leftovers(file.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "row", ["# TO" + "DO: later", "raise NotImplementedError('not implemented y" + "et')", "XX" + "X"]
)
def test_a_leftover_is_found(row: str) -> None:
    assert len(leftovers(f"first line\n{row}")) == 1
