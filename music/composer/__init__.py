"""From a seed and a mood to a piece: plan, themes, voice leading, voices, sections."""
