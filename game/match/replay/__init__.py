"""Replays: record every match, play it again, and prove that it was played by these rules.

    recorder = Recorder(level, seed, roster)      # recorder.record(world, actions) before every tick
    write_atomic(path, recorder.data())
    replay = load_replay(path)                    # ReplayRefused: broken, tampered with, or of other rules
    report = verify(replay)                       # the first tick and field that differ

A replay holds the inputs of all seats, NPCs included, so playing one never runs a model.
"""

from game.match.replay.errors import ReplayRefused
from game.match.replay.file import SUFFIX, Replay, load_replay, parse_replay
from game.match.replay.playback import ReplayDriver
from game.match.replay.recorder import Recorder
from game.match.replay.verify import Verification, verify

__all__ = [
    "SUFFIX",
    "Recorder",
    "Replay",
    "ReplayDriver",
    "ReplayRefused",
    "Verification",
    "load_replay",
    "parse_replay",
    "verify",
]
