"""Lines of text about what an import changed: one table, from which a program can also show them in another language.

    line = remark("tempo_changes", tempo="120")     read_remark(line) == ("tempo_changes", {"tempo": "120"})

A piece stores the lines in origin["import"]["remarks"].
"""

import re
from typing import Any, Final

from music.piece import Piece
from safefiles.text import clean

MAX_REMARKS: Final = 40  # shown of one piece
MAX_LINE: Final = 200

REMARKS: Final = {
    "tempo_changes": "tempo changes left out: {tempo} throughout",
    "tempo_bounds": "tempos beyond {low} to {high} brought to the nearest of them: {count}",
    "no_key": "no key signature: key taken from the notes",
    "bad_key": "a key signature that does not exist left out: {sharps} sharps, mode {mode}",
    "key_changes": "changes of key left out: {tonic} throughout",
    "off_grid": "moved to the nearest 16th: {moved} of {notes} notes",
    "doubled": "the same note twice at once, one left out: {count}",
    "no_length": "notes of no length left out: {count}",
    "no_length_kept": "notes of no length made 16ths: {count}",
    "chunks": "parts of the file that are no tracks skipped: {count} ({names})",
    "tracks": "fewer tracks than the header says: {found} of {said}",
    "broken_events": "events that cannot be read left out: {count}",
    "chords": "chords left out: the harmony, the key or the bars are others than the piece had",
    "sections": "sections left out: the file has no markers and other bars than the piece had",
    "parent": "chords, timbre and what else MIDI does not say taken from the piece that has these notes: {title}",
    "muted": "muted voices cut to the bars of the file: {voices}",
}
# Patterns of the fields; all other fields may contain any text.
_NUMBER: Final = r"-?[0-9.]+"


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", template)
    named = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>{_field(part)})" for n, part in enumerate(parts)]
    return re.compile("".join(named))


def _field(name: str) -> str:
    return ".*" if name in ("names", "tonic", "voices", "title") else _NUMBER


_PATTERNS: Final = {code: _pattern(template) for code, template in REMARKS.items()}


def remark(code: str, **values: object) -> str:
    """Return the line of a remark of REMARKS."""
    return REMARKS[code].format(**values)


def read_remark(line: str) -> tuple[str, dict[str, str]] | None:
    """Return the code and the values of a line that `remark` made; None for any other line."""
    for code, pattern in _PATTERNS.items():
        found = pattern.fullmatch(line)
        if found:
            return code, found.groupdict()
    return None


def remarks_of(piece: Piece) -> list[str]:
    """Return the lines about what a piece's last import changed, safe to show."""
    stored: Any = piece.origin.get("import")
    lines = stored.get("remarks") if isinstance(stored, dict) else None
    if not isinstance(lines, list):
        return []
    return [clean(line, MAX_LINE) for line in lines[:MAX_REMARKS] if isinstance(line, str)]
