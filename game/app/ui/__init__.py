"""What screens are made of: theme, fonts, drawing, widgets and the focus graph. Knows nothing of levels or matches."""
