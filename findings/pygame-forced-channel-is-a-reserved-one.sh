#!/usr/bin/env bash
# pygame-ce: find_channel(force=True) hands out a reserved channel
#
# Guess:  reserved channels are left alone by find_channel, forced or not: that is what they are reserved for.
# Really: without force it keeps off them. With force it takes the channel that has played longest of ALL, and that is
#         as a rule the reserved one, for music or speech began first.
# Hurts:  an effect that "must be heard" ends the music.
# Seen with pygame-ce 2.5.8 (SDL 2.32.10), Python 3.11; SDL's dummy audio driver.
# Output seen:
#   all busy: None | forced: the channel of the music
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pygame-ce==2.5.8
SDL_AUDIODRIVER=dummy PYGAME_HIDE_SUPPORT_PROMPT=1 venv/bin/python - <<'PROOF'
import time

import pygame

pygame.mixer.init(44100, -16, 2, 512)
pygame.mixer.set_num_channels(3)
pygame.mixer.set_reserved(1)
music = pygame.mixer.Sound(buffer=bytes(4 * 44100 * 20))
shot = pygame.mixer.Sound(buffer=bytes(4 * 44100 * 20))
pygame.mixer.Channel(0).play(music)
time.sleep(0.1)
for _ in range(2):
    shot.play()
    time.sleep(0.1)
polite = pygame.mixer.find_channel()
forced = pygame.mixer.find_channel(force=True)
print("all busy:", polite, "| forced: the channel of the", "music" if forced.get_sound() is music else "shot")
assert polite is None and forced.get_sound() is music
PROOF
