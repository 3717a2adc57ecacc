"""The only module that imports onnxruntime: no telemetry, one thread, no logging, plain errors.

Importing `safefiles` has switched its telemetry off (`safefiles.telemetry`); a test checks that nothing else
imports onnxruntime.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safefiles.messages import Message
from safefiles.onnx_messages import say


class SessionError(RuntimeError):
    """onnxruntime refused the model or failed while running it."""


class Session:
    """A loaded model of one input, or of several."""

    def __init__(self, session: Any, input_name: str) -> None:
        """Wrap an onnxruntime session; use `open_session`."""
        self._session = session
        self._input_name = input_name
        self.outputs: list[str] = [output.name for output in session.get_outputs()]

    def run(self, rows: NDArray[np.float32], **more: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs for a batch of input rows, in the order of `outputs`; `more`: further inputs by name.

        SessionError where it fails.
        """
        try:
            results: list[NDArray[np.float32]] = self._session.run(None, {self._input_name: rows, **more})
        except Exception as error:  # onnxruntime raises its own classes, RuntimeError and ValueError
            raise SessionError(_short(error)) from error
        return results

    def bind(
        self,
        rows: NDArray[np.float32],
        output: str,
        results: NDArray[np.float32],
        **more: NDArray[np.float32],
    ) -> "BoundSession":
        """Return a way to run on the first of `rows` (most, inputs) again and again, into `results` (most, columns of output).

        `more`: further inputs by name, of as many rows. SessionError for arrays that onnxruntime cannot use without copying.
        """
        return BoundSession(self._session, {self._input_name: rows, **more}, output, results)


class BoundSession:
    """A session bound to fixed arrays: a call copies and allocates nothing. For one thread at a time."""

    def __init__(
        self,
        session: Any,
        inputs: Mapping[str, NDArray[np.float32]],
        output: str,
        results: NDArray[np.float32],
    ) -> None:
        """Use `Session.bind`."""
        rows = next(iter(inputs.values()))
        for name, array in (("rows", rows), ("results", results)):
            flags = array.flags
            if array.dtype != np.float32 or array.ndim != 2 or not (flags.c_contiguous and flags.writeable):
                kind = "" if flags.writeable else ", read-only"
                raise SessionError(say("bound_arrays", name=name, found=f"{array.dtype} {array.shape}{kind}"))
        self.rows, self.results = rows, results
        self._session, self._inputs, self._output = session, dict(inputs), output
        self._bindings: dict[int, Any] = {}  # by the number of rows; each is some hundred bytes

    def run(self, count: int) -> None:
        """Write the results of the first `count` rows. SessionError where it fails."""
        try:
            binding = self._bindings.get(count)
            if binding is None:
                binding = self._bindings[count] = self._bind(count)
            # Options of a call would cost as much as a small network
            self._session.run_with_iobinding(binding)
        except SessionError:
            raise
        except Exception as error:
            raise SessionError(_short(error)) from error

    def _bind(self, count: int) -> Any:
        most = min(len(array) for array in (*self._inputs.values(), self.results))
        if not 1 <= count <= most:
            raise SessionError(say("bound_rows", most=most, found=count))
        binding = self._session.io_binding()
        ends = [(binding.bind_input, name, array) for name, array in self._inputs.items()]
        for bind, name, array in (*ends, (binding.bind_output, self._output, self.results)):
            bind(name, "cpu", 0, np.float32, (count, array.shape[1]), array.ctypes.data)
        return binding


def onnxruntime() -> ModuleType:
    """The module itself, for its version."""
    import onnxruntime as module

    found: ModuleType = module
    return found


def open_session(data: bytes, input_name: str) -> Session:
    """Load a model from bytes that passed the guard, on one processor thread. SessionError where it fails."""
    runtime = onnxruntime()
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = runtime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    try:
        session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        return Session(session, input_name)
    except Exception as error:  # onnxruntime's classes share no public base
        raise SessionError(_short(error)) from error


def _short(error: Exception) -> Message:
    """An onnxruntime message without its source locations and newlines."""
    text = " ".join(str(error).split())
    return say("runtime", told=text if len(text) <= 200 else text[:197] + "...")
