"""Take a screenshot per second of the game's start on a virtual screen: `python -m tests.start_pictures FOLDER`; needs Xvfb.

Two commands, `bankshot` and `bankshot play first_light`, each first with an empty user folder and an empty kernel cache, then
again with the resulting folders. The pictures are named COMMAND-cold-SECONDS.png and COMMAND-warm-SECONDS.png. This is no
test; the pictures are for inspection.
"""

import argparse
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pygame

SIZE = (1280, 720)
COMMANDS: dict[str, list[str]] = {"title": [], "match": ["play", "first_light"]}


def screen(file: Path) -> pygame.Surface:
    """Return the picture in an Xvfb frame buffer file (xwd format)."""
    data = file.read_bytes()
    header = struct.unpack(">25I", data[:100])
    width, height, line, colours = header[4], header[5], header[12], header[19]
    begin = header[0] + 12 * colours
    pixels = np.frombuffer(data, np.uint8, height * line, begin).reshape(height, line)
    blue_first = pixels[:, : 4 * width].reshape(height, width, 4)
    picture: pygame.Surface = pygame.image.frombuffer(
        np.ascontiguousarray(blue_first[:, :, 2::-1]).tobytes(), (width, height), "RGB"
    )
    return picture


def taken(
    name: str, arguments: list[str], home: Path, frames: Path, display: str, folder: Path, seconds: int
) -> None:
    """Start the game and save the screen every second."""
    variables = {
        **os.environ,
        "DISPLAY": display,
        "SDL_AUDIODRIVER": "dummy",
        "BANKSHOT_USER_DIR": str(home / "user"),
        "BANKSHOT_KERNEL_CACHE": str(home / "kernels"),
    }
    variables.pop("SDL_VIDEODRIVER", None)
    command = [sys.executable, "-P", "-m", "game", *arguments]
    began = time.monotonic()
    game = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL)
    try:
        for second in range(1, seconds + 1):
            time.sleep(max(0.0, began + second - time.monotonic()))
            pygame.image.save(screen(frames / "Xvfb_screen0"), folder / f"{name}-{second:02d}.png")
    finally:
        game.send_signal(signal.SIGINT)
        try:
            game.wait(20)
        except subprocess.TimeoutExpired:
            game.kill()


def main() -> None:
    """Take all pictures."""
    parser = argparse.ArgumentParser(
        description="Take a screenshot per second of the game's start on a virtual screen."
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--display", default=":77")
    chosen = parser.parse_args()
    program = shutil.which("Xvfb")
    if program is None:
        parser.error("expected Xvfb on the path (package xvfb), found none")
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        frames = Path(place) / "frames"
        frames.mkdir()
        shown = f"{SIZE[0]}x{SIZE[1]}x24"
        server = subprocess.Popen(
            [program, chosen.display, "-screen", "0", shown, "-fbdir", str(frames)], stderr=subprocess.DEVNULL
        )
        try:
            time.sleep(2)
            for command, arguments in COMMANDS.items():
                home = Path(place) / command
                for kind in ("cold", "warm"):
                    taken(
                        f"{command}-{kind}",
                        arguments,
                        home,
                        frames,
                        chosen.display,
                        chosen.folder,
                        chosen.seconds,
                    )
        finally:
            server.terminate()
            server.wait(10)


if __name__ == "__main__":
    main()
