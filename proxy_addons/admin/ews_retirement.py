"""The page `/ews`: who still calls EWS, and what does the same in Microsoft Graph."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict
from starlette.routing import Route

from proxy_addons.admin.page_templates import page
from proxy_addons.diagnosis.yaml_file import read_yaml
from proxy_addons.intake.rule_files import rules_directory

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from proxy_addons.admin.page_parts import PageParts

FILE: Final = "reference/ews_graph_equivalents.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Equivalent(_Strict):
    """What takes the place of an EWS operation; `graph` is empty where nothing is documented.

    `mapped` rows stand in Microsoft's own mapping, the others are read from the Graph reference.
    """

    operation: str
    mapped: bool
    graph: str
    note: str = ""


class _File(_Strict):
    source: str
    entries: tuple[Equivalent, ...]


@cache
def equivalents() -> Mapping[str, Equivalent]:
    """The table that came with the product, by operation."""
    path = rules_directory() / FILE
    found = _File.model_validate(read_yaml(FILE, path.read_text(encoding="utf-8")))
    return {entry.operation: entry for entry in found.entries}


def ews_retirement_route(parts: PageParts) -> Route:
    """The page."""

    async def show(_: Request) -> Response:
        rows = parts.callers.rows()
        values = {
            "rows": rows,
            "calls": sum(row.calls for row in rows),
            "apps": len({row.app for row in rows}),
            "equivalents": equivalents(),
        }
        return page("ews.html", {**parts.values("ews"), **values})

    return Route("/ews", show, methods=["GET"])
