"""Facts as words: values for evidence lines, and facts filled into the sentences of a rule."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.rule import PLACEHOLDER

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Fact, Facts

_LONG: Final = 300
_PLAIN_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@:/-]{0,199}")
_MOMENTS: Final = frozenset({"token.issued", "token.not_before", "token.expires", "challenge.nbf"})
_SPANS: Final = frozenset(
    {
        "token.age",
        "token.lifetime",
        "token.expired_by",
        "token.early_by",
        "before.token_worked_ago",
        "before.app_worked_ago",
    }
)


def evidence_text(fact: Fact) -> str:
    """A fact's value for a person: absent, moments as UTC, spans as minutes, lists with commas, long texts cut."""
    value = fact.value
    if value is None:
        return "absent"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        if fact.name in _MOMENTS:
            return moment(value)
        return span(value) if fact.name in _SPANS else str(value)
    text = ", ".join(value) if isinstance(value, tuple) else value
    if not text:
        return "none" if isinstance(value, tuple) else "empty"
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"


def fill(sentence: str, facts: Facts) -> str:
    """Put the facts into a rule's sentence; one that is not known reads `<not seen>`, and the sentence still stands."""

    def value(match: re.Match[str]) -> str:
        fact = facts.get(match[1])
        return "<not seen>" if fact is None or fact.value is None else evidence_text(fact)

    return PLACEHOLDER.sub(value, sentence)


def fill_command(command: str, facts: Facts) -> str:
    """Put the facts into a command somebody will paste into a shell.

    Claims and addresses come from whoever made the token or the record, so only values that are plain words to every
    shell go in. Any other, and one that is not known, leaves its name in angle brackets to be filled in by hand.
    """

    def value(match: re.Match[str]) -> str:
        fact = facts.get(match[1])
        text = evidence_text(fact) if fact is not None and fact.value else ""
        return text if _PLAIN_WORD.fullmatch(text) else f"<{match[1]}>"

    return PLACEHOLDER.sub(value, command)


def moment(seconds: float) -> str:
    """Seconds since the epoch as RFC 3339 in UTC; what no calendar holds stays a number."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        return f"{seconds:.0f}"


def span(seconds: int) -> str:
    """A time span in the largest fitting unit: 45 s, 12 min, 3 h 5 min."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    if rest < 120:  # noqa: PLR2004  # up to two minutes seconds say more
        return f"{sign}{rest} s"
    hours, minutes = divmod(rest // 60, 60)
    return f"{sign}{hours} h {minutes} min" if hours else f"{sign}{minutes} min"
