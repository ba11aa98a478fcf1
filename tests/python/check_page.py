"""Holds conclave_wire.py to the golden vectors of tests/vectors: a client that was written from the
page alone says and understands the same bytes. Prints one line; code 0 is good."""

import json
import pathlib
import sys

from conclave_wire import HEADER, VERSION, Problem, Protocol

VECTORS = pathlib.Path(__file__).resolve().parents[1] / "vectors"
LARGEST_FRAME = 131072

protocol = Protocol()
failures = []


def expect(vector, holds, what):
    if not holds:
        failures.append(f"{vector['name']}: {what}")


def from_json(value):
    """{"hex": …} is bin; everything else is itself."""
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"hex"}:
        return bytes.fromhex(value["hex"])
    return {name: from_json(each) for name, each in value.items()}


def with_numbers(layout, fields):
    """Numbers that a double cannot hold are decimal strings in the files."""
    for field in protocol.layouts[layout]:
        value = fields.get(field["name"])
        if field["type"] == "uint" and isinstance(value, str):
            fields[field["name"]] = int(value)
        elif field["type"] == "event":
            with_numbers("event", value)
    return fields


def without_defaults(layout, fields):
    """As the files have it: an optional field that has its default is left out."""
    left = {}
    for field in protocol.layouts[layout]:
        value = fields[field["name"]]
        inner = field.get("element", field)["type"]
        if inner in protocol.layouts and isinstance(value, list):
            value = [without_defaults(inner, each) for each in value]
        elif inner in protocol.layouts:
            value = without_defaults(inner, value)
        if not field.get("optional") or value not in (0, False, "", b"", []):
            left[field["name"]] = value
    return left


def check_valid(vector):
    data = bytes.fromhex(vector["hex"])
    name = vector["type"]
    fields = with_numbers(name, from_json(vector["fields"]))
    length, version, type_number, flags, correlation = HEADER.unpack_from(data)
    expect(vector, length == len(data) - 4, "length")
    expect(vector, (version, flags) == (VERSION, 0), "version and flags")
    expect(vector, protocol.names.get(type_number) == name, "type")
    expect(vector, correlation == int(vector["correlation"]), "correlation")
    made = protocol.frame(name, correlation, fields)
    expect(vector, made == data, f"encodes to {made.hex()}")
    check_values(vector, fields)
    if "body" in vector:
        event = fields["event"]
        layout = protocol.kinds[event["kind"]]["body"].split(",")[0]
        body = from_json(vector["body"])
        expect(vector, protocol.encode(layout, body) == event["body"], "body encodes")
        decoded = without_defaults(layout, protocol.decode(layout, event["body"]))
        expect(vector, decoded == body, f"body decodes to {decoded}")


def check_values(vector, fields):
    try:
        decoded = protocol.decode(vector["type"], bytes.fromhex(vector["hex"])[HEADER.size :])
    except Problem as problem:
        return expect(vector, False, f"does not decode: {problem}")
    decoded = without_defaults(vector["type"], decoded)
    expect(vector, decoded == fields, f"decodes to {decoded}")


def verdict(vector, data):
    """What a node says of these bytes, in the order in which it looks at them."""
    length, version, type_number, _, _ = HEADER.unpack_from(data)
    if length < HEADER.size - 4:
        return "malformed"
    if length > LARGEST_FRAME:
        return "frame_too_large"
    if version != VERSION:
        return "unsupported_version"
    if type_number not in protocol.names:
        return "unsupported"
    try:
        protocol.decode(vector["type"], data[HEADER.size :])
    except Problem as problem:
        return problem.code
    return "ok"


def main():
    count = 0
    for path in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(path.read_text()):
            count += 1
            if path.stem == "malformed":
                found = verdict(vector, bytes.fromhex(vector["hex"]))
                expect(vector, found == vector["error"], f"is {found}, should be {vector['error']}")
            elif path.stem == "lenient":
                check_values(vector, with_numbers(vector["type"], from_json(vector["fields"])))
            else:
                check_valid(vector)
    for failure in failures:
        print(failure)
    print(f"{'BAD' if failures or not count else 'GOOD'} vectors={count} failures={len(failures)}")
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
