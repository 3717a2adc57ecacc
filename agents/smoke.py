"""First run of an unknown model in a child process: what it breaks there, it does not break here.

The parent sends the model's bytes on stdin and reads one line of JSON. The child limits its own memory and
processor time where the platform can.
"""

import json
import subprocess
import sys
from typing import Any

from agents.errors import BrainRefused

TIMEOUT = 60.0  # seconds; a shipped model takes well under one, loading onnxruntime aside
MEMORY_LIMIT = 4 << 30  # bytes of address space
BATCHES = (1, 7, 64)


def smoke_run(data: bytes, observation_size: int, name: str) -> None:
    """Run the model in a child process; BrainRefused where it crashes, hangs or gives anything but finite
    numbers.
    """
    code = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from agents.smoke import child; child()"
    command = [sys.executable, "-c", code, json.dumps(sys.path), str(observation_size)]
    # No console window may flash up over the game on Windows.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=TIMEOUT, creationflags=flags, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BrainRefused(f"{name}: expected a first run within {TIMEOUT:.0f} s, found none") from error
    except OSError as error:
        raise BrainRefused(f"{name}: the child process for its first run did not start ({error})") from error
    try:
        answer: Any = json.loads(done.stdout.decode("utf-8", "replace").strip().splitlines()[-1])
    except (ValueError, IndexError):
        answer = None
    if done.returncode != 0 or not isinstance(answer, dict):
        raise BrainRefused(f"{name}: crashed in its first run (exit code {done.returncode})")
    if "error" in answer:
        raise BrainRefused(f"{name}: failed in its first run: {answer['error']}")


def child() -> None:
    """The child's side: run every batch size on fixed numbers and say what came out."""
    _limit()
    import numpy as np

    from agents.session import SessionError, open_session

    size = int(sys.argv[2])
    try:
        session = open_session(sys.stdin.buffer.read())
        random = np.random.default_rng(0)
        for rows in BATCHES:
            for scale in (0.0, 1.0, 10.0):
                observation = (scale * random.standard_normal((rows, size))).astype(np.float32)
                for output in session.run(observation):
                    if output.shape[0] != rows or not np.isfinite(output).all():
                        raise SessionError(
                            f"expected {rows} rows of finite numbers, found shape {output.shape}"
                        )
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
