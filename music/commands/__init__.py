"""The music commands."""
