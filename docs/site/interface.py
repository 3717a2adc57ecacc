"""Writes the reference of the programming interface as pages: one directive of Sphinx's Python domain a name."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.site.public import REFERENCES, Group, Reference
from docs.site.source_tree import Entry, entry, exported

INTRODUCTION: Final = """# Programming interface

Public names with their signatures, read from the sources. Whatever is not here may change without notice. Shapes are those of
NumPy arrays; units stand with each number. `IntArray`, `SenseArray`, `RewardArray`, `BoolArray`, `ByteArray` are arrays of int64,
float32, float64, bool and uint8, `Floats` of float64. [All names by letter](genindex).
"""
HEADING: Final = re.compile(r"^#+ (.*)$", re.MULTILINE)
MOST_VALUE: Final = 60  # characters of a value that is shown
FENCED: Final = re.compile(r"(^```.*?^```$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)


def write_interface(folder: Path) -> None:
    """Write the pages of the reference into `folder`/api."""
    (folder / "api").mkdir()
    names = "\n".join(reference.name for reference in REFERENCES)
    rows = "".join(f"- [{each.title}]({each.name}.md): {_first(each.text)}\n" for each in REFERENCES)
    (folder / "api" / "index.md").write_text(
        f"{INTRODUCTION}\n{rows}\n```{{toctree}}\n:hidden:\n\n{names}\n```\n", encoding="utf-8"
    )
    taken: set[str] = set()
    for reference in REFERENCES:
        page = "".join(_page(reference, taken))
        (folder / "api" / f"{reference.name}.md").write_text(page, encoding="utf-8")


def _first(text: str) -> str:
    return text.partition(". ")[0] + "."


def entries(group: Group, taken: set[str]) -> Iterator[tuple[str, Entry]]:
    """Yield (module to import from, what it is) for the names of a group that are not yet in `taken`, and add them."""
    for row in group.rows:
        name, _, names = row.partition(": ")
        for wanted in names.split(", ") if names else exported(name):
            found = entry(name, wanted)
            if found.place not in taken:
                taken.add(found.place)
                yield name, found


def _page(reference: Reference, taken: set[str]) -> Iterator[str]:
    yield f"# {reference.title}\n\n{reference.text}\n"
    for group in reference.groups:
        rows = list(entries(group, taken))
        if rows:
            yield f"\n## {group.title}\n\n{group.text}\n\n"
        last = ""
        for name, found in rows:
            if name != last:
                yield f"From `{name}`:\n\n"
                last = name
            yield directive(found, name)


def directive(found: Entry, name: str = "", depth: int = 0) -> str:
    """Return the directive of a name that is imported from the module `name`, with those of its members inside."""
    fence = ":" * (6 - depth)
    options = [f":{each}:" for each in found.options]
    if name:
        options += [f":module: {name}"]
        if found.place != f"{name}.{found.name}":
            options += [f":canonical: {found.place}"]
    heading = found.name
    if found.kind in ("property", "attribute", "data"):
        options += [f":type: {json.dumps(found.signature)}"] if found.signature else []
        options += (
            [f":value: {json.dumps(found.value)}"] if found.value and len(found.value) <= MOST_VALUE else []
        )
    else:
        heading += found.signature
    bases = [base for base in found.bases if base not in ("object", "Exception")]
    text = [_prose(found.text)]
    if bases:
        text.append(f"{'Base' if len(bases) == 1 else 'Bases'}: {', '.join(f'`{base}`' for base in bases)}.")
    members = "\n".join(directive(each, depth=depth + 1) for each in found.members)
    head = f"{fence}{{py:{found.kind}}} {heading}\n" + "".join(f"{each}\n" for each in options)
    return f"{head}\n" + "\n\n".join(part for part in [*text, members] if part.strip()) + f"\n{fence}\n\n"


def _prose(text: str) -> str:
    """A docstring as Markdown: headings become bold, and what looks like markup outside of code is none."""
    parts = FENCED.split(HEADING.sub(r"**\1**", text))
    for number in range(0, len(parts), 2):
        parts[number] = re.sub(r"<(?=[A-Za-z/!])", r"\\<", parts[number])
    return "".join(parts)
