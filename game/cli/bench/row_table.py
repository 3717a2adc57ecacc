"""The rows of the bench; each names a function of `programs` and its arguments."""

import difflib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple


class Measurement(NamedTuple):
    """One row: what it measures, and how."""

    name: str
    what: str
    program: str  # MODULE:FUNCTION
    arguments: dict[str, Any] = {}  # noqa: RUF012 (read only)
    brief: dict[str, Any] = {}  # noqa: RUF012 (that replace others in a round against another build)
    slow: bool = False


def _steps(name: str, what: str, **arguments: Any) -> Measurement:
    return Measurement(name, what, "stepping:agent_steps", {"threads": 1, **arguments}, {"seconds": 1.5})


def _learner(epochs: int, free: bool, threads: int) -> Measurement:
    env, words = ("free", "a free env") if free else ("duel", "the Duel env")
    name = f"train_samples_{env}_{epochs}_epochs" + ("_2_threads" if threads > 1 else "")
    what = f"PPO samples in {words}, {epochs} epoch{'s' if epochs > 1 else ''}" + (
        ", 2 threads" if threads > 1 else ""
    )
    arguments = {"epochs": epochs, "free": free, "threads": threads}
    return Measurement(name, what, "ppo_samples:learner", arguments, {"iterations": 3})


_ENVS: Final[tuple[tuple[str, str, int, dict[str, Any]], ...]] = (
    ("arena", "game:Bankshot/Eliminate-v0", 64, {"levels": "foundry", "seats": "all"}),
    ("duel", "game:Bankshot/Duel-v0", 256, {"levels": "train:64", "opponent": "chaser"}),
)

ITEMS: Final = (
    Measurement("first_tick_s", "start to first tick, no cache, no user folder", "starting:first_tick"),
    Measurement("startup_s", "start to the title", "starting:start", {"mark": "title"}, {"runs": 2}),
    Measurement(
        "startup_live_s",
        "start to the match behind the title",
        "starting:start",
        {"mark": "live"},
        {"runs": 1},
    ),
    Measurement(
        "start_to_match_s",
        "start to a quick match, chosen immediately",
        "starting:start",
        {"mark": "quick"},
        {"runs": 1},
    ),
    Measurement(
        "start_to_levels_s",
        "start to the levels, chosen immediately",
        "starting:start",
        {"mark": "play"},
        {"runs": 1},
    ),
    Measurement(
        "start_to_jukebox_s",
        "start to the jukebox, chosen immediately",
        "starting:start",
        {"mark": "jukebox"},
        {"runs": 1},
    ),
    _steps("core_agent_steps_per_s", "agent-steps, all senses, 8 tanks, 512 worlds", worlds=512),
    _steps("core_agent_steps_2_threads_per_s", "the same, 2 threads", worlds=512, threads=2),
    _steps("core_agent_steps_1_world_per_s", "the same, 1 world", worlds=1),
    _steps("core_agent_steps_64_worlds_per_s", "the same, 64 worlds", worlds=64),
    _steps("core_agent_steps_4096_worlds_per_s", "the same, 4,096 worlds", worlds=4096),
    _steps("core_agent_steps_no_preview_per_s", "the same, without the preview", worlds=512, preview=False),
    Measurement("core_ticks_per_s", "bare ticks of 8 tanks", "stepping:ticks", {}, {"seconds": 1.5}),
    Measurement("bot_decisions_per_s", "decisions of bots", "stepping:bot_decisions", {}, {"seconds": 1.5}),
    *(
        Measurement(
            f"vector_env_{short}_agent_steps_per_s",
            f"agent-steps in {name.partition(':')[2]}",
            "stepping:vector_env",
            {"name": name, "worlds": worlds, "arguments": arguments},
            {"seconds": 1.5},
        )
        for short, name, worlds, arguments in _ENVS
    ),
    Measurement(
        "npc_decision_us", "decision of 8 NPCs of one brain", "matches:npc_decisions", {}, {"decisions": 500}
    ),
    Measurement(
        "play_test_s", "1,000 play-test matches on Foundry", "matches:play_test", {}, {"matches": 192}
    ),
    Measurement(
        "replay_verify_ticks_per_s",
        "ticks verified, Foundry",
        "matches:verify",
        {"level": "foundry", "ticks": 1800},
        {"seconds": 1.5},
    ),
    Measurement(
        "replay_verify_large_ticks_per_s",
        "ticks verified, Metropolis",
        "matches:verify",
        {"level": "metropolis", "ticks": 540},
        {"seconds": 1.0},
    ),
    Measurement("pack_level_ms", "packing a 64 x 64 level", "matches:pack", {}, {"seconds": 1.0}),
    *(
        Measurement(
            f"frame_{height}_ms",
            f"frame {width} x {height}, about 26 shots in flight",
            "drawing:frames",
            {"size": [width, height]},
            {"frames": 300},
        )
        for width, height in ((1280, 720), (1920, 1080))
    ),
    *(_learner(epochs, free, threads) for free in (True, False) for epochs in (1, 4) for threads in (1, 2)),
    Measurement(
        "sb3_samples_free_4_epochs",
        "SB3's own PPO in a free env, 4 epochs",
        "ppo_samples:sb3",
        {"epochs": 4},
        {"iterations": 3},
    ),
    Measurement(
        "quick_to_90_percent_s",
        "`agents train quick` to 90 % against wanderer",
        "training:to_wins",
        slow=True,
    ),
    Measurement("cold_compile_s", "numba compiles the window's kernels", "starting:cold_compile", slow=True),
)
NAMES: Final = tuple(item.name for item in ITEMS)
NOT_RUN: Final = "not run: --slow"


def select_rows(only: Sequence[str] = ()) -> tuple[Measurement, ...]:
    """Return all rows, or those with these names or beginnings of names. Raises ValueError for a name that matches none."""
    for name in only:
        if not any(known.startswith(name) for known in NAMES):
            near = difflib.get_close_matches(name, NAMES, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"--only: expected one of {', '.join(NAMES)}, found {name!r}{hint}")
    if not only:
        return ITEMS
    exact = {name for name in only if name in NAMES}
    begun = tuple(name for name in only if name not in NAMES)
    return tuple(item for item in ITEMS if item.name in exact or (begun and item.name.startswith(begun)))
