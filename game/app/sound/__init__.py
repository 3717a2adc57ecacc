"""Effects and music: their synthesis, and which is heard when."""
