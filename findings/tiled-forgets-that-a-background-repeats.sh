#!/usr/bin/env bash
# tiled: an image layer's "repeat" is lost by any export option, by a remembered export target, and by opening a JSON map
#
# Guess:  --embed-tilesets embeds tilesets and changes nothing else; a map in JSON opens as it was saved.
# Really: with --embed-tilesets, --detach-templates or --resolve-types-and-properties (or once "Export As" has left a
#         target in the map) the command exports a copy, and the copy has neither repeatx and repeaty nor the layers' locks. A plain
#         export keeps them. The JSON file is written with repeatx and read without it: open, save, gone.
# Hurts:  a sky or sea over the whole level becomes one small picture in the corner, only in the built game.
# Seen with Tiled 1.8.2 (Debian 12). Needs tiled (Debian package: tiled).
# Output seen:
#   repeatx in {'plain': True, '--embed-tilesets': False, '--detach-templates': False, 'export target': False, 'JSON': True, 'JSON opened': False}
set -euo pipefail
command -v tiled >/dev/null || { echo "tiled is missing (Debian package: tiled)"; exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export QT_QPA_PLATFORM=offscreen XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder" XDG_RUNTIME_DIR="$folder"
echo "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC" | base64 -d > sky.png
cat > plain.tmx <<'MAP'
<?xml version="1.0" encoding="UTF-8"?>
<map version="1.8" tiledversion="1.8.2" orientation="orthogonal" width="8" height="8" tilewidth="16" tileheight="16" infinite="0">
 <imagelayer id="1" name="sky" locked="1" repeatx="1" repeaty="1">
  <image source="sky.png" width="1" height="1"/>
 </imagelayer>
</map>
MAP
sed 's|^ <imagelayer| <editorsettings><export target="game.json" format="json"/></editorsettings>\n&|' plain.tmx > aimed.tmx
tiled --export-map plain.tmx out_plain.tmx
tiled --embed-tilesets --export-map plain.tmx out_embedded.tmx
tiled --detach-templates --export-map plain.tmx out_detached.tmx
tiled --export-map aimed.tmx out_aimed.tmx
tiled --export-map plain.tmx out.json
tiled --export-map out.json out_again.json
"${PYTHON:-python3}" - <<'PROOF'
from pathlib import Path

FILES = {
    "plain": "out_plain.tmx",
    "--embed-tilesets": "out_embedded.tmx",
    "--detach-templates": "out_detached.tmx",
    "export target": "out_aimed.tmx",
    "JSON": "out.json",
    "JSON opened": "out_again.json",
}
texts = {name: Path(path).read_text() for name, path in FILES.items()}
found = {name: "repeatx" in text for name, text in texts.items()}
print("repeatx in", found)
assert all("sky.png" in text for text in texts.values())
assert found == {name: name in ("plain", "JSON") for name in FILES}
assert "locked" in texts["plain"] and "locked" not in texts["--embed-tilesets"]
PROOF
