#!/usr/bin/env bash
# tiled: `--export-map` to TMX keeps a property of a class and drops all that is in it
#
# Guess:  a map exported from TMX to TMX has the properties that it had; a class that the command does not know is passed on.
# Really: the command knows no project, so it knows no class: the property keeps its name, is still said to be a class,
#         and its members are gone, with exit code 0 and no warning. --resolve-types-and-properties does not help. The
#         JSON export of the same map keeps the members. Both drop the names of classes and enums (propertytype).
# Hurts:  a build step that embeds tilesets or detaches templates (--embed-tilesets, --detach-templates) ships
#         every object with the game's default values.
# Seen with Tiled 1.8.2 (Debian 12). Needs tiled (Debian package: tiled).
# Output seen:
#   in: 1 class 'Gate', 1 enum 'Colour', hits 9 | TMX: <property name="gate" type="class"/> | JSON: {'hits': 9}
#   names left: TMX 0, JSON 0
set -euo pipefail
command -v tiled >/dev/null || { echo "tiled is missing (Debian package: tiled)"; exit 77; }
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export QT_QPA_PLATFORM=offscreen XDG_CONFIG_HOME="$folder" XDG_DATA_HOME="$folder" XDG_RUNTIME_DIR="$folder"
cat > level.tmx <<'MAP'
<?xml version="1.0" encoding="UTF-8"?>
<map version="1.8" tiledversion="1.8.2" orientation="orthogonal" renderorder="right-down" width="2" height="2" tilewidth="16" tileheight="16" infinite="0" nextlayerid="2" nextobjectid="2">
 <objectgroup id="1" name="things">
  <object id="1" x="16" y="16" width="16" height="16">
   <properties>
    <property name="gate" type="class" propertytype="Gate">
     <properties>
      <property name="hits" type="int" value="9"/>
     </properties>
    </property>
    <property name="key" type="int" propertytype="Colour" value="2"/>
   </properties>
  </object>
 </objectgroup>
</map>
MAP
tiled --export-map level.tmx plain.tmx
tiled --resolve-types-and-properties --export-map level.tmx resolved.tmx
tiled --export-map level.tmx plain.json
"${PYTHON:-python3}" - <<'PROOF'
import json
from pathlib import Path

plain, resolved, text = (Path(name).read_text() for name in ("plain.tmx", "resolved.tmx", "plain.json"))
[line] = [line.strip() for line in plain.splitlines() if '"gate"' in line]
[kept] = [each["value"] for each in json.loads(text)["layers"][0]["objects"][0]["properties"] if each["name"] == "gate"]
print("in: 1 class 'Gate', 1 enum 'Colour', hits 9 | TMX:", line, "| JSON:", kept)
names = [page.count("propertytype") for page in (plain, text)]
print("names left: TMX %d, JSON %d" % tuple(names))
assert line == '<property name="gate" type="class"/>' and "hits" not in plain + resolved
assert kept == {"hits": 9} and names == [0, 0]
PROOF
