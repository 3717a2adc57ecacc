#!/usr/bin/env bash
# watchfiles: a watched FILE is reported deleted at its first save by rename, and never again
#
# Guess:  watch("level.json") reports "modified" at each save, however the editor saves.
# Really: most editors write a new file and rename it over the old one. Linux watches the old file: watchfiles reports it
#         deleted (it is there, with the new text) and hears nothing from then on, not even of a write in place. Where the folder
#         is watched, each such save comes as "added", so a filter on "modified" drops it. watchdog on the file sees all.
# Hurts:  live reload works once, then shows the first save for the rest of the day.
# Seen with watchfiles 1.3.0, Python 3.11, Linux.
# Output seen:
#   the file watched: [['deleted', 'modified'], [], [], []]
#   the folder watched: [['added'], ['added'], ['added'], ['modified']]
set -euo pipefail
[ "$(uname)" = Linux ] || { echo "not Linux"; exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check watchfiles==1.3.0
venv/bin/python - <<'PROOF'
import threading
import time
from pathlib import Path

from watchfiles import watch


def saves(what):
    """The names of the changes of level.json after three saves by rename and one in place."""
    folder = Path(what)
    folder.mkdir()
    level, seen, stop = folder / "level.json", [], threading.Event()
    level.write_text("old")

    def listen():
        for changes in watch(level if what == "file" else folder, stop_event=stop, debounce=200, rust_timeout=500):
            seen.extend(change.name for change, path in changes if path.endswith("level.json"))

    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(1.5)
    heard = []
    for number in range(4):
        seen.clear()
        if number < 3:
            (folder / "new.tmp").write_text(f"save {number}")
            (folder / "new.tmp").replace(level)
        else:
            level.write_text("in place")
        time.sleep(1.5)
        heard.append(sorted(set(seen)))
    stop.set()
    listener.join()
    return heard


file, folder = saves("file"), saves("folder")
print("the file watched:", file)
print("the folder watched:", folder)
assert "deleted" in file[0] and file[1:] == [[], [], []]
assert folder == [["added"], ["added"], ["added"], ["modified"]]
PROOF
