"""Ways a value is written when it travels, and every reading of finished bytes in which one could be found again."""

import binascii
import gzip
import json
import quopri
import random
import re
import unicodedata
import zlib
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from html import escape, unescape
from urllib.parse import quote, unquote

SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper": str.upper,
    "percent": lambda text: quote(text, safe=""),
    "percent twice": lambda text: quote(quote(text, safe=""), safe=""),
    "entities": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "hex entities": lambda text: "".join(f"&#x{ord(letter):x};" for letter in text),
    "markup": escape,
    "json": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text if ord(letter) < 65536),
    "base64": lambda text: b64encode(text.encode()).decode(),
    "base64url": lambda text: urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base64 twice": lambda text: b64encode(b64encode(text.encode())).decode(),
    "base64 of utf-16": lambda text: b64encode(text.encode("utf-16-le")).decode(),
    "gzip and base64": lambda text: b64encode(gzip.compress(text.encode(), mtime=0)).decode(),
    "zlib and base64": lambda text: b64encode(zlib.compress(text.encode())).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True).decode().replace("=\n", ""),
    "embedded json": lambda text: json.dumps({"x": {"v": text}}),
    "jwt payload": lambda text: (
        f"{_segment({'alg': 'RS256', 'typ': 'JWT'})}.{_segment({'sub': text})}.c2lnbmF0dXJlc2lnbmF0dXJl"
    ),
    "powershell": lambda text: f'<Obj RefId="0"><MS><S N="V">{escape(text)}</S></MS></Obj>',
}


def _segment(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def spelled(rng: random.Random, value: str) -> str:
    """A value in a way drawn by chance, half the time as it is."""
    return value if rng.random() < 0.4 else SPELLINGS[rng.choice(sorted(SPELLINGS))](value)


def readings(data: bytes) -> Iterator[str]:
    """Everything an examiner could read in finished bytes: each decoding of each decoding, four levels deep."""
    seen: set[str] = set()
    level = [data.decode("utf-8", "replace"), *_strings(data)]
    for _ in range(4):
        fresh = [text for text in dict.fromkeys(level) if text not in seen and len(text) > 3]
        seen.update(fresh)
        yield from fresh
        level = [text for one in fresh for text in _decoded(one)]


def _strings(data: bytes) -> Iterator[str]:
    """Every string of a JSON document, by itself."""

    def walk(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for name, item in value.items():
                yield name
                yield from walk(item)
        elif isinstance(value, list):
            for item in value:
                yield from walk(item)
        elif isinstance(value, str):
            yield value

    yield "\n".join(walk(json.loads(data)))


def _decoded(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "&" in text:
        yield unescape(text)
    if "\\" in text:
        yield re.sub(r'\\(?:u([0-9a-fA-F]{4})|(["\\/]))', lambda hit: chr(int(hit[1], 16)) if hit[1] else hit[2], text)
    if re.search(r"=[0-9A-F]{2}", text):
        yield quopri.decodestring(text.encode()).decode("utf-8", "replace")
    for run in re.findall(r"[0-9a-fA-F]{12,}", text):
        yield _text(binascii.unhexlify(run[: len(run) // 2 * 2]))
    for run in re.findall(r"[A-Za-z0-9+/_-]{12,}", text):
        standard = run.translate(str.maketrans("-_", "+/"))
        for start in range(4):
            piece = standard[start:]
            if len(piece) % 4 != 1:
                raw = b64decode(piece + "=" * (-len(piece) % 4))
                yield _text(raw)
                yield from (_text(plain) for plain in _inflated(raw))


def _inflated(raw: bytes) -> Iterator[bytes]:
    for window in (31, 15, -15):
        try:
            yield zlib.decompressobj(window).decompress(raw, 65536)
        except zlib.error:
            continue


def _text(raw: bytes) -> str:
    plain = raw.decode("utf-8", "ignore")
    return f"{plain}\n{raw.decode('utf-16-le', 'ignore')}" if b"\0" in raw else plain


def folded(text: str) -> str:
    """A text as it is compared: without case, in one Unicode form."""
    return unicodedata.normalize("NFC", text).casefold()
