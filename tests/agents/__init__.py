"""Tests of the agents plugin, on the demo game of tests/plugin_demo alone."""
