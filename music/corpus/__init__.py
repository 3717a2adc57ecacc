"""The training music: readers of MIDI, WADs and music21 with size limits, the codec to tokens, the manifest."""
