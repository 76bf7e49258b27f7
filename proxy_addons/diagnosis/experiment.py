"""Proof by experiment: which single change turns a refusal into an answer, and what that proves.

A plan begins and ends with the call as it was recorded: if that passes by itself, nothing is proven. In between stands
one change at a time. The diagnosis afterwards is made by the same rules from what was seen, the fresh token's success
included; on top of it a cause is raised only where the change is the very thing the cause is about, and a cause the
outcome speaks against is lowered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.verdict import Certainty, Evidence
from proxy_addons.evidence.exchange import Headers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proxy_addons.diagnosis.failure_report import FailureReport
    from proxy_addons.diagnosis.verdict import Finding
    from proxy_addons.evidence.exchange import Request
    from proxy_addons.evidence.facts import Facts

NEUTRAL_USER_AGENT: Final = "why403-verify"
"""A client's name nobody has put on a list."""


class Change(StrEnum):
    """What is different from the recorded call."""

    UNCHANGED = "unchanged"
    FRESH_TOKEN = "fresh-token"  # noqa: S105  # the name of a change, not a credential
    RIGHT_AUDIENCE = "right-audience"
    OTHER_IDENTITY = "other-identity"
    OTHER_USER_AGENT = "other-user-agent"
    WITHOUT_HEADER = "without-header"
    STRAIGHT = "straight"


@dataclass(frozen=True, slots=True)
class Trial:
    """One request to send; `words` tell a person what is different. `straight` goes around the proxy."""

    change: Change
    words: str
    request: Request

    @property
    def straight(self) -> bool:
        """Whether the proxy is left out."""
        return self.change is Change.STRAIGHT


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial. `status` is None where no answer came; `cause` is empty where nothing was refused."""

    trial: Trial
    status: int | None
    accepted: bool
    cause: str = ""

    @property
    def shown_status(self) -> str:
        """The status for a person."""
        return "no answer" if self.status is None else str(self.status)


class Result(StrEnum):
    """What an experiment came to."""

    CONFIRMED = "confirmed"
    NOT_REPRODUCED = "not-reproduced"
    UNSTABLE = "unstable"
    NOTHING_HELPED = "nothing-helped"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The result in a sentence, and the changes that worked."""

    result: Result
    sentence: str
    turned_by: tuple[Outcome, ...] = ()


def with_token(request: Request, token: str) -> Request:
    """The same request with another bearer token."""
    return _with_header(request, "Authorization", f"Bearer {token}")


def trials(
    request: Request, *, tokens: Mapping[Change, str], user_agent: str, left_out: Sequence[str], behind_proxy: bool
) -> tuple[Trial, ...]:
    """The changes to try, one at a time. `tokens` are those at hand, by the change each of them is."""
    planned = [Trial(change, _TOKEN_WORDS[change], with_token(request, token)) for change, token in tokens.items()]
    if request.headers.get("user-agent") is not None:
        words = f"with the User-Agent {user_agent}"
        planned.append(Trial(Change.OTHER_USER_AGENT, words, _with_header(request, "User-Agent", user_agent)))
    planned += [
        Trial(Change.WITHOUT_HEADER, f"without the header {name}", _without(request, name))
        for name in left_out
        if name in request.headers
    ]
    if behind_proxy:
        planned.append(Trial(Change.STRAIGHT, "straight, without the proxy", request))
    return tuple(planned)


_TOKEN_WORDS: Final[Mapping[Change, str]] = {
    Change.FRESH_TOKEN: "with a token issued just now to the same holder",
    Change.RIGHT_AUDIENCE: "with a token for this API",
    Change.OTHER_IDENTITY: "with a token of another holder",
}


def token_change(old: Facts, new: Facts) -> Change:
    """What another token changes: nothing but its age, its audience, or whom it stands for."""
    holder = ("token.app_id", "token.tenant", "token.identity", "token.object_id")
    if any(old.text(name) and new.text(name) and old.text(name) != new.text(name) for name in holder):
        return Change.OTHER_IDENTITY
    if old.flag("token.audience_matches") is False and new.flag("token.audience_matches"):
        return Change.RIGHT_AUDIENCE
    return Change.FRESH_TOKEN


def conclude(first: Outcome, changed: Sequence[Outcome], again: Outcome | None) -> Conclusion:
    """What follows. `again` is the recorded call once more, sent where a change had worked."""
    if first.accepted:
        sentence = "The recorded call is accepted now, unchanged: the refusal has passed, and nothing is proven."
        return Conclusion(Result.NOT_REPRODUCED, sentence)
    worked = tuple(outcome for outcome in changed if outcome.accepted)
    if not worked:
        tried = "No change was tried" if not changed else "None of the changes helped"
        return Conclusion(Result.NOTHING_HELPED, f"{tried}: the call is refused each time.")
    if again is None or again.accepted:
        sentence = "The recorded call was refused and later accepted, unchanged: what a change did cannot be told."
        return Conclusion(Result.UNSTABLE, sentence)
    ways = " and ".join(outcome.trial.words for outcome in worked)
    sentence = f"A single change turned {first.shown_status} into {worked[0].shown_status}: {ways}."
    return Conclusion(Result.CONFIRMED, sentence, worked)


_GRANT: Final = frozenset({"graph-stale-token", "token-older-than-grant", "admin-stale-role-token"})
_AGE: Final = frozenset({"graph-token-expired", "token-expired", "cae-revoked", "graph-cae-revoked"})
_AUDIENCE: Final = frozenset(
    {
        "graph-wrong-audience",
        "rest-invalid-audience",
        "token-audience-graph",
        "token-audience-legacy-aadgraph",
        "token-audience-sharepoint-or-other",
        "token-audience-wrong-exchange-endpoint",
    }
)
_BLOCK_LIST: Final = "ews-ua-in-block-list"
_ALLOW_LIST: Final = "ews-ua-not-in-allow-list"
_FAMILY: Final = "ews-client-family-toggle"


def proven(
    report: FailureReport,
    conclusion: Conclusion,
    changed: Sequence[Outcome],
    *,
    gained: Sequence[str],
    neutral: bool,
) -> FailureReport:
    """The report after the experiment.

    `gained` are permissions and roles the fresh token holds and the old one lacks; `neutral` says that the other
    User-Agent was one nobody has put on a list.
    """
    changes = {outcome.trial.change: outcome for outcome in conclusion.turned_by}
    causes = {finding.cause for finding in report.diagnosis.findings}
    raised: dict[str, Outcome] = {}
    # A fresh token that is refused as well speaks against every cause that lies in the old one's age.
    lowered = {
        cause: outcome
        for outcome in changed
        if outcome.trial.change is Change.FRESH_TOKEN and not outcome.accepted
        for cause in _GRANT | _AGE
    }
    if (fresh := changes.get(Change.FRESH_TOKEN)) is not None:
        raised |= dict.fromkeys(_AGE | (_GRANT if gained else frozenset()), fresh)
    if (right := changes.get(Change.RIGHT_AUDIENCE)) is not None:
        raised |= dict.fromkeys(_AUDIENCE, right)
    # The switches for Outlook and its kin read the User-Agent as well.
    other = changes.get(Change.OTHER_USER_AGENT)
    if other is not None and neutral and _FAMILY not in causes:
        # An allow list would hardly hold a name made up for this call.
        raised[_BLOCK_LIST], lowered[_ALLOW_LIST] = other, other
    findings = [
        _judged(finding, raised.get(finding.cause), lowered.get(finding.cause)) for finding in report.diagnosis.findings
    ]
    findings.sort(key=lambda finding: finding.certainty.weakness)
    if any(finding.cause in raised for finding in findings):
        findings.sort(key=lambda finding: finding.cause not in raised)
        findings = [finding for finding in findings if finding.certainty is not Certainty.POSSIBLE]
    return replace(report, diagnosis=replace(report.diagnosis, findings=tuple(findings)))


def _judged(finding: Finding, for_it: Outcome | None, against_it: Outcome | None) -> Finding:
    seen = for_it or against_it
    if seen is None:
        return finding
    evidence = Evidence(
        f"experiment.{seen.trial.change}",
        f"the call was answered with {seen.shown_status} {seen.trial.words}",
        "the call repeated with this single change",
        supports=for_it is not None,
    )
    if for_it is not None:
        return replace(finding, certainty=Certainty.CERTAIN, evidence=(evidence, *finding.evidence))
    return replace(finding, certainty=finding.certainty.lowered(1), evidence=(*finding.evidence, evidence))


def _with_header(request: Request, name: str, value: str) -> Request:
    """The request with one header's value changed, at its place and in its spelling."""
    fields = tuple((known, value if known.lower() == name.lower() else sent) for known, sent in request.headers.fields)
    return replace(request, headers=Headers(fields))


def _without(request: Request, name: str) -> Request:
    fields = tuple(field for field in request.headers.fields if field[0].lower() != name.lower())
    return replace(request, headers=Headers(fields))
