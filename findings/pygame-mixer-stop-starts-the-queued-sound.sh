#!/usr/bin/env bash
# pygame-ce: stopping a channel, a sound or the whole mixer starts the sound that was queued
#
# Guess:  stop ends the sound and forgets the queue. So say the documents: the queued sound plays only where the first
#         ended by itself, and Channel.stop clears it.
# Really: Channel.stop, Sound.stop, pygame.mixer.stop and a fade-out all let the queued sound begin at once. Only a
#         second stop is silence. Channel.play on the same channel does clear it.
# Hurts:  a soundtrack that queues its next bar goes on by one bar after "stop", also after pygame.mixer.stop() at a change of screen.
# Seen with pygame-ce 2.5.8 (SDL 2.32.10), numpy 2.4.6, Python 3.11; SDL's dummy audio driver.
# Output seen:
#   the queued sound plays after {'Channel.stop': True, 'Sound.stop': True, 'mixer.stop': True, 'Channel.fadeout(50)': True, 'Channel.play': False}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pygame-ce==2.5.8 numpy==2.4.6
SDL_AUDIODRIVER=dummy PYGAME_HIDE_SUPPORT_PROMPT=1 venv/bin/python - <<'PROOF'
import time

import pygame

pygame.mixer.init(44100, -16, 2, 512)
first = pygame.mixer.Sound(buffer=bytes(4 * 44100 * 20))
queued = pygame.mixer.Sound(buffer=bytes(4 * 44100 * 20))
channel = pygame.mixer.Channel(0)
STOPS = {
    "Channel.stop": channel.stop,
    "Sound.stop": first.stop,
    "mixer.stop": pygame.mixer.stop,
    "Channel.fadeout(50)": lambda: channel.fadeout(50),
    "Channel.play": lambda: channel.play(first),
}
seen = {}
for name, stop in STOPS.items():
    channel.play(first)
    channel.queue(queued)
    time.sleep(0.1)
    stop()
    time.sleep(0.5)
    seen[name] = channel.get_sound() is queued
    channel.stop()
    channel.stop()
    assert not channel.get_busy()
print("the queued sound plays after", seen)
assert seen == {name: name != "Channel.play" for name in STOPS}
PROOF
