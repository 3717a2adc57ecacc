"""How hard a level is, measured: a panel of unlike players plays it at each difficulty, and its grade says how often they win."""
