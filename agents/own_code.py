"""The user's own functions that a recipe names as `module:function`: callbacks, and terms of the reward.

Importing a module runs its code, so the rule of `env_ids` applies: modules are named by the recipe with which the user starts a
training, and by `--code MODULE`. A recipe inside a run folder or a brain is data: its functions are used only if the user has
named their modules, and otherwise no module is imported for it.

A callback takes one `Iteration` and returns False to end the training (None or True: continue). A term of the reward takes arrays
of all learning rows, `(observation, action, reward, next_observation, terminated, info)`, and returns what is added to the
reward, (rows,). If an episode ended, `next_observation` is the first of the next episode; `info` has `active`, `truncated` and,
if matches ended, `outcome`. Actions are (rows, heads), or the numbers of a box (rows, size), as passed to the environment.
"""

import importlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.adapter import GymVecEnv, StepBatch
from agents.env_ids import place_of_modules
from agents.errors import RunError
from agents.plain import AnyVectorEnv
from agents.recipe import TrainTable
from safefiles.causes import message_of
from safefiles.text import clean

Function = Callable[..., Any]


@dataclass(frozen=True)
class Iteration:
    """The argument of a callback after an iteration; changes to it are ignored."""

    samples: int
    row: Mapping[str, float]  # row of the learning curve, including evaluations
    model: Any  # the learner (MaskedPPO); `model.policy` is its torch module
    folder: Path  # the run's folder


def modules_of(table: TrainTable) -> list[str]:
    """The modules that a recipe's functions are in, each once."""
    return list(dict.fromkeys(name.partition(":")[0] for name in (*table.callbacks, *table.reward_terms)))


def load_functions(names: Sequence[str], key: str, allowed: Collection[str] | None) -> dict[str, Function]:
    """The functions by their names in `[train] KEY`; RunError in one line for a missing one.

    allowed: modules that may be imported; None: all, as the user named them.
    """
    found: dict[str, Function] = {}
    for name in names:
        module, _, function = name.partition(":")
        where = f"[train] {key} {clean(name, 80)!r}"
        if allowed is not None and module not in allowed:
            raise RunError(
                f"{where}: expected code that you named yourself; if you trust the module, add "
                f"--code {clean(module, 80)}"
            )
        try:
            loaded = importlib.import_module(module)
        except Exception as error:  # a module may raise anything while it is imported
            raise RunError(
                f"{where}: module {clean(module, 80)!r} cannot be imported ({_cause(error)})"
                f"{place_of_modules(error, module)}"
            ) from error
        made = getattr(loaded, function, None)
        if not callable(made):
            kind = "none" if made is None else f"a {type(made).__name__}"
            raise RunError(f"{where}: expected a function in module {clean(module, 80)!r}, found {kind}")
        found[name] = made
    return found


def run_callbacks(functions: Mapping[str, Function], iteration: Iteration) -> str | None:
    """Call every callback; returns the name of the first that ends the training. RunError if one fails."""
    ended = None
    for name, function in functions.items():
        try:
            answer = function(iteration)
        except Exception as error:
            raise RunError(f"[train] callbacks {name!r}: {_cause(error)}") from error
        if answer is not None and not isinstance(answer, bool):
            raise RunError(f"[train] callbacks {name!r}: expected True, False or None, found {answer!r:.60}")
        if answer is False and ended is None:
            ended = name
    return ended


class RewardTerms:
    """Adds the functions' terms for a step to the reward of every learning row."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        """`functions` by their names."""
        self.functions = dict(functions)

    def add(
        self, before: NDArray[np.float32], action: NDArray[Any], batch: StepBatch, active: Any
    ) -> StepBatch:
        """The step with the terms added to its reward. `before`: the observation before it; `active`: rows whose seat lived then.

        Each function gets the environment's reward without other terms. RunError in one line if one fails.
        """
        truncated = np.zeros(len(batch.done), np.bool_)
        truncated[batch.cut_rows] = True
        info: dict[str, Any] = {"active": _locked(active), "truncated": _locked(truncated)}
        if batch.ended is not None:
            outcome = np.zeros(len(batch.done), np.int64)
            outcome[batch.ended.rows] = batch.ended.outcome
            info["outcome"] = _locked(outcome)
        given = (
            before,
            action.reshape(len(before), -1),
            batch.reward,
            batch.observation,
            batch.done & ~truncated,
        )
        total = batch.reward.copy()
        for name, function in self.functions.items():
            where = f"[train] reward_terms {name!r}"
            try:
                extra = np.asarray(function(*map(_locked, given), dict(info)), dtype=np.float32)
            except Exception as error:
                raise RunError(f"{where}: {_cause(error)}") from error
            if extra.shape != total.shape:
                raise RunError(
                    f"{where}: expected {len(total)} rewards, one for each row, found shape {extra.shape}"
                )
            total += extra
        return replace(batch, reward=total)


def try_terms(terms: RewardTerms, env: AnyVectorEnv, seed: int) -> None:
    """Call the terms with one step of an environment, before training."""
    if terms.functions:
        single = GymVecEnv(env, seed)
        before = single.reset()
        active, action = single.active, single.first_actions()
        terms.add(before, action, single.step_batch(action), active)


def _locked(array: Any) -> NDArray[Any]:
    """A read-only view."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _cause(error: BaseException) -> str:
    return clean(f"{type(error).__name__}: {message_of(error)}".partition("\n")[0], 200)
