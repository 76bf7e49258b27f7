"""Every spelling a value may hide in, made from the value: the opposite of what the sweep does, so that they agree."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from html import escape
from urllib.parse import quote, quote_plus


def spellings(value: str) -> Iterator[tuple[str, bytes]]:
    """A value in each encoding, by name. Base64 at three alignments, without the letters its neighbours share."""
    raw = value.encode()
    yield "plain", raw
    yield "upper case", value.upper().encode()
    yield "percent", quote(value, safe="").encode()
    yield "form", quote_plus(value).encode()
    yield "percent twice", quote(quote(value, safe=""), safe="").encode()
    yield "percent for every byte", "".join(f"%{byte:02x}" for byte in raw).encode()
    yield "json", json.dumps(value)[1:-1].encode()
    yield "json twice", json.dumps(json.dumps(value))[3:-3].encode()
    yield "json escapes", "".join(f"\\u{ord(letter):04x}" for letter in value).encode()
    yield "markup", escape(value).encode()
    yield "decimal entities", "".join(f"&#{ord(letter)};" for letter in value).encode()
    yield "hex entities", "".join(f"&#x{ord(letter):X};" for letter in value).encode()
    yield "utf-16-le", value.encode("utf-16-le")
    yield "utf-16-be", value.encode("utf-16-be")
    yield "hex", raw.hex().encode()
    yield "hex of utf-16", value.encode("utf-16-le").hex().encode()
    for shift in range(3):
        start, end = -(-shift * 4 // 3), (shift + len(raw)) // 3 * 4
        for name, encode in (("base64", b64encode), ("base64url", urlsafe_b64encode)):
            yield f"{name} at {shift}", encode(b"x" * shift + raw)[start:end]


def spelled_in(value: str, data: bytes) -> list[str]:
    """The spellings of a value that some bytes hold; case is ignored where the encoding keeps it."""
    folded = data.decode("utf-8", "replace").casefold().encode()
    found = [name for name, spelling in spellings(value) if len(spelling) > 7 and spelling in data]
    if len(value) > 4 and value.casefold().encode() in folded:
        found.append("folded")
    return found
