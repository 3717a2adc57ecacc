"""Texts keep to the terms of `docs/glossary.md`: what its column "not" has is refused, with the place and the right term."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.contracts.tree import ROOT, TEXT_SUFFIXES, walk

GLOSSARY = ROOT / "docs" / "glossary.md"
HISTORY = {"CHANGELOG.md", "glossary.md"}  # say what was, and what is not to be said
ENGLISH = ("README.md", "docs/*.md", "game/app/texts/en.toml", "*/messages.py", "game/*/messages*.py")
HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Term:
    english: str
    chinese: str
    refused: tuple[str, ...]


def terms(text: str) -> list[Term]:
    """Return the rows of the glossary's tables."""
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    return [
        Term(row[0], row[1], tuple(part.strip() for part in row[2].split("、") if part.strip()))
        for row in rows
        if row[0] != "English"
    ]


def faults(lines: list[str], known: list[Term], *, chinese: bool) -> Iterator[str]:
    """Yield `line: found; write RIGHT` for each refused variant of one language."""
    for term in known:
        for variant in term.refused:
            if bool(HAN.search(variant)) != chinese:
                continue
            pattern = re.escape(variant) if chinese else rf"(?i)\b{re.escape(variant)}\b"
            for number, line in enumerate(lines, 1):
                if re.search(pattern, line):
                    right = term.chinese if chinese else term.english
                    yield f"{number}: {variant!r}; the glossary says {right!r}"


def found(paths: list[Path], *, chinese: bool) -> list[str]:
    known = terms(GLOSSARY.read_text(encoding="utf-8"))
    variants = [each for term in known for each in term.refused if bool(HAN.search(each)) == chinese]
    any_of_them = re.compile(
        "(?i)" + "|".join(map(re.escape, variants))
    )  # lines are looked at where there is one
    texts = {path: path.read_text(encoding="utf-8") for path in paths}
    return [
        f"{path.relative_to(ROOT)}:{fault}"
        for path, text in texts.items()
        if any_of_them.search(text)
        for fault in faults(text.splitlines(), known, chinese=chinese)
    ]


def test_chinese_texts_use_the_glossarys_terms() -> None:
    paths = [
        path
        for path in walk(ROOT)
        if path.suffix in TEXT_SUFFIXES
        and path.name not in HISTORY
        and "tests" not in path.relative_to(ROOT).parts
    ]
    assert any(path.name == "zh.toml" for path in paths)
    assert found(paths, chinese=True) == []


def test_english_texts_use_the_glossarys_terms() -> None:
    paths = [path for pattern in ENGLISH for path in sorted(ROOT.glob(pattern)) if path.name not in HISTORY]
    assert len(paths) > 15
    assert found(paths, chinese=False) == []


def test_each_term_has_both_languages_and_no_right_term_is_refused() -> None:
    known = terms(GLOSSARY.read_text(encoding="utf-8"))
    assert len(known) > 60
    assert [term.english for term in known if not term.english or not term.chinese] == []
    right = " ".join(f"{term.english} {term.chinese}" for term in known)
    assert [
        variant
        for term in known
        for variant in term.refused
        if re.search(rf"\b{re.escape(variant)}\b", right)
    ] == []


def test_a_refused_variant_is_named_with_its_line_and_the_right_term() -> None:
    known = [Term("special", "技能", ("特技", "stunt"))]
    assert list(faults(["", "按下特技键"], known, chinese=True)) == ["2: '特技'; the glossary says '技能'"]
    assert list(faults(["a Stunt", "stuntman"], known, chinese=False)) == [
        "1: 'stunt'; the glossary says 'special'"
    ]
    assert list(faults(["技能"], known, chinese=True)) == []
