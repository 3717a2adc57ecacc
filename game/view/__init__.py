"""Draws a World onto a pygame surface: no input, no screens, and it never changes the World."""
