"""Set the audio driver for these tests: another library's import may have set one that does not exist here."""

import pytest


@pytest.fixture(autouse=True)
def _quiet_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_AUDIODRIVER", "dummy")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
