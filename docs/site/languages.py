"""What makes one site of two languages: the switch on each page, navigation in both, the theme's own words in Chinese."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any, Final

import sphinx
from sphinx.application import Sphinx

from docs.site.pages import (
    API_INDEX,
    CHINESE_INDEX,
    CHINESE_SEARCH,
    ENGLISH_INDEX,
    SECTIONS,
    is_chinese,
    name_in_site,
    page_of,
    twin,
)
from docs.site.public import REFERENCES

CHINESE: Final = {
    "About these documents": "关于本文档",
    "Back to top": "回到顶部",
    "Contents": "目录",
    "Copyright": "版权",
    "Hide navigation sidebar": "隐藏导航",
    "Hide table of contents sidebar": "隐藏目录",
    "Home": "首页",
    "Index": "索引",
    "Next": "下一页",
    "On this page": "本页内容",
    "Previous": "上一页",
    "Search": "搜索",
    "Skip to content": "跳到正文",
    "Toggle Light / Dark / Auto color theme": "切换浅色、深色或自动主题",
    "Toggle navigation": "切换导航",
    "Toggle site navigation sidebar": "切换导航",
    "Toggle table of contents sidebar": "切换目录",
}


# What Sphinx's script of the search page says, as Sphinx itself translates it.
SEARCH_WORDS: Final = Path(sphinx.__file__).parent / "locale" / "zh_CN" / "LC_MESSAGES" / "sphinx.js"


def search_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield the search page of the Chinese half; Sphinx writes the English one."""
    yield CHINESE_SEARCH, {}, "search.html"


def without_tree(app: Sphinx, name: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Prevent Sphinx and the theme from making a contents tree for each page, which takes longer than everything else."""
    context["toctree"] = lambda **_: ""


def languages_of(app: Sphinx, name: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add to a page its navigation and its switch of languages and, to a Chinese one, the theme's words in Chinese."""
    page, known = page_of(name), app.env.found_docs
    other = twin(page) if name_in_site(twin(page)) in known else ""
    chinese = is_chinese(page)
    goal = other or (ENGLISH_INDEX if chinese else CHINESE_INDEX)
    if doctree is not None and name_in_site(goal) in known:
        context["body"] = (
            _switch(context, name_in_site(goal), chinese=chinese, same_page=bool(other)) + context["body"]
        )
    if other:
        context["metatags"] += "".join(
            f'<link rel="alternate" hreflang="{_code(each)}" href="{context["pathto"](name_in_site(each))}" />\n'
            for each in (page, other)
        )
    if chinese:
        context["language"], context["master_doc"] = "zh-CN", name_in_site("README.zh-CN")
        context["_"] = context["gettext"] = lambda text: CHINESE.get(str(text), str(text))
        pathto = context["pathto"]
        context["pathto"] = lambda name, *rest: pathto(CHINESE_SEARCH if name == "search" else name, *rest)
    if page == CHINESE_SEARCH:
        words = SEARCH_WORDS.read_text(encoding="utf-8")
        context["metatags"] = context.get("metatags", "") + (
            f'<script>document.addEventListener("DOMContentLoaded", () => {{{words}}});</script>\n'
        )
    context["furo_navigation_tree"] = _navigation(app, context, page, chinese=chinese)
    for place in ("prev", "next"):  # the last page of one language is not followed by the first of the other
        near = context.get(place)
        if near and ("/zh/" in f"/{near['link']}" or near["link"].endswith("zh-CN.html")) != chinese:
            context[place] = None


def _code(page: str) -> str:
    return "zh-CN" if is_chinese(page) else "en"


def _switch(context: dict[str, Any], goal: str, *, chinese: bool, same_page: bool) -> str:
    here, there = ("中文", "English") if chinese else ("English", "中文")
    if not same_page:
        there = "English documentation" if chinese else "中文文档"
    link = f'<a href="{context["pathto"](goal)}" hreflang="{"en" if chinese else "zh-CN"}">{there}</a>'
    label = "语言" if chinese else "Language"
    return (
        f'<nav class="languages" aria-label="{label}"><span aria-current="true">{here}</span>{link}</nav>\n'
    )


def _navigation(app: Sphinx, context: dict[str, Any], current: str, *, chinese: bool) -> str:
    """All pages under the headings of a language: in Chinese the Chinese page where there is one, else the English one, marked.

    Pages of the programming interface are listed while one of them is shown.
    """
    titles = app.env.titles

    def row(page: str, level: int, below: str = "") -> str:
        mark = " current current-page" if page == current else ""
        text = escape(titles[name_in_site(page)].astext())
        if chinese and not is_chinese(page):
            text += ' <span class="in-english">英文</span>'
        link = (
            f'<a class="reference internal{mark}" href="{context["pathto"](name_in_site(page))}">{text}</a>'
        )
        return f'<li class="toctree-l{level}{mark}">{link}{below}</li>'

    parts = []
    for section in SECTIONS:
        rows = []
        for english in section.pages:
            page = twin(english) if chinese and name_in_site(twin(english)) in titles else english
            if name_in_site(page) not in titles:
                continue
            pages = (
                [f"api/{each.name}" for each in REFERENCES]
                if page == API_INDEX and current.startswith("api/")
                else []
            )
            below = f"<ul>{''.join(row(each, 2) for each in pages)}</ul>" if pages else ""
            rows.append(row(page, 1, below))
        caption = section.chinese if chinese else section.title
        parts.append(f'<p class="caption" role="heading"><span class="caption-text">{caption}</span></p>')
        parts.append(f"<ul>\n{''.join(rows)}\n</ul>")
    return "\n".join(parts)
