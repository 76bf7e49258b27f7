"""The page `/`: kinds of failures, the latest first, live."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from starlette.responses import HTMLResponse
from starlette.routing import Route

from proxy_addons.admin.page_templates import page
from proxy_addons.admin.shared_answers import SharedAnswers
from proxy_addons.diagnosis.verdict import UNDETERMINED
from proxy_addons.sinks.failure_filters import Filters, trace_id_of
from proxy_addons.sinks.store.browsing import Choices, GroupPlace, Pulse, browse_groups, choices, pulse

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from proxy_addons.admin.page_parts import PageParts
    from proxy_addons.admin.store_reader import StoreReader
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.sinks.store.browsing import BrowsedGroup
    from proxy_addons.sinks.store.database import Database

ROWS: Final = 50
FILTERS: Final = ("cause", "service", "app", "since", "request-id", "trace")
SPANS: Final = (("", "any time"), ("1h", "last hour"), ("24h", "last 24 hours"), ("7d", "last 7 days"))
_LONGEST: Final = 200
_SPAN: Final = re.compile(r"(\d{1,4})(m|h|d)\Z")
_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}
_PLACE: Final = re.compile(r"(\d{1,15})\.([\w-]{1,64})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asked for, as it stands in the form."""

    values: dict[str, str]
    filters: Filters
    after: GroupPlace | None

    @property
    def filtered(self) -> bool:
        """Whether anything is left out."""
        return any(self.values.values())

    def page_after(self, last: BrowsedGroup) -> str:
        """The address of the page behind the one that ends with a group."""
        query = {name: value for name, value in self.values.items() if value}
        return f"/?{urlencode({**query, 'after': f'{last.group.last_seen}.{last.group.fingerprint}'})}"


@dataclass(frozen=True, slots=True)
class _Found:
    pulse: Pulse
    choices: Choices
    groups: list[BrowsedGroup]


def read_query(request: Request, now: float) -> Asked:
    """What the query says; what cannot be read is left out, because a page is no place to complain."""
    values = {name: request.query_params.get(name, "").strip()[:_LONGEST] for name in FILTERS}
    span = _SPAN.match(values["since"])
    since = int((now - int(span[1]) * _SECONDS[span[2]]) * 1000) if span else None
    values["since"] = values["since"] if span else ""
    place = _PLACE.match(request.query_params.get("after", ""))
    # What is no trace id stays as it is, and finds nothing: to show everything instead would look like an answer.
    trace = trace_id_of(values["trace"]) or values["trace"]
    filters = Filters(since, "", values["cause"], values["service"], values["app"], values["request-id"], trace)
    return Asked(values, filters, GroupPlace(int(place[1]), place[2]) if place else None)


def titles_of(ruleset: Ruleset | None) -> dict[str, str]:
    """What every cause is called."""
    titles = {UNDETERMINED: "Cause not determined"}
    return titles if ruleset is None else titles | {rule.id: rule.title for rule in ruleset.rules}


def failure_groups_route(parts: PageParts) -> Route:
    """The page."""
    shared = SharedAnswers()

    async def answer(store: StoreReader, request: Request) -> Response:
        return HTMLResponse(await shared.get(request.url.query, lambda: drawn(store, request)))

    async def drawn(store: StoreReader, request: Request) -> bytes:
        asked = read_query(request, time.time())

        def look(database: Database) -> _Found:
            groups = browse_groups(database, asked.filters, ROWS + 1, asked.after)
            return _Found(pulse(database), choices(database), groups)

        found = await store.ask(look)
        groups = found.groups[:ROWS]
        more = asked.page_after(groups[-1]) if len(found.groups) > ROWS else ""
        values = {
            "asked": asked,
            "spans": SPANS,
            "found": found,
            "groups": groups,
            "more": more,
            "titles": titles_of(parts.rules()),
            "undetermined": UNDETERMINED,
        }
        return bytes(page("failure_groups.html", {**parts.values("failures"), **values}).body)

    return Route("/", parts.guarded("failures", answer), methods=["GET"])
