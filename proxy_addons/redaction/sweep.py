"""The last look: search finished bytes for everything that had to stay inside, however it may be encoded.

Not the originals are encoded and searched for, but the bytes are decoded in every way we know, and each result is
searched: so the number of originals hardly matters, and a mixture of encodings is found as well. Searched are the bytes
as they are, without percent encoding (twice), without JSON escapes (three times), without markup entities (twice), as
UTF-16, and every run of hex digits and of base64 at each of its four alignments. Case is ignored everywhere.

Looked for are whole values and, of secrets, every window of 20 characters. Limits, on purpose: secrets below 6
characters and other values below 8 are not searched for, nor in decoded base64 and hex anything below 8, nor values
that are made of public words; all of these would be found in any text. Compressed and encrypted data is not looked
into: what we write holds none.
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from dataclasses import dataclass, field
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from proxy_addons.redaction.identity import ADDRESS
from proxy_addons.redaction.lexicon import is_public_text
from proxy_addons.redaction.originals import may_appear
from proxy_addons.redaction.pseudonyms import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from proxy_addons.redaction.originals import Originals

    type Decoder = Callable[[str], str]

WINDOW: Final = 20
"""Characters of a secret that may not appear in a row."""
ENCODINGS: Final = ("plain", "percent", "json", "markup", "utf-16", "hex", "base64")
"""The readings of the bytes; case is ignored in all of them."""
_GRAM: Final = 10
_FEW_GRAMS: Final = 500
"""So many are looked for one by one; for more, each place of the text is looked up among them."""
_CUT_OFF: Final = 5
_HELD_OF_ONE: Final = 65536
_WHOLE_WORD_BELOW: Final = 8
_SHORTEST_DECODED: Final = 8
_WINDOWED: Final = frozenset({Kind.SECRET, Kind.TOKEN, Kind.TEXT})
_ESCAPE: Final = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_LETTERS: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX: Final = re.compile(r"[0-9a-fA-F]{16,}")
_WORD: Final = 40
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{11,}")
_ALWAYS: Final[tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...]] = (
    ("token", ("eyJ", "eyK"), re.compile(r"\bey[JK][\w-]{10,}\.[\w-]{10,}")),
    ("token", ("Ew",), re.compile(r"\bEw[A-Z][\w+/]{40,}")),
    ("secret", ("PRIVATE KEY",), re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY")),
    ("user", ("@", "%40"), ADDRESS),
)
"""What shows by its form; without one of the texts in front no expression can match, and they are found much sooner."""
_PUBLIC_ADDRESS: Final = re.compile(
    r"(?:[0-9a-f-]{36}|\w*mailbox\{?[0-9a-f-]{36}\}?|\*)@|.*@(?:[0-9a-f-]{36}|\*)\Z", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that should not be there: how it was encoded and what kind of value it is. Never the value."""

    encoding: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """A search prepared for many texts. Build it with `prepare`; it holds originals, so it is never printed."""

    _grams: Mapping[str, tuple[tuple[str, int], ...]] = field(repr=False)
    _short: tuple[str, ...] = field(repr=False)
    _kinds: Mapping[str, Kind] = field(repr=False)
    _facts: frozenset[str] = field(repr=False)
    _clean: set[str] = field(default_factory=set, repr=False, compare=False)
    _judged: dict[tuple[str, bool], bool] = field(default_factory=dict, repr=False, compare=False)

    def over(self, data: bytes) -> tuple[Hit, ...]:
        """Everything forbidden that these bytes hold, in any of the encodings, each finding once."""
        text = data.decode("utf-8", "replace")
        lines = dict.fromkeys(text.split("\n"))
        fresh = [line for line in lines if line not in self._clean]
        if "\0" not in text and "\ufffd" not in text:
            # Archives repeat their lines, and a file is searched once more when it is whole: each line counts once.
            text = "\n".join(fresh)
            data = text.encode()
        found = self._hits(data, text)
        if not found:
            self._clean.update(fresh)
        return found

    def _hits(self, data: bytes, text: str) -> tuple[Hit, ...]:
        found: dict[Hit, None] = {}
        found |= dict.fromkeys(_recognised("plain", text))
        for encoding, reading in _readings(data, text):
            for kind in self._kinds_in(_each_line_once(reading), encoding):
                found[Hit(encoding, kind.value)] = None
        return tuple(found)

    def _kinds_in(self, text: str, encoding: str) -> Iterator[Kind]:
        decoded = encoding in {"hex", "base64"}
        for value in self._short:
            if value in text and not (decoded and len(value) < _SHORTEST_DECODED) and _stands_alone(value, text):
                yield self._kinds[value]
        for at in self._suspicious(text):
            places = self._grams[text[at : at + _GRAM]]
            yield from (self._kinds[value] for value, start in places if self._confirmed(value, start, text, at))

    def _suspicious(self, text: str) -> Sequence[int]:
        """Where in a text a gram begins, in order."""
        grams = self._grams
        if len(grams) > _FEW_GRAMS:
            return [at for at in range(len(text) - _GRAM + 1) if text[at : at + _GRAM] in grams]
        return sorted(at for gram in grams if gram in text for at in _all_places(gram, text))

    def _confirmed(self, value: str, start: int, text: str, at: int) -> bool:
        """Whether around a common run of ten characters the whole value stands, or a window of a secret."""
        before = 0
        while before < start and before < at and value[start - before - 1] == text[at - before - 1]:
            before += 1
        length = _GRAM
        longest = min(len(value) - start, len(text) - at)
        while length < longest and value[start + length] == text[at + length]:
            length += 1
        run = before + length
        if run == len(value):
            return _stands_alone(value, text)
        if run < WINDOW or self._kinds[value] not in _WINDOWED:
            return False
        met = value[start - before : start + length], self._kinds[value] is Kind.TEXT
        if met not in self._judged:
            self._judged[met] = self._is_public(met[0], text_only=met[1])
        return not self._judged[met]

    def _is_public(self, run: str, *, text_only: bool) -> bool:
        """Whether a run is public all the same: an id that is a fact; of a masked text, an error's sentence as well."""
        if text_only and all(map(_is_public_or_cut, run.split(" "))):
            return True
        if any(run in fact for fact in self._facts):
            return True
        for fact in self._facts:
            if len(fact) >= _GRAM:
                run = run.replace(fact, "")
        return len(run) < WINDOW


def _is_public_or_cut(word: str) -> bool:
    """Whether a word is public, or so short that it may be the end of one."""
    return len(word) <= _CUT_OFF or is_public_text(word)


def prepare(originals: Originals) -> Sweep:
    """Prepare the search for these originals; a fact of another exchange counts only if it is personal or secret."""
    kinds: dict[str, Kind] = {}
    for raw, kind in originals.forbidden.items():
        value = unicodedata.normalize("NFC", raw).casefold()
        if may_appear(value, kind, originals.facts):
            continue
        if "\n" in value:
            lines = (line.strip() for line in value.splitlines())
            kinds |= {line: kind for line in lines if len(line) >= WINDOW and not is_public_text(line)}
        elif len(value) > _HELD_OF_ONE:
            half = _HELD_OF_ONE // 2
            kinds.setdefault(value[:half], kind)
            kinds.setdefault(value[-half:], kind)
        else:
            kinds.setdefault(value, kind)
    grams: dict[str, list[tuple[str, int]]] = {}
    for value, kind in kinds.items():
        windowed = kind in _WINDOWED and len(value) >= WINDOW
        for start in range(0, len(value) - _GRAM + 1 if windowed else min(1, len(value) - _GRAM + 1), _GRAM):
            grams.setdefault(value[start : start + _GRAM], []).append((value, start))
    short = tuple(value for value in kinds if len(value) < _GRAM)
    return Sweep({gram: tuple(places) for gram, places in grams.items()}, short, kinds, originals.facts)


def sweep(data: bytes, originals: Originals) -> tuple[Hit, ...]:
    """Search one piece of finished bytes once; `prepare` serves several."""
    return prepare(originals).over(data)


def _each_line_once(text: str) -> str:
    """A text as it is searched: nothing that is searched for goes over a line, and archives repeat theirs."""
    return unicodedata.normalize("NFC", "\n".join(dict.fromkeys(text.split("\n")))).casefold()


def recognised(data: bytes) -> tuple[Hit, ...]:
    """What shows to be a credential or an address by its form alone, for whoever does not have the originals."""
    text = data.decode("utf-8", "replace")
    readings = [
        ("plain", text),
        *_unwrapped("percent", text, "%", unquote, 2),
        *_unwrapped("json", text, "\\", _unescaped_json, 3),
        *_unwrapped("markup", text, "&", unescape, 2),
    ]
    return tuple(dict.fromkeys(hit for encoding, reading in readings for hit in _recognised(encoding, reading)))


def _all_places(part: str, text: str) -> Iterator[int]:
    """Every place of a part within a text, overlapping or not."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _recognised(encoding: str, text: str) -> Iterator[Hit]:
    for kind, signs, pattern in _ALWAYS:
        if any(sign in text for sign in signs) and any(
            not _PUBLIC_ADDRESS.match(match[0]) for match in pattern.finditer(text)
        ):
            yield Hit(encoding, kind)


def _stands_alone(value: str, text: str) -> bool:
    """Whether a short value stands as a word: `reade` within `reader` is nobody's name."""
    if len(value) >= _WHOLE_WORD_BELOW:
        return True
    return re.search(rf"(?<![^\W_]){re.escape(value)}(?![^\W_])", text) is not None


def _readings(data: bytes, text: str) -> Iterator[tuple[str, str]]:
    """The bytes in every reading. Only lines that hold a mark of an encoding are decoded again."""
    yield "plain", text
    yield from _unwrapped("percent", text, "%", unquote, 2)
    yield from _unwrapped("json", text, "\\", _unescaped_json, 3)
    yield from _unwrapped("markup", text, "&", unescape, 2)
    if b"\0" in data or "\\u0000" in text or "\ufffd" in text:
        yield "utf-16", text.replace("\0", "").replace("\\u0000", "")
        for offset in (0, 1):
            for encoding in ("utf-16-le", "utf-16-be"):
                yield "utf-16", data[offset:].decode(encoding, "replace")
    plain = text + "\n" + "\n".join(_marked_lines(unquote(text), "=")) if "%" in text else text
    runs = set(_BASE64.findall(plain))
    # Every run of hex digits lies within one of base64.
    digits = set(_HEX.findall("\n".join(runs)))
    yield "hex", "\n".join(_as_text(bytes.fromhex(run[: len(run) // 2 * 2])) for run in digits)
    yield "base64", "\n".join(map(_from_base64, runs))


def _unwrapped(name: str, text: str, mark: str, undo: Decoder, times: int) -> Iterator[tuple[str, str]]:
    lines = "\n".join(_marked_lines(text, mark))
    for _ in range(times):
        if mark not in lines:
            return
        lines = undo(lines)
        yield name, lines


def _marked_lines(text: str, mark: str) -> list[str]:
    return [line for line in text.split("\n") if mark in line]


def _unescaped_json(text: str) -> str:
    def letter(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else _LETTERS.get(match[2], match[2])

    return _ESCAPE.sub(letter, text)


def _from_base64(run: str) -> str:
    return _readings_of_word(run) if len(run) <= _WORD else _decoded_at_each_place(run)


def _decoded_at_each_place(run: str) -> str:
    """What a run of base64 holds wherever in four characters it begins."""
    standard = run.translate(_STANDARD)
    places = (standard[start:] for start in range(4))
    aligned = (
        place[: len(place) // 4 * 4] if len(place) % 4 == 1 else place + "=" * (-len(place) % 4) for place in places
    )
    return "\n".join(_as_text(b64decode(each)) for each in aligned)


_readings_of_word: Final = lru_cache(maxsize=4096)(_decoded_at_each_place)
"""Most of what could be base64 are words, and of those most are field names: the same in every text."""


def _as_text(decoded: bytes) -> str:
    plain = decoded.decode("utf-8", "ignore")
    return plain + "\n" + plain.replace("\0", "") if b"\0" in decoded else plain


_STANDARD: Final = str.maketrans("-_", "+/")
