"""A redacted exchange as its reader gets it."""

import json
from collections.abc import Iterator

from proxy_addons.evidence.exchange import Exchange
from proxy_addons.redaction.pseudonyms import Pseudonyms
from proxy_addons.redaction.record import CleanEntry, redact_exchange

PSEUDONYMS = Pseudonyms(b"a key of thirty-two bytes, invent")


def finished(exchange: Exchange) -> CleanEntry:
    """The exchange, redacted with a key that is always the same."""
    return redact_exchange(exchange, PSEUDONYMS)


def written(entry: CleanEntry) -> bytes:
    """The bytes that would leave."""
    return json.dumps(entry.har_entry, ensure_ascii=False, indent=1).encode()


def shown(entry: CleanEntry) -> str:
    """Everything a reader sees, one text after the other, JSON and XML inside of texts unescaped."""
    text = "\n".join(_texts(entry.har_entry))
    return f"{text}\n{text.replace(chr(92) + chr(34), chr(34))}\n{text.replace('&lt;', '<').replace('&gt;', '>')}"


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    else:
        yield str(value)
