"""Facts about what went before: the same token, the same app, the same call, as far as the memory reaches.

Each of them compares this exchange with remembered ones; where there is nothing to compare with, the fact is not known.
So `false` means "was seen, and it was not so", never "nobody looked". The one exception is what another mailbox shows:
that fact is about what was seen, so that a rule can say "unless it was seen that others get in".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.timeline import NOTHING, plausible, read_call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.request_facts import Reading
    from proxy_addons.evidence.timeline import Call, Grant, Memory, Success, TokenPast

RECENT: Final = 15 * 60
"""Seconds a success with a mailbox counts: what an administrator changed meanwhile would explain a refusal as well."""
LOOP: Final = 5 * 60
"""Seconds over which token requests are counted."""
_OTHER: Final = "before.token_worked_for_other_mailbox"
_WHERE: Final = "earlier exchanges"
_TOKEN: Final = "earlier exchanges with the same token"  # noqa: S105  # a place, not a credential
_APP: Final = "last success of the same app and operation"
_NEWER: Final = "newer token of the same app"


def read(
    exchange: Exchange, memory: Memory, directory_roles: Mapping[str, str], call: Call | None = None
) -> Iterator[Reading]:
    """Everything the memory tells about this exchange; nothing where it is empty or the exchange has no time.

    `call` is what `read_call` made of the two, where somebody has it.
    """
    yield _OTHER, False, _TOKEN
    if memory == NOTHING:
        return
    call = call or read_call(exchange, memory)
    if call is None:
        return
    past = memory.tokens.get(call.token)
    if past is not None:
        yield from _token(call, past, exchange)
    yield from _newer(call, memory, directory_roles)
    yield from _app(call, memory, directory_roles)


def _token(call: Call, past: TokenPast, exchange: Exchange) -> Iterator[Reading]:
    place = call.place
    worked = {
        where: outcomes.worked
        for where, outcomes in past.places.items()
        if outcomes.worked is not None and outcomes.worked <= call.began and where.service == place.service
    }
    yield "before.token_worked", bool(worked), _TOKEN
    if worked:
        yield "before.token_worked_ago", int(call.began - max(worked.values())), _TOKEN
    if place.mailbox:
        recent = {
            where
            for where, moment in worked.items()
            if call.began - moment <= RECENT
            and where.surface == place.surface
            and (place.surface == "ews" or where.operation == place.operation)
        }
        shut = {where.mailbox for where, outcomes in past.places.items() if outcomes.refusals}
        open_mailboxes = {where.mailbox for where in recent if where.mailbox} - shut
        yield _OTHER, bool(open_mailboxes - {place.mailbox}), _TOKEN
        yield "before.token_worked_for_this_mailbox", place.mailbox in {where.mailbox for where in recent}, _TOKEN
    known = past.places.get(place)
    yield "before.refusals_in_a_row", known.refusals if known else 0, _TOKEN
    started = plausible(exchange.started)
    challenged = past.challenged.get(place.service)
    if place.service not in past.challenged:
        yield "before.token_was_challenged", False, _TOKEN
    elif challenged is not None and started is not None:
        yield "before.token_was_challenged", challenged <= started, _TOKEN
    if past.requested is not None:
        yield "before.requested_scopes", past.requested, "request that brought this token"


def _newer(call: Call, memory: Memory, directory_roles: Mapping[str, str]) -> Iterator[Reading]:
    """What the client holds since before this call that is newer than what it sent."""
    grant = call.grant
    if grant is None or grant.issued is None:
        return
    known = [
        (other.grant.issued, other.grant, other)
        for other in memory.tokens.values()
        if other.known_since <= call.began
        and other.grant is not None
        and other.grant.issued is not None
        and other.grant.of_the_same_holder(grant)
    ]
    newer = [each for each in known if each[0] > grant.issued]
    if known:
        yield "before.newer_token_issued", bool(newer), _NEWER
    if newer:
        _, newest, _ = max(newer, key=lambda each: each[0])
        yield "before.gained", _sorted(newest.permissions - grant.permissions), _NEWER
        yield "before.gained_roles", _roles(newest.wids - grant.wids, directory_roles), _NEWER
        worked = any(_worked_here(other, call) for _, _, other in newer)
        yield "before.newer_token_worked", worked, _NEWER


def _worked_here(token: TokenPast, call: Call) -> bool:
    """Whether a token succeeded with this very operation, on whatever mailbox."""
    wanted = (call.place.service, call.place.surface, call.place.operation)
    return any(
        outcomes.worked is not None and (where.service, where.surface, where.operation) == wanted
        for where, outcomes in token.places.items()
    )


def _app(call: Call, memory: Memory, directory_roles: Mapping[str, str]) -> Iterator[Reading]:
    success = memory.calls.get(call.of_app) if call.app else None
    if success is not None and success.began <= call.began:
        yield "before.app_worked", True, _APP
        yield "before.app_worked_ago", int(call.began - success.began), _APP
        if (success.grant is None) == (call.grant is None):
            yield "before.changed", tuple(_changed(call, success)), _APP
        if success.grant is not None and call.grant is not None:
            yield "before.lost", _sorted(success.grant.permissions - call.grant.permissions), _APP
            yield "before.lost_roles", _roles(success.grant.wids - call.grant.wids, directory_roles), _APP
    requests = memory.token_requests.get(call.app, ()) if call.place.surface == "token-endpoint" else ()
    if requests:
        yield "before.token_requests", sum(0 <= call.began - moment <= LOOP for moment in requests), _WHERE


def _changed(call: Call, success: Success) -> Iterator[str]:
    """The names of everything compared that is not as it was."""
    if success.grant is not None and call.grant is not None:
        yield from (name for name, before, now in _claims(success.grant, call.grant) if before != now)
    for name, before in success.circumstances.items():
        if call.circumstances.get(name) != before:
            yield name


def _claims(before: Grant, now: Grant) -> Iterator[tuple[str, object, object]]:
    yield "permissions", before.permissions, now.permissions
    yield "roles", before.wids, now.wids
    yield "audience", before.audience, now.audience
    yield "tenant", before.tenant, now.tenant
    yield "identity", before.identity, now.identity
    yield "user", before.user, now.user


def _roles(wids: frozenset[str], directory_roles: Mapping[str, str]) -> tuple[str, ...]:
    return _sorted(frozenset(directory_roles[wid] for wid in wids if wid in directory_roles))


def _sorted(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(names))
