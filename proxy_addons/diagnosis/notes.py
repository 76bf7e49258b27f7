"""What went before, in sentences: the notes of a report.

A cause is what a rule finds; these notes say what a person who has just come in would ask first. "Did this ever work?
What is different? Is it always refused?"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.wording import span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.evidence.facts import Facts

_APP_WORKED: Final = "The same app succeeded with "
_THIS_WORKED: Final = "This very token was accepted "
WORKED_AGO: Final = {_APP_WORKED: "before.app_worked_ago", _THIS_WORKED: "before.token_worked_ago"}
"""How the notes begin that say how long ago something worked, and the fact they say it from."""
_BUSY: Final = "exchangelib"
_MANY_REQUESTS: Final = 10


def notes(facts: Facts) -> tuple[str, ...]:
    """What the exchanges before this one add; empty where none was comparable."""
    return (*_last_success(facts), *_this_token(facts), *_repetitions(facts))


def how_often(refusals: int) -> str:
    """How often the same call was refused right before, in words."""
    return "once" if refusals == 1 else f"{refusals} times in a row"


def _last_success(facts: Facts) -> Iterator[str]:
    ago = facts.number("before.app_worked_ago")
    if ago is None:
        return
    worked = f"{_APP_WORKED}{facts.text('request.operation')} {_earlier(ago)}"
    changed = facts.names("before.changed")
    if changed:
        yield f"{worked}. Different since then: {', '.join(changed)}.{_lost(facts)}"
    elif facts.get("before.changed") is not None:
        yield f"{worked}, and nothing that can be compared has changed since: look for a change on the server's side."
    else:
        yield f"{worked}."


def _earlier(seconds: int) -> str:
    return f"{span(seconds)} earlier" if seconds else "moments earlier"


def _lost(facts: Facts) -> str:
    lost = (*facts.names("before.lost"), *facts.names("before.lost_roles"))
    return f" The token no longer carries {', '.join(lost)}." if lost else ""


def _this_token(facts: Facts) -> Iterator[str]:
    if facts.flag("before.token_worked_for_other_mailbox"):
        yield "The same token opened another mailbox within the last 15 minutes."
    ago = facts.number("before.token_worked_ago")
    if ago is not None:
        yield f"{_THIS_WORKED}by the same service {_earlier(ago)}."
    if facts.flag("before.newer_token_issued"):
        gained = (*facts.names("before.gained"), *facts.names("before.gained_roles"))
        more = f", which carries {', '.join(gained)} as well" if gained else ""
        yield f"The client had a newer token before it sent this one{more}."
    if facts.flag("before.token_was_challenged"):
        yield "This token had already been answered with a claims challenge, and was sent again."


def _repetitions(facts: Facts) -> Iterator[str]:
    refusals = facts.number("before.refusals_in_a_row")
    if refusals:
        times = how_often(refusals)
        yield f"The same call with the same token was refused {times} right before; repeating it changes nothing."
        agent = facts.text("request.user_agent").casefold()
        if _BUSY in agent and "close" in facts.text("response.header.connection").casefold():
            yield (
                'exchangelib takes an answer with "Connection: close" for a busy server and repeats the call; '
                "the FailFast retry policy shows the refusal at once."
            )
    requests = facts.number("before.token_requests") or 0
    if requests >= _MANY_REQUESTS:
        yield f"The app asked for a token {requests} times in the last five minutes: it does not seem to keep them."
