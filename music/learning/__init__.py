"""Generators and critics, their training, comparison and export. The only part that needs torch."""
