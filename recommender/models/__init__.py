"""The models: each file gives one family, each docstring its formula and source."""
