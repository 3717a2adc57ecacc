"""A model that onnxruntime cannot load or run is an error of ours, in one line."""

import numpy as np
import pytest

from safefiles.onnx_session import SessionError, open_session

from .models import INPUT, good_bytes


def test_a_model_runs_in_batches_and_names_its_outputs() -> None:
    session = open_session(good_bytes(), INPUT)
    found = session.run(np.zeros((4, 8), np.float32))
    assert dict(zip(session.outputs, (output.shape for output in found), strict=True)) == {
        "melody": (4, 5),
        "bass": (4, 3),
        "mood": (4, 1),
    }


def test_what_onnxruntime_refuses_is_one_line() -> None:
    with pytest.raises(SessionError) as refused:
        open_session(b"not a model", INPUT)
    assert "\n" not in str(refused.value)
    with pytest.raises(SessionError) as failed:
        open_session(good_bytes(), INPUT).run(np.zeros((4, 9), np.float32))
    assert "\n" not in str(failed.value)
    with pytest.raises(SessionError):
        open_session(good_bytes(), "observation").run(np.zeros((4, 8), np.float32))
