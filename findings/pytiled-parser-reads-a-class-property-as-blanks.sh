#!/usr/bin/env bash
# pytiled-parser: a property of a class is its members in JSON, and a string of blanks in TMX
#
# Guess:  one map in Tiled's two formats gives the same properties, or an error where a kind is not supported.
# Really: from TMX the value is the text between the tags, which is the line break and the indent that Tiled writes. It is true in
#         an `if`, and its length is right for a name. Without an indent the property is missing. From JSON it is a dict.
#         (pytmx 3.32 stops at such a property unless the class was given to it.)
# Hurts:  a gate's or a spawner's settings, kept in a class as Tiled suggests, are gone once the map is saved as TMX.
# Seen with pytiled-parser 2.2.9, Python 3.11.
# Output seen:
#   JSON {'gate': {'hits': 9}} | TMX {'gate': '\n   '} | TMX in one line {}
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install -q --disable-pip-version-check pytiled-parser==2.2.9
venv/bin/python - <<'PROOF'
import json
from pathlib import Path

from pytiled_parser import parse_map

MEMBERS = '<properties>{0}<property name="hits" type="int" value="9"/>{0}</properties>'
HEAD = '<map version="1.8" tiledversion="1.8.2" orientation="orthogonal" renderorder="right-down" infinite="0" width="1" height="1" '


def from_tmx(name, gap):
    Path(name).write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n{HEAD}tilewidth="16" tileheight="16" nextlayerid="1" nextobjectid="1">\n'
        f' <properties>\n  <property name="gate" type="class" propertytype="Gate">{gap}{MEMBERS.format(gap)}{gap}</property>\n'
        " </properties>\n</map>\n"
    )
    return parse_map(Path(name)).properties


Path("level.json").write_text(json.dumps({
    "type": "map", "version": "1.8", "tiledversion": "1.8.2", "orientation": "orthogonal", "renderorder": "right-down",
    "infinite": False, "width": 1, "height": 1, "tilewidth": 16, "tileheight": 16, "nextlayerid": 1, "nextobjectid": 1,
    "layers": [], "tilesets": [],
    "properties": [{"name": "gate", "type": "class", "propertytype": "Gate", "value": {"hits": 9}}],
}))
found = parse_map(Path("level.json")).properties, from_tmx("level.tmx", "\n   "), from_tmx("line.tmx", "")
print("JSON", found[0], "| TMX", found[1], "| TMX in one line", found[2])
assert found == ({"gate": {"hits": 9}}, {"gate": "\n   "}, {})
PROOF
