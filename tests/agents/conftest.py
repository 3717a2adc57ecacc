"""Fixtures shared by the tests of training."""

from collections.abc import Iterator

import pytest


def _leave_out(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("agents.curve.Curve.plot", lambda *_: None)
    patch.setattr("agents.runtime.smoke_once", lambda *_, **__: None)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[pytest.MonkeyPatch]:
    """Skip plots and trial runs of models in a child process, which take seconds; tests with `whole` cover them."""
    with pytest.MonkeyPatch.context() as patch:
        _leave_out(patch)
        yield patch


@pytest.fixture
def whole(quick: pytest.MonkeyPatch) -> Iterator[None]:
    """Run everything that the trainer does."""
    quick.undo()
    yield
    _leave_out(quick)
