"""How close music comes to music: formulas, reference rows, comparison and pictures."""
