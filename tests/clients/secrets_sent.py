"""What nobody may find in anything why403 wrote: every credential and every person of a run, in any encoding.

Collected where they cannot be missed: from the requests the lab received and the tokens it gave out.
"""

from __future__ import annotations

import base64
import html
import json
import quopri
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, quote, quote_plus, unquote

import jwt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.clients.wire import Wire

WINDOW: Final = 20
"""Characters of a long secret that may not appear in a row; found for certain in a run of twice as many."""
_SECRET_FIELDS: Final = (
    "access_token",
    "assertion",
    "client_assertion",
    "client_info",
    "client_secret",
    "code",
    "device_code",
    "id_token",
    "newPassword",
    "password",
    "refresh_token",
    "user_code",
)
_PERSONAL_CLAIMS: Final = ("family_name", "given_name", "ipaddr", "name", "preferred_username", "unique_name", "upn")
_ADDRESS: Final = re.compile(r"[a-z0-9.+_#-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
_WORD: Final = re.compile(rb"[^\s\"'<>]{20,}")
_SHORTEST: Final = 6
"""msal asks for `client_info` with a 1; nothing shorter than this is a secret here."""
_LONG: Final = 60


@dataclass(slots=True)
class SecretsSent:
    """The secrets and the persons of a run."""

    secrets: set[str] = field(default_factory=set)
    persons: set[str] = field(default_factory=set)

    @classmethod
    def on(cls, wire: Wire) -> SecretsSent:
        """All that went over the wire."""
        found = cls()
        for asked, left in wire.everything:
            _, _, credential = asked.headers.get("authorization", "").partition(" ")
            found._take_secret(credential)
            for content in (asked.body.decode(errors="replace"), left.body.decode(errors="replace")):
                found._take_fields(content)
            sent = f"{asked.url} {asked.headers.raw} {asked.body.decode(errors='replace')}"
            for text in (sent, unquote(sent)):
                found.persons.update(match.lower() for match in _ADDRESS.findall(text))
        return found

    def _take_fields(self, content: str) -> None:
        fields: dict[str, Any] = {name: values[-1] for name, values in parse_qs(content).items()}
        if content.startswith("{"):
            fields = json.loads(content)
        for name in _SECRET_FIELDS:
            self._take_secret(fields.get(name))
        if isinstance(fields.get("username"), str):
            self.persons.add(fields["username"].lower())

    def _take_secret(self, value: object) -> None:
        if not isinstance(value, str) or len(value) < _SHORTEST:
            return
        self.secrets.add(value)
        if value.count(".") == 2 and value.startswith("ey"):
            claims = jwt.decode(value, options={"verify_signature": False})
            self.persons.update(str(claims[name]) for name in _PERSONAL_CLAIMS if name in claims)

    def searched(self) -> LeakSearch:
        """The search for them, prepared once for many texts."""
        short = [value for value in (*self.persons, *self.secrets) if len(value) < _LONG]
        return LeakSearch(
            {form.lower(): f"{value} ({name})" for value in short for name, form in _forms(value)},
            {
                form[start : start + WINDOW]: f"{value[:12]}... ({name})"
                for value in self.secrets
                if len(value) >= _LONG
                for name, form in _forms(value)
                for start in range(0, len(form) - WINDOW + 1, WINDOW)
            },
        )


@dataclass(frozen=True, slots=True)
class LeakSearch:
    """Everything that must not be found, in every encoding -> what it is."""

    short: Mapping[bytes, str]
    windows: Mapping[bytes, str]

    def found_in(self, content: bytes) -> set[str]:
        """What these bytes hold; short values whatever their case."""
        folded = content.lower()
        found = {said for form, said in self.short.items() if form in folded}
        for word in _WORD.findall(content):
            for start in range(len(word) - WINDOW + 1):
                said = self.windows.get(word[start : start + WINDOW])
                if said is not None:
                    found.add(said)
        return found


def _forms(value: str) -> Iterator[tuple[str, bytes]]:
    """A value in every encoding a careless writer might have used."""
    plain = value.encode()
    yield "plain", plain
    yield "percent", quote(value, safe="").encode()
    yield "percent twice", quote(quote(value, safe=""), safe="").encode()
    yield "form", quote_plus(value).encode()
    yield "every character in percent", b"".join(b"%%%02X" % letter for letter in plain)
    yield "markup", html.escape(value).encode()
    yield "markup numbers", "".join(f"&#{ord(letter)};" for letter in value).encode()
    yield "JSON", json.dumps(value)[1:-1].encode()
    yield "JSON in JSON", json.dumps(json.dumps(value)[1:-1])[1:-1].encode()
    yield "JSON escapes", "".join(f"\\u{ord(letter):04x}" for letter in value).encode()
    yield "quoted-printable", quopri.encodestring(plain, quotetabs=True).replace(b"=\n", b"")
    yield "UTF-16 LE", value.encode("utf-16-le")
    yield "UTF-16 BE", value.encode("utf-16-be")
    yield "hex", plain.hex().encode()
    yield "base32", base64.b32encode(plain).rstrip(b"=")[:-1]
    yield "backwards", plain[::-1]
    for shift in range(3):
        # What comes before decides the alignment: the first and the last group depend on the neighbours.
        encoded = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")[4 if shift else 0 : -1]
        yield f"base64 at {shift}", encoded
        yield f"base64url at {shift}", encoded.replace(b"+", b"-").replace(b"/", b"_")
