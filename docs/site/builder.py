"""Builds the site: collects its pages, has Sphinx render them, and copies the result to the output folder."""

import io
import re
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, Final

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from docs.site.finder import BilingualSearch
from docs.site.interface import write_interface
from docs.site.languages import languages_of, search_pages, without_tree
from docs.site.sources import ROOT, collect

MARK: Final = ".bankshot-site"  # marks a folder that was built here and may be replaced
STYLE: Final = Path(__file__).parent / "style.css"
PAINT: Final = re.compile(r"\x1b\[[0-9;]*m")
NAME: Final = re.compile(r"[A-Za-z_][\w.]*(?:\(\))?")
SETTINGS: Final[dict[str, Any]] = {
    "extensions": ["myst_parser", "docs.site.builder"],
    "project": "Bankshot",
    "author": "Bankshot contributors",
    "html_theme": "furo",
    "html_title": "Bankshot",
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_show_copyright": False,
    "html_domain_indices": False,
    "html_static_path": ["_static"],
    "html_css_files": ["style.css"],
    "html_theme_options": {"top_of_page_buttons": []},
    "myst_heading_anchors": 6,
    "myst_enable_extensions": ["colon_fence", "html_image"],
    "python_maximum_signature_line_length": 80,
    "add_module_names": False,
    "toc_object_entries_show_parents": "hide",
    "highlight_language": "text",
    "smartquotes": False,
}


def build(out: Path, root: Path = ROOT) -> str:
    """Build the site of the repository at `root` in `out`, which is replaced, and return Sphinx's warnings, a line each.

    Raises ValueError, before anything is built, if `out` is a folder with other content.
    """
    if out.exists() and not (out / MARK).exists() and (not out.is_dir() or any(out.iterdir())):
        raise ValueError(f"--out: expected a new or empty folder, or an earlier site, found {out}")
    with tempfile.TemporaryDirectory() as name:
        source, made = Path(name, "source"), Path(name, "site")
        collect(source, root)
        write_interface(source)
        warnings = render(source, made)
        (made / MARK).write_text("made by python -m docs.site\n", encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(made, out)
    return warnings


def render(source: Path, made: Path) -> str:
    """Render the pages in `source`, of which `index` is the first, into `made`; return Sphinx's warnings, a line each."""
    (source / "_static").mkdir()
    shutil.copyfile(STYLE, source / "_static" / STYLE.name)
    warnings = io.StringIO()
    with patch_docutils(str(source)), docutils_namespace():
        app = Sphinx(
            source, None, made, made.with_name("trees"), "html", SETTINGS, status=None, warning=warnings
        )
        app.build()
    return PAINT.sub("", warnings.getvalue()).replace(f"{source}/", "")


def setup(app: Sphinx) -> dict[str, Any]:
    """Sphinx's way to load an extension."""
    app.add_search_language(BilingualSearch)
    app.connect("html-collect-pages", search_pages)
    app.connect("html-page-context", without_tree, priority=400)  # before the theme's own
    app.connect("html-page-context", languages_of, priority=600)  # after it
    app.connect("doctree-resolved", link_names)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def link_names(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Turn public names in the code of an API page into links."""
    if not page.startswith("api/"):
        return
    objects = {
        name: found
        for name, found in app.env.domains.python_domain.objects.items()
        if found.objtype in ("class", "data", "exception", "function")
    }
    ends = Counter(name.rpartition(".")[2] for name, found in objects.items() if not found.aliased)
    by_end = {name.rpartition(".")[2]: found for name, found in objects.items() if not found.aliased}
    for literal in list(tree.findall(nodes.literal)):
        text = literal.astext().removesuffix("()")
        plain = text.islower() and "_" not in text and "." not in text
        if plain or not NAME.fullmatch(text) or isinstance(literal.parent, nodes.reference):
            continue
        found = objects.get(text) or (by_end.get(text) if ends[text] == 1 else None)
        if found is None:
            continue
        uri = app.builder.get_relative_uri(page, found.docname) + f"#{found.node_id}"
        link = nodes.reference("", "", internal=True, refuri=uri)
        literal.replace_self(link)
        link += literal
