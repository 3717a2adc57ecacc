#!/usr/bin/env bash
# pytmx: a layer in a hidden, shifted group is visible and not shifted, and nothing says that it was in one
#
# Guess:  visible_layers leaves out what Tiled does not draw; a layer's offset, or its group's, is to be had from the layer.
# Really: groups are flattened. A layer of a hidden group is in visible_layers and visible_object_groups, its offset is its own
#         alone, and its parent is the map, so the group's visibility, offset and opacity cannot be added afterwards.
#         The group itself stands in `layers` before all others. (pytiled-parser keeps the tree.)
# Hurts:  a group of spare or test objects that its maker hid spawns in the game, and a shifted one in the wrong place.
# Seen with pytmx 3.32, Python 3.11; Tiled's own rasterizer leaves such layers out.
# Output seen:
#   layers: ['spare', 'floor', 'walls', 'doors']
#   visible: ['floor', 'walls', 'doors'] object groups: ['doors'] | walls: offset (0, 0), parent is the map: True
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pytmx==3.32
cat > level.tmx <<'MAP'
<?xml version="1.0" encoding="UTF-8"?>
<map version="1.8" orientation="orthogonal" renderorder="right-down" width="1" height="1" tilewidth="16" tileheight="16" infinite="0">
 <layer id="1" name="floor" width="1" height="1"><data encoding="csv">0</data></layer>
 <group id="2" name="spare" visible="0" offsetx="32" offsety="48">
  <layer id="3" name="walls" width="1" height="1"><data encoding="csv">0</data></layer>
  <objectgroup id="4" name="doors"><object id="1" x="0" y="0" width="16" height="16"/></objectgroup>
 </group>
</map>
MAP
venv/bin/python - <<'PROOF'
import pytmx

level = pytmx.TiledMap("level.tmx")
names = [layer.name for layer in level.layers]
visible = [layer.name for layer in level.visible_layers]
objects = [level.layers[place].name for place in level.visible_object_groups]
walls = level.get_layer_by_name("walls")
print("layers:", names)
print(
    "visible:", visible, "object groups:", objects,
    f"| walls: offset ({walls.offsetx}, {walls.offsety}), parent is the map: {walls.parent is level}",
)
assert names[0] == "spare" and visible == ["floor", "walls", "doors"] and objects == ["doors"]
assert (walls.offsetx, walls.offsety) == (0, 0) and walls.parent is level
PROOF
