"""Collect everything one exchange says under the names of the vocabulary: the only input diagnosis has."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence import before_facts, request_facts, response_facts, token_facts
from proxy_addons.evidence.bearer_token import BearerToken, read_authorizations
from proxy_addons.evidence.exchange import well_formed
from proxy_addons.evidence.services import identify
from proxy_addons.evidence.timeline import NOTHING, Memory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.services import Service
    from proxy_addons.evidence.timeline import Call

Value = str | int | bool | tuple[str, ...] | None
"""None means known to be absent; a fact that is not known has no entry at all."""


_ASKING: Final = frozenset(
    {
        "authentication_missingormalformed",
        "credentialsmissing",
        "invalidauthenticationtoken",
        "missingcredentials",
        "unauthenticated",
        "unauthorized",
        "unauthorizedaccess",
    }
)
"""Codes, in lower case, of answers that may do no more than ask for a token; the message tells."""
_ASKS: Final = re.compile(r"\A\Z|empty|missing|needed|required|provide|unauthori[sz]ed|denied", re.IGNORECASE)
MAX_TEXT: Final = 8192
"""Characters a text fact keeps; what is longer is cut."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the exchange says, and where it was seen ('token claim aud', 'response header Date')."""

    name: str
    value: Value
    seen_in: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts of one exchange. What is not in here cannot be told from it."""

    by_name: Mapping[str, Fact] = field(default_factory=lambda: MappingProxyType({}))

    def get(self, name: str) -> Fact | None:
        """The fact of that name, or None where it is not known.

        A header or form field that was not sent is known to be absent wherever the message itself was captured.
        """
        fact = self.by_name.get(name)
        if fact is not None:
            return fact
        family = next((prefix for prefix in _FAMILIES if name.startswith(prefix)), None)
        if family is not None and family in self.by_name:
            return Fact(name, None, _FAMILIES[family])
        return None

    def __iter__(self) -> Iterator[Fact]:
        """Every fact, in the order it was collected; the marks of captured families are left out."""
        return (fact for name, fact in self.by_name.items() if name not in _FAMILIES)

    def text(self, name: str) -> str:
        """A text fact's value, empty where it is absent or not known."""
        fact = self.get(name)
        return fact.value if fact is not None and isinstance(fact.value, str) else ""

    def number(self, name: str) -> int | None:
        """A number fact's value, None where it is absent or not known."""
        fact = self.get(name)
        value = fact.value if fact is not None else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def flag(self, name: str) -> bool | None:
        """A flag fact's value, None where it is absent or not known."""
        fact = self.get(name)
        return fact.value if fact is not None and isinstance(fact.value, bool) else None

    def names(self, name: str) -> tuple[str, ...]:
        """A names fact's value, empty where it is not known."""
        fact = self.get(name)
        return fact.value if fact is not None and isinstance(fact.value, tuple) else ()


_FAMILIES: Mapping[str, str] = MappingProxyType(
    {
        "request.header.": "request headers",
        "response.header.": "response headers",
        "request.form.": "request body",
        "token.claim.": "token claims",
    }
)


def collect(
    exchange: Exchange,
    directory_roles: Mapping[str, str],
    memory: Memory = NOTHING,
    *,
    credentials_followed: bool | None = None,
    call: Call | None = None,
) -> Facts:
    """Run every reader over an exchange.

    `directory_roles` maps role template ids (lower case) to names; ids it does not know are no directory roles here.
    `memory` is what was remembered when the exchange began, `credentials_followed` what became of a first hop (None:
    not known), `call` what `read_call` made of exchange and memory, where somebody has it.
    """
    request = exchange.request
    service = identify(request.host, request.split_url.path)
    token = read_authorizations(request.headers.get_all("authorization"))
    found: dict[str, Fact] = {}
    readers = (
        request_facts.read(request, service),
        token_facts.read(token, exchange, service, directory_roles),
        response_facts.read(exchange, service),
        before_facts.read(exchange, memory, directory_roles, call),
    )
    for reader in readers:
        for name, value, seen_in in reader:
            found[name] = Fact(name, _bounded(value), seen_in)
    if token == BearerToken() and _was_judged(found, service):
        where = "response, which no call without a token gets"
        found["token.kind"] = Fact("token.kind", "unrecorded", where)
    required, held = found.get("error.required_permissions"), found.get("token.permissions")
    if held is None:
        held = found.get("error.held_permissions")
    if required is not None and held is not None:
        where = "response body" if held.name.startswith("error.") else "response body and token claims scp and roles"
        found["token.holds_required"] = _any_required("token.holds_required", required.value, held.value, where)
    gained = found.get("before.gained")
    if required is not None and gained is not None:
        name = "before.gained_required"
        found[name] = _any_required(name, required.value, gained.value, f"response body and {gained.seen_in}")
    if credentials_followed is not None:
        name = "later.credentials_followed"
        found[name] = Fact(name, credentials_followed, "next exchanges of the same client")
    return Facts(MappingProxyType(found))


def _was_judged(found: Mapping[str, Fact], service: Service) -> bool:
    """Whether the answer speaks of a token although the recording holds none; many tools take the header out.

    Exchange sends x-ms-diagnostics for tokens only, claims are demanded of whoever sent some, and no API behind Entra
    explains a refusal to a call without a token but by asking for one. The challenge's error `invalid_token` proves
    nothing: Exchange sends it for every reason.
    """
    if not service.audiences or service.cloud == "on-premises":
        return False
    challenged, diagnosed, code, message = (
        str(fact.value or "") if (fact := found.get(name)) else ""
        for name in ("challenge.error", "diagnostics.number", "error.code", "error.message")
    )
    if diagnosed or challenged not in {"", "invalid_token"}:
        return True
    return bool(code) and not (code.casefold() in _ASKING and _ASKS.search(message))


def _bounded(value: Value) -> Value:
    """A value that can be printed, and is short enough for any rule's regular expression."""
    if isinstance(value, str):
        return well_formed(value[:MAX_TEXT])
    return tuple(map(well_formed, value)) if isinstance(value, tuple) else value


def _any_required(name: str, required: Value, held: Value, where: str) -> Fact:
    """Whether any of the permissions the service printed as needed is among these; absent where it printed none."""
    needed = {name.casefold() for name in required} if isinstance(required, tuple) else set()
    carried = {name.casefold() for name in held} if isinstance(held, tuple) else set()
    return Fact(name, bool(needed & carried) if needed else None, where)
