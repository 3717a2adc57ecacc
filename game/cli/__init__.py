"""The `bankshot` command."""
