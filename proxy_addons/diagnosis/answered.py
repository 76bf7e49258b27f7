"""The same failure diagnosed again with what somebody's directory had to say about it.

The answers are facts like all others, under `directory.`: the rules are held against the call once more, and nothing
else decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.holding import holding_of
from proxy_addons.diagnosis.permissions.judged_call import call_of
from proxy_addons.diagnosis.permissions.verdict import Verdict, judge
from proxy_addons.diagnosis.ranking import diagnose
from proxy_addons.evidence.facts import Fact, Facts, collect
from proxy_addons.evidence.timeline import NOTHING, Memory

if TYPE_CHECKING:
    from proxy_addons.diagnosis.failure import Failure
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.ruleset import Ruleset

ASKED: Final = "Microsoft Graph, asked afterwards"


@dataclass(frozen=True, slots=True)
class Answers:
    """What the directory said; None and empty where it was not asked or did not tell.

    `granted` are permissions granted to the application on the API called, `roles` names of directory roles assigned to
    the holder of the token, `sign_in_error` the AADSTS number of the sign-in that brought the token (0: none).
    `refused` are sentences about what the directory would not tell.
    """

    exists: bool | None = None
    enabled: bool | None = None
    granted: tuple[str, ...] | None = None
    roles: tuple[str, ...] | None = None
    sign_in_error: int | None = None
    refused: tuple[str, ...] = ()


def answered(failure: Failure, answers: Answers, ruleset: Ruleset, memory: Memory = NOTHING) -> Failure:
    """The failure with its diagnosis made again; `memory` is what was known when the call was made."""
    facts = collect(failure.exchange, ruleset.reference.directory_roles, memory)
    told = _told(facts, answers, ruleset.permissions)
    known = Facts(MappingProxyType({**facts.by_name, **{fact.name: fact for fact in told}}))
    diagnosis = diagnose(known, ruleset) or failure.report.diagnosis
    notes = (*failure.report.notes, *_sentences(answers), *answers.refused)
    return replace(failure, report=replace(failure.report, diagnosis=diagnosis, notes=notes))


def _told(facts: Facts, answers: Answers, data: PermissionData) -> list[Fact]:
    plain = {
        "directory.app_exists": answers.exists,
        "directory.app_enabled": answers.enabled,
        "directory.granted": answers.granted,
        "directory.roles": answers.roles,
        "directory.sign_in_error": answers.sign_in_error,
    }
    told = [Fact(name, value, ASKED) for name, value in plain.items() if value is not None]
    if answers.granted is not None and facts.get("token.permissions") is not None:
        held = {name.casefold() for name in facts.names("token.permissions")}
        gained = tuple(name for name in answers.granted if name.casefold() not in held)
        told.append(Fact("directory.gained", gained, f"{ASKED}, and token claims scp and roles"))
        opens = _would_open(facts, gained, data)
        if opens is not None:
            told.append(Fact("directory.gained_opens", opens, f"{ASKED}, and the permissions the call takes"))
    return told


def _would_open(facts: Facts, gained: tuple[str, ...], data: PermissionData) -> bool | None:
    """Whether what the token lacks of the grants opens the call: by the service's own list, else by the table."""
    required = {name.casefold() for name in facts.names("error.required_permissions")}
    if required:
        return bool(required & {name.casefold() for name in gained})
    holding = holding_of(facts)
    operation = data.find(call_of(facts))
    if judge(operation, holding).verdict is not Verdict.MISSING:
        return None
    more = replace(holding, permissions=(*holding.permissions, *gained))
    return judge(operation, more).verdict is not Verdict.MISSING


def _sentences(answers: Answers) -> list[str]:
    """The answers for a person."""
    said = []
    if answers.exists is False:
        said.append("The directory has no service principal for this app in this tenant.")
    if answers.enabled is not None:
        said.append(f"The directory says that the app is {'enabled' if answers.enabled else 'disabled'}.")
    if answers.granted is not None:
        said.append(f"The directory says that these permissions are granted: {', '.join(answers.granted) or 'none'}.")
    if answers.roles is not None:
        said.append(f"The directory says that these roles are assigned: {', '.join(answers.roles) or 'none'}.")
    if answers.sign_in_error is not None:
        code = answers.sign_in_error
        said.append(f"The sign-in log says of this token: {f'error {code}' if code else 'no error'}.")
    return said
