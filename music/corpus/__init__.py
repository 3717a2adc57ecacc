"""The training music: bounded readers of MIDI, WADs and music21, the codec to tokens, the manifest."""
