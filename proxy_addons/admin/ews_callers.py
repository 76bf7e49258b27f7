"""Who still calls EWS, in memory: which app, which kind of client, which operation, how often, when last.

Exchange Online switches EWS off, and calls that succeed today are the ones that will fail. Nothing of a user is kept:
an app id is a GUID or nothing, the client one of a fixed list, the operation a name of the EWS schema's own form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.evidence.operation import is_guid, word
from proxy_addons.evidence.soap import read_request

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.evidence.exchange import Exchange

ROWS_AT_MOST: Final = 1000
OTHER: Final = "other"
_FAMILIES: Final = (
    ("exchangelib", "exchangelib"),
    ("exchangeservicesclient", "EWS Managed API"),
    ("ews-java-api", "EWS Java API"),
    ("ewsjavascriptapi", "ews-javascript-api"),
    ("macoutlook", "Outlook for Mac"),
    ("microsoft office", "Microsoft Office"),
    ("microsoft outlook", "Microsoft Outlook"),
    ("mac os x", "Apple Mail"),
    ("macos", "Apple Mail"),
    ("exchangewebservices", "Apple Mail"),
    ("thunderbird", "Thunderbird"),
    ("evolution", "Evolution"),
    ("davmail", "DavMail"),
    ("powershell", "PowerShell"),
    ("python", "Python"),
    ("apache-httpclient", "Java"),
    ("java/", "Java"),
    ("go-http-client", "Go"),
    ("node", "Node.js"),
    ("axios", "Node.js"),
    ("curl", "curl"),
    ("mozilla", "a browser"),
)


@dataclass(frozen=True, slots=True)
class EwsCaller:
    """One way EWS is called. Times are milliseconds since 1970."""

    app: str
    client: str
    operation: str
    calls: int
    refused: int
    last_seen: int


class EwsCallers:
    """The tally of this process since its start; what exceeds ROWS_AT_MOST is counted as one row."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str], list[int]] = {}

    def count(self, exchange: Exchange, now: float, *, refused: bool) -> None:
        """Count a call to EWS; `now` is in seconds since 1970."""
        self.add(EwsCaller(*caller_of(exchange), 1, int(refused), int(now * 1000)))

    def add(self, seen: EwsCaller) -> None:
        """Add what was counted elsewhere."""
        key = (seen.app, seen.client, seen.operation)
        if key not in self._rows and len(self._rows) >= ROWS_AT_MOST:
            key = ("", OTHER, OTHER)
        row = self._rows.setdefault(key, [0, 0, 0])
        row[0] += seen.calls
        row[1] += seen.refused
        row[2] = max(row[2], seen.last_seen)

    def rows(self) -> Sequence[EwsCaller]:
        """Everybody who calls, the busiest first."""
        found = [EwsCaller(*key, *row) for key, row in self._rows.items()]
        return sorted(found, key=lambda each: (-each.calls, each.app, each.client, each.operation))


def caller_of(exchange: Exchange) -> tuple[str, str, str]:
    """App id, kind of client and operation of a call."""
    headers = exchange.request.headers
    claims = read_authorizations(headers.get_all("authorization")).claims
    app = str(claims.get("appid") or claims.get("azp") or "").lower()
    body = exchange.request.body.content
    asked = read_request(body.decode(errors="replace")) if body else None
    operation = word(asked.operation, OTHER) if asked else OTHER
    return (app if is_guid(app) else "", client_family(headers.get("user-agent") or ""), operation)


def client_family(user_agent: str) -> str:
    """What kind of client this is, by a fixed list; anything else is `other`."""
    folded = user_agent[:200].lower()
    return next((family for part, family in _FAMILIES if part in folded), OTHER)
