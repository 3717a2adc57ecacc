"""Compare generated with real music: formulas, reference rows, comparison and pictures."""
