"""The first hop: a call without credentials, made to be asked for them, as RFC 9110 section 11 foresees.

Clients of NTLM, Negotiate and Basic, Autodiscover and proxies begin like this every time. The challenge is a failure
only if the client does not come back. Graph's clients hardly ever wait to be asked, so nobody waits for them either;
only where the whole recording lies there, a call that was let in a moment later was no failure on Graph as well.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.challenge import read_challenges
from proxy_addons.evidence.services import identify

if TYPE_CHECKING:
    from proxy_addons.evidence.exchange import Exchange, Headers

_FIELDS: Final = {401: ("authorization", "www-authenticate"), 407: ("proxy-authorization", "proxy-authenticate")}
"""By status: where credentials go, and where they are asked for."""
_SOMETIMES_ASKED: Final = frozenset({"graph", "sharepoint"})
"""Services whose clients seldom call without a token to be told where one is to be had."""
_PATIENCE: Final = 60.0
"""Seconds after which a call is no answer to a challenge any more."""


class Return(Enum):
    """What a later exchange is to a first hop."""

    UNRELATED = "unrelated"
    UNDER_WAY = "a handshake goes on"
    ADMITTED = "credentials came and were accepted"
    REFUSED = "credentials came and were refused"


def is_first_hop(exchange: Exchange, *, recorded: bool = False) -> bool:
    """Whether a refusal may be the first half of an authentication: nothing was sent, and credentials are asked for.

    `recorded` says that what came behind it is at hand, so that looking for the rare costs nobody any time.
    """
    response, request = exchange.response, exchange.request
    if response is None or response.status not in _FIELDS:
        return False
    sent, asked = _FIELDS[response.status]
    service = identify(request.host, request.split_url.path).name
    awaited = response.status == 407 or service == "exchange" or (recorded and service in _SOMETIMES_ASKED)  # noqa: PLR2004  # HTTP
    return awaited and asked in response.headers and not _carries(request.headers, sent)


def returned(first: Exchange, later: Exchange) -> Return:
    """Whether an exchange is the same call as a first hop, sent again by the same client with credentials."""
    answer, challenge = later.response, first.response
    if answer is None or challenge is None or not _is_same_call(first, later):
        return Return.UNRELATED
    sent, asked = _FIELDS[challenge.status]
    if not _carries(later.request.headers, sent):
        # NTLM lets in the connection, not the call, and some recorders take credentials out.
        return Return.ADMITTED if answer.status < 400 else Return.UNRELATED  # noqa: PLR2004  # HTTP's classes
    if answer.status != challenge.status:
        # What the service says of the call is no word of the proxy that asked.
        return Return.REFUSED if (challenge.status, answer.status) == (401, 403) else Return.ADMITTED
    goes_on = any(each.carries_token for each in read_challenges(answer.headers.get_all(asked)))
    return Return.UNDER_WAY if goes_on else Return.REFUSED


def _is_same_call(first: Exchange, later: Exchange) -> bool:
    one, other = first.request, later.request
    if (one.method, one.url) != (other.method, other.url):
        return False
    if one.headers.get("user-agent") != other.headers.get("user-agent"):
        return False
    # Some clients send the body only once they are let in.
    if one.body.content and other.body.content and one.body.content != other.body.content:
        return False
    return first.started is None or later.started is None or 0 <= later.started - first.started <= _PATIENCE


def _carries(headers: Headers, name: str) -> bool:
    """Whether credentials stand in a header; a scheme alone is none."""
    return len((headers.get(name) or "").split()) > 1
