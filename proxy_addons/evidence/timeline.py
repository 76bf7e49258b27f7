"""What one exchange leaves behind for the next: a bounded memory of tokens and calls, passed in and handed back.

`remember` takes a memory and returns another; nothing is ever changed in place, so whoever keeps an older memory keeps
what was known then. Tokens, addresses and User-Agents are held as truncated digests only: enough to see that two are
the same, and nothing that could be read out again. Exchanges must be told in the order they went by; one that carries
no time at all (neither a capture's clock nor a Date) is not remembered, for nothing could be said about "before".
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence import request_facts, token_facts
from proxy_addons.evidence.bearer_token import read_authorization, sent_token_digest, token_digest
from proxy_addons.evidence.challenge import read_challenges
from proxy_addons.evidence.services import audience_owner, identify, plain_audience

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.evidence.bearer_token import BearerToken
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.facts import Value
    from proxy_addons.evidence.services import Service

MAX_TOKENS: Final = 512
MAX_CALLS: Final = 512
"""Calls of apps (app, service, operation) whose last success is known."""
MAX_PLACES: Final = 32
"""Operations and mailboxes remembered of one token."""
MAX_REQUESTERS: Final = 128
MAX_REQUESTS: Final = 64
"""Token requests remembered of one app."""
MAX_ANSWER: Final = 64 * 1024
"""Bytes of a token endpoint's answer that are read; real ones have a few thousand."""
FRESH: Final = 5
"""Seconds within which a call that succeeds again is not noted again."""
_MAX_GRANT: Final = 16 * 1024
"""Characters of a token whose claims are kept: half a thousand of them then take a few megabytes at the worst."""
_TOKENS: Final = frozenset({"jwt", "jwe", "opaque-consumer"})
"""Kinds that are recognised again. Two stand-ins of one recorder for what it took out are not the same token."""
_MAX_SCOPES: Final = 100
_NAME: Final = 128
_LATEST: Final = 1e12
"""Seconds; thirty thousand years."""


class Ending(Enum):
    """How an exchange ended, as far as later ones care."""

    WORKED = "worked"
    REFUSED = "refused"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says of its holder, as far as two tokens are compared. `user` is a digest; ids are lower case."""

    app: str
    tenant: str
    identity: str
    user: str
    audience: str
    permissions: frozenset[str]
    wids: frozenset[str]
    issued: int | None

    def of_the_same_holder(self, other: Grant) -> bool:
        """Whether both were issued to the same app, for the same user or none, for the same service."""
        if not self.app or self.app != other.app or self.user != other.user or self.audience != other.audience:
            return False
        return self.tenant == other.tenant and self.identity == other.identity


@dataclass(frozen=True, slots=True)
class Place:
    """Where a call went. `mailbox` is a digest, empty where the call names none."""

    service: str
    surface: str
    operation: str
    mailbox: str = ""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How the calls to one place ended: when the last success began, and how many refusals in a row came since."""

    worked: float | None = None
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class TokenPast:
    """What is remembered of one token.

    `known_since` is when the client had it for sure. `challenged` tells for each service when the first claims
    challenge was complete, None where the capture recorded no end. `requested` are the scopes asked for in the request
    that brought it, None where that was not seen.
    """

    grant: Grant | None
    known_since: float
    places: Mapping[Place, Outcomes] = field(default_factory=dict)
    challenged: Mapping[str, float | None] = field(default_factory=dict)
    requested: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Success:
    """The last success of an app with an operation, and what it was made with; `circumstances` are digests by name."""

    began: float
    grant: Grant | None
    circumstances: Mapping[str, str]


CallOfApp = tuple[str, str, str, str]
"""App id, service, surface, operation."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything remembered, oldest first in each of its tables."""

    tokens: Mapping[str, TokenPast] = field(default_factory=dict)
    calls: Mapping[CallOfApp, Success] = field(default_factory=dict)
    token_requests: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


NOTHING: Final = Memory()


@dataclass(frozen=True, slots=True)
class Call:
    """One exchange as the memory sees it."""

    token: str
    grant: Grant | None
    app: str
    place: Place
    began: float
    circumstances: Mapping[str, str]

    @property
    def of_app(self) -> CallOfApp:
        """The key of the app's calls of this kind."""
        return self.app, self.place.service, self.place.surface, self.place.operation


def read_call(exchange: Exchange, memory: Memory) -> Call | None:
    """What is compared of an exchange; None where it carries no time. A known token is not decoded again."""
    began = _began(exchange)
    if began is None:
        return None
    request = exchange.request
    service = identify(request.host, request.split_url.path)
    asked = {name: value for name, value, _ in request_facts.read_asked(request, service)}
    values = request.headers.get_all("authorization")
    token = sent_token_digest(values)
    past = memory.tokens.get(token)
    grant = past.grant if past else None
    if token and past is None:
        read = read_authorization(values[0])
        token = token if read.kind in _TOKENS else ""
        grant = _read_grant(read, exchange, service)
    mailbox = _text(asked, "request.mailbox").casefold()
    own = grant.user if grant is not None and grant.identity == "user" else ""
    place = Place(
        service.name, service.surface, _text(asked, "request.operation"), _digest(mailbox) if mailbox else own
    )
    circumstances = {
        "mailbox": place.mailbox,
        "user-agent": _digest(_text(asked, "request.user_agent")),
        "host": request.host[:_NAME],
        "path": _digest(request.split_url.path),
        "url-tenant": _text(asked, "request.tenant")[:_NAME],
    }
    app = grant.app if grant else _text(asked, "request.form.client_id").lower()[:_NAME]
    return Call(token, grant, app, place, began, circumstances)


def read_call_again(call: Call, exchange: Exchange, memory: Memory) -> Call | None:
    """What `read_call` says of an exchange which asks for the very same as another did, word for word.

    Only its clock is read, unless the memory holds other things of the token by now.
    """
    began, past = _began(exchange), memory.tokens.get(call.token)
    if began is None or (call.token and (past is None or past.grant is not call.grant)):
        return read_call(exchange, memory)
    return replace(call, began=began)


def remember(memory: Memory, exchange: Exchange, ending: Ending, call: Call | None = None) -> Memory:
    """The memory after this exchange. Never raises; what was there longest makes room.

    `call` is what `read_call` made of the two, where somebody has it.
    """
    call = call or read_call(exchange, memory)
    if call is None or (ending is Ending.WORKED and _is_known_to_work(memory, call)):
        return memory
    if call.place.surface == "token-endpoint":
        memory = _with_token_request(memory, call, exchange, ending)
    tokens, calls = memory.tokens, memory.calls
    if call.token:
        past = tokens.get(call.token) or TokenPast(call.grant, call.began)
        places, challenged = _with_outcome(past.places, call, ending), _with_challenge(past, call, exchange)
        changed = TokenPast(past.grant, past.known_since, places, challenged, past.requested)
        tokens = _put(tokens, call.token, changed, MAX_TOKENS)
    if ending is Ending.WORKED and call.app:
        calls = _put(calls, call.of_app, Success(call.began, call.grant, call.circumstances), MAX_CALLS)
    return Memory(tokens, calls, memory.token_requests)


def _is_known_to_work(memory: Memory, call: Call) -> bool:
    """Whether this very call succeeded a moment ago and was not refused since: busy traffic costs next to nothing."""
    past, success = memory.tokens.get(call.token), memory.calls.get(call.of_app)
    known = past.places.get(call.place) if past else None
    if known is None or known.worked is None or known.refusals or success is None:
        return False
    same = success.grant == call.grant and success.circumstances == call.circumstances
    return same and 0 <= call.began - success.began < FRESH and 0 <= call.began - known.worked < FRESH


def _with_outcome(places: Mapping[Place, Outcomes], call: Call, ending: Ending) -> Mapping[Place, Outcomes]:
    if ending is Ending.NEITHER:
        return places
    known = places.get(call.place, Outcomes())
    worked = ending is Ending.WORKED
    outcomes = Outcomes(call.began) if worked else replace(known, refusals=known.refusals + 1)
    return _put(places, call.place, outcomes, MAX_PLACES)


def _with_challenge(past: TokenPast, call: Call, exchange: Exchange) -> Mapping[str, float | None]:
    response = exchange.response
    fields = response.headers.get_all("www-authenticate") if response else ()
    if call.place.service in past.challenged or not any(c.parameters.get("claims") for c in read_challenges(fields)):
        return past.challenged
    return {**past.challenged, call.place.service: plausible(exchange.ended)}


def _with_token_request(memory: Memory, call: Call, exchange: Exchange, ending: Ending) -> Memory:
    """Count the request, and know the token it brought before it is ever sent."""
    if call.app:
        moments = (*memory.token_requests.get(call.app, ()), call.began)[-MAX_REQUESTS:]
        requests = _put(memory.token_requests, call.app, moments, MAX_REQUESTERS)
        memory = replace(memory, token_requests=requests)
    issued = _issued_token(exchange) if ending is Ending.WORKED else ""
    read = read_authorization(f"Bearer {issued}")
    if read.kind not in _TOKENS:
        return memory
    service = identify(exchange.request.host, exchange.request.split_url.path)
    asked = {name: value for name, value, _ in request_facts.read_asked(exchange.request, service)}
    scopes = asked.get("request.form.scope")
    requested = tuple(scopes.split()[:_MAX_SCOPES]) if isinstance(scopes, str) else None
    known = memory.tokens.get(token_digest(issued))
    if known is None:
        ended = plausible(exchange.ended)
        grant = _read_grant(read, exchange, service)
        known = TokenPast(grant, call.began if ended is None else ended)
    past = replace(known, requested=requested)
    return replace(memory, tokens=_put(memory.tokens, token_digest(issued), past, MAX_TOKENS))


def _issued_token(exchange: Exchange) -> str:
    """The access_token of a token answer (RFC 6749 section 5.1), or empty."""
    content = exchange.response.body.content if exchange.response else None
    if not content or len(content) > MAX_ANSWER:
        return ""
    try:
        answer: object = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    issued = answer.get("access_token") if isinstance(answer, dict) else None
    return issued if isinstance(issued, str) else ""


def _read_grant(token: BearerToken, exchange: Exchange, service: Service) -> Grant | None:
    if token.kind not in _TOKENS or not token.claims or token.length > _MAX_GRANT:
        return None
    claims: dict[str, Value] = {name: value for name, value, _ in token_facts.read(token, exchange, service, {})}
    audience = _text(claims, "token.audience").split(" ")[0]
    owner = audience_owner(audience, None)[0]
    user = _text(claims, "token.user") or _text(claims, "token.object_id")
    issued = claims.get("token.issued")
    return Grant(
        app=_text(claims, "token.app_id"),
        tenant=_text(claims, "token.tenant"),
        identity=_text(claims, "token.identity"),
        user=_digest(user.casefold()),
        audience=plain_audience(audience) if owner == "other" else owner,
        permissions=_names(claims, "token.permissions"),
        wids=_names(claims, "token.wids"),
        issued=issued if isinstance(issued, int) else None,
    )


def plausible(seconds: float | None) -> float | None:
    """A moment a clock can have told, or None: two of them can be subtracted."""
    return seconds if seconds is not None and math.isfinite(seconds) and abs(seconds) < _LATEST else None


def _began(exchange: Exchange) -> float | None:
    """When the call began: by the capture's clock where it has one, because that is how its exchanges are ordered."""
    started = plausible(exchange.started)
    return plausible(exchange.server_time) if started is None else started


def _put[Key, Entry](table: Mapping[Key, Entry], key: Key, entry: Entry, limit: int) -> Mapping[Key, Entry]:
    """The table with this entry as its newest, and the oldest left out where there is no room."""
    changed = dict(table)
    changed.pop(key, None)
    changed[key] = entry
    if len(changed) > limit:
        del changed[next(iter(changed))]
    return changed


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:16]


def _text(found: Mapping[str, Value], name: str) -> str:
    value = found.get(name)
    return value if isinstance(value, str) else ""


def _names(found: Mapping[str, Value], name: str) -> frozenset[str]:
    value = found.get(name)
    return frozenset(value) if isinstance(value, tuple) else frozenset()
