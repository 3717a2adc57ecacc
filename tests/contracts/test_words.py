"""One word for one thing in sources, texts and pages: what drives a tank is a brain."""

import re

import pytest

from tests.contracts.tree import PACKAGE_ROOTS, ROOT, TEXT_SUFFIXES, walk

FOLDERS = (*PACKAGE_ROOTS, "docs", "examples")
OTHER_WORDS = re.compile(r"头脑|大脑|\b(minds?|minded)\b|[_a-z]mind\b|\bmind_", re.IGNORECASE)
# The key of a replay's header, whose format stays; the glossary's list of words that are not used
ALLOWED = {'"mind"', "`mind`", r"\| 大脑、头脑 \|"}


def other_words(text: str) -> list[str]:
    """The lines of `text` that call a brain something else."""
    return [line for line in text.splitlines() if OTHER_WORDS.search(re.sub("|".join(ALLOWED), "", line))]


def test_a_brain_is_called_nothing_else() -> None:
    files = [file for folder in FOLDERS for file in walk(ROOT / folder) if file.suffix in TEXT_SUFFIXES]
    files += [ROOT / name for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md")]
    assert len(files) > 500
    found = {
        file.relative_to(ROOT).as_posix(): rows
        for file in files
        if (rows := other_words(file.read_text(encoding="utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line", ["A learned mind.", "class Mind:", "MINDS = 3", "self._mind = x", "没有头脑"]
)
def test_another_word_is_found(line: str) -> None:
    assert other_words(f"a brain\n{line}") == [line]


@pytest.mark.parametrize("line", ['{"mind": brain}', "as a reminder", "`mind` in the file"])
def test_other_uses_pass(line: str) -> None:
    assert other_words(line) == []
