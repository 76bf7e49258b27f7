"""`why403 permissions minimal` and `excess`: the least set with its proof, and what was held and not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from proxy_addons.cli.permissions_data import table_text
from proxy_addons.cli.permissions_format import PermissionsFormat
from proxy_addons.cli.printing import counted
from proxy_addons.diagnosis.permissions.holding import Holding
from proxy_addons.diagnosis.permissions.observed import excess, minimum
from proxy_addons.diagnosis.permissions.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy_addons.cli.permissions_seen import SeenCalls
    from proxy_addons.diagnosis.permissions.observed import Excess, Minimum
    from proxy_addons.diagnosis.report import Json

type _Sets = list[tuple[str, Minimum, tuple[str, ...]]]


def minimal_report(seen: SeenCalls, form: PermissionsFormat) -> tuple[str, bool]:
    """The least set per app and scheme as text, and whether any token seen lacks something of its set."""
    found: _Sets = []
    for (app, scheme), use in sorted(seen.uses.items()):
        needed = minimum(scheme, use.operations + use.refused, seen.data)
        holding = Holding(scheme, tuple(use.held))
        gaps = [need.operation for need in needed.needs if judge(need.operation, holding).verdict is Verdict.MISSING]
        found.append((app, needed, tuple(operation.name for operation in gaps)))
    gap = any(gaps for _, _, gaps in found)
    if form is PermissionsFormat.JSON:
        return _json({"sets": [_minimum_json(*each) for each in found], **_rest(seen)}), gap
    parts = [_minimum_text(*each, form) for each in found] or [
        "No call was seen whose operation and token are known.\n"
    ]
    return "\n".join((*parts, *_rest_text(seen))), gap


def _minimum_json(app: str, needed: Minimum, gaps: tuple[str, ...]) -> dict[str, Json]:
    return {
        "app": app,
        "scheme": needed.scheme.value,
        "permissions": list(needed.permissions),
        "exact": needed.exact,
        "matrix": [
            {
                "operation": need.operation.template,
                "method": need.operation.method,
                "calls": need.calls,
                "opened_by": list(need.opened_by),
            }
            for need in needed.needs
        ],
        "gaps": list(gaps),
        "unsupported": [operation.name for operation in needed.unsupported],
    }


def _minimum_text(app: str, needed: Minimum, gaps: tuple[str, ...], form: PermissionsFormat) -> str:
    exact = "" if needed.exact else " (a lighter set may exist: the search was cut off)"
    names = ", ".join(needed.permissions) or "none"
    columns = needed.permissions
    rows: list[Sequence[str]] = [("Calls", *columns, "Operation")]
    rows += [
        (str(need.calls), *("x" if name in need.opened_by else "" for name in columns), need.operation.name)
        for need in needed.needs
    ]
    after = [f"Not opened by what the token holds: {name}\n" for name in gaps]
    after += [f"Not offered in this scheme: {operation.name}\n" for operation in needed.unsupported]
    heading = _heading(app, needed.scheme.value, form)
    return f"{heading}Least set{exact}: {names}\n\n{table_text(rows, form)}{''.join(after)}"


def excess_report(seen: SeenCalls, form: PermissionsFormat) -> tuple[str, bool]:
    """What each app held and did not need as text, and whether there was any."""
    found = [
        (app, excess(scheme, use.held, use.operations, seen.data)) for (app, scheme), use in sorted(seen.uses.items())
    ]
    gap = any(each.unused or each.replaceable for _, each in found)
    if form is PermissionsFormat.JSON:
        return _json({"apps": [_excess_json(*each) for each in found], **_rest(seen)}), gap
    parts = [_excess_text(*each, form) for each in found] or ["No call was seen whose operation and token are known.\n"]
    return "\n".join((*parts, *_rest_text(seen))), gap


def _excess_json(app: str, found: Excess) -> dict[str, Json]:
    return {
        "app": app,
        "scheme": found.scheme.value,
        "needed": list(found.kept),
        "unused": list(found.unused),
        "replaceable": list(found.replaceable),
        "not_in_tables": list(found.unknown),
        "operations_seen": found.seen,
        "operations_opened": dict(found.reach_of),
    }


def _excess_text(app: str, found: Excess, form: PermissionsFormat) -> str:
    rows: list[Sequence[str]] = [("Permission", "Opens", "Needed")]
    kinds = ((found.kept, "yes"), (found.replaceable, "no: a narrower one opens the same calls"), (found.unused, "no"))
    rows += [(name, counted(found.reach_of[name], "operation"), told) for names, told in kinds for name in names]
    rows += [(name, "not in the tables", "not known") for name in found.unknown]
    told = f"{counted(found.seen, 'different operation')} seen; what was not done while recording may need more.\n"
    return f"{_heading(app, found.scheme.value, form)}{told}\n{table_text(rows, form)}"


def _heading(app: str, scheme: str, form: PermissionsFormat) -> str:
    return f"{'## ' if form is PermissionsFormat.MD else ''}{app}, {scheme}\n\n"


def _rest(seen: SeenCalls) -> dict[str, Json]:
    return {
        "unknown_operations": [{"operation": name, "calls": calls} for name, calls in sorted(seen.unknown.items())],
        "without_readable_token": seen.without_token,
    }


def _rest_text(seen: SeenCalls) -> list[str]:
    told = [f"Not in the tables ({counted(calls, 'call')}): {name}\n" for name, calls in sorted(seen.unknown.items())]
    if seen.without_token:
        told.append(f"Without a token that can be read: {counted(seen.without_token, 'call')}\n")
    return ["".join(told)] if told else []


def _json(value: Json) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode() + "\n"
