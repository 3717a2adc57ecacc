"""The title with its live match, the settings, and the page for an error."""
