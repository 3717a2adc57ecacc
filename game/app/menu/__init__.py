"""The title with its live match, the settings, and the error screen."""
