"""From notes to sound: band-limited voices, drums, effects, loudness; WAV and OGG files."""
