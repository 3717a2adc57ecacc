"""Keyboard, mouse and gamepads as actions."""
