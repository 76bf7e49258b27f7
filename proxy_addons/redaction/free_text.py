"""Clean prose: what is not known to be public does not stay.

An error message is worth more than any other field and echoes whatever the caller sent. So it is read word by word:
stand-ins for whoever is known from the rest of the exchange, the one treatment for addresses, tokens, numbers and URLs
wherever they stand, public words and the facts of the exchange as they are, and `<text>` for every other word. Error
codes, AADSTS numbers, moments, permissions and the ids support asks for are facts and stay.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from proxy_addons.redaction.fields import clean_url
from proxy_addons.redaction.identity import (
    ACCOUNT,
    ADDRESS,
    CLAIMS_LOGIN,
    LEGACY_DN,
    SID,
    WELL_KNOWN_GUID,
    canonical_ip,
)
from proxy_addons.redaction.lexicon import ALSO_NAMES, is_public_name, is_public_word
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pieces import Pending, Pieces, Waiting
from proxy_addons.redaction.pseudonyms import PSEUDONYM, Kind
from proxy_addons.redaction.urls import SERVER, host_in_text

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from proxy_addons.redaction.ledger import Ledger

    type Judge = Callable[[str, Ledger, str, int], str]

_MASKED: Final = "<text>"
_READ_AT_MOST: Final = 4096
_LONGEST_BARE_NUMBER: Final = 5
_SHORTEST_PHONE: Final = 7
_DECODED_AT_MOST: Final = 3
_LONGEST_ACRONYM: Final = 3
_LABEL_REACH: Final = 48

_CREDENTIAL: Final = (
    r"\bey[JK][\w-]{5,}(?:\.[\w-]*){1,4}|\bEw[A-Z][\w+/=]{20,}|\b[01]\.A[\w-]{20,}[\w.-]*"
    r"|\bM\.[CR]\d[\w.!*$-]{10,}|[\w.~-]{3,40}8Q~[\w.~-]{10,60}"
)
_MOMENT: Final = (
    r"\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\b))?(?:[+-]\d\d:\d\d)?"
    r"|\b\d{1,2}/\d{1,2}/\d{4}(?: \d{1,2}:\d\d(?::\d\d)?(?: [AP]M)?)?|\b\d\d:\d\d:\d\d(?:\.\d+)?Z?\b"
)
_IP: Final = (
    r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\w)"
    r"|(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])"
)
_FORMS: Final[dict[str, str]] = {
    "held": rf"<{PSEUDONYM.pattern.replace('(?P<kind>', '(?:').replace('(?P<digits>', '(?:')}>",
    "encoded": r"[^\s\"'<>]*(?:%[0-9A-Fa-f]{2}|(?:=[0-9A-F]{2}){2}|\\x[0-9a-fA-F]{2}|&\#x?[0-9a-fA-F]+;)[^\s\"'<>]*",
    "pem": r"-----BEGIN[\s\S]*?(?:-----END[^-\n]{0,60}-----|\Z)",
    "token": _CREDENTIAL,
    "url": r"\b[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>`\\)\]}|]+",
    "user": rf"(?i:{LEGACY_DN.pattern}|{CLAIMS_LOGIN.pattern}|{SID.pattern})|{ACCOUNT.pattern}",
    "principals": rf"(?i:{GUID.pattern})@(?:(?i:{GUID.pattern})|\*)",
    "address": ADDRESS.pattern,
    "guid": rf"(?i:{GUID.pattern})",
    "moment": _MOMENT,
    "version": r"\bv\d{1,2}(?:\.\d{1,5}){0,3}\b|(?<=[A-Za-z]/)\d+(?:\.\d+){1,4}\b|(?<=[Vv]ersion )\d+(?:\.\d+){1,4}\b",
    "ip": _IP,
    "phone": r"(?<![\w.])\+?(?:\(\d{1,5}\)|\d)[\d ()/:-]{4,20}\d(?![\w.]*\w)",
    "code": r"\b(?:AADSTS|AADB2C|IDX|MSIS|CAA|ID)\d{4,8}\b|\bEx[0-9A-F]{6}\b|\b0x[0-9A-Fa-f]{1,8}\b",
    "word": r"[^\W\d_][\w$]*(?:[-.\u2019'][^\W_][\w$]*)*",
    "number": r"\d+(?:\.\d+)*(?!\w)",
    "mixed": r"[\w$]+",
    "mark": r"[\s!-/:-@\[-`{-~\u201c\u201d\u2018\u2019\xab\xbb\u2026\u2013\u2014\xb7\u2022]+?",
    "other": r".",
}
"""What may stand in prose, the most telling forms first; `word` and what follows take the rest."""


def _pattern(*, without: str = "") -> re.Pattern[str]:
    forms = (f"(?P<{name}>{form})" for name, form in _FORMS.items() if name != without)
    return re.compile("|".join(forms), re.DOTALL)


_TOKENS: Final = _pattern()
_OUR_TOKENS: Final = _pattern(without="url")
"""URLs in our sentences are read word by word: one may be ours with a value filled in."""
_KEPT: Final = frozenset({"held", "mark", "moment", "version", "code"})
_OURS: Final = frozenset({"word", "mixed", "number", "ip", "phone", "user", "guid", "encoded"})
_QUOTED: Final = re.compile(
    r"(?<![\w])([\"'`\u201c\u2018])(?P<inside>[^\"'`\u201c\u201d\u2018\u2019\n]{1,300})[\"'`\u201d\u2019](?![\w])"
)
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_REAL_WORD: Final = re.compile(r"[A-Za-z]{3}")
_GLUE: Final = frozenset(":;/\\=+&%#@|~^*!?$_<>-")
_PLAIN_PROSE: Final = re.compile(r"[A-Za-z ,.;:()\n-]*")
_PLAIN_WORD: Final = re.compile(r"[A-Za-z]+")
_TECHNICAL: Final = re.compile(r"[._$]|[a-z][A-Z]|\w-\w|[A-Z]{2}")
_RUNS: Final = re.compile(r"[^\W_]+")
_CODE_BEFORE: Final = re.compile(r"\b(?:code|error|status|hresult|number)s?\W{0,4}\Z", re.IGNORECASE)
_LABEL: Final = re.compile(
    r"(?P<person>user|mailbox|account|member|owner|person|recipient|object|device|contact|puid)"
    r"|(?P<fact>app\w*|client|tenant|directory|organization|resource|principal|role|scope|policy|polid|sku|plan|request"
    r"|trace|correlation|operation|activity|session|subscription|template|permission|group)",
    re.IGNORECASE,
)


def settle(pieces: Pieces, ledger: Ledger) -> str:
    """Make one text of all pieces, now that everything in the exchange has been read."""
    return "".join(piece if isinstance(piece, str) else piece.escape(_judged(piece, ledger)) for piece in pieces)


def _judged(piece: Pending, ledger: Ledger) -> str:
    return object_id(piece.text, ledger) if piece.waiting is Waiting.OBJECT_ID else clean(piece.text, ledger)


def object_id(value: str, ledger: Ledger) -> str:
    """A GUID in a place that tells nothing about it: a fact or a person's if it is one elsewhere, else an id."""
    folded = value.casefold()
    if folded in ledger.surfaces:
        ledger.count(Kind.USER)
        return ledger.surfaces[folded]
    return value if folded in ledger.facts or WELL_KNOWN_GUID.fullmatch(value) else ledger.opaque_id(value)


def clean(text: str, ledger: Ledger) -> str:
    """Prose from the wire as it may be shown; what lies beyond 4,096 characters is left out."""
    if _is_plain_prose(text):
        return text
    read = unicodedata.normalize("NFC", _decoded(text[:_READ_AT_MOST]))
    rest = ledger.text(text[_READ_AT_MOST:])
    shown: list[str] = []
    at = 0
    known = _with_stand_ins(read, ledger)
    for quoted in _QUOTED.finditer(known):
        inside = quoted["inside"]
        shown.append(_words(known[at : quoted.start("inside")], ledger, _word))
        judge = _technical_word if re.search(r"\s", inside.strip()) else _word
        shown.append(_words(inside, ledger, judge))
        at = quoted.end("inside")
    shown.append(_words(known[at:], ledger, _word))
    return _collapsed("".join(shown)) + rest


def _decoded(text: str) -> str:
    """A text without the encodings that would hide a word: percent, markup entities, JSON escapes."""
    for _ in range(_DECODED_AT_MOST):
        plain = unescape(unquote(text)) if "%" in text or "&" in text else text
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), plain)
        if plain == text:
            break
        text = plain
    return text


def clean_our_words(text: str, ledger: Ledger, wire: Container[str]) -> str:
    """A sentence of ours with values filled in: what the wire never said is ours and stays. `wire`: its words."""
    if _is_plain_prose(text):
        return text
    read = unicodedata.normalize("NFC", text)
    known = _with_stand_ins(read, ledger)

    def judged(match: re.Match[str]) -> str:
        if match.lastgroup == "number" and _is_short(match[0]):
            return match[0]
        cut_off = known.startswith("\u2026", match.end())
        ours = not cut_off and match.lastgroup in _OURS and _is_ours(match[0].casefold(), ledger, wire)
        return match[0] if ours else _shown(match, ledger, known, _word)

    return _collapsed(_OUR_TOKENS.sub(judged, known))


def _is_ours(token: str, ledger: Ledger, wire: Container[str]) -> bool:
    """Whether the wire never said a token: no word in it, public ones aside, came from there."""
    if not token.isascii() or token in ledger.surfaces:
        return False
    return all(is_public_word(word) or word not in wire for word in _RUNS.findall(token))


def _is_plain_prose(text: str) -> bool:
    return _PLAIN_PROSE.fullmatch(text) is not None and all(map(_is_plain_word, _PLAIN_WORD.findall(text)))


def _is_plain_word(word: str) -> bool:
    return is_public_word(word) and word.casefold() not in ALSO_NAMES


def _collapsed(text: str) -> str:
    return re.sub(r"<text>(?:[\s,.'\u2019-]{0,3}<text>)+", _MASKED, text)


def _with_stand_ins(text: str, ledger: Ledger) -> str:
    """The text with everybody known from the exchange replaced, the longest spelling first; single words come later."""
    folded = text.casefold()
    present = sorted((phrase for phrase in ledger.phrases if phrase in folded), key=len, reverse=True)
    if not present:
        return text

    def stand_in(match: re.Match[str]) -> str:
        ledger.count(Kind.USER)
        return ledger.surfaces.get(match[0].casefold(), _MASKED)

    found = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, present))})(?!\w|@|%40)", re.IGNORECASE)
    return found.sub(stand_in, text)


def _words(text: str, ledger: Ledger, judge_word: Judge) -> str:
    return _TOKENS.sub(lambda match: _shown(match, ledger, text, judge_word), text)


def _shown(match: re.Match[str], ledger: Ledger, text: str, judge_word: Judge) -> str:
    group = match.lastgroup or ""
    if group in _KEPT:
        return match[0]
    judge = judge_word if group == "word" else _JUDGES.get(group, _masked)
    return judge(match[0], ledger, text, match.start())


def _masked(word: str, ledger: Ledger, _text: str, _at: int) -> str:
    ledger.count(Kind.TEXT)
    return _MASKED if word else ""


def _word(word: str, ledger: Ledger, text: str, at: int) -> str:
    folded = word.casefold()
    if folded in ledger.surfaces:
        ledger.count(Kind.USER)
        return ledger.surfaces[folded]
    if folded in ledger.facts:
        return word
    if folded in ALSO_NAMES and word[0].isupper() and not _is_no_name_here(word, text, at):
        return _masked(word, ledger, text, at)
    if is_public_word(word) or SERVER.fullmatch(word) or _is_contraction(word):
        return word
    if is_public_name(word, compounds=False) and not _is_fragment(word, text, at):
        return word
    host = host_in_text(word, ledger)
    return host or _masked(word, ledger, text, at)


def _is_contraction(word: str) -> bool:
    """Whether a word is public but for its ending: isn't, user's."""
    stem, _, ending = word.replace("\u2019", "'").rpartition("'")
    return len(ending) <= 2 and is_public_word(stem) and stem.casefold() not in ALSO_NAMES  # noqa: PLR2004  # 's, 't, 've


def _technical_word(word: str, ledger: Ledger, text: str, at: int) -> str:
    """A word inside quotes with others: what a caller named is quoted like that, so only identifiers are kept."""
    technical = _TECHNICAL.search(word) or word.casefold() in ledger.facts or word.casefold() in ledger.surfaces
    return _word(word, ledger, text, at) if technical else _masked(word, ledger, text, at)


def _is_no_name_here(word: str, text: str, at: int) -> bool:
    """Whether a word that is a name as well is none: an acronym, or the first word of a sentence."""
    if word.isupper() and len(word) <= _LONGEST_ACRONYM:
        return True
    before, after = text[:at].rstrip(" \t\"'("), text[at + len(word) :]
    return (not before or before[-1] in ".:!?\n\r") and re.match(r" [a-z]", after) is not None


def _number(number: str, ledger: Ledger, text: str, at: int) -> str:
    if _is_short(number) or number in ledger.facts or _CODE_BEFORE.search(text[max(0, at - 16) : at]):
        return number
    return ledger.number()


def _is_short(number: str) -> bool:
    """Whether a number is kept wherever it stands."""
    return all(len(part) <= _LONGEST_BARE_NUMBER for part in number.split("."))


def _phone(digits: str, ledger: Ledger, text: str, at: int) -> str:
    """Digits in groups, which are short numbers side by side unless there are as many as a phone number has."""
    if digits.isdigit():
        return _number(digits, ledger, text, at)
    many = sum(map(str.isdigit, digits)) >= _SHORTEST_PHONE
    return _masked(digits, ledger, text, at) if many else digits


def _mixed(word: str, ledger: Ledger, text: str, at: int) -> str:
    if word.casefold() in ledger.surfaces:
        return ledger.surfaces[word.casefold()]
    public = is_public_name(word, compounds=False) and not _is_fragment(word, text, at)
    kept = public or word.casefold() in ledger.facts or not any(map(str.isalnum, word))
    return word if kept else _masked(word, ledger, text, at)


def _is_fragment(word: str, text: str, at: int) -> bool:
    """Whether letters and digits without a real word stand between marks: `4d` of `7b:4d;91`, not `E5` alone."""
    if not any(map(str.isdigit, word)) or _REAL_WORD.search(word):
        return False
    around = text[max(0, at - 1) : at] + text[at + len(word) : at + len(word) + 1]
    return any(mark in _GLUE for mark in around)


def _guid(guid: str, ledger: Ledger, text: str, at: int) -> str:
    """A GUID by the word before it: a person's is replaced, what support asks for stays."""
    if guid.casefold() in ledger.facts or WELL_KNOWN_GUID.fullmatch(guid):
        return guid
    label = next(iter(reversed(list(_LABEL.finditer(text[max(0, at - _LABEL_REACH) : at])))), None)
    return ledger.user(guid) if label is not None and label["person"] else ledger.fact(guid)


def _ip(address: str, ledger: Ledger, text: str, at: int) -> str:
    if canonical_ip(address) is None:
        return address if len(address) <= _LONGEST_BARE_NUMBER else _masked(address, ledger, text, at)
    return ledger.ip(address)


def _encoded(chunk: str, ledger: Ledger, text: str, at: int) -> str:
    """A chunk of our own sentences that quotes the wire in an encoding; all other texts were decoded before."""
    decoded = _decoded(chunk)
    return _masked(chunk, ledger, text, at) if decoded == chunk else _words(decoded, ledger, _word)


def _url(url: str, ledger: Ledger, _text: str, _at: int) -> str:
    bare = url.rstrip(".,;:!?")
    return settle(clean_url(bare, ledger, named=False), ledger) + url[len(bare) :]


_JUDGES: Final[dict[str, Judge]] = {
    "encoded": _encoded,
    "pem": lambda value, ledger, _text, _at: ledger.secret(value),
    "token": lambda value, ledger, _text, _at: ledger.token(value),
    "url": _url,
    "user": lambda value, ledger, _text, _at: ledger.user(value),
    "principals": lambda value, ledger, _text, _at: ledger.fact(value),
    "address": lambda value, ledger, _text, _at: ledger.user(value),
    "guid": _guid,
    "ip": _ip,
    "phone": _phone,
    "number": _number,
    "mixed": _mixed,
}
