"""Draws a World onto a pygame surface: no input, no screens, and never a change to the World."""
