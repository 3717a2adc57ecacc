"""A bounded reader of protobuf's wire format (protobuf.dev, "Encoding"), for untrusted files.

A message is read against a table of the fields it may have; anything else is refused. Nothing recurses,
no memory is allocated from a claimed length, and the number of fields in a file is limited.
"""

from collections.abc import Iterator, Mapping

from safefiles.errors import FileRefused
from safefiles.foreign import place_inside
from safefiles.onnx_messages import say

MAX_FIELDS = 50_000  # in one file
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types

Fields = Mapping[int, tuple[str, int]]  # field number -> (name, wire type)
Value = int | memoryview
Message = dict[str, list[Value]]


class Reader:
    """Protobuf wire format (encoding guide, developers.google.com/protocol-buffers), bounded and without
    recursion.
    """

    def __init__(self, name: str, refused: Mapping[tuple[str, int], str]) -> None:
        """`name` is the file's; `refused` words fields that deserve a better name than a number."""
        self.name = name
        self.refused = refused
        self.left = MAX_FIELDS

    def fail(self, place: str, key: str, /, **fields: object) -> FileRefused:
        """The refusal to raise: file, place, and a message's id and fields."""
        return FileRefused(say(key, where=place_inside(self.name, place, mark=" > "), **fields))

    def message(self, view: Value, where: str, known: Fields) -> Message:
        """All fields of one message by name; refuses fields that are not in `known`."""
        if isinstance(view, int):
            raise self.fail(where, "number_found")
        found: Message = {}
        for number, wire, value in self.fields(view, where):
            if number not in known:
                kind = where.split(" ", maxsplit=1)[0]
                what = self.refused.get((kind, number)) or say("field", number=number)
                raise self.fail(where, "known_fields", found=what)
            name, expected = known[number]
            if wire != expected:
                # Repeated numbers may come packed into one block.
                if wire == BYTES and expected == VARINT and name == "dims" and isinstance(value, memoryview):
                    found.setdefault(name, []).extend(self._packed(value, where))
                    continue
                raise self.fail(where, "wire_type", expected=expected, name=name, found=wire)
            found.setdefault(name, []).append(value)
        return found

    def fields(self, view: memoryview, where: str) -> Iterator[tuple[int, int, Value]]:
        """Number, wire type and value of each field of one message, as they come."""
        position = 0
        while position < len(view):
            self.left -= 1
            if self.left < 0:
                raise self.fail(where, "most_fields", most=MAX_FIELDS)
            key, position = self._varint(view, position, where)
            number, wire = key >> 3, key & 7
            value: Value
            if wire == VARINT:
                value, position = self._varint(view, position, where)
            elif wire in (BYTES, FIXED32, FIXED64):
                size = {FIXED32: 4, FIXED64: 8}.get(wire, 0)
                if wire == BYTES:
                    size, position = self._varint(view, position, where)
                if size > len(view) - position:
                    left = len(view) - position
                    raise self.fail(where, "cut_bytes", size=size, position=position, found=left)
                value = view[position : position + size]
                position += size
            else:
                raise self.fail(where, "not_onnx", wire=wire)
            yield number, wire, value

    def _packed(self, view: memoryview, where: str) -> list[Value]:
        values: list[Value] = []
        position = 0
        while position < len(view):
            if len(values) > 8:
                raise self.fail(where, "most_dimensions")
            value, position = self._varint(view, position, where)
            values.append(value)
        return values

    def _varint(self, view: memoryview, position: int, where: str) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if position >= len(view):
                raise self.fail(where, "cut_end")
            byte = view[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
        raise self.fail(where, "long_varint")

    def text(self, value: Value, where: str, most: int = 200) -> str:
        """A string of at most `most` bytes."""
        if isinstance(value, int) or len(value) > most:
            raise self.fail(where, "long_string", most=most)
        try:
            return bytes(value).decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.fail(where, "utf8") from error

    def one(self, message: Message, key: str, where: str) -> Value:
        """The only value of `key`."""
        values = message.get(key, [])
        if len(values) != 1:
            raise self.fail(where, "one_value", name=key, found=len(values))
        return values[0]

    def number(self, message: Message, key: str, where: str, default: int = 0) -> int:
        """An integer field, signed as int64."""
        values = message.get(key, [default])
        if len(values) != 1 or not isinstance(values[0], int):
            raise self.fail(where, "one_number", name=key, found=len(values))
        value = values[0]
        return value - (1 << 64) if value >= 1 << 63 else value

    def string(self, message: Message, key: str, where: str) -> str:
        """A string field, empty where absent."""
        return self.text(self.one(message, key, where), where) if key in message else ""


def encode(number: int, wire: int, value: Value) -> bytes:
    """The bytes of one field, as `Reader.fields` gave it."""
    key = _varint_bytes(number << 3 | wire)
    if isinstance(value, int):
        return key + _varint_bytes(value)
    size = _varint_bytes(len(value)) if wire == BYTES else b""
    return key + size + bytes(value)


def _varint_bytes(value: int) -> bytes:
    found = bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
