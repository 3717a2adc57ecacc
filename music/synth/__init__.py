"""The synthesiser: band-limited voices, drums, effects, loudness; WAV and OGG files."""
