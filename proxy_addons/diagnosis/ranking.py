"""From facts to a ranked diagnosis.

How ranking works. Every rule of the service is held against the facts; the first signature that matches sets its
certainty, and each objection that matches takes one step off. Where somebody in front of Microsoft answered, a cause
that lies behind that is no more than possible: nobody has looked at the token. Findings are ordered by certainty; among
equals a cause that declares to outrank another stands before it, then the gate decides that a call meets first, then
the amount of evidence for it. Beside a certain cause, merely possible ones are dropped: they explain nothing any more;
a certain one that it outranks is only called likely, for it says the same in wider words.

What it deliberately ignores: how often a cause occurs elsewhere. One exchange is judged by what it says.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.condition import Outcome, evaluate, outcome
from proxy_addons.diagnosis.gates import FOREIGN_SPEAKERS, read_gates
from proxy_addons.diagnosis.permissions.permission_facts import with_permissions
from proxy_addons.diagnosis.verdict import (
    UNDETERMINED,
    Certainty,
    Diagnosis,
    Evidence,
    Finding,
    Fix,
    Gate,
    GateState,
    OpenQuestion,
)
from proxy_addons.diagnosis.wording import evidence_text, fill, fill_command
from proxy_addons.evidence.vocabulary import word_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proxy_addons.diagnosis.rule import Rule, Signature
    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.evidence.facts import Fact, Facts

_REFUSALS: Final = frozenset({401, 403, 407, 456})
_NOT_YET: Final = frozenset({"authorization_pending", "slow_down"})
"""What a device is told while its user has not signed in yet (RFC 8628 section 3.5): nobody has refused anything."""
_THROTTLED: Final = 429
_ENTRA_SURFACES: Final = frozenset({"token-endpoint", "device-code", "authorize"})
_SCENERY: Final = ("service.", "request.method", "request.host", "request.scheme", "error.hidden")
_WEIGHT: Final = (
    "error.",
    "permission.",
    "diagnostics.",
    "challenge.",
    "before.",
    "response.header.x-",
    "token.",
    "speaker.",
    "response.",
    "transport.",
    "ews.",
)
_CONTEXT: Final = frozenset(
    {
        "token.audience_matches",
        "token.identity",
        "token.kind",
        "token.scheme",
        "token.has_permissions",
        "permission.doubted",
        "permission.exact",
        "permission.scheme",
        "error.dialect",
        "response.status",
        "response.has_microsoft_ids",
        "speaker.name",
    }
)
"""Facts that set the scene for the proof and never are the proof themselves: shown last."""
_BEFORE_SENDING: Final = frozenset({"dns", "connect"})
_HANDSHAKE: Final = re.compile(r"handshake|cert|verif", re.IGNORECASE)
_WITHDRAWN: Final = re.compile(r"ERR_ABORTED|BLOCKED_BY_CLIENT|BINDING_ABORTED|holds no response", re.IGNORECASE)
"""Words of recorders for a call its own client gave up, or that was still under way: nobody refused it."""
_MAX_QUESTIONS: Final = 5
_LACKING: Final = (
    " By the permission table {permission.operation} needs {permission.needed}, and the token does not hold that; "
    "whether that is the reason, the answer leaves open."
)
_CLOSE_THE_GAP: Final = "Grant {permission.least} and repeat the call with a freshly issued token;"
_COMPARE: Final = "Repeat the call with a freshly issued token and compare;"
_ASK_SUPPORT: Final = "if it is refused again, open a support case with the request id and the time of this answer."
_NEIGHBOURS: Final = ("before.", "later.")
"""Facts of other exchanges than this one."""

_Undecided = tuple["Rule", tuple["Signature", ...]]
"""A rule none of whose signatures matched, with those that cannot be told."""


def diagnose(facts: Facts, ruleset: Ruleset) -> Diagnosis | None:
    """Explain one exchange; None where nothing was refused.

    A 401, 403, 407 or 456, an error of the token endpoint and a failed connection are always explained, if only as
    undetermined; any other failure only where a rule recognises it. A look-alike is explained too: `is_failure` says
    whether anybody should hear of it.
    """
    if _is_candidate(facts):
        facts = with_permissions(facts, ruleset.permissions)
    findings, undecided = _findings(facts, ruleset)
    refused = _is_refusal(facts)
    if not findings and not refused:
        return None
    gates = read_gates(facts, findings)
    if not findings:
        ruled_out = [reading.because for reading in gates if reading.state is GateState.PASSED]
        findings = (_unanswered(facts),) if facts.text("transport.error") else (_undetermined(facts, ruled_out),)
    certain = findings[0].certainty is Certainty.CERTAIN
    return Diagnosis(findings, gates, () if certain else _questions(undecided, facts))


def is_failure(facts: Facts, diagnosis: Diagnosis, *, every_host: bool = False) -> bool:
    """Whether a diagnosis is to be reported.

    Not where a host that is none of Microsoft's refused and no rule knows why, unless every host counts. A look-alike
    only where the call was refused, or turned down for good with words that prove it; whoever is throttled knows it
    from the status.
    """
    leading, status = diagnosis.leading, facts.number("response.status") or 0
    foreign = facts.text("service.name") == "other" and not every_host
    withdrawn = _WITHDRAWN.search(facts.text("transport.error")) is not None
    if _may_be_waiting(facts) or (leading.cause == UNDETERMINED and (foreign or withdrawn)):
        return False
    # Clients guess where Autodiscover lives, and go on to the next place.
    guessed = status == 404 and facts.text("service.surface") == "autodiscover"  # noqa: PLR2004  # HTTP
    proven = not guessed and leading.certainty is Certainty.CERTAIN and 400 <= status < 500 and status != _THROTTLED  # noqa: PLR2004  # HTTP's classes
    return _is_refusal(facts) or not leading.lookalike or proven


def _is_plain_refusal(facts: Facts) -> bool:
    """Whether the status alone says refused. A handshake that goes on is a question, not an answer."""
    if facts.flag("challenge.in_handshake"):
        return False
    return facts.number("response.status") in _REFUSALS or bool(facts.text("transport.error"))


def _is_refusal(facts: Facts) -> bool:
    if _is_plain_refusal(facts):
        return True
    status = facts.number("response.status") or 0
    if facts.text("service.surface") not in _ENTRA_SURFACES or _may_be_waiting(facts) or _was_silent(facts):
        return False
    # With a number of its own, Entra says why no token came even where it is throttled or broken.
    told = status >= 400 and facts.number("error.aadsts") is not None  # noqa: PLR2004  # HTTP's classes
    return told or (400 <= status < 500 and status != _THROTTLED) or bool(facts.text("response.redirect_error"))  # noqa: PLR2004  # HTTP's classes


def _may_be_waiting(facts: Facts) -> bool:
    """Whether a device asks on until its user has signed in. Where nobody kept the answer, that is the usual one."""
    if facts.get("error.code") is None:
        return facts.text("request.form.grant_type").endswith("device_code")
    return facts.text("error.code") in _NOT_YET


def _was_silent(facts: Facts) -> bool:
    """Whether a page only looked for a session without showing anything (OpenID Connect Core 3.1.2.1, prompt=none)."""
    silent = "prompt=none" in facts.text("request.query").lower()
    return silent and facts.text("response.redirect_error") == "login_required"


def _is_candidate(facts: Facts) -> bool:
    """Whether rules need to be asked at all: healthy answers are not anybody's failure."""
    if _is_refusal(facts) or facts.flag("error.hidden"):
        return True
    status = facts.number("response.status") or 0
    return status >= 400 or bool(facts.text("response.redirect_error")) or _redirects_to_error(facts, status)  # noqa: PLR2004  # HTTP's classes


def _redirects_to_error(facts: Facts, status: int) -> bool:
    return status in {301, 302, 303, 307} and facts.text("service.name") == "exchange"


def _findings(facts: Facts, ruleset: Ruleset) -> tuple[tuple[Finding, ...], list[_Undecided]]:
    if not _is_candidate(facts):
        return (), []
    found: list[Finding] = []
    undecided: list[_Undecided] = []
    for rule, signatures in ruleset.index.candidates(facts):
        open_ones: list[Signature] = []
        for signature in signatures:
            said = outcome(signature.when, facts)
            if said is Outcome.MATCH:
                found.append(_finding(rule, signature, facts))
                break
            if said is Outcome.UNKNOWN:
                open_ones.append(signature)
        else:
            undecided += [(rule, tuple(open_ones))] if open_ones else []
    return _ranked(found, ruleset), undecided


def _finding(rule: Rule, signature: Signature, facts: Facts) -> Finding:
    carrying = sorted(evaluate(signature.when, facts).facts, key=_weight)
    evidence = [_evidence(fact, supports=True) for fact in carrying if not _is_scenery(fact)]
    against = _objections(rule, facts)
    foreign = _behind_foreign_speaker(rule, facts)
    return Finding(
        cause=rule.id,
        title=rule.title,
        verdict=fill(rule.verdict, facts),
        certainty=Certainty.POSSIBLE if foreign else signature.certainty.lowered(len(against)),
        gate=rule.gate,
        evidence=(*evidence, *against, *foreign),
        deciding_test=fill(rule.deciding_test, facts),
        fixes=tuple(
            Fix(step.helper, fill(step.do, facts), tuple(fill_command(command, facts) for command in step.commands))
            for step in rule.fix
        ),
        propagation=rule.propagation,
        references=rule.references,
        lookalike=rule.lookalike,
    )


def _objections(rule: Rule, facts: Facts) -> list[Evidence]:
    found: list[Evidence] = []
    for objection in rule.against:
        if outcome(objection.when, facts) is Outcome.MATCH:
            seen = evaluate(objection.when, facts).facts[0]
            found.append(Evidence(seen.name, fill(objection.because, facts), seen.seen_in, supports=False))
    return found


def _behind_foreign_speaker(rule: Rule, facts: Facts) -> tuple[Evidence, ...]:
    """The objection every cause behind the network has where a proxy or a firewall gave the answer."""
    speaker = facts.get("speaker.name")
    if speaker is None or speaker.value not in FOREIGN_SPEAKERS or rule.gate in {Gate.NETWORK, Gate.NONE}:
        return ()
    told = f"{facts.text('speaker.product') or speaker.value} answered, so the service may never have seen the call."
    return (Evidence(speaker.name, told, speaker.seen_in, supports=False),)


def _evidence(fact: Fact, *, supports: bool) -> Evidence:
    return Evidence(fact.name, evidence_text(fact), fact.seen_in, supports)


def _weight(fact: Fact) -> int:
    """What a service prints itself stands before what the token claims, and both before what was asked.

    What is absent carries many rules, but convinces nobody: it comes after everything that is there.
    """
    place = next((index for index, prefix in enumerate(_WEIGHT) if fact.name.startswith(prefix)), len(_WEIGHT))
    in_time = fact.name in {"token.expired_by", "token.early_by"} and isinstance(fact.value, int) and fact.value <= 0
    absent = fact.value is None or fact.value is False or fact.value == ()
    is_backdrop = fact.name in _CONTEXT or absent or in_time
    return place + (len(_WEIGHT) + 1 if is_backdrop else 0)


def _is_scenery(fact: Fact) -> bool:
    return fact.name.startswith(_SCENERY)


def _ranked(found: list[Finding], ruleset: Ruleset) -> tuple[Finding, ...]:
    causes = {finding.cause for finding in found}
    behind = {finding.cause: ruleset.index.outranked(finding.cause) & causes for finding in found}
    gates = list(Gate)

    def key(finding: Finding) -> tuple[int, int, int, int, str]:
        above = sum(finding.cause in behind[other.cause] and other.certainty is finding.certainty for other in found)
        weight = sum(1 if seen.supports else -1 for seen in finding.evidence)
        return finding.certainty.weakness, above, gates.index(finding.gate), -weight, finding.cause

    ranked = sorted(found, key=key)
    if ranked and ranked[0].certainty is Certainty.CERTAIN:
        ranked = [finding for finding in ranked if finding.certainty is not Certainty.POSSIBLE]
    return tuple(_said_once(ranked, behind))


def _said_once(ranked: Sequence[Finding], behind: Mapping[str, frozenset[str]]) -> Iterator[Finding]:
    """The findings, those one step less sure that a proven cause already names more exactly.

    A call is refused for one reason. A cause that only says the same in wider words is true, but it is not another
    reason, and whoever reads `certain` takes it for one.
    """
    said: set[str] = set()
    for finding in ranked:
        if finding.certainty is not Certainty.CERTAIN:
            yield finding
            continue
        yield replace(finding, certainty=Certainty.LIKELY) if finding.cause in said else finding
        said |= behind[finding.cause]


def _unanswered(facts: Facts) -> Finding:
    host, stage = facts.text("request.host"), facts.text("transport.stage")
    # TLS can also break in the middle of an answer; only a handshake that failed proves that nothing was sent.
    handshake = stage == "tls" and _HANDSHAKE.search(facts.text("transport.error"))
    if stage in _BEFORE_SENDING or handshake:
        title = "Nothing from Microsoft was reached"
        verdict = (
            f"The connection to {host} failed ({stage}) before the call could be sent, so no Microsoft server has "
            "judged it: token, permissions and policies are not the reason."
        )
    else:
        title = "No answer came back"
        verdict = f"The connection to {host} ended without an answer ({stage}). Whether the call arrived is not known."
    return Finding(
        cause=UNDETERMINED,
        title=title,
        verdict=verdict,
        certainty=Certainty.POSSIBLE,
        gate=Gate.NETWORK,
        evidence=tuple(_evidence(fact, supports=True) for name in ("transport.error",) if (fact := facts.get(name))),
        deciding_test=f"Open https://{host}/ from the machine the proxy runs on.",
    )


def _undetermined(facts: Facts, ruled_out: list[str]) -> Finding:
    status = facts.number("response.status")
    ruling = f" Ruled out: {'; '.join(ruled_out)}." if ruled_out else " Nothing could be ruled out."
    lacking = _is_lacking(facts)
    seen = (facts.get(name) for name in ("response.status", "error.code", "error.message", "speaker.name"))
    gap = fill(_LACKING, facts) if lacking else ""
    return Finding(
        cause=UNDETERMINED,
        title="Cause not determined",
        verdict=f"The call was refused with {status}, and what was captured does not say why.{gap}{ruling}",
        certainty=Certainty.POSSIBLE,
        gate=Gate.NONE,
        evidence=tuple(_evidence(fact, supports=True) for fact in seen if fact is not None and fact.value is not None),
        deciding_test=f"{fill(_CLOSE_THE_GAP, facts)} {_ASK_SUPPORT}" if lacking else f"{_COMPARE} {_ASK_SUPPORT}",
    )


def _is_lacking(facts: Facts) -> bool:
    """Whether the permission table says of this very call that the token does not open it."""
    named = facts.flag("permission.exact") is True and not facts.flag("permission.doubted")
    return named and facts.text("permission.verdict") == "missing" and facts.get("permission.least") is not None


def _questions(undecided: list[_Undecided], facts: Facts) -> tuple[OpenQuestion, ...]:
    """What was missing, and which causes it would decide; the fact most causes wait for comes first."""
    waiting: dict[str, list[str]] = {}
    for rule, signatures in undecided:
        readings = (evaluate(signature.when, facts) for signature in signatures)
        # What went before cannot be asked of anybody any more.
        asking = (each for each in readings if not any(name.startswith(_NEIGHBOURS) for name in each.missing))
        reading = next(asking, None)
        if reading is not None and any(not _is_scenery(fact) for fact in reading.facts):
            for name in reading.missing:
                waiting.setdefault(name, []).append(rule.id)
    order = sorted(waiting, key=lambda name: (-len(waiting[name]), name))[:_MAX_QUESTIONS]
    return tuple(OpenQuestion(_question(name), tuple(sorted(set(waiting[name])))) for name in order)


def _question(name: str) -> str:
    word = word_for(name)
    return f"Not known from this exchange: {name}. {word.meaning if word else ''}".rstrip()
