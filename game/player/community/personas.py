"""Simulated players: what each likes, how well each plays, how patient each is. Made by chance from a few characters."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from game.core import rules
from game.match.npc import SeatPolicy
from game.player.community.tastes import CHALLENGES, CONDITIONS, Taste

# Who plays in a simulated player's seat, from the weakest to the strongest; delays in ticks
LADDER: Final = (
    SeatPolicy("wanderer", 24),
    SeatPolicy("chaser", 36),
    SeatPolicy("chaser", 24),
    SeatPolicy("marksman", 28),
    SeatPolicy("chaser", 14),
    SeatPolicy("marksman", 18),
    SeatPolicy("marksman", 12),
    SeatPolicy("marksman", 7),
    SeatPolicy("marksman", 3),
)
BRAIN_SHARE: Final = (
    0.3  # share of the players from the middle up who play like a brain: another style, not only strength
)
BRAINS: Final = {  # what such a player uses for each objective, at the delay of the step's bot
    rules.ELIMINATE: "hunter",
    rules.DEFEND: "guardian",
    rules.COLLECT: "guardian",
    rules.SURVIVE: "guardian",
}
BRAIN_TEMPERATURE: Final = 1.0
MUTATION: Final = 0.25  # chance that a trait is not the character's
LEARNING: Final = 0.12  # steps of the ladder that an attempt teaches …
MOST_LEARNT: Final = 1.6  # … at most


class Character(NamedTuple):
    """What players of one sort have in common before chance changes it."""

    name: str
    share: float
    favourite: str
    shunned: str
    loves: tuple[str, ...]
    hates: tuple[str, ...]
    challenge: str
    skill: float  # middle step of the ladder


CHARACTERS: Final = (
    Character("duellist", 0.18, "eliminate", "collect", ("one enemy", "symmetry", "small"), ("a crowd",), "a fight", 5.5),
    Character("banker", 0.12, "eliminate", "", ("mirrors", "portals", "banks and room"), ("short sight",), "a fight", 5.0),
    Character("keeper", 0.15, "defend", "eliminate", ("comrades", "bricks", "open ground"), ("small",), "to win", 4.0),
    Character("collector", 0.14, "collect", "survive", ("bright or calm", "water"), ("dark", "outnumbered"), "a stroll", 3.0),
    Character("survivor", 0.12, "survive", "collect", ("dark", "outnumbered", "a crowd"), ("bright or calm",), "a fight", 5.0),
    Character("tourist", 0.12, "collect", "", ("large", "portals", "water and bricks"), ("tight corners",), "a stroll", 2.5),
    Character("sprinter", 0.09, "survive", "defend", ("small", "tight corners", "alone"), ("large", "long sight"), "to win", 3.5),
    Character("ambusher", 0.08, "eliminate", "defend", ("cover", "a maze to hide in", "tense"), ("open ground",), "to win", 4.5),
)  # fmt: skip


@dataclass(frozen=True)
class Persona:
    """One simulated player."""

    name: str
    character: str
    taste: Taste
    skill: float  # place on the ladder at the start
    brained: bool  # plays like a brain where the ladder's step allows
    patience: int  # attempts at a level before giving up
    staying: float  # seconds of a match that looks dull before leaving it
    levels: int  # how many levels to try
    rates: float  # share of the tried levels that get stars
    careless: float  # chance that the stars given are one off
    tank_class: int  # index into rules.TANK_CLASSES, -1: as the level says
    stream: tuple[int, int] = field(repr=False, default=(0, 0))  # of its own choices


def policy(persona: Persona, attempts: int, objective: int) -> SeatPolicy:
    """Return who sits in the persona's seat after so many attempts: practice climbs the ladder."""
    place = persona.skill + min(LEARNING * attempts, MOST_LEARNT)
    step = LADDER[min(max(round(place), 0), len(LADDER) - 1)]
    if persona.brained and step.brain == "marksman":
        return SeatPolicy(BRAINS[objective], step.delay, BRAIN_TEMPERATURE)
    return step


def make_personas(count: int, seed: int) -> list[Persona]:
    """Return `count` simulated players; each follows from the seed and its number alone."""
    return [_make(number, seed) for number in range(count)]


def _make(number: int, seed: int) -> Persona:
    random = np.random.default_rng([seed, number])
    shares = np.array([character.share for character in CHARACTERS])
    character = CHARACTERS[int(random.choice(len(CHARACTERS), p=shares / shares.sum()))]
    skill = float(np.clip(random.normal(character.skill, 1.7), 0, len(LADDER) - 1))
    return Persona(
        name=f"sim-{number:03d}",
        character=character.name,
        taste=_taste(character, random),
        skill=round(skill, 2),
        brained=bool(random.random() < BRAIN_SHARE),
        patience=int(random.choice([1, 2, 3, 4], p=[0.3, 0.35, 0.25, 0.1])),
        staying=float(random.integers(12, 60)),
        levels=int(np.clip(random.lognormal(2.15, 0.4), 3, 17)),
        rates=float(random.choice([0.6, 0.8, 1.0], p=[0.2, 0.4, 0.4])),
        careless=float(random.choice([0.05, 0.15, 0.3], p=[0.4, 0.4, 0.2])),
        tank_class=int(random.integers(-1, rules.N_CLASSES)),
        stream=(seed, number),
    )


def _taste(character: Character, random: np.random.Generator) -> Taste:
    """Return the character's taste with a few traits of the persona's own."""
    names = list(CONDITIONS)

    def other(trait: str) -> str:
        return names[int(random.integers(len(names)))] if random.random() < MUTATION else trait

    loves = tuple(dict.fromkeys(other(trait) for trait in character.loves))
    hates = tuple(trait for trait in dict.fromkeys(map(other, character.hates)) if trait not in loves)
    objectives = list(rules.OBJECTIVE_NAMES)
    favourite = character.favourite
    if random.random() < MUTATION:
        favourite = objectives[int(random.integers(len(objectives)))]
    shunned = character.shunned
    if random.random() < MUTATION:
        shunned = ["", *objectives][int(random.integers(len(objectives) + 1))]
    challenge = character.challenge
    if random.random() < MUTATION:
        challenge = CHALLENGES[int(random.integers(len(CHALLENGES)))]
    return Taste(
        favourite,
        "" if shunned == favourite else shunned,
        loves,
        hates,
        challenge,
        quickest=float(random.choice([0.0, 5.0, 9.0])),
        longest=float(random.choice([45.0, 80.0, 150.0, 300.0])),
        strictness=int(random.choice([-1, 0, 0, 1])),
    )
