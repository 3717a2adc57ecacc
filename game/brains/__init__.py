"""The shipped brains: one folder each, with the model, the recipes of its stages, its learning curve and its card."""
