"""A sealed run: play, training, composing and measuring reach nobody, write nowhere but where they say, and import
nothing from the folder they stand in.

Each command runs without a network, as on a machine that is no CI service, while strace notes what it tries. In the folder
lie modules that bear the names of Python's and ours. The twins at the end show that a connection, a look-up, a file outside
and an import from there, also of a module that data names, would be found.
"""

import os
import sys
from pathlib import Path

import pytest

from tests.contracts.tree import ROOT
from tests.sealed.trace import Trace, sealed, why_not

pytestmark = pytest.mark.service


@pytest.fixture(autouse=True)
def _sealable() -> None:
    if reason := why_not():
        pytest.skip(f"a sealed run: {reason}")


RECIPE = """
seed = 1
[env]
id = "game:Bankshot/Duel-v0"
num_envs = 8
[env.kwargs]
levels = "train:4"
opponent = "chaser"
[budget]
samples = 512
[ppo]
n_steps = 16
batch_size = 128
n_epochs = 1
[net]
pi = [8]
vf = [8]
[eval]
every = 512
opponents = ["wanderer"]
matches = 4
num_envs = 4
[eval.kwargs]
levels = "test:2"
"""
GAME = (sys.executable, "-P", "-m", "game")
RUNS = {
    "play": (*GAME, "watch", "--seconds", "1", "--brains", "hunter"),
    "compose": (
        *GAME,
        "music",
        "generate",
        "--seed",
        "3",
        "--bars",
        "8",
        "--midi",
        "a.mid",
        "--wav",
        "a.wav",
    ),
    "train": (*GAME, "agents", "train", "tiny.toml", "--out", "runs/tiny"),
    "evaluate": (*GAME, "agents", "evaluate", "hunter", "--opponent", "chaser", "--matches", "4"),
}
DECOYS = ("agents", "game", "json", "numpy", "random", "safefiles", "subprocess", "tiny", "types")
MUST_WRITE = {"play": "replays/", "compose": "a.mid", "train": "runs/tiny/", "evaluate": ""}


def run(command: tuple[str, ...], folder: Path) -> tuple[Trace, list[str]]:
    """Run a sealed command in a home below `folder`; return its trace and what it wrote elsewhere."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    for name in DECOYS:
        (home / f"{name}.py").write_text("", encoding="utf-8")
    kernels = Path(os.environ["BANKSHOT_KERNEL_CACHE"])
    trace = sealed(command, home, {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"})
    return trace, trace.written_outside(home, kernels)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.slow) if name in ("train", "compose") else name for name in RUNS],
)
def test_a_command_reaches_nobody_and_writes_where_it_says(tmp_path: Path, name: str) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "tiny.toml").write_text(RECIPE, encoding="utf-8")
    trace, outside = run(RUNS[name], tmp_path)
    assert trace.code == 0, trace.output
    assert trace.network == []
    assert trace.lookups == []
    assert outside == []
    assert trace.imported(tmp_path / "home") == []
    written = sorted(
        str(Path(path).relative_to(tmp_path / "home")) for path in trace.written if str(tmp_path) in path
    )
    assert any(MUST_WRITE[name] in path for path in written) or not MUST_WRITE[name], written
    assert not [path for path in written if "onnxruntime" in path.lower() or "microsoft" in path.lower()]


CONNECT = (
    "import socket; socket.socket().connect_ex(('192.0.2.1', 9))"  # an address reserved for documentation
)
LOOK_UP = "import socket, contextlib\nwith contextlib.suppress(OSError):\n    socket.getaddrinfo('example.invalid', 80)"
WRITE = "import sys; open(sys.argv[1], 'w').close()"


IMPORT = "import importlib, sys; importlib.import_module(sys.argv[1])"
CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import tiny'])"


@pytest.mark.parametrize(
    "command", [("-c", IMPORT, "tiny"), ("-P", "-c", CHILD)], ids=["by data", "by a child"]
)
def test_an_import_from_the_folder_is_found(tmp_path: Path, command: tuple[str, ...]) -> None:
    trace, _ = run((sys.executable, *command), tmp_path)
    assert str(tmp_path / "home" / "tiny.py") in trace.imported(tmp_path / "home")


def test_a_connection_is_found(tmp_path: Path) -> None:
    trace, _ = run((sys.executable, "-c", CONNECT), tmp_path)
    assert any("192.0.2.1" in line for line in trace.network)


def test_a_name_look_up_is_found(tmp_path: Path) -> None:
    trace, _ = run((sys.executable, "-c", LOOK_UP), tmp_path)
    assert trace.network or trace.lookups


@pytest.mark.parametrize("way", ["{}/elsewhere", "../elsewhere"])
def test_a_file_outside_is_found(tmp_path: Path, way: str) -> None:
    trace, outside = run((sys.executable, "-c", WRITE, way.format(tmp_path)), tmp_path)
    assert trace.code == 0
    assert outside == [str(tmp_path / "elsewhere")]
