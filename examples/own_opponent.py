"""agents: a trained brain plays in a Gymnasium game. Here the shipped hunter, against the scripted bot chaser."""

from pathlib import Path

import gymnasium

from agents import Contract, load_brain, make_streams, sample_actions

env = gymnasium.make("game:Bankshot/Duel-v0", opponent="chaser", delay=0)  # it acts without delay
contract = Contract.from_dict(env.unwrapped.policy_contract())  # None for a game without a contract
file = Path(__file__).parents[1] / "game" / "brains" / "hunter" / "brain.onnx"
brain = load_brain(file, contract)  # BrainRefused names the field that does not match

streams = make_streams(seed=1, rows=1)  # one random stream per seat
observation, info = env.reset(seed=1)
over = False
while not over:
    logits = brain.logits(observation[None])  # one row per seat
    (action,) = sample_actions(logits, brain.heads, 0.7, streams)
    observation, reward, terminated, truncated, info = env.step(action)
    over = terminated or truncated
print("outcome (1 won, 0 draw, -1 lost):", info["outcome"])
