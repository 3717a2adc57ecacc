"""agents: a trained brain plays in a Gymnasium game. Here the hunter that ships, against the scripted bot chaser."""

from pathlib import Path

import gymnasium

from agents import Contract, load_brain, make_streams, sample_actions

env = gymnasium.make(
    "game:Bankshot/Duel-v0", opponent="chaser", delay=0
)  # it is told how late it acts: at once
contract = Contract.from_dict(env.unwrapped.policy_contract())  # None for a game that offers none
file = Path(__file__).parents[1] / "game" / "brains" / "hunter" / "brain.onnx"
brain = load_brain(file, contract)  # BrainRefused names the field that does not fit

streams = make_streams(seed=1, rows=1)  # one random stream a seat
observation, info = env.reset(seed=1)
over = False
while not over:
    logits = brain.logits(observation[None])  # one row a seat
    (action,) = sample_actions(logits, brain.heads, 0.7, streams)
    observation, reward, terminated, truncated, info = env.step(action)
    over = terminated or truncated
print("outcome (1 won, 0 draw, -1 lost):", info["outcome"])
