"""What was measured for the game as it ships: the file of grades, and the scale of each objective's levels."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from game.match.grading.posterior import Scale

SHIPPED_FILE: Final = Path(__file__).resolve().parent / "grades.json"


@cache
def shipped_measurements() -> dict[str, Any]:
    """Return the shipped measurements: schema, graders, recipe, `scales` by objective, and `levels` by grade_key."""
    content: dict[str, Any] = json.loads(SHIPPED_FILE.read_text(encoding="utf-8"))
    return content


@cache
def scales_key() -> str:
    """Return the SHA-256 (hex) of the scales from which grades are computed."""
    return hashlib.sha256(json.dumps(shipped_measurements()["scales"], sort_keys=True).encode()).hexdigest()


@cache
def scales() -> "dict[str, Scale]":
    """Return the scale of each objective."""
    from game.match.grading.posterior import Scale

    return {name: Scale.from_json(row) for name, row in shipped_measurements()["scales"].items()}
