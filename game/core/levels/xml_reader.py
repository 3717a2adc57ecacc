"""Reads Tiled's XML (`.tmx`, `.tsx`, `.tx`) into the objects of its JSON format, so that one reader is enough for both.

The text is limited before it is parsed: bytes, tags, attributes, references. All definitions, such as entities, which can
expand without limit or read other files, are refused in the text itself, and again by defusedxml. The names,
types and defaults of keys are those of the JSON map format: https://doc.mapeditor.org/en/stable/reference/json-map-format/
"""

import re
from collections.abc import Callable
from typing import Any, Final
from xml.parsers import expat
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from game.core.levels.node import Located
from game.core.levels.problems import Findings, Location, label, quoted, say
from safefiles.messages import Message
from safefiles.text import clean

MAX_DEPTH: Final = 40  # nested tags
_MAX_TILES: Final = 40_000  # 8 layers of them
_MAX_TAGS: Final = 18_000  # besides tiles: 4096 tiles of a tileset with a property each need 16,384
_MAX_COUNTS: Final = (
    ("=", "attributes", 120_000),
    (",", "values", 120_000),
    ("&", "references", 20_000),
)
_ENCODING: Final = re.compile(r"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]{0,80})[\"']")
_ENCODINGS: Final = ("utf-8", "utf8", "us-ascii", "ascii")
_DEFINITION: Final = re.compile(r"<!(?:ENTITY|ELEMENT|ATTLIST|NOTATION)|<!DOCTYPE[^>\[]{0,2000}\[")
_DOCTYPE: Final = re.compile(r"<!DOCTYPE\s[^\[<>]{0,2000}>")
_TAG: Final = re.compile(r"<[A-Za-z_]")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,4})?")
_TEXTS: Final = frozenset(
    (
        *(
            "name",
            "type",
            "class",
            "source",
            "template",
            "orientation",
            "renderorder",
            "version",
            "tiledversion",
        ),
        *(
            "encoding",
            "compression",
            "objectalignment",
            "propertytype",
            "color",
            "tintcolor",
            "mode",
            "blendmode",
        ),
        *("backgroundcolor", "staggeraxis", "staggerindex", "draworder", "tilerendersize", "fillmode"),
    )
)
_FLAGS: Final = frozenset(("infinite", "visible", "locked", "repeatx", "repeaty"))
_LAYERS: Final = {
    "layer": "tilelayer",
    "objectgroup": "objectgroup",
    "imagelayer": "imagelayer",
    "group": "group",
}
_HOLDERS: Final = ("data", "chunk")  # parents of tiles that are tags
_SHAPES: Final = ("ellipse", "point", "polygon", "polyline", "text", "capsule")
_MISTAKES: Final = {
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "xml_empty",
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "xml_closing",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "xml_cut",
    expat.errors.codes[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "xml_twice",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "xml_extra",
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "xml_entity",
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: "xml_sign",
}


class _Nested(Exception):
    """Tags are nested too deep."""


class _Element:
    """One tag with its content. The tiles of a `data` tag are stored as numbers, not as tags."""

    __slots__ = ("attributes", "children", "line", "name", "text", "tiles")

    def __init__(self, name: str, attributes: dict[str, str], line: int) -> None:
        self.name = name
        self.attributes = attributes
        self.line = line
        self.children: list[_Element] = []
        self.text: list[str] = []
        self.tiles: list[Any] = []

    def all(self, name: str) -> "list[_Element]":
        """Return the children with a name."""
        return [child for child in self.children if child.name == name]

    def first(self, name: str) -> "_Element | None":
        """Return the first child with a name."""
        return next((child for child in self.children if child.name == name), None)


class _Tree(DefusedExpatParser):  # type: ignore[misc]
    """Collects the tags of a document, called directly by expat."""

    def __init__(self) -> None:
        super().__init__(forbid_dtd=True)
        self.setContentHandler(_Texts(self))
        self.root: _Element | None = None
        self._open: list[_Element] = []

    def start_element(self, name: str, attrs: dict[str, str]) -> None:
        """Open a tag."""
        opened = self._open
        parent = opened[-1] if opened else None
        if parent is not None and name == "tile" and parent.name in _HOLDERS:
            parent.tiles.append(_number(attrs.get("gid", "0")))
            opened.append(parent)
        else:
            made = _Element(name, attrs, self.getLineNumber() or 0)
            if parent is None:
                self.root = made
            else:
                parent.children.append(made)
            opened.append(made)
        if len(opened) > MAX_DEPTH:
            raise _Nested

    def end_element(self, name: str) -> None:
        """Close it."""
        self._open.pop()

    def add_text(self, content: str) -> None:
        """Add a piece of text to the tag that is open."""
        self._open[-1].text.append(content)


class _Texts(ContentHandler):
    """Passes on the text of tags, which expat reports only to a handler and not to its parser."""

    def __init__(self, tree: _Tree) -> None:
        super().__init__()
        self.characters = tree.add_text  # type: ignore[method-assign]


def parse_xml(text: str, findings: Findings) -> dict[str, Any] | None:
    """Return the map, tileset or template in the form of Tiled's JSON; None after adding a problem."""
    if not _is_bounded(text, findings):
        return None
    tree = _Tree()
    try:
        tree.feed(_without_doctype(text).encode("utf-8"))
        tree.close()
    except SAXParseException as error:
        line, column = error.getLineNumber() or 1, (error.getColumnNumber() or 0) + 1
        findings.add("E035", Location(line=line), found=_syntax_error(error), line=line, column=column)
        return None
    except DefusedXmlException:
        findings.add("E036", found=say("xml_definition"))
        return None
    except _Nested:
        findings.add("E006", limit=MAX_DEPTH)
        return None
    root = tree.root
    read = _ROOTS.get(root.name) if root is not None else None
    if root is None or read is None:
        found = quoted(root.name) if root is not None else say("none")
        findings.add("E010", expected=say("tiled_file"), found=found)
        return None
    return read(root)


def _is_bounded(text: str, findings: Findings) -> bool:
    """Check the text before parsing: limit its size, and refuse external references."""
    for sign, what, limit in _MAX_COUNTS:
        found = text.count(sign)
        if found > limit:
            findings.add("E007", limit=limit, what=say(what), found=found)
            return False
    tiles = text.count("<tile ") + text.count("<tile/")
    if tiles > _MAX_TILES:
        findings.add("E007", limit=_MAX_TILES, what=say("tiles"), found=tiles)
        return False
    tags = text.count("<") - tiles
    if tags > _MAX_TAGS:
        findings.add("E007", limit=_MAX_TAGS, what=say("tags"), found=tags)
        return False
    encoding = _ENCODING.search(text[:400])
    if encoding and encoding[1].lower() not in _ENCODINGS:
        findings.add("E003", Location(line=1), found=label(encoding[1]))
        return False
    definition = _DEFINITION.search(text)
    if definition:
        line = text.count("\n", 0, definition.start()) + 1
        findings.add("E036", Location(line=line), found=say("xml_definition"))
        return False
    return True


def _without_doctype(text: str) -> str:
    """Return a text without the name of Tiled's DTD, which old maps have before their first tag; it is never fetched."""
    found = _DOCTYPE.search(text, 0, 4000)
    tag = _TAG.search(text)
    if found is None or (tag is not None and tag.start() < found.start()):
        return text
    return text[: found.start()] + "\n" * found[0].count("\n") + text[found.end() :]


def _syntax_error(error: SAXParseException) -> Message:
    """Return the parser's error as a message."""
    cause = error.getException()
    code = cause.code if isinstance(cause, expat.ExpatError) else 0
    return say(_MISTAKES.get(code, "xml_other"), told=clean(error.getMessage(), 80))


def _number(text: str) -> int | float | str:
    """Convert a text to a number; any other text is returned unchanged, so that a message can show it."""
    if _WHOLE.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text


def _flag(text: str) -> bool | str:
    return {"1": True, "true": True, "0": False, "false": False}.get(text, text)


def _attributes(element: _Element) -> Located:
    """Return the attributes of a tag in the form of JSON, with its properties."""
    found = Located.at(element.line)
    for name, text in element.attributes.items():
        found[name] = text if name in _TEXTS else _flag(text) if name in _FLAGS else _number(text)
    listed = element.first("properties")
    if listed is not None:
        found["properties"] = [_property(each) for each in listed.all("property")]
    return found


def _property(element: _Element) -> Located:
    found = Located.at(element.line)
    found |= {
        key: element.attributes[key] for key in ("name", "type", "propertytype") if key in element.attributes
    }
    found["value"] = _value(element)
    return found


def _value(element: _Element) -> Any:
    """Return the value of a property in its declared type; a value not of that type stays a text."""
    kind = element.attributes.get("type", "string")
    if kind == "class":
        members = element.first("properties")
        listed = members.all("property") if members is not None else []
        return {each.attributes.get("name", ""): _value(each) for each in listed}
    if kind == "list":
        return [_value(each) for each in element.all("item")]
    text = element.attributes.get("value")
    if text is None:
        text = "".join(element.text)
    if kind == "bool":
        return {"true": True, "false": False}.get(text, text)
    if kind in ("int", "object"):
        return int(text) if _WHOLE.fullmatch(text) else text
    if kind == "float":
        return float(text) if _DECIMAL.fullmatch(text) else text
    return text


def _map(element: _Element) -> Located:
    found = _attributes(element)
    found["type"] = "map"
    found["tilesets"] = [_tileset(each) for each in element.all("tileset")]
    found["layers"] = _layers(element)
    return found


def _layers(element: _Element) -> list[Located]:
    return [_layer(each) for each in element.children if each.name in _LAYERS]


def _layer(element: _Element) -> Located:
    found = _attributes(element)
    found["type"] = _LAYERS[element.name]
    if element.name == "group":
        found["layers"] = _layers(element)
    elif element.name == "objectgroup":
        found["objects"] = [_object(each) for each in element.all("object")]
    elif element.name == "imagelayer":
        image = element.first("image")
        found["image"] = image.attributes.get("source", "") if image is not None else ""
    elif element.name == "layer":
        data = element.first("data")
        if data is not None:
            _fill(found, data)
    return found


def _fill(layer: Located, data: _Element) -> None:
    """Store the cells of a `data` tag in its layer: as one list or text, or as chunks."""
    encoding = data.attributes.get("encoding")
    for key in ("encoding", "compression"):
        if key in data.attributes:
            layer[key] = data.attributes[key]
    chunks = data.all("chunk")
    if not chunks:
        layer["data"] = _cells(data, encoding)
        return
    layer["chunks"] = []
    for each in chunks:
        chunk = _attributes(each)
        chunk["data"] = _cells(each, encoding)
        layer["chunks"].append(chunk)


def _cells(element: _Element, encoding: str | None) -> list[Any] | str:
    if encoding is None:
        return element.tiles
    text = "".join(element.text)
    if encoding != "csv":
        return text
    cells = text.split(",") if text.strip() else []
    return [_number(cell.strip()) for cell in cells]


def _object(element: _Element) -> Located:
    found = _attributes(element)
    for shape in _SHAPES:
        drawn = element.first(shape)
        if drawn is not None:
            found[shape] = _points(drawn) if shape.startswith("poly") else _shape(drawn)
    return found


def _points(element: _Element) -> list[dict[str, Any]]:
    pairs = [pair.partition(",") for pair in element.attributes.get("points", "").split()]
    return [{"x": _number(x), "y": _number(y)} for x, _, y in pairs]


def _shape(element: _Element) -> bool | Located:
    """Return a text shape with its letters; for any other shape whether it is there."""
    if element.name != "text":
        return True
    found = _attributes(element)
    found["text"] = "".join(element.text)
    return found


def _tileset(element: _Element) -> Located:
    found = _attributes(element)
    image = element.first("image")
    if image is not None:
        found["image"] = image.attributes.get("source", "")
    aside = element.first("tileoffset")
    if aside is not None:
        found["tileoffset"] = _attributes(aside)
    found["tiles"] = [_attributes(each) for each in element.all("tile")]
    return found


def _tileset_file(element: _Element) -> Located:
    found = _tileset(element)
    found["type"] = "tileset"
    return found


def _template(element: _Element) -> Located:
    found = Located.at(element.line)
    found["type"] = "template"
    tileset, each = element.first("tileset"), element.first("object")
    if tileset is not None:
        found["tileset"] = _tileset(tileset)
    if each is not None:
        found["object"] = _object(each)
    return found


_ROOTS: Final[dict[str, Callable[[_Element], Located]]] = {
    "map": _map,
    "tileset": _tileset_file,
    "template": _template,
}
