"""PufferLib 3.0's trainer, PuffeRL, on the same network and environment.

Its prioritised sampling and V-trace belong to its algorithm and stay on. Its dashboard and monitor thread are off, which
makes it faster. Packages that its modules import but its trainer does not use are replaced by empty ones.
"""

import importlib
import sys
import tempfile
import warnings
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import numpy as np

from benchmarks.task import MINIBATCH, ROWS, STEPS, Net, Task

UNUSED = ("gym", "gym.spaces", "rich_argparse", "pufferlib.sweep")


def make(task: Task, net: Net | None = None) -> Callable[[], int]:
    """Return a function that does one iteration, a rollout and its update, of `net` or of a new network."""
    pufferl = _trainer()
    trainer = pufferl.PuffeRL(_settings(task), PufferVecEnv(task), net or Net(task))

    def iterate() -> int:
        before = trainer.global_step
        trainer.evaluate()
        trainer.train()
        return int(trainer.global_step - before)

    return iterate


def _trainer() -> ModuleType:
    """Import its trainer; packages that it imports but does not call here need not be installed."""
    for name in UNUSED:
        try:
            importlib.import_module(name)
        except ImportError:
            absent: Any = MagicMock(name=name)
            absent.Space = type("Space", (), {})
            for kind in ("Box", "Discrete", "MultiDiscrete", "MultiBinary", "Tuple", "Dict"):
                setattr(absent, kind, type(kind, (), {}))
            absent.spaces = absent
            sys.modules[name] = absent
    pufferl = importlib.import_module("pufferlib.pufferl")
    warnings.resetwarnings()  # it turns warnings into errors, and torch warns without CUDA
    warnings.simplefilter("ignore")
    still: Any = pufferl
    still.Utilization = lambda: SimpleNamespace(cpu_util=[0], cpu_mem=[0], gpu_util=[0], gpu_mem=[0])
    still.PuffeRL.print_dashboard = lambda self, *_, **__: None
    return pufferl


def _settings(task: Task) -> dict[str, Any]:
    """Its default settings, with Adam, our sizes and the processor."""
    return {
        "seed": 42, "torch_deterministic": True, "cpu_offload": False, "device": "cpu", "optimizer": "adam",
        "anneal_lr": True, "precision": "float32", "total_timesteps": 10**9, "learning_rate": 3e-4, "gamma": 0.99,
        "gae_lambda": 0.95, "update_epochs": task.epochs, "clip_coef": 0.2, "vf_coef": 0.5, "vf_clip_coef": 0.2,
        "max_grad_norm": 0.5, "ent_coef": 0.01, "adam_beta1": 0.9, "adam_beta2": 0.999, "adam_eps": 1e-5,
        "data_dir": tempfile.gettempdir(), "checkpoint_interval": 10**9, "batch_size": ROWS * STEPS,
        "minibatch_size": MINIBATCH, "max_minibatch_size": MINIBATCH, "bptt_horizon": STEPS, "compile": False,
        "compile_mode": "default", "compile_fullgraph": True, "vtrace_rho_clip": 1.0, "vtrace_c_clip": 1.0,
        "prio_alpha": 0.8, "prio_beta0": 0.2, "use_rnn": False, "env": "benchmark",
    }  # fmt: skip


class PufferVecEnv:
    """A Gymnasium vector env with PufferLib's interface."""

    def __init__(self, task: Task) -> None:
        """Run everything in this process and thread."""
        self.env = task.make_env()
        self.single_observation_space = self.env.single_observation_space
        self.single_action_space = self.env.single_action_space
        self.action_space = self.env.action_space
        self.num_agents = self.agents_per_batch = ROWS
        self._numbers, self._mask = np.arange(ROWS), np.ones(ROWS, np.bool_)
        self._found: tuple[Any, ...] = ()

    def async_reset(self, seed: int) -> None:
        """Begin."""
        seen, _ = self.env.reset(seed=seed)
        nothing = np.zeros(ROWS, np.bool_)
        self._found = (seen, np.zeros(ROWS, np.float32), nothing, nothing)

    def recv(self) -> tuple[Any, ...]:
        """Return the results of the last step."""
        return (*self._found, [], self._numbers, self._mask)

    def send(self, actions: Any) -> None:
        """Step."""
        seen, reward, terminated, truncated, _ = self.env.step(actions)
        self._found = (seen, np.asarray(reward, np.float32), terminated, truncated)

    def close(self) -> None:
        """End."""
        self.env.close()
