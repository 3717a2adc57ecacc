"""The jukebox: listening to pieces, composing, editing, importing and exporting them."""
