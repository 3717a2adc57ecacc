"""Adaptive playback for any pygame program: a conductor that mixes a beat ahead."""
