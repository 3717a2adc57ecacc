#!/usr/bin/env bash
# tiled: the CSV export of an infinite map cuts each layer to its own tiles and does not say where they lay
#
# Guess:  all layers of a map are cut to one rectangle, the map's, so that row 3, column 5 is the same cell in each file.
# Really: each layer is cut to the rectangle of its own tiles, and the file holds no origin. A layer of one tile is a file of one
#         number. Draw one tile at the left and every column of that layer moves, and the other layer's do not.
# Hurts:  walls and floors read from the two files lie over each other in the wrong place; objects (in pixels of the
#         map) match neither.
# Seen with Tiled 1.8.2 (Debian 12). Needs tiled (Debian package: tiled).
# Output seen:
#   walls, from (-2, -3) to (18, 3): 7 rows of 21
#   floor, one tile at (2, 3): 1 row of 1
set -euo pipefail
command -v tiled >/dev/null || { echo "tiled is missing (Debian package: tiled)"; exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export QT_QPA_PLATFORM=offscreen XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder" XDG_RUNTIME_DIR="$folder"
"${PYTHON:-python3}" - <<'MAP'
from pathlib import Path


def chunk(left, top, tiles):
    rows = [["1" if (x, y) in tiles else "0" for x in range(left, left + 16)] for y in range(top, top + 16)]
    data = ",\n".join(",".join(row) for row in rows)
    return f'<chunk x="{left}" y="{top}" width="16" height="16">\n{data}\n</chunk>\n'


walls = chunk(-16, -16, {(-2, -3)}) + chunk(16, 0, {(18, 3)})
floor = chunk(0, 0, {(2, 3)})
Path("walls.tsx").write_text("""<?xml version="1.0" encoding="UTF-8"?>
<tileset version="1.8" name="t" tilewidth="16" tileheight="16" tilecount="1" columns="0">
 <tile id="0" type="wall"/>
</tileset>""")
Path("level.tmx").write_text(f"""<?xml version="1.0" encoding="UTF-8"?>
<map version="1.8" orientation="orthogonal" width="32" height="32" tilewidth="16" tileheight="16" infinite="1">
<tileset firstgid="1" source="walls.tsx"/>
<layer id="1" name="walls" width="32" height="32"><data encoding="csv">{walls}</data></layer>
<layer id="2" name="floor" width="32" height="32"><data encoding="csv">{floor}</data></layer>
</map>""")
MAP
tiled --export-map level.tmx level.csv
"${PYTHON:-python3}" - <<'PROOF'
from pathlib import Path

walls, floor = ([line.split(",") for line in Path(f"level_{name}.csv").read_text().split()] for name in ("walls", "floor"))
print(f"walls, from (-2, -3) to (18, 3): {len(walls)} rows of {len(walls[0])}")
print(f"floor, one tile at (2, 3): {len(floor)} row of {len(floor[0])}")
assert (len(walls), len(walls[0]), walls[0][0], walls[6][20]) == (7, 21, "0", "0")
assert floor == [["0"]]
PROOF
