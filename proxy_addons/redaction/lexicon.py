"""What is public by its words alone.

Free text and unknown names are judged by what they are made of: words of the public vocabulary tell nothing about
anybody, any other word might be a name, a password or a project. So a word is kept because it is known, never because
it looks harmless.
"""

from __future__ import annotations

import re
from typing import Final

from proxy_addons.redaction.words.prose import PROSE
from proxy_addons.redaction.words.services import SERVICES

PUBLIC: Final = PROSE | SERVICES
ALSO_NAMES: Final = frozenset(
    """
    april august black blue bright brown chance cross day don field forest grant green hope june little mark marks max
    may nat page powers price quick red rich sam silver skip small star strong sunny trip weeks white will worth young
    """.split()
)
"""Public words which are also names of people: in lower case a word, capitalised within a sentence a person."""

KNOWN_CODES: Final = frozenset(
    "b2b b2c s2s 3des m365 o365 x509 sha1 sha256 rs256 utf8 oauth2 office365 h1 h2 h3".split()
)
"""Public words with digits in them."""
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_CODES_WITHIN: Final = re.compile(r"S2S|B2[BC]|OAuth2|[MO]365|X509(?![A-Za-z\d])")
_NUMBERS_ONLY: Final = re.compile(r"[^A-Za-z]*")
_DOTTED: Final = re.compile(r"(?<!\d)\d{1,3}(?:\.\d{1,3}){3}(?!\d)")
_SERIAL: Final = re.compile(r"\d[A-Za-z]\d|(?<![A-Za-z])[A-Za-z]{0,2}\d+[A-Za-z]\d|\d[A-Za-z]+\d+[A-Za-z](?![a-z])")
"""Letters and digits by turns, as in the serial of a machine."""
_SEPARATORS: Final = re.compile(r"[\s._$@#:/(){}\[\],*'-]+")
_LONGEST_NAME: Final = 120
_LONGEST_TEXT: Final = 4096
_LONGEST_NUMBER: Final = 4
_MOST_DIGITS: Final = 8
_SHORTEST_IN_COMPOUND: Final = 3
_SHORTEST_COMPOUND: Final = 6
_LONGEST_WORD: Final = 18
_MANY: Final = 2


def is_public_word(word: str) -> bool:
    """Whether one word, letters only, belongs to the public vocabulary."""
    return word.casefold() in PUBLIC


def is_public_name(name: str, *, compounds: bool = True) -> bool:
    """Whether an identifier is made of public words only: `userPrincipalName`, `X-FEServer`, `@odata.nextLink`.

    Names with numbers of more than four digits or of eight digits in all, of digits alone, with what looks like an IP
    address, or mostly of single letters are not: random strings, telephones and machines look like that.
    `compounds` admits words run together (`serviceprincipals`); not for prose, where `Whitehead` is somebody.
    """
    if not name or len(name) > _LONGEST_NAME or not name.isascii():
        return False
    if sum(map(str.isdigit, name)) > (_LONGEST_NUMBER if _NUMBERS_ONLY.fullmatch(name) else _MOST_DIGITS):
        return False
    if _DOTTED.search(name) or _SERIAL.search(name):
        return False
    name = _CODES_WITHIN.sub("", name) or "oauth"
    chunks = [chunk for chunk in _SEPARATORS.split(name) if chunk.casefold() not in KNOWN_CODES]
    parts = [part for chunk in chunks for part in _PARTS.findall(chunk)]
    if "".join(chunks) != "".join(parts):
        return False
    if name.casefold() in PUBLIC:
        return True
    words = [part.casefold() for part in parts if not part.isdigit()]
    single = sum(len(word) == 1 for word in words)
    names = words and not name.islower() and all(word in ALSO_NAMES for word in words)
    if names or single > max(1, len(words) // _MANY):
        return False
    return all(len(part) <= _LONGEST_NUMBER for part in parts if part.isdigit()) and all(
        len(word) == 1 or word in PUBLIC or (compounds and _is_compound(word)) for word in words
    )


def _is_compound(word: str) -> bool:
    """Whether a word without any mark between its parts is made of public words: `serviceprincipals`."""
    if not _SHORTEST_COMPOUND <= len(word) <= _LONGEST_NAME:
        return False
    reached = {0}
    for end in range(_SHORTEST_IN_COMPOUND, len(word) + 1):
        starts = range(max(0, end - _LONGEST_WORD), end - _SHORTEST_IN_COMPOUND + 1)
        if any(start in reached and word[start:end] in PUBLIC for start in starts):
            reached.add(end)
    return len(word) in reached


def is_public_text(text: str) -> bool:
    """Whether a text holds nothing but public words, numbers of up to four digits, and marks between them."""
    if len(text) > _LONGEST_TEXT or not text.isascii():
        return False
    return all(
        len(part) <= _LONGEST_NUMBER if part.isdigit() else part.casefold() in PUBLIC for part in _PARTS.findall(text)
    )
