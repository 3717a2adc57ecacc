"""The parts of screens: theme, fonts, drawing, widgets and the focus graph. Independent of levels and matches."""
