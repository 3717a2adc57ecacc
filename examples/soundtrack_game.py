"""music: a soundtrack in your own game, which only uses pygame. `python examples/soundtrack_game.py [SECONDS]`.

Keep the mouse away from the falling stones: the closer they are, the more intense the music; every hit is heard and shown.
With SECONDS it ends after that time; it also runs without a player.
"""

import random
import sys

import numpy as np
import pygame

from music import Soundtrack, compose, load_generators

SIZE, STONES, BOSS_AT = 480, 12, 3  # pixels; number of stones; hits before the boss section

seconds = float(sys.argv[1]) if len(sys.argv) > 1 else float("inf")
pygame.mixer.init(44_100, -16, 2, 512)
screen, clock, dice = pygame.display.set_mode((SIZE, SIZE)), pygame.time.Clock(), random.Random(1)
wave = np.sin(np.arange(6000) * 0.05) * np.linspace(12_000, 0, 6000)
hit_sound = pygame.mixer.Sound(buffer=np.repeat(wave.astype(np.int16), 2).tobytes())
stones = [pygame.Vector2(dice.uniform(0, SIZE), dice.uniform(-SIZE, 0)) for _ in range(STONES)]
piece = compose(load_generators(), seed=7, mood="dark").piece
hits, heard = 0, []
with Soundtrack(piece, intensity=0.1) as track:
    track.start()
    while not pygame.event.get(pygame.QUIT) and seconds > 0:
        at = (
            pygame.Vector2(pygame.mouse.get_pos()) if pygame.mouse.get_focused() else pygame.Vector2(SIZE / 2)
        )
        screen.fill((12, 14, 30))
        for stone in stones:
            stone.y += 4
            if stone.distance_to(at) < 20:
                hits += 1
                hit_sound.play()  # on another channel than the one that the soundtrack has reserved
                track.duck(0.5, 0.3)
            if stone.y > SIZE or stone.distance_to(at) < 20:
                stone.update(dice.uniform(0, SIZE), 0)
            pygame.draw.circle(screen, (255, 64, 129), stone, 8)
        track.set_intensity(1 - min(stone.distance_to(at) for stone in stones) / SIZE)
        if hits == BOSS_AT and "boss" not in heard:
            track.cue("boss")  # on the next bar line
        heard += [track.section] if track.section not in heard else []
        pygame.draw.circle(screen, (0, 229, 255), at, 12)
        pygame.display.flip()
        seconds -= clock.tick(60) / 1000
print(f"{piece.title}: heard {', '.join(filter(None, heard))}; {hits} hits, {track.gaps} gaps in the sound")
pygame.quit()
