"""Checks of a recipe before the first sample.

They check that the environment accepts its keywords, that a brain file can hold its observations, actions and network, and that
the bots and brains named in the recipe exist: such a fault would otherwise cost the whole budget.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from agents.adapter import GymVecEnv
from agents.brain_file import LIMITS, SHAPE, brain_refusals
from agents.checkpoint import check_env_state
from agents.contract import Card, Contract, read_metadata
from agents.env_calls import reset_env
from agents.env_ids import ensure_registered
from agents.envs import bot_actions, contract_and_masks, demonstrations, make_env, read_seat_layout
from agents.errors import AgentsError, RunError
from agents.evaluate import Player, policy_player
from agents.figure_sinks import check_sinks
from agents.graph import build_model, make_golden, new_policy
from agents.masks import MASK
from agents.measure import check_opponents, evaluation_kwargs
from agents.networks import policy_heads
from agents.own_code import RewardTerms, load_functions, try_terms
from agents.plain import AnyVectorEnv
from agents.recipe import Recipe
from agents.recipe_text import recipe_to_toml
from agents.rivals import check_players, load_opponent_brains
from agents.sampling import box_head
from safefiles.onnx_guard import guard_model


def check_new(recipe: Recipe, *, named: bool = True) -> Contract:
    """`check_recipe` of a recipe that the user wrote: the modules of its environment's id and functions are imported.

    With `named` false the recipe is data, and nothing is imported for it.
    """
    check_sinks(recipe)
    ensure_registered(recipe.env.id, recipe.env.id if named else None, "recipe")
    allowed = None if named else frozenset[str]()
    terms = RewardTerms(load_functions(recipe.train.reward_terms, "reward_terms", allowed))
    load_functions(recipe.train.callbacks, "callbacks", allowed)
    contract = check_recipe(recipe)
    env = learner_env(recipe, 2)
    try:
        try_terms(terms, env, recipe.seed)
    finally:
        env.close()
    return contract


def check_recipe(recipe: Recipe) -> Contract:
    """Refuse a recipe that could not be trained, evaluated or exported; returns the env's contract."""
    env = learner_env(recipe, 1)
    try:
        contract = trained_contract(env, recipe)
        if not hasattr(
            env.unwrapped, "policy_contract"
        ):  # the env is the user's own: its behaviour is unknown
            _check_masks(_step_once(env, recipe.seed), contract)
        if recipe.selfplay.enabled:
            _check_selfplay(env, recipe, contract)
        if recipe.imitation.clones:
            _check_imitation(env, recipe, contract)
    finally:
        env.close()
    _check_model(recipe, contract)
    check_evaluation(recipe, contract)
    return contract


def trained_contract(env: AnyVectorEnv, recipe: Recipe) -> Contract:
    """The contract of a policy of this recipe with its env; an env without its own contract is reset to see its masks."""
    contract = contract_and_masks(env, recipe.env.id, recipe.seed)
    return replace(contract, heads=policy_heads(contract.heads, recipe))


def check_evaluation(recipe: Recipe, contract: Contract) -> dict[str, Player]:
    """Refuse opponents of `[eval]` that do not exist; returns its brains by name."""
    table = recipe.eval
    if not table.opponents:
        return {}
    try:
        env = make_env(recipe.env.id, 1, evaluation_kwargs(recipe))
        try:
            brains = load_opponent_brains(env, table.opponents, contract)
        finally:
            env.close()
        check_opponents(table.opponents, list(brains), recipe.env.id, evaluation_kwargs(recipe))
        return {
            name: policy_player(name, brain.logits, table.temperature, brain.contract)
            for name, brain in brains.items()
        }
    except AgentsError as error:
        raise RunError(f"[eval] opponents: {error}") from error


def learner_env(recipe: Recipe, num_envs: int, threads: int | None = None) -> AnyVectorEnv:
    """The recipe's environment with `num_envs` rows (worlds with self-play), divided among `threads` threads."""
    kwargs = recipe.env_kwargs()
    if recipe.selfplay.enabled:
        kwargs["seats"] = "all"
    return make_env(recipe.env.id, num_envs, kwargs, threads)


def recipe_contract(recipe: Recipe) -> Contract:
    """`trained_contract` of an environment of this recipe, made and closed here."""
    env = learner_env(recipe, 1)
    try:
        return trained_contract(env, recipe)
    finally:
        env.close()


def try_a_step(recipe: Recipe) -> None:
    """Reset and step the environment once with one row, which makes just-in-time compilers compile.

    RunError if a checkpoint could not restore its state.
    """
    env = learner_env(recipe, 1)
    try:
        _step_once(env, recipe.seed)
        check_env_state(env)
    finally:
        env.close()


def _step_once(env: AnyVectorEnv, seed: int) -> GymVecEnv:
    """Reset an env and step it with an allowed action; EnvRefused if its code raises or its results are malformed."""
    single = GymVecEnv(env, seed)
    single.reset()
    single.step_batch(single.first_actions())
    return single


def _check_masks(stepped: GymVecEnv, contract: Contract) -> None:
    if stepped.mask is not None and not contract.masks:
        raise RunError(
            f"info[{MASK!r}]: expected from reset() too, as brains get masks always or never, found from step() alone"
        )


def _check_selfplay(env: AnyVectorEnv, recipe: Recipe, contract: Contract) -> None:
    """Check the seats, the teams that learn, and each bot's name."""
    layout = read_seat_layout(env, recipe.env.id)
    teams = set(layout.team_of_row.tolist())
    for team in recipe.selfplay.teams:
        if team not in teams:
            raise RunError(f"[selfplay] teams: expected teams among {sorted(teams)}, found {team}")
    if recipe.selfplay.bot_share <= 0:
        return
    reset_env(env, recipe.seed)
    check_players(env, recipe.selfplay.bots, contract, "[selfplay] bots")


def _check_imitation(env: AnyVectorEnv, recipe: Recipe, contract: Contract) -> None:
    """Check the name of each teacher and of each bot it plays against, and the replays, which the env reads completely."""
    if box_head(contract.heads) is not None:
        raise RunError("[imitation] bots: expected discrete actions to imitate, found a box of numbers")
    rows = np.arange(env.num_envs)
    reset_env(env, recipe.seed)
    for bot in recipe.imitation.bots:
        try:
            bot_actions(env, [bot] * len(rows))
        except AgentsError as error:
            raise RunError(f"[imitation] bots: {error}") from error
    if recipe.imitation.replays:
        next(demonstrations(env, recipe.imitation.replays, recipe.imitation.seats), None)
    if recipe.imitation.bots and recipe.selfplay.enabled:
        check_players(env, recipe.imitation.against, contract, "[imitation] against")


def _check_model(recipe: Recipe, contract: Contract) -> None:
    """Export an untrained policy to memory, to refuse here what a brain file could not hold."""
    weights = sum(
        wide * (before + 1)
        for hidden, out in ((recipe.net.pi, contract.logits_size), (recipe.net.vf, 1))
        for before, wide in pairwise([contract.observation_size, *hidden, out])
    )
    if weights > LIMITS.parameters:
        raise RunError(
            f"[net] pi, vf: expected at most {LIMITS.parameters:,} weights for {contract.observation_size} floats and "
            f"{contract.logits_size} choices, as many as an exported model may have, found {weights:,}"
        )
    policy = new_policy(recipe, contract)
    tensors = {name: tensor.detach().numpy() for name, tensor in policy.state_dict().items()}
    if recipe.net.normalize_observations:
        tensors["clip"] = np.array(recipe.net.clip_observations)
    card = Card(title=recipe.title, recipe=recipe_to_toml(recipe), env_kwargs=dict(recipe.env.kwargs))
    golden = make_golden(policy, contract, None)
    try:
        with brain_refusals():
            model = guard_model(
                build_model(recipe, contract, card, golden, tensors), "the exported model", SHAPE, LIMITS
            )
        read_metadata(model.metadata, "the exported model")
    except AgentsError as error:
        raise RunError(f"[net] and environment {recipe.env.id!r}: {error}") from error
