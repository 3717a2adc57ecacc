"""Which sources may name an environment, and so choose which code runs.

`import_env` imports the module of `module:id`. It is for ids that the user typed: `--env`, and the recipe with which a training
starts. An id read from data (a model's card, the recipe inside a run folder) is only looked up in Gymnasium's registry
(`registered_name`, `env_from_file`): data can choose only among the environments that this program has registered, and nothing
is imported for it.
"""

import importlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from agents.errors import EnvRefused, RunError, raised
from safefiles.text import clean

PETTINGZOO = "pettingzoo"  # prefix before the colon: the rest names a PettingZoo module, see `pettingzoo_env`
ENV_ID_FORM = "expected an id as in 'Name-v0' or 'module:Name-v0'"
_ENV_ID = re.compile(r"(?:(?P<module>[^\W\d]\w*(?:\.[^\W\d]\w*)*):)?(?P<name>[^:\s][^:]*)")
# They pass the id in their keyword `env_id` to the old gym, which imports the module before its colon.
_RELAY = re.compile(r"GymV\d+Environment(-v\d+)?")


def split_env_id(env_id: str) -> tuple[str, str]:
    """The module ("" if none is named) and the registered name of an id; EnvRefused if it has neither form."""
    found = _ENV_ID.fullmatch(env_id)
    if found is None:
        raise EnvRefused(f"environment: {ENV_ID_FORM}, found {clean(env_id, 80)!r}")
    return found["module"] or "", found["name"]


def import_env(env_id: str) -> None:
    """Import the module of a `module:id` that the user typed, so that it registers its ids.

    Never for an id that came out of a model's card or a run folder: importing runs the module's code.
    """
    module, name = split_env_id(env_id)
    if not module:
        return
    imported = name if module == PETTINGZOO else module
    try:
        found = importlib.import_module(imported)
    except ImportError as error:
        raise EnvRefused(
            f"environment {env_id!r}: module {imported!r} cannot be imported ({error}){place_of_modules(error, imported)}"
        ) from error
    except Exception as error:  # a module may raise anything while it is imported
        raise EnvRefused(
            f"environment {env_id!r}: module {imported!r} cannot be imported ({raised(error)})"
        ) from error
    if module == PETTINGZOO:
        importlib.import_module("agents.pettingzoo_env").register_module(found)
        return
    if name not in _registry():
        raise EnvRefused(
            f"environment {env_id!r}: expected module {module!r} to register {name!r}, found "
            + _registered_like(name)
        )


def place_of_modules(error: BaseException, module: str) -> str:
    """A hint for the user: where modules are searched, if one was not found."""
    missing = isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]
    return (
        "; your own module must be installed, or be in a folder named by PYTHONPATH=FOLDER" if missing else ""
    )


def registered_name(env_id: str, option: str = "--env") -> str:
    """The id as Gymnasium's registry knows it, without its module; EnvRefused if it is not registered.

    Nothing is imported. `option` is the option by which the user can name the module.
    """
    module, name = split_env_id(env_id)
    if name in _registry():
        return name
    if module:
        raise EnvRefused(
            f"environment {env_id!r}: expected an environment that this program has registered, found none of that "
            f"name; if you trust the module {name if module == PETTINGZOO else module!r}, name it yourself: {option} {env_id}"
        )
    raise EnvRefused(
        f"environment {env_id!r}: expected an environment that is registered, found {_registered_like(name)}; "
        "for one of your own, name its module too, as in 'mygame:Name-v0'"
    )


def is_registered(env_id: str) -> bool:
    """Whether the id is registered now, ignoring the module it names."""
    return split_env_id(env_id)[1] in _registry()


def _registered_like(name: str) -> str:
    close = get_close_matches(name, _registry(), n=1)
    return f"none of that name (did you mean {close[0]!r}?)" if close else "none of that name"


def env_from_file(env_id: str, where: str, option: str = "--env") -> str:
    """`registered_name` of an id read from a file, which `where` names. Nothing is imported."""
    try:
        name = registered_name(env_id, option)
    except EnvRefused as error:
        raise EnvRefused(f"{where}: {error}") from error
    if _RELAY.fullmatch(name):
        raise EnvRefused(
            f"{where}: environment {name!r}: expected one that does not name a further one to import"
        )
    return name


def ensure_registered(own: str, env: str | None, where: str) -> None:
    """Ensure that the environment id `own`, read from a folder, is registered; `env` is the id that the user typed.

    A module is imported only if `env` is a `module:id` of the same id. `where` names the folder. Raises RunError for another id,
    and EnvRefused.
    """
    if env is None:
        env_from_file(own, where)
        return
    import_env(env)
    given, name = split_env_id(env)[1], split_env_id(own)[1]
    if given != name:
        raise RunError(f"--env: expected the environment of {where}, {name!r}, found {given!r}")


def _registry() -> Mapping[str, Any]:
    import gymnasium

    return gymnasium.registry
