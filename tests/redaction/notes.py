"""A ledger to redact single values with."""

from proxy_addons.redaction.free_text import settle
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.pieces import Pieces
from proxy_addons.redaction.pseudonyms import Pseudonyms

KEY = b"a key of thirty-two bytes, invent"


def ledger(*, hide_domains: bool = False) -> Ledger:
    """A fresh ledger; the stand-ins are the same in every test."""
    return Ledger(Pseudonyms(KEY, hide_domains=hide_domains))


def text_of(pieces: Pieces, notes: Ledger) -> str:
    """What pieces read as in the end, stand-ins without their digits: `<user>`."""
    return plain(settle(pieces, notes))


def plain(text: str) -> str:
    """A text with the digits of its stand-ins left out."""
    for kind in ("user", "name", "ip", "domain", "id", "token"):
        while (start := text.find(f"<{kind}:")) >= 0 and text[start + len(kind) + 14 : start + len(kind) + 15] == ">":
            text = f"{text[: start + len(kind) + 1]}{text[start + len(kind) + 14 :]}"
    return text
