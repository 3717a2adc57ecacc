"""Music from a GAN: corpus, training, composer, synthesiser and an adaptive soundtrack for any pygame program.

Nothing here knows a game. Playing needs NumPy, SciPy, mido and onnxruntime (and pygame for `music.soundtrack`
alone); torch is loaded by `music.learning` only, music21 by `music.corpus` only.
"""

__version__ = "0.1.0"
