"""The pages `/rules` and `/rules/{id}`: every cause why403 knows, and what each is proved by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from proxy_addons.admin.page_templates import page
from proxy_addons.diagnosis.report_text import helper_name
from proxy_addons.diagnosis.rule import PLACEHOLDER
from proxy_addons.diagnosis.rule_page import condition_lines
from proxy_addons.diagnosis.verdict import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from proxy_addons.admin.page_parts import PageParts
    from proxy_addons.diagnosis.condition import Condition
    from proxy_addons.diagnosis.rule import Rule

SERVICES: Final = ("exchange", "graph", "entra", "sharepoint")
_LONGEST: Final = 200
_INDENT: Final = re.compile(r"( *)- ")
_MISSING: Final = "No such rule is loaded"


def rule_base_routes(parts: PageParts) -> Sequence[Route]:
    """Both pages."""

    async def listed(request: Request) -> Response:
        ruleset = parts.rules()
        query = {name: request.query_params.get(name, "").strip()[:_LONGEST] for name in ("q", "service", "gate")}
        rules = [rule for rule in (ruleset.rules if ruleset else ()) if _matches(rule, query)]
        values = {
            "query": query,
            "rules": rules,
            "all": len(ruleset.rules) if ruleset else 0,
            "revision": ruleset.revision if ruleset else "",
            "services": SERVICES,
            "gates": [gate.value for gate in Gate if gate is not Gate.NONE],
        }
        return page("rules.html", {**parts.values("rules"), **values})

    async def one(request: Request) -> Response:
        ruleset = parts.rules()
        named = request.path_params["id"]
        rule = next((each for each in (ruleset.rules if ruleset else ()) if each.id == named), None)
        if ruleset is None or rule is None:
            return parts.missing("rules", _MISSING, "The rules in use are listed at `/rules`.")
        values = {
            "rule": rule,
            "titles": {each.id: each.title for each in ruleset.rules},
            "conditions": conditions,
            "general": in_general,
            "helper": helper_name,
        }
        return page("rule.html", {**parts.values("rules"), **values})

    return (
        Route("/rules", listed, methods=["GET"]),
        Route("/rules/{id}", one, methods=["GET"]),
    )


def conditions(condition: Condition) -> list[tuple[int, str]]:
    """A condition as lines in words, each with its depth."""
    found: list[tuple[int, str]] = []
    for line in condition_lines(condition):
        match = _INDENT.match(line)
        found.append((len(match[1]) // 2 if match else 0, line.lstrip().removeprefix("- ")))
    return found


def in_general(sentence: str) -> str:
    """A sentence without an exchange to fill it from."""
    return PLACEHOLDER.sub(lambda match: f"<{match[1]}>", sentence.strip())


def _matches(rule: Rule, query: dict[str, str]) -> bool:
    if query["service"] and query["service"] not in rule.services:
        return False
    if query["gate"] and query["gate"] != rule.gate.value:
        return False
    text = f"{rule.id} {rule.title} {rule.verdict} {rule.deciding_test}".lower()
    return all(word in text for word in query["q"].lower().split())
