"""The deterministic core: integer state, phases, tick, batch and senses. Imports numpy, numba and `game.core.rules` alone."""
