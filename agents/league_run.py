"""Run a league: train a stage, freeze it, play it against all members, and repeat.

The main learner continues from its last snapshot, against all members it still loses to (prioritised fictitious self-play,
Vinyals et al., "Grandmaster level in StarCraft II", Nature 575, 2019) and itself. A main exploiter is trained against the
newest main snapshot alone, a league exploiter against all members; both restart from scratch once they are frozen. The
learners' stages alternate.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from agents.checks import check_new
from agents.contract import Contract
from agents.envs import env_contract, make_env
from agents.errors import EnvRefused, RunError
from agents.evaluate import Player, duel, policy_player
from agents.export import export_run
from agents.league import LEARNERS, MAIN, MAIN_EXPLOITER, League, Member
from agents.match_panel import PanelRow, panel_of
from agents.match_ratings import Result, sampling_weights
from agents.measure import evaluation_kwargs
from agents.opposed import existing_run, with_opponents
from agents.own_code import modules_of
from agents.parents import InitialPolicy
from agents.recipe import Recipe
from agents.recipe_text import recipe_to_toml
from agents.rivals import load_opponent_brains
from agents.runs import CLONE, Run, create_run, open_run, policy_from_run
from agents.runtime import load_brain
from agents.tensors import load_tensors
from agents.train import train
from safefiles.console import cell

SEEDS: Final = 1000  # difference between the seeds of two stages
PLAYED: Final = 7919  # seed of rating matches, not used in training


def run_league(
    league: League,
    stages: int,
    console: Console | None = None,
    threads: int | None = None,
    cpu_seconds: float = 0.0,
) -> int:
    """Train and rate until `stages` stages are done in this call, or the processor time is used; returns how many were done.

    A stopped run (Ctrl-C, SIGTERM) ends this immediately; the next call resumes it.
    """
    console = console or Console(stderr=True)
    started, done = time.process_time(), 0
    for line in rate_all(league):
        console.print(cell(line), soft_wrap=True)
    while done < stages and not (cpu_seconds and time.process_time() - started >= cpu_seconds):
        learner, number = next_stage(league)
        run = stage_run(league, learner, number)
        if run.facts["status"] != "done":
            console.print(cell(f"{run.folder.name}: against {_listed(run.recipe)}"), soft_wrap=True)
            run = train(run, console, threads)
        if run.facts["status"] == "stopped":
            return done
        if run.facts["status"] == "diverged":
            raise RunError(f"{run.folder.name}: the training diverged; a smaller ppo.learning_rate may help")
        export_run(run, league.folder / "snapshots" / f"{run.folder.name}.onnx", matches=0)
        for line in rate_all(league):
            console.print(cell(line), soft_wrap=True)
        done += 1
    return done


def check_league(league: League) -> None:
    """Refuse, before a folder is made, a recipe, bots or kinds of match that could not be trained or rated."""
    recipe = league.recipe
    if not recipe.selfplay.enabled:
        raise RunError("recipe: expected [selfplay] enabled = true for a league, found false")
    if modules_of(recipe.train):
        raise RunError("recipe: expected neither [train] callbacks nor reward_terms in a league, found some")
    weights = dict.fromkeys(league.settings.bots, 1.0) or recipe.selfplay.bots
    check_new(replace(recipe, selfplay=replace(recipe.selfplay, bots=weights)))
    rated_kinds(league)


def next_stage(league: League) -> tuple[str, int]:
    """The learner of the next stage, and the stage's number: the learner with the fewest stages, in the order of the settings."""
    counts = {learner: len(league.snapshots(learner)) for learner in league.settings.learners}
    learner = min(counts, key=counts.__getitem__)
    return learner, counts[learner] + 1


def stage_run(league: League, learner: str, number: int) -> Run:
    """The run of a stage: the existing or a new one."""
    folder = league.folder / "stages" / f"{learner}-{number:03d}"
    run = existing_run(folder)
    if run is not None:
        return run
    parent = _parent(league, learner, number)
    recipe = stage_recipe(league, learner, number, anew=parent is None)
    return create_run(folder, recipe, parent, named=False)  # the name comes from the folder


def stopped_stage(league: League) -> str:
    """The name of a stage that the user stopped and the next call resumes; "" if there is none."""
    learner, number = next_stage(league)
    run = existing_run(league.folder / "stages" / f"{learner}-{number:03d}")
    return run.folder.name if run is not None and run.facts["status"] == "stopped" else ""


def stage_recipe(league: League, learner: str, number: int, *, anew: bool) -> Recipe:
    """The league's recipe with this stage's opponents, seed and budget; only the first stage makes a clone."""
    recipe, settings = league.recipe, league.settings
    order = LEARNERS.index(
        learner
    )  # independent of the settings, which may be edited: no two stages share a seed
    return with_opponents(
        recipe,
        opponents(league, learner),
        title=f"{recipe.title} {learner} {number}",
        seed=recipe.seed + SEEDS * (1 + order + len(LEARNERS) * number),
        samples=settings.stage_samples,
        mirror=settings.mirror if learner == MAIN else 0.0,
        bot_share=1.0 if learner != MAIN else 0.9,
        clone=anew,
    )


def opponents(league: League, learner: str) -> dict[str, float]:
    """Weights of a stage's training opponents, under the names that a recipe takes."""
    members = {member.name: member for member in league.members}
    mains = league.snapshots(MAIN)
    if learner == MAIN_EXPLOITER and mains:
        return {_as_named(mains[-1]): 1.0}
    own = league.snapshots(learner)
    points = league.points(own[-1].name) if own else {}
    shares = {name: points.get(name, 0.5) for name in members if not own or name != own[-1].name}
    if not shares:
        raise RunError(f"{league.folder.name}: expected bots or brains to train against, found none")
    return {_as_named(members[name]): weight for name, weight in sampling_weights(shares).items()}


def _as_named(member: Member) -> str:
    return member.name if member.path is None else str(member.path)


def _listed(recipe: Recipe) -> str:
    total = sum(recipe.selfplay.bots.values())
    best = sorted(recipe.selfplay.bots.items(), key=lambda row: -row[1])[:6]
    return ", ".join(f"{Path(name).stem} {100 * weight / total:.0f} %" for name, weight in best)


def _parent(league: League, learner: str, number: int) -> InitialPolicy | None:
    """The initial policy of a stage: the learner's last snapshot, unless that exploiter was frozen; otherwise the league's
    clone, if any.
    """
    own = league.snapshots(learner)
    if own and (learner == MAIN or not is_frozen(league, learner)):
        return policy_from_run(league.folder / "stages" / own[-1].name)
    first = league.folder / "stages" / f"{MAIN}-001"
    if (first / CLONE).exists() and not (learner == MAIN and number == 1):
        run = open_run(first)
        tensors, _ = load_tensors(first / CLONE)
        contract = Contract.from_dict(run.facts.get("contract"), f"{first.name} > contract")
        stage = {"title": "clone", "recipe": recipe_to_toml(run.recipe), "samples": 0, "seconds": 0.0}
        return InitialPolicy(f"{first.name}'s clone", tensors, run.recipe.net.activation, [stage], contract)
    return None


def is_frozen(league: League, learner: str) -> bool:
    """Whether an exploiter's last snapshot is good enough, or no longer improves, so that the next starts from scratch."""
    own = league.snapshots(learner)
    if not own:
        return False
    points = league.points(own[-1].name)
    mains = [member.name for member in league.snapshots(MAIN)]
    others = [name for name in points if name != own[-1].name and not name.startswith(learner)]
    targets = mains[-1:] if learner == MAIN_EXPLOITER else others
    met = [points[name] for name in targets if name in points]
    if met and sum(met) / len(met) >= league.settings.frozen:
        return True
    return len(own) % league.settings.patience == 0


def rate_all(league: League) -> Iterator[str]:
    """Play every pair that never met, with a line for each member; results are saved pair by pair."""
    settings = league.settings
    kinds = rated_kinds(league)
    met = {frozenset((one.first, one.second)) | {f"kind:{one.kind}"} for one in league.results()}
    contract = league_contract(league)
    players: dict[str, Player] = {}

    def player(member: Member) -> Player:
        if member.name not in players:
            if member.path is None:
                players[member.name] = Player(member.name)
            else:
                brain = load_brain(member.path, contract)
                players[member.name] = policy_player(
                    member.name, brain.logits, settings.temperature, brain.contract, parallel=True
                )
        return players[member.name]

    members = league.members
    for place, member in enumerate(members):
        results: list[Result] = []
        for other in members[:place]:
            for kind in kinds:
                if frozenset((member.name, other.name)) | {f"kind:{kind.title}"} in met:
                    continue
                report = duel(
                    player(member), player(other), kind.env, matches=settings.matches, num_worlds=settings.num_worlds,
                    seed=PLAYED, kwargs=kind.kwargs,
                )  # fmt: skip
                draws = report.draws + report.timeouts
                one = Result(member.name, other.name, kind.title, report.wins, report.losses, draws)
                league.add_results([one])
                results.append(one)
        if results:
            points = sum(one.points * one.matches for one in results) / sum(one.matches for one in results)
            yield f"{member.name}: {100 * points:.0f} % of the points in {len(results)} pairings"


def rated_kinds(league: League) -> list[PanelRow]:
    """The kinds of match that are rated."""
    recipe = league.recipe
    if not league.settings.kinds:
        title = recipe.env.id.rpartition("/")[2].removesuffix("-v0").lower()
        kwargs = {
            key: value
            for key, value in evaluation_kwargs(recipe).items()
            if key not in ("opponent", "allies")
        }
        return [PanelRow(title, recipe.env.id, (), kwargs, None)]
    found = {row.title: row for row in panel_of(recipe.env.id, {})}
    for name in league.settings.kinds:
        if name not in found:
            raise EnvRefused(f"league.toml > kinds: expected some of {', '.join(found)}, found {name!r:.40}")
    return [found[name] for name in league.settings.kinds]


def check_guest(league: League, brain: Path) -> None:
    """Refuse a brain that could not play in the league, with a remedy if one is known."""
    env = make_env(league.recipe.env.id, 1, {**league.recipe.env_kwargs(), "seats": "all"})
    try:
        load_opponent_brains(env, [str(brain)], league_contract(league))
    finally:
        env.close()


def league_contract(league: League) -> Contract:
    """The contract that a brain must match to play in the league."""
    kwargs: dict[str, Any] = {**league.recipe.env_kwargs(), "seats": "all"}
    env = make_env(league.recipe.env.id, 1, kwargs)
    try:
        return env_contract(env, league.recipe.env.id)
    finally:
        env.close()
