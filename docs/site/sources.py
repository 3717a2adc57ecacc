"""Collects the site's pages in one folder: pages of the repository, and a page for each source file that they mention.

A link to a file that is no page (a program, a recipe, a folder) leads to a page that shows it, so that the site is whole without
the repository.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from docs.site.pages import CHINESE_INDEX, MADE, PAGES, SECTIONS, name_in_site, twin

ROOT: Final = Path(__file__).resolve().parents[2]
FENCE: Final = re.compile(r"^(`{3,})[^\n]*\n.*?^\1$", re.MULTILINE | re.DOTALL)
LINK: Final = re.compile(r"(\]\()([^)#:\s\"]+)((?:#[^)\s]*)?\))")
PICTURES: Final = {".gif", ".jpg", ".png", ".svg", ".webp"}
LANGUAGES: Final = {".json": "json", ".md": "markdown", ".py": "python", ".toml": "toml"}
MOST_BYTES: Final = 40_000  # of a file that is shown; of a longer one the beginning is
TEXT: Final = {".py", ".toml"}  # endings of files in a folder that are shown
SKIPPED: Final = {"__pycache__"}


def repository_pages(root: Path = ROOT) -> list[str]:
    """Every page of the table that is a file, with its Chinese twin where there is one."""
    english = [page for page in PAGES if page not in MADE]
    return english + [twin(page) for page in english if (root / f"{twin(page)}.md").exists()]


def collect(folder: Path, root: Path = ROOT) -> None:
    """Write all pages except those of the API into `folder`."""
    shown: dict[str, None] = {}
    for page in repository_pages(root):
        text = _with_links((root / f"{page}.md").read_text(encoding="utf-8"), page, root, shown)
        _write(folder, page, text + _contents(page, root))
    waiting = list(shown)
    for place in waiting:
        waiting += _show(folder, root / place, root, waiting)
    rows = "".join(f"- [`{place}`](<{place}.md>)\n" for place in sorted(waiting))
    head = "# Source files\n\nFiles of the sources that pages of this site mention.\n\n"
    _write(folder, "files/index", f"{head}{rows}\n{_toctree(sorted(waiting), hidden=True)}")
    for picture in _pictures(root):
        copy = folder / picture.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, copy)


def _write(folder: Path, page: str, text: str) -> None:
    file = folder / f"{name_in_site(page)}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _with_links(text: str, page: str, root: Path, shown: dict[str, None]) -> str:
    """Return the text of `page` with links as they are in the site, and add to `shown` what has to be shown for them."""
    here = Path(page).parent

    def link(match: re.Match[str]) -> str:
        place = os.path.normpath(here / match[2])
        target = place.removesuffix(".md")
        if Path(place).suffix in PICTURES or place.startswith(".."):
            return match[0]
        if place.endswith(".md") and (target in PAGES or twin(target) in PAGES):
            new = f"{name_in_site(target)}.md"
        elif (root / place).exists():
            shown[place] = None
            new = f"files/{place}.md"
        else:
            return match[0]  # the check of links names it
        return f"{match[1]}{os.path.relpath(new, here)}{match[3]}"

    parts, end = [], 0
    for fence in FENCE.finditer(text):
        parts += [LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, LINK.sub(link, text[end:])])


def _contents(page: str, root: Path) -> str:
    """The hidden tables of contents below the first page of each language: they order the site."""
    if page == "README":
        trees = [
            _toctree([f"/{name_in_site(each)}" for each in section.pages if each != "README"], section.title)
            for section in SECTIONS
        ]
        return "\n" + "\n".join([*trees, _toctree([f"/{CHINESE_INDEX}"], "中文")])
    if page == CHINESE_INDEX:
        chinese = [each for each in map(twin, PAGES) if (root / f"{each}.md").exists() and each != page]
        return "\n" + _toctree([f"/{name_in_site(each)}" for each in chinese])
    return ""


def _toctree(pages: list[str], caption: str = "", *, hidden: bool = True) -> str:
    options = (":hidden:\n" if hidden else "") + (f":caption: {caption}\n" if caption else "")
    return "```{toctree}\n" + options + "\n" + "\n".join(pages) + "\n```\n"


def _show(folder: Path, place: Path, root: Path, known: list[str]) -> list[str]:
    """Write the page that shows a file or a folder; return its links to files that are not known yet."""
    name = place.relative_to(root).as_posix()
    head = f"---\nnosearch: true\n---\n\n# `{name}`\n\n"
    if place.is_dir():
        files = list(_files(place))
        rows = [_row(file, place, root) for file in files]
        _write(folder, f"files/{name}", head + "\n".join(rows) + "\n")
        new = [file.relative_to(root).as_posix() for file in files if _is_text(file)]
        return [each for each in new if each not in known]
    data = place.read_bytes()
    text = data[:MOST_BYTES].decode("utf-8", "ignore")
    if len(data) > MOST_BYTES:
        head += f"The first {MOST_BYTES // 1000} of {len(data) // 1000} kB.\n\n"
        language = "text"
    else:
        language = LANGUAGES.get(place.suffix, "text")
    _write(folder, f"files/{name}", f"{head}``````{language}\n{text.rstrip()}\n``````\n")
    return []


def _row(file: Path, folder: Path, root: Path) -> str:
    name, size = file.relative_to(folder).as_posix(), f"{max(1, round(file.stat().st_size / 1000))} kB"
    if not _is_text(file):
        return f"- `{name}`, {size}"
    target = os.path.relpath(
        f"files/{file.relative_to(root).as_posix()}.md", f"files/{folder.relative_to(root)}/.."
    )
    return f"- [`{name}`](<{target}>), {size}"


def _is_text(file: Path) -> bool:
    return file.suffix in TEXT


def _files(folder: Path) -> Iterator[Path]:
    for entry in sorted(folder.iterdir()):
        if entry.name in SKIPPED or entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _files(entry)
        else:
            yield entry


def _pictures(root: Path) -> Iterator[Path]:
    """The pictures of the pages' own folders."""
    folders = {(root / page).parent for page in repository_pages(root)} - {root}
    places = [*folders, root / "docs" / "images", root / "music" / "shipped" / "generators"]
    for folder in places:
        yield from (file for file in sorted(folder.iterdir()) if file.suffix in PICTURES)
