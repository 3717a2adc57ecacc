"""Packages that only an optional extra installs (torch, matplotlib, ...), and the command that installs them for this user.

The command never installs this distribution by its name from a package index, where anyone could register the name. It uses
the running checkout, or the path or URL from which the distribution was installed (its `direct_url.json`, PEP 610); if
neither is known, it names the missing packages with the required versions.
"""

import importlib.util
import json
import os
import re
import shlex
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from importlib.metadata import Distribution

ROOT: Final = Path(__file__).resolve().parents[1]  # a checkout, or the folder of installed packages
# Packages whose distribution and module names differ.
DISTRIBUTIONS: Final = {"mlflow": "mlflow-skinny", "sklearn": "scikit-learn", "surprise": "scikit-surprise"}
_EXTRA: Final = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']""")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SAFE_URL: Final = re.compile(r"(https?|file|(git|hg|svn|bzr)\+[a-z+]+)://[!-~]+")


class MissingExtra(ImportError):
    """A package of an optional extra is not installed; the message has the command that installs it."""


def require(module: str, extra: str) -> None:
    """Raise MissingExtra if the top-level package of `module` is not installed; nothing is imported."""
    top = module.partition(".")[0]
    try:
        found = importlib.util.find_spec(top) is not None
    except ImportError:
        found = False
    if not found:
        raise missing_extra(top, extra)


def missing_extra(module: str, extra: str) -> MissingExtra:
    """Return the error for a missing package of `module`, which `extra` installs."""
    top = module.partition(".")[0]
    return MissingExtra(f"this needs {top}, which is not installed: {install_line(extra)}", name=top)


def extra_of(module: str) -> str | None:
    """Return the smallest extra that installs the package of `module`; None if none does."""
    name = _canonical(DISTRIBUTIONS.get(top := module.partition(".")[0], top))
    with_it = [
        (len(needs), extra)
        for extra, needs in _extras().items()
        if any(_canonical(_NAME.match(each)[0]) == name for each in needs if _NAME.match(each))  # type: ignore[index]
    ]
    return min(with_it)[1] if with_it else None


def install_line(extra: str) -> str:
    """Return a shell line that installs the packages of `extra` from where this distribution came."""
    here = _checkout(ROOT)
    if here is not None and extra in here.get("optional-dependencies", {}):
        if _is_here(ROOT):
            return _pip(f".[{extra}]")
        return _pip("-e", f"{ROOT}[{extra}]")
    source = _source(extra)
    if source is not None:
        return source
    needs = _extras().get(extra, ())
    return _pip(*needs) if needs else f"install the packages of the extra {extra!r}"


def _pip(*arguments: str) -> str:
    """`pip install ARGUMENTS`, quoted for this system's shell if needed."""
    if os.name == "nt":
        quoted = [part if re.fullmatch(r"[\w.:\\/-]+", part) else f'"{part}"' for part in arguments]
    else:
        quoted = [shlex.quote(part) for part in arguments]
    return " ".join(("pip install", *quoted))


def _checkout(folder: Path) -> dict[str, Any] | None:
    """Return the `[project]` table of a source folder; None if there is none."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8")).get("project")
    except (OSError, ValueError):
        return None
    return project if isinstance(project, dict) else None


def _distribution() -> "Distribution | None":
    """Return the installed distribution that contains these modules."""
    import importlib.metadata

    for found in importlib.metadata.distributions(path=[str(ROOT)]):
        if any(str(file).replace("\\", "/") == "safefiles/extras.py" for file in found.files or ()):
            return found
    return None


def _source(extra: str) -> str | None:
    """Return the command from `direct_url.json`; None if there is none or its path is gone."""
    found = _distribution()
    if found is None:
        return None
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        direct = json.loads(found.read_text("direct_url.json") or "null")
        url, vcs = direct["url"], direct.get("vcs_info")
        inside = f"#subdirectory={direct['subdirectory']}" if direct.get("subdirectory") else ""
        if vcs is not None:
            url = f"{vcs['vcs']}+{url}@{vcs.get('requested_revision') or vcs['commit_id']}"
        elif url.startswith("file:"):
            path = Path(url2pathname(urlsplit(url).path))
            editable = bool((direct.get("dir_info") or {}).get("editable"))
            return _local(path, extra, editable)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not _SAFE_URL.fullmatch(url + inside):
        return None
    return _pip(f"{found.metadata['Name']}[{extra}] @ {url}{inside}")


def _local(path: Path, extra: str, editable: bool) -> str | None:
    if (path.is_dir() and _checkout(path) is None) or not path.exists():
        return None
    if path.is_dir() and _is_here(path):
        return _pip(f".[{extra}]")
    return _pip(*(["-e"] if editable else []), f"{path}[{extra}]")


def _extras() -> dict[str, tuple[str, ...]]:
    """Return the requirements of each extra as text: of the running checkout, otherwise of the installed distribution."""
    here = _checkout(ROOT)
    if here is not None:
        return {extra: tuple(needs) for extra, needs in here.get("optional-dependencies", {}).items()}
    found = _distribution()
    needs: dict[str, tuple[str, ...]] = {}
    for line in (found.requires if found is not None else None) or ():
        requirement, _, marker = line.partition(";")
        for extra in _EXTRA.findall(marker):
            needs[extra] = (*needs.get(extra, ()), requirement.strip())
    return needs


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_here(folder: Path) -> bool:
    """Whether a folder is the current one, which may be gone."""
    try:
        return Path.cwd().samefile(folder)
    except OSError:
        return False
