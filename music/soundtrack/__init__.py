"""Adaptive music playback for any pygame program, mixed one beat ahead."""

from music.soundtrack.conductor import Conductor
from music.soundtrack.layers import LAYERS
from music.soundtrack.rendering import Studio, synth_render
from music.soundtrack.soundtrack import Soundtrack

__all__ = ["LAYERS", "Conductor", "Soundtrack", "Studio", "synth_render"]
