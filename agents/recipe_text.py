"""A recipe as TOML text with every default written out, for the run folder and the model's card."""

import tomli_w

from agents.recipe import Recipe, recipe_to_dict


def recipe_to_toml(recipe: Recipe) -> str:
    """The recipe as TOML text from which `recipe_from` makes the same recipe."""
    return tomli_w.dumps(recipe_to_dict(recipe))
