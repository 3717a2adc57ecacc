"""MIDI files: bounded reading, import and export of pieces."""
