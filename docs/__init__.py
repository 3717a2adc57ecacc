"""Programs that make the documentation. They ship with the sources alone."""
