"""The tileset that all levels share: its tiles by class (`sheet`) and their picture (`draw`)."""
