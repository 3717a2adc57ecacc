"""The commands of the music."""
