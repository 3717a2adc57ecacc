"""A child process on its own terminal, which a test can close like a user closes a window."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from safefiles.child import python_command

# Like a shell for its session: closing the terminal then sends SIGHUP to this process.
_OWN_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"


class Terminal:
    """A running child, `process`, and its terminal."""

    def __init__(self, code: str, *arguments: str, cwd: Path, env: Mapping[str, str]) -> None:
        """Run Python's `code` with `arguments`. Not on Windows."""
        import pty

        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            python_command("-c", _OWN_TERMINAL + code, *arguments), cwd=cwd, env=env, start_new_session=True,
            stdin=theirs, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)

    def close(self) -> None:
        """Close the window."""
        os.close(self._ours)
