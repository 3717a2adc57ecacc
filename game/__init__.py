"""Bankshot: a neon arcade game for hover-tanks whose shots bank off walls."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

__version__ = "0.1.0"

ENVIRONMENTS = ("Duel", "Eliminate", "Defend", "Collect", "Survive", "Arena")


def _register() -> None:
    """Register the environments' ids with Gymnasium.

    `game.env.setups` defines them; it is imported only when an environment is made.
    """
    from gymnasium.envs.registration import register

    for name in ENVIRONMENTS:
        register(
            id=f"Bankshot/{name}-v0",
            entry_point="game.env.single:BankshotEnv",
            vector_entry_point="game.env.vector:make_vector",
            kwargs={"env_id": f"Bankshot/{name}-v0"},
        )


class _AfterGymnasium:
    """An import finder that registers the environments when Gymnasium is imported later: the game window never needs it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return Gymnasium's own spec with a loader that also registers the environments; None for any other module."""
        if name != "gymnasium":
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next((found for finder in others if (found := finder.find_spec(name, path, target))), None)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                if self in sys.meta_path:
                    sys.meta_path.remove(self)
                    _register()

            spec.loader.exec_module = execute_and_register  # type: ignore[method-assign]
        return spec


if "gymnasium" in sys.modules:
    _register()
else:
    sys.meta_path.insert(0, _AfterGymnasium())
