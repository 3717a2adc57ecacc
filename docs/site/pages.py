"""What the site shows, in the order of its readers: the one table from which navigation, language switch and checks derive.

A page is named by its place in the repository, without `.md`; the README files of the root are the first pages.
"""

from dataclasses import dataclass
from typing import Final

HOME: Final = {"README": "index", "README.zh-CN": "index.zh-CN"}  # pages that have another name in the site
ENGLISH_INDEX: Final = "docs/README"
CHINESE_INDEX: Final = "docs/zh/README"
CHINESE_SEARCH: Final = "search.zh-CN"
API_INDEX: Final = "api/index"
FILES_INDEX: Final = "files/index"


@dataclass(frozen=True)
class Section:
    """Pages for one kind of reader, with the heading of each language."""

    title: str
    chinese: str
    pages: tuple[str, ...]


SECTIONS: Final = (
    Section("Start", "开始", ("README", ENGLISH_INDEX)),
    Section("Play", "游玩", ("docs/play", "docs/user-folder", "docs/troubleshooting")),
    Section("Train", "训练 NPC", ("docs/train", "docs/ppo", "agents/README", "benchmarks/README")),
    Section("Make levels and music", "制作关卡和音乐", ("docs/mod", "docs/grades", "docs/compose", "benchmarks/levels/README")),
    Section(
        "Use in your own project",
        "用在你自己的项目里",
        (
            "docs/plugins",
            "docs/examples",
            "music/README",
            "music/soundtrack/README",
            "music/corpus/README",
            "recommender/README",
            "benchmarks/recommender/README",
        ),
    ),
    Section(
        "Reference",
        "参考",
        (
            "docs/commands",
            "docs/rules",
            "docs/levels",
            "docs/environments",
            "docs/observation",
            "docs/rewards",
            "docs/state",
            API_INDEX,
        ),
    ),
    Section(
        "About",
        "关于本项目",
        (
            "docs/architecture",
            "docs/performance",
            "docs/glossary",
            "CONTRIBUTING",
            "CHANGELOG",
            "SECURITY",
            "THIRD_PARTY",
            FILES_INDEX,
        ),
    ),
)  # fmt: skip
MADE: Final = (API_INDEX, FILES_INDEX)  # of the pages above, those that are no file of the repository
PAGES: Final = tuple(page for section in SECTIONS for page in section.pages)


def twin(page: str) -> str:
    """Return the path of the page in the other language, whether or not it exists."""
    if page in ("README", "README.zh-CN"):
        return "README" if page == "README.zh-CN" else "README.zh-CN"
    if page.startswith("docs/zh/"):
        return page.replace("docs/zh/", "docs/", 1)
    return page.replace("docs/", "docs/zh/", 1) if page.startswith("docs/") else f"zh/{page}"


def is_chinese(page: str) -> bool:
    """Whether a page is written in Chinese."""
    return page in ("README.zh-CN", CHINESE_SEARCH) or page.startswith("docs/zh/")


def name_in_site(page: str) -> str:
    """The name of a page in the site: its address without `.html`."""
    return HOME.get(page, page)


def page_of(name: str) -> str:
    """The page that has a name in the site."""
    return {site: page for page, site in HOME.items()}.get(name, name)
