"""Fixtures of several files of the training's tests."""

from collections.abc import Iterator

import pytest


def _leave_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("agents.curve.Curve.plot", lambda *_: None)
    patch.setattr("agents.runtime.smoke_once", lambda *_, **__: None)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[pytest.MonkeyPatch]:
    """Neither pictures nor trial runs of models in a child process: tests that use `whole` hold these, and they cost seconds."""
    with pytest.MonkeyPatch.context() as patch:
        _leave_out(patch)
        yield patch


@pytest.fixture
def whole(quick: pytest.MonkeyPatch) -> Iterator[None]:
    """All that the trainer does."""
    quick.undo()
    yield
    _leave_out(quick)
