"""The deterministic core: rules, simulation, levels and bots. Integers only; no clock, no window, no learner."""
