#!/usr/bin/env bash
# pygame-ce: Channel.play keeps the channel's volume, forgets its sides; Sound.play resets both
#
# Guess:  one rule: each play begins at full volume in the middle. So say the documents of Channel.set_volume.
# Really: set_volume(0.25), then Channel.play: still 0.25, for every later sound. set_volume(1, 0), then Channel.play:
#         both sides again. Only Sound.play, which picks the channel itself, sets the volume back to 1. With two
#         arguments get_volume says 1, whatever they were.
# Hurts:  one quiet effect leaves its channel quiet for whatever plays there next by Channel.play.
# Seen with pygame-ce 2.5.8 (SDL 2.32.10), numpy 2.4.6, Python 3.11; SDL's disk audio driver.
# Output seen:
#   volume after Channel.play 0.25 | after Sound.play 1.0 | said of (1, 0): 1.0
#   left and right, first and second play: (8000, 0) (8000, 8000)
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pygame-ce==2.5.8 numpy==2.4.6
SDL_AUDIODRIVER=disk SDL_DISKAUDIOFILE=out.raw PYGAME_HIDE_SUPPORT_PROMPT=1 venv/bin/python - <<'PROOF'
import time

import numpy as np
import pygame

pygame.mixer.init(44100, -16, 2, 512)
sound = pygame.mixer.Sound(buffer=np.full((4410, 2), 8000, np.int16).tobytes())
channel = pygame.mixer.Channel(0)


def volume_after(play):
    channel.set_volume(0.25)
    play(sound)
    volume = channel.get_volume()
    channel.stop()
    return volume


kept, reset = volume_after(channel.play), volume_after(lambda one: one.play())
time.sleep(0.3)
channel.set_volume(1.0)
channel.play(sound)
channel.set_volume(1.0, 0.0)
said = channel.get_volume()
time.sleep(0.4)
channel.play(sound)
time.sleep(0.4)
pygame.mixer.quit()
frames = np.fromfile("out.raw", np.int16).reshape(-1, 2)
sides = [tuple(int(side) for side in frame) for frame in frames[(np.abs(frames) > 7000).any(axis=1)]]
print("volume after Channel.play", kept, "| after Sound.play", reset, "| said of (1, 0):", said)
print("left and right, first and second play:", sides[3000], sides[-3000])
assert (kept, reset, said) == (0.25, 1.0, 1.0)
assert sides[3000] == (8000, 0) and sides[-3000] == (8000, 8000)
PROOF
