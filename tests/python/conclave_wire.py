"""What goes over the wire, from schemas/README.md sections 2, 3 and 6: msgpack as far as Conclave
uses it, frames, and messages as dicts by the layouts of schemas/protocol.json. No I/O.

Problem is raised for bytes that are not what the page says; its `code` is the name of the error."""

import json
import pathlib
import struct

HEADER = struct.Struct(">IBBHQ")  # length, version, type, flags, correlation
VERSION = 1


class Problem(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code}: {text}")
        self.code = code


def malformed(text):
    return Problem("malformed", text)


# -- msgpack, writing: the shortest forms


def pack_uint(n):
    if n < 0x80:
        return bytes([n])
    for form, size in ((0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8)):
        if n < 1 << 8 * size:
            return bytes([form]) + n.to_bytes(size, "big")
    raise ValueError(n)


def pack_head(size, fix, fix_limit, forms):
    if size < fix_limit:
        return bytes([fix | size])
    for form, width in forms:
        if size < 1 << 8 * width:
            return bytes([form]) + size.to_bytes(width, "big")
    raise ValueError(size)


def pack_str(text):
    data = text.encode()
    return pack_head(len(data), 0xA0, 32, ((0xD9, 1), (0xDA, 2), (0xDB, 4))) + data


def pack_bin(data):
    return pack_head(len(data), 0, 0, ((0xC4, 1), (0xC5, 2), (0xC6, 4))) + data


def pack_array(elements):
    return pack_head(len(elements), 0x90, 16, ((0xDC, 2), (0xDD, 4))) + b"".join(elements)


# -- msgpack, reading: every form


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, size):
        if size > len(self.data) - self.at:
            raise malformed("is cut short")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size, signed=False):
        return int.from_bytes(self.take(size), "big", signed=signed)

    def uint(self):
        form = self.number(1)
        if form < 0x80:
            return form
        if 0xCC <= form <= 0xCF:
            return self.number(1 << form - 0xCC)
        if 0xD0 <= form <= 0xD3:
            value = self.number(1 << form - 0xD0, signed=True)
            if value >= 0:
                return value
        raise malformed("is not an unsigned integer")

    def bool(self):
        form = self.number(1)
        if form not in (0xC2, 0xC3):
            raise malformed("is not a boolean")
        return form == 0xC3

    def sized(self, fix, fix_mask, forms, what):
        """The size behind a str, bin or array header."""
        form = self.number(1)
        if fix is not None and form & ~fix_mask == fix:
            return form & fix_mask
        if form not in forms:
            raise malformed(f"is not {what}")
        return self.number(forms[form])

    def str(self):
        data = self.take(self.sized(0xA0, 0x1F, {0xD9: 1, 0xDA: 2, 0xDB: 4}, "a str"))
        try:
            return data.decode(), len(data)
        except UnicodeDecodeError:
            raise Problem("invalid_argument", "is not UTF-8") from None

    def bin(self):
        return self.take(self.sized(None, 0, {0xC4: 1, 0xC5: 2, 0xC6: 4}, "a bin"))

    def array(self):
        count = self.sized(0x90, 0x0F, {0xDC: 2, 0xDD: 4}, "an array")
        if count > len(self.data) - self.at:  # an element has a byte at least
            raise malformed("has more elements than bytes")
        return count

    def skip(self, depth):
        """Passes over one element of any type, in which at most `depth` arrays or maps nest."""
        form = self.number(1)
        fixed = {0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8}
        fixed |= {0xCC + i: 1 << i for i in range(4)} | {0xD0 + i: 1 << i for i in range(4)}
        fixed |= {0xD4 + i: 1 + (1 << i) for i in range(5)}
        if form < 0x80 or form >= 0xE0:
            return
        if form in fixed:
            self.take(fixed[form])
        elif 0xA0 <= form <= 0xBF:
            self.take(form & 0x1F)
        elif form in (0xC4, 0xC5, 0xC6):
            self.take(self.number(1 << form - 0xC4))
        elif form in (0xC7, 0xC8, 0xC9):
            self.take(self.number(1 << form - 0xC7) + 1)
        elif form in (0xD9, 0xDA, 0xDB):
            self.take(self.number(1 << form - 0xD9))
        elif form <= 0x9F or 0xDC <= form <= 0xDF:
            is_map = form <= 0x8F or form >= 0xDE
            count = form & 0x0F if form <= 0x9F else self.number(2 if form in (0xDC, 0xDE) else 4)
            count *= 2 if is_map else 1
            if depth == 0 or count > len(self.data) - self.at:
                raise malformed("nests too deep or has more elements than bytes")
            for _ in range(count):
                self.skip(depth - 1)
        else:
            raise malformed("is a byte that msgpack never uses")


# -- messages, by the layouts of protocol.json

DEFAULTS = {"uint": 0, "bool": False, "str": "", "bin": b"", "list": []}
MAX_DEPTH = 4


class Protocol:
    """All layouts: encode(name, fields) and decode(name, payload)."""

    def __init__(self, path=None):
        here = pathlib.Path(__file__).resolve()
        path = path or here.parents[2] / "schemas" / "protocol.json"
        model = json.loads(pathlib.Path(path).read_text())
        self.frames = {f["name"]: f for f in model["frames"]}
        self.names = {f["type"]: f["name"] for f in model["frames"]}
        self.layouts = {name: frame["fields"] for name, frame in self.frames.items()}
        self.layouts |= {r["name"]: r["fields"] for r in model["records"] + model["event_bodies"]}
        self.layouts["event"] = model["event"]["fields"]
        self.kinds = {k["kind"]: k for k in model["event_kinds"]}
        self.errors = {e["code"]: e for e in model["errors"]}

    def encode(self, name, fields):
        if name == "EVENT":  # the one field that has a form of its own
            conversation = b"\xcf" + fields["conversation"].to_bytes(8, "big")
            return pack_array([conversation, self.encode("event", fields["event"])])
        elements = []
        used = 0
        for i, field in enumerate(self.layouts[name]):
            value = fields.get(field["name"]) if field.get("optional") else fields[field["name"]]
            if value is None:
                value = DEFAULTS[field["type"]]
            elements.append(self._pack(field, value))
            if not field.get("optional") or value != DEFAULTS[field["type"]]:
                used = i + 1
        return pack_array(elements[:used])

    def _pack(self, field, value):
        kind = field["type"]
        if kind == "uint":
            return pack_uint(value)
        if kind == "bool":
            return b"\xc3" if value else b"\xc2"
        if kind == "str":
            return pack_str(value)
        if kind == "bin":
            return pack_bin(value)
        if kind == "list":
            return pack_array([self._pack(field["element"], each) for each in value])
        return self.encode(kind, value)

    def decode(self, name, payload):
        """All fields of the message, the missing optional ones with their defaults."""
        reader = Reader(payload)
        try:
            fields = self._record(reader, name, 1)
            if reader.at != len(payload):
                raise malformed("is followed by more bytes")
        except Problem as problem:
            if name in ("EVENT", "event") or name.endswith("_body"):
                raise malformed(str(problem)) from None  # whoever wrote it knew the bounds
            raise
        event = fields.get("event")
        if name in ("EVENT", "event") and (event or fields)["format"] != 1:
            raise Problem("unsupported", "is an event of another format")
        return fields

    def _record(self, reader, name, depth):
        count = reader.array()
        layout = self.layouts[name]
        if count < sum(not f.get("optional") for f in layout):
            raise malformed(f"{name} has too few elements")
        fields = {}
        for i, field in enumerate(layout):
            missing = i >= count
            fields[field["name"]] = (
                DEFAULTS[field["type"]] if missing else self._unpack(reader, field, depth)
            )
        for _ in range(count - len(layout)):
            reader.skip(MAX_DEPTH - depth)
        return fields

    def _unpack(self, reader, field, depth):
        kind = field["type"]
        if kind == "bool":
            return reader.bool()
        if kind == "uint":
            value = size = reader.uint()
        elif kind == "str":
            value, size = reader.str()
        elif kind == "bin":
            value = reader.bin()
            size = len(value)
        elif kind == "list":
            size = reader.array()
        else:
            return self._record(reader, kind, depth + 1)
        if not int(field["min"]) <= size <= int(field["max"]):
            raise Problem("invalid_argument", f"{field.get('name', 'an element')} is {size}")
        if kind == "list":
            value = [self._unpack(reader, field["element"], depth + 1) for _ in range(size)]
        return value

    # -- frames

    def frame(self, name, correlation, fields):
        payload = self.encode(name, fields)
        length = HEADER.size - 4 + len(payload)
        return HEADER.pack(length, VERSION, self.frames[name]["type"], 0, correlation) + payload
