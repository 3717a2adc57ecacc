"""Effects and music: their synthesis and playback."""
