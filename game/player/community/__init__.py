"""The start-up community: simulated players with tastes and skills, whose every attempt is a real match of this game.

`python -m game.player.community.generate` makes it; `shipped/` holds what the game starts with. All of it is labelled
simulated wherever it shows.
"""

from pathlib import Path
from typing import Final

SHIPPED_FOLDER: Final = Path(__file__).resolve().parent / "shipped"
