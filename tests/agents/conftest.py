"""Fixtures of several files of the training's tests."""

import pytest


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither pictures nor trial runs of models in a child process: other tests hold these, and they cost seconds."""
    monkeypatch.setattr("agents.curve.Curve.plot", lambda *_: None)
    monkeypatch.setattr("agents.runtime.smoke_once", lambda *_, **__: None)
