"""Generators and critics: training, comparison and export. The only part that needs torch."""
