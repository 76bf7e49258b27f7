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
    april august black bright brown cross day forest grant green hope june little mark max may nat price red rich sam
    silver small strong weeks white will young
    """.split()
)
"""Public words which are also names of people: in lower case a word, capitalised within a sentence a person."""

KNOWN_CODES: Final = frozenset(
    "b2b b2c s2s 3des m365 o365 x509 sha1 sha256 rs256 utf8 oauth2 office365 h1 h2 h3".split()
)
"""Public words with digits in them."""
_PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_]+")
_SEPARATORS: Final = re.compile(r"[\s._$@#:/(){}\[\],*'-]+")
_LONGEST_NAME: Final = 120
_LONGEST_TEXT: Final = 4096
_LONGEST_NUMBER: Final = 4
_SHORTEST_IN_COMPOUND: Final = 3
_SHORTEST_COMPOUND: Final = 6
_LONGEST_WORD: Final = 18
_MANY: Final = 2


def is_public_word(word: str) -> bool:
    """Whether one word, letters only, belongs to the public vocabulary."""
    return word.casefold() in PUBLIC


def is_public_name(name: str, *, compounds: bool = True) -> bool:
    """Whether an identifier is made of public words only: `userPrincipalName`, `X-FEServer`, `@odata.nextLink`.

    Names with numbers of more than four digits, or mostly of single letters, are not: random strings look like that.
    `compounds` admits words run together (`serviceprincipals`); not for prose, where `Whitehead` is somebody.
    """
    if not name or len(name) > _LONGEST_NAME or not name.isascii():
        return False
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
