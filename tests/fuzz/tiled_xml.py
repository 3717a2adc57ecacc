"""Mutators of Tiled's XML (`.tmx`, `.tsx`, `.tx`) that know tags, attributes and the cells of layers."""

import base64
import struct
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Sequence
from random import Random
from typing import Final

from game.core.levels import schema
from game.core.levels.tile_data import zstd
from tests.fuzz.mutate import NUMBERS, TEXTS, nonsense, one_of, raw_bytes, tokens

_NAMES: Final = (
    *(
        "id",
        "gid",
        "x",
        "y",
        "width",
        "height",
        "rotation",
        "name",
        "type",
        "class",
        "value",
        "source",
        "template",
    ),
    *(
        "firstgid",
        "tilecount",
        "encoding",
        "compression",
        "offsetx",
        "offsety",
        "visible",
        "infinite",
        "orientation",
    ),
    *("tilewidth", "tileheight", "propertytype", "objectalignment"),
)
_WORDS: Final = (
    *schema.TILE_CLASSES,
    *schema.OBJECT_CLASSES,
    "level",
    "int",
    "bool",
    "float",
    "class",
    "list",
    "csv",
)
_SOURCES: Final = (
    *("set.tsx", "o0.tx", "mutant.tmx", "../set.tsx", "/etc/passwd", "/dev/zero", "x/" * 900, "C:\\a.tsx"),
    *(
        "http://example.invalid/a.tsx",
        "://automap-tiles.tsx",
        ".",
        "a\udfff.tx".encode("utf-8", "replace").decode(),
    ),
)
_TAGS: Final = (
    *("map", "tileset", "tile", "layer", "data", "chunk", "object", "objectgroup", "group", "properties"),
    *("property", "template", "image", "point", "ellipse", "polygon", "text", "capsule", "tileoffset"),
)
_MANY: Final = (1, 2, 30, 700)
_ENTITIES: Final = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
_BOMB: Final = base64.b64encode(zlib.compress(bytes(64 << 20), 9)).decode()
_ZSTD_BOMB: Final = base64.b64encode(zstd.compress(bytes(64 << 20))).decode()
_HEADS: Final = (
    f"<!DOCTYPE map [<!ENTITY e0 'ha'>{_ENTITIES}]>",
    "<!DOCTYPE map [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    "<!DOCTYPE map SYSTEM 'http://example.invalid/map.dtd'>",
    "<!DOCTYPE map [<!ATTLIST map name CDATA 'x'>]>",
    "<!-- <!ENTITY -->",
    "<?xml-stylesheet href='a.xsl'?>",
)


def _text(value: object) -> str:
    """A text that XML can hold."""
    shown = str(value)[:6000].encode("utf-8", "replace").decode()
    return "".join(sign if sign.isprintable() or sign in "\t\n" else "?" for sign in shown)


def meaning(chance: Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """One to three changes of tags and attributes; what comes out is XML."""
    try:
        root = ET.fromstring(data)
    except (ET.ParseError, ValueError, LookupError):
        return raw_bytes(chance, data, others)
    for _ in range(chance.choice((1, 1, 2, 3))):
        chance.choice((_attribute, _attribute, _attribute, _tag, _tag, _cells, _property))(chance, root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _any(chance: Random, root: ET.Element) -> ET.Element:
    found = list(root.iter())[:4000]
    return found[chance.randrange(len(found))]


def _attribute(chance: Random, root: ET.Element) -> None:
    """An attribute set to a number, word, path or hostile text; or dropped."""
    tag = _any(chance, root)
    names = list(tag.attrib) or list(_NAMES)
    name = names[chance.randrange(len(names))] if chance.randrange(3) else chance.choice(_NAMES)
    if chance.randrange(6) == 0:
        tag.attrib.pop(name, None)
        return
    values = _SOURCES if name in ("source", "template") else (*NUMBERS, *TEXTS, *_WORDS)
    tag.set(name, _text(chance.choice(values)))


def _tag(chance: Random, root: ET.Element) -> None:
    """A tag dropped, doubled, renamed, put into itself or into groups, or made of another kind."""
    parents = [tag for tag in root.iter() if len(tag)][:2000]
    if not parents:
        return
    parent = parents[chance.randrange(len(parents))]
    at = chance.randrange(len(parent))
    kind = chance.randrange(6)
    if kind == 0:
        del parent[at]
    elif kind == 1:
        for _ in range(chance.choice(_MANY)):
            parent.insert(at, parent[at])
    elif kind == 2:
        parent[at].tag = chance.choice(_TAGS)
    elif kind == 3:
        for _ in range(chance.choice((1, 7, 60))):
            group = ET.Element("group", {"name": "g", "offsetx": str(chance.choice((0, 32, 5)))})
            group.append(parent[at])
            parent[at] = group
    elif kind == 4:
        parent.insert(at, ET.Element(chance.choice(_TAGS)))
    else:
        parent[at], parent[-1] = parent[-1], parent[at]


def _cells(chance: Random, root: ET.Element) -> None:
    """The cells of a layer packed, cut, exchanged, in chunks, or a bomb."""
    found = list(root.iter("data"))
    if not found:
        return
    data = found[chance.randrange(len(found))]
    kind = chance.randrange(7)
    if kind == 0:
        data.attrib |= {"encoding": "base64", "compression": "zlib"}
        data.text = _BOMB
    elif kind == 1:
        data.attrib |= {"encoding": "base64", "compression": "zstd"}
        data.text = _ZSTD_BOMB
    elif kind == 2:
        cells = [chance.randrange(40) for _ in range(192)]
        packed = zstd.compress(struct.pack("<192I", *cells))
        data.attrib |= {"encoding": "base64", "compression": "zstd"}
        data.text = base64.b64encode(packed[: chance.choice((len(packed), 20))]).decode()
    elif kind == 3:
        corner = chance.choice((0, -16, 10**6, 10**12, 50))
        chunk = ET.SubElement(data, "chunk", {"x": str(corner), "y": "0", "width": "16", "height": "16"})
        chunk.text = ",".join(["1"] * chance.choice((256, 255, 0)))
        root.set("infinite", chance.choice(("0", "1")))
    elif kind == 4:
        data.attrib.clear()
        data.text = None
        for _ in range(chance.choice((192, 191, 20_000))):
            ET.SubElement(data, "tile", {"gid": str(chance.choice((0, 1, 2, 99, 1 << 31)))})
    else:
        text = data.text or ""
        at = chance.randrange(len(text) + 1)
        data.text = text[:at] + _text(chance.choice(TEXTS)) + text[at + chance.choice((0, 1, 9)) :]


def _property(chance: Random, root: ET.Element) -> None:
    """A property added: of any type, nested, of the class level."""
    tag = _any(chance, root)
    listed = tag.find("properties")
    if listed is None:
        listed = ET.SubElement(tag, "properties")
    fields = (*schema.LEVEL_FIELDS, *schema.SPAWN_FIELDS)
    field = fields[chance.randrange(len(fields))]
    kind, of = (
        chance.choice(("int", "float", "bool", "class", "list", "string", "")),
        chance.choice(("", "level", "mood")),
    )
    for _ in range(chance.choice(_MANY)):
        made = {
            "name": field.name,
            "type": kind,
            "propertytype": of,
            "value": _text(chance.choice((*NUMBERS, *_WORDS))),
        }
        entry = ET.SubElement(listed, "property", {key: value for key, value in made.items() if value})
        if kind == "class":
            inner = ET.SubElement(entry, "properties")
            ET.SubElement(inner, "property", {"name": field.name, "type": "int", "value": "1"})


def head(chance: Random, data: bytes, _others: Sequence[bytes]) -> bytes:
    """Definitions, entities and instructions before the first tag."""
    before, mark, after = data.partition(b"?>")
    inside = chance.choice((b"", b"<map>&e8;</map>", b"&x;"))
    return before + mark + chance.choice(_HEADS).encode() + inside + after


_tokens: Final = tokens(
    r'"[^"<]*"|<[/A-Za-z]+|/?>|-?\d[\d.]*|,',
    ("<", ">", "/>", "</map>", "<![CDATA[", "]]>", "<!--", "-->", "&lt;", "&#0;", "&#x110000;", "&x;", '"', "'", "=", "\0",
     "\ufeff",
     "<group>" * 50, "9" * 5000, "1e999", "NaN"),
)  # fmt: skip
xml_file: Final = one_of((9, meaning), (3, _tokens), (2, head), (2, raw_bytes), (1, nonsense))
