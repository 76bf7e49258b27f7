"""What every page has at hand, and the answers they share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from proxy_addons.admin.access import Access
from proxy_addons.admin.event_stream import Feed
from proxy_addons.admin.ews_callers import EwsCallers
from proxy_addons.admin.page_templates import page
from proxy_addons.admin.store_reader import BusyError
from proxy_addons.sinks.store.trouble import RefusedDataError, StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from proxy_addons.admin.store_reader import StoreReader
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.redaction.pseudonyms import Pseudonyms

_NOT_FOUND: Final = 404
_UNAVAILABLE: Final = 503
_STORE_OFF: Final = "The failure store is off, so there is nothing to show here."
_STORE_REMEDY: Final = "Start the proxy without `--store off`."


@dataclass(frozen=True, slots=True)
class PageParts:
    """The store (None where it is off), the rules and stand-ins in use, who calls EWS, the readers, who may come in.

    `ports` are those in use, by purpose; `rules_trouble` says why changed rules were not taken up, empty if they were.
    """

    store: StoreReader | None = None
    rules: Callable[[], Ruleset | None] = lambda: None
    pseudonyms: Callable[[], Pseudonyms | None] = lambda: None
    callers: EwsCallers = field(default_factory=EwsCallers)
    feed: Feed = field(default_factory=Feed)
    access: Access = field(default_factory=Access)
    ports: Callable[[], Mapping[str, int]] = dict
    rules_trouble: Callable[[], str] = str

    def values(self, here: str) -> dict[str, object]:
        """What the frame of every page shows; `here` is the part of the menu it belongs to."""
        return {"here": here, "signed_in": bool(self.access.token)}

    def missing(self, here: str, what: str, remedy: str) -> Response:
        """A page that says that something is not there."""
        return page("message.html", {**self.values(here), "title": what, "text": "", "remedy": remedy}, _NOT_FOUND)

    def guarded(
        self, here: str, answer: Callable[[StoreReader, Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """A page that reads the store, and what is shown in its place where that cannot be read."""

        async def endpoint(request: Request) -> Response:
            if self.store is None:
                values = {"title": "Nothing is stored", "text": _STORE_OFF, "remedy": _STORE_REMEDY}
                return page("message.html", {**self.values(here), **values})
            try:
                return await answer(self.store, request)
            except (StoreError, RefusedDataError) as error:
                values = {"title": "The failure store cannot be read", "text": str(error), "remedy": ""}
            except BusyError:
                values = {"title": "Too much is being asked at once", "text": "", "remedy": "Reload in a moment."}
            shown = page("message.html", {**self.values(here), **values}, _UNAVAILABLE)
            shown.headers["Retry-After"] = "5"
            return shown

        return endpoint
