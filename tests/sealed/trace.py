"""Runs a command without a network and under strace, and says what it tried that it may not.

`sealed` starts the command in a network namespace of its own, in which only the loopback exists and is down, with a home
of its own and no variable of a CI service, and reads the calls that strace wrote down: connections, messages and name
look-ups, and every file that was made, changed, renamed or removed. Linux only; `why_not` says what is missing.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# Services set one of these; libraries keep quiet then, so a proof of silence must run without them.
CI_VARIABLES: Final = (
    "APPVEYOR", "BUILDKITE", "CI", "CIRCLECI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TEAMCITY_VERSION", "TF_BUILD",
    "TRAVIS",
)  # fmt: skip
# Variables that would lead writes out of the home, or switch something off from outside.
_REMOVED: Final = (
    *CI_VARIABLES, "BANKSHOT_USER_DIR", "MPLCONFIGDIR", "ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR",
)  # fmt: skip
_SEAL: Final = ("unshare", "--map-root-user", "--net")
_CALLS: Final = (
    "%network,open,openat,openat2,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,rmdir,symlink,symlinkat,"
    "link,linkat,truncate,chmod,fchmodat"
)
_LINE: Final = re.compile(
    r"^\d+ +(?P<call>\w+)\((?P<arguments>.*?)(?: = (?P<result>-?\w+).*| <unfinished.*)$"
)
_PATHS: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WRITING: Final = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")
_SENDING: Final = ("connect", "sendto", "sendmsg", "sendmmsg", "bind", "listen", "accept")
# What a resolver reads before it asks anybody: a look-up without a network leaves these.
_RESOLVER: Final = ("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/host.conf", "/etc/gai.conf")


@dataclass
class Trace:
    """What a command did: its exit code and output, and the calls that matter."""

    code: int
    output: str
    network: list[str] = field(default_factory=list)  # connections, messages, sockets of the internet
    lookups: list[str] = field(default_factory=list)  # files of the resolver that were opened
    written: set[str] = field(
        default_factory=set
    )  # absolute paths that were made, changed, renamed or removed
    read: set[str] = field(default_factory=set)  # absolute paths that were opened for reading

    def written_outside(self, *folders: Path) -> list[str]:
        """The paths that were written and lie in none of these folders; devices such as /dev/null are none."""
        allowed = tuple(f"{folder}/" for folder in folders)
        return sorted(
            path for path in self.written if not f"{path}/".startswith((*allowed, "/dev/", "/proc/self/"))
        )

    def imported(self, folder: Path) -> list[str]:
        """The modules below a folder that were opened.

        A child that went elsewhere (git into its checkout) names files by relative paths: those are not there.
        """
        return sorted(
            path
            for path in self.read
            if path.startswith(f"{folder}/") and path.endswith((".py", ".pyc")) and Path(path).exists()
        )


@functools.cache
def why_not() -> str:
    """Why this machine cannot run a sealed command; empty where it can."""
    if not sys.platform.startswith("linux"):
        return "strace and unshare exist on Linux only"
    for program, package in (("strace", "strace"), ("unshare", "util-linux")):
        if shutil.which(program) is None:
            return f"needs {program} (Debian's package {package})"
    probe = subprocess.run(
        [*_SEAL, "strace", "-f", "-qq", "--seccomp-bpf", "-o", os.devnull, "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    return (
        "" if probe.returncode == 0 else f"not allowed here: {(probe.stderr or probe.stdout).strip()[:200]}"
    )


def sealed(
    command: Sequence[str], home: Path, environment: Mapping[str, str] | None = None, timeout: float = 300.0
) -> Trace:
    """Run `command` in `home`, which is also its HOME and the folder it stands in, and return what it did."""
    log = home.parent / f"{home.name}.strace"
    temporary = home / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    variables = {name: value for name, value in os.environ.items() if name not in _REMOVED}
    variables |= {"HOME": str(home), "TMPDIR": str(temporary), "NO_COLOR": "1", **(environment or {})}
    done = subprocess.run(
        [*_SEAL, "strace", "-f", "-qq", "--seccomp-bpf", "-s", "4096", "-e", f"trace={_CALLS}", "-o", str(log), *command],
        cwd=home, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", timeout=timeout, check=False,
    )  # fmt: skip
    trace = Trace(done.returncode, done.stdout)
    with log.open(encoding="utf-8", errors="replace") as stream:
        for line in stream:
            _note(line, trace, home)
    return trace


def _note(line: str, trace: Trace, home: Path) -> None:
    match = _LINE.match(line)
    if match is None:
        return
    call, arguments = match["call"], match["arguments"]
    if call in _SENDING or call == "socket":
        # Sockets within the machine (a pair between threads, the kernel's device events) reach nobody.
        if call == "socket" and "AF_INET" not in arguments:
            return
        if call != "socket" and ("AF_UNIX" not in arguments and "AF_INET" not in arguments):
            return
        # libc asks for the user's own name (torch wants it for a folder) at a daemon that does not run.
        if "/nscd/socket" in arguments and match["result"] == "-1":
            return
        trace.network.append(line.strip()[:300])
        return
    if match["result"] == "-1":
        return
    found = [path.encode().decode("unicode_escape") for path in _PATHS.findall(arguments)]
    paths = [os.path.normpath(Path(home, path)) for path in found]  # `home/../x` does not lie in home
    if call.startswith("open"):
        kind = trace.written if _WRITING.search(arguments) else trace.read
        kind.update(paths[:1])
        trace.lookups += [path for path in paths[:1] if path in _RESOLVER and path != "/etc/nsswitch.conf"]
    else:
        trace.written.update(paths)
