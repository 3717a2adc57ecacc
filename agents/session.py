"""The one place that talks to onnxruntime: one thread, no logging, plain errors."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.onnx_guard import INPUT


class SessionError(RuntimeError):
    """onnxruntime refused the model or failed while running it."""


class Session:
    """A loaded model."""

    def __init__(self, session: Any) -> None:
        """Wrap an onnxruntime session."""
        self._session = session
        self.outputs: list[str] = [output.name for output in session.get_outputs()]

    def run(self, observation: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for a batch of observations, in the order of `outputs`."""
        try:
            results: list[NDArray[np.float32]] = self._session.run(None, {INPUT: observation})
        except Exception as error:  # onnxruntime raises its own classes, RuntimeError and ValueError
            raise SessionError(_short(error)) from error
        return results


def open_session(data: bytes) -> Session:
    """Load a model from bytes on one thread of the processor."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    try:
        return Session(onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"]))
    except Exception as error:  # onnxruntime's classes share no public base
        raise SessionError(_short(error)) from error


def _short(error: Exception) -> str:
    """An onnxruntime message without its source locations and newlines."""
    text = " ".join(str(error).split())
    return text if len(text) <= 200 else text[:197] + "..."
