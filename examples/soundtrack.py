"""music: compose a piece and play it, first calm, then as in combat. `python examples/soundtrack.py [SECONDS]`."""

import sys

from music import Soundtrack, compose, load_generators

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
piece = compose(load_generators(), seed=7, mood="driving").piece
print(f"{piece.title}: {piece.bars} bars, {piece.seconds:.0f} s")
with Soundtrack(piece, intensity=0.1) as track:
    track.start()
    track.wait(seconds / 2)
    track.set_intensity(1.0)  # all voices, from the next beat on
    track.cue("boss")  # go to a section on the next bar line
    track.wait(seconds / 2)
