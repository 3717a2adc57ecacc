"""First run of an unknown model in a child process, so that a crash or hang does not affect the program.

The parent sends the model's bytes on stdin and reads one line of JSON. The child limits its own memory and
processor time where the platform can.
"""

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safefiles.causes import message_of
from safefiles.child import python_command
from safefiles.errors import FileRefused
from safefiles.onnx_messages import say
from safefiles.remembered import is_remembered, remember
from safefiles.text import clean

TIMEOUT = 60.0  # seconds; a shipped model takes well under one, loading onnxruntime aside
MEMORY_LIMIT = 4 << 30  # bytes of address space
BATCHES = (1, 7, 64)


def smoke_once(
    data: bytes,
    name: str,
    *,
    input_name: str,
    input_size: int,
    cache_dir: Path | None,
    versions: Mapping[str, str],
    more_inputs: Mapping[str, int] | None = None,
) -> None:
    """Call `smoke_run`, unless a file with this SHA-256 passed it here before.

    `cache_dir` keeps the marks (None: none are kept). A mark of another machine, another onnxruntime or other
    `versions`, which are the caller's own, does not count.
    """
    from safefiles.onnx_session import onnxruntime

    setting = {**versions, "onnxruntime": onnxruntime().__version__, "machine": platform.machine()}
    mark = f"smoke-{hashlib.sha256(data).hexdigest()}"
    if not is_remembered(cache_dir, mark, setting):
        smoke_run(data, name, input_name=input_name, input_size=input_size, more_inputs=more_inputs)
        remember(cache_dir, mark, setting)


def smoke_run(
    data: bytes,
    name: str,
    *,
    input_name: str,
    input_size: int,
    more_inputs: Mapping[str, int] | None = None,
) -> None:
    """Run the model in a child process; FileRefused if it crashes, hangs or returns anything but finite
    numbers. `name` is the file's, for the message; `more_inputs`: columns of further inputs, which are masks of ones or zeros.
    """
    code = (
        "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
        "from safefiles.onnx_smoke import child; child()"
    )
    inputs = {input_name: input_size, **(more_inputs or {})}
    told = [str(part) for pair in inputs.items() for part in pair]
    command = python_command("-c", code, json.dumps(sys.path), *told)
    # No console window may flash up over the game on Windows.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=TIMEOUT, creationflags=flags, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise FileRefused(say("first_run_slow", where=name, seconds=TIMEOUT)) from error
    except OSError as error:
        raise FileRefused(say("first_run_none", where=name, why=message_of(error))) from error
    try:
        answer: Any = json.loads(done.stdout.decode("utf-8", "replace").strip().splitlines()[-1])
    except (ValueError, IndexError):
        answer = None
    if done.returncode != 0 or not isinstance(answer, dict):
        raise FileRefused(say("first_run_crash", where=name, code=done.returncode))
    if "error" in answer:
        raise FileRefused(say("first_run_failed", where=name, told=clean(str(answer["error"]), 300)))


def child() -> None:
    """The child's side: run every batch size on fixed numbers and report the result."""
    _limit()
    import numpy as np

    from safefiles.onnx_session import SessionError, open_session

    told = sys.argv[2:]
    (input_name, size), *others = zip(told[::2], map(int, told[1::2]), strict=True)
    try:
        session = open_session(sys.stdin.buffer.read(), input_name)
        random = np.random.default_rng(0)
        for rows in BATCHES:
            for scale in (0.0, 1.0, 10.0):
                values = (scale * random.standard_normal((rows, size))).astype(np.float32)
                more = {name: np.full((rows, width), scale == 1.0, np.float32) for name, width in others}
                for output in session.run(values, **more):
                    if output.shape[0] != rows or not np.isfinite(output).all():
                        raise SessionError(say("finite_rows", rows=rows, found=output.shape))
    except SessionError as error:
        answer = {"error": str(error)[:300]}
    else:
        answer = {"ok": "yes"}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, limit in (
        (resource.RLIMIT_AS, MEMORY_LIMIT),
        (resource.RLIMIT_CPU, int(TIMEOUT)),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(kind)
        try:
            resource.setrlimit(kind, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
        except (OSError, ValueError):
            continue
