"""`why403 permissions check`: one call and one token held against the tables, and how that is printed."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.permissions_format import PermissionsFormat
from proxy_addons.diagnosis.permissions.accepted import KIND_WORDS, SCHEMES, spelled
from proxy_addons.diagnosis.permissions.advice import Client, commands, narrower_choice, needs_admin
from proxy_addons.diagnosis.permissions.holding import Holding, holding_of
from proxy_addons.diagnosis.permissions.permission_data import Call
from proxy_addons.diagnosis.permissions.verdict import Judgement, Verdict, judge
from proxy_addons.evidence.exchange import Exchange, Headers, Request
from proxy_addons.evidence.facts import collect
from proxy_addons.intake.permission_store import permissions_in_use
from proxy_addons.intake.rule_files import built_in_tables

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.table import TableOrigin
    from proxy_addons.diagnosis.report import Json

GAPS: Final = frozenset({Verdict.MISSING, Verdict.UNSUPPORTED_SCHEME})
TOKEN_VARIABLE: Final = "WHY403_TOKEN"  # noqa: S105  # the variable's name
_GRAPH: Final = "https://graph.microsoft.com"
_LISTED: Final = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """What the tables say about one call, and of whom it was asked."""

    method: str
    judgement: Judgement
    data: PermissionData
    client: Client
    note: str = ""

    @property
    def origin(self) -> TableOrigin | None:
        """The table that answered, or the one that would have."""
        if self.judgement.operation is not None:
            return self.judgement.operation.origin
        return self.data.graph[0].origin if self.data.graph else None

    @property
    def admin_consent(self) -> bool | None:
        """Whether the least missing permission takes an administrator's consent; None where nobody knows."""
        scheme, missing = self.judgement.holding.scheme, self.judgement.missing
        return needs_admin(missing[0] if missing else (), scheme, self.data) if scheme else None

    @property
    def doubted(self) -> bool:
        """Whether a success was seen that this table calls impossible."""
        operation, scheme = self.judgement.operation, self.judgement.holding.scheme
        return bool(operation and scheme and self.data.doubts_about(operation, scheme))


def given_token(option: str) -> str:
    """The token somebody gave: from standard input with `-`, else from the environment. Never an argument.

    Raises Complaint for a token on the command line, which the shell's history and the list of processes would show.
    """
    if option not in {"", "-"}:
        raise Complaint("--token takes - alone: give the token on standard input, or in WHY403_TOKEN")
    given = (sys.stdin.read() if option == "-" else os.environ.get(TOKEN_VARIABLE, "")).strip()
    first, _, rest = given.partition(" ")
    token = rest.strip() if first.casefold() == "bearer" else given
    if option == "-" and not token:
        raise Complaint("--token -: standard input is empty. Write the token there")
    return token


def checked(method: str, url: str, name: str, token: str) -> Answer:
    """Hold a call, with a token or without one, against the tables in use."""
    built_in = built_in_tables()
    in_use = permissions_in_use(built_in.permissions)
    for problem in in_use.problems:
        sys.stderr.write(f"why403: {problem}\n")
    address = url if "://" in url else f"{_GRAPH}/{url.lstrip('/')}"
    headers = Headers((("Authorization", f"Bearer {token}"),) if token else ())
    request = Request(method, address, headers)
    facts = collect(Exchange(request), built_in.reference.directory_roles)
    holding = holding_of(facts) if token else Holding()
    operation = in_use.data.find(Call(method, request.host, request.split_url.path, name))
    client = Client(facts.text("token.app_id"), facts.text("token.tenant"), facts.text("service.cloud"))
    note = ""
    if facts.flag("token.audience_matches") is False:
        note = f"The token is for {facts.text('token.audience')}, so nothing it holds counts here."
    elif token and holding.scheme is None:
        note = f"The token cannot be read from outside ({facts.text('token.kind')}), or does not say whose it is."
    return Answer(method, judge(operation, holding), in_use.data, client, note)


def printed(answer: Answer, form: PermissionsFormat) -> str:
    """An answer in one of the formats."""
    if form is PermissionsFormat.JSON:
        import orjson

        return orjson.dumps(answer_json(answer), option=orjson.OPT_INDENT_2).decode() + "\n"
    lines = _lines(answer)
    if form is PermissionsFormat.MD:
        return _markdown(answer, lines)
    width = max(len(label) for label, _ in lines)
    return "".join(f"{label.ljust(width)}  {text}\n" for label, text in lines) + _commands_text(answer)


def answer_json(answer: Answer) -> dict[str, Json]:
    """The contract of `--format json` (docs/permissions.md)."""
    judgement, origin = answer.judgement, answer.origin
    operation = judgement.operation
    columns = operation.accepted.columns if operation else (None,) * len(SCHEMES)
    return {
        "operation": operation.template if operation else None,
        "method": answer.method,
        "accepted": {
            scheme.value: [spelled(way) for way in column or ()]
            for scheme, column in zip(SCHEMES, columns, strict=True)
        },
        "held": list(judgement.holding.permissions),
        "missing": [spelled(way) for way in judgement.missing],
        "verdict": judgement.verdict.value,
        "data": {
            "table": origin.name if origin else None,
            "source": origin.source if origin else None,
            "date": origin.day if origin else None,
            "sha256": origin.digest if origin else None,
            "scheme": judgement.holding.scheme.value if judgement.holding.scheme else None,
            "exact": operation.exact if operation else None,
            "doubted": answer.doubted,
            "admin_consent": answer.admin_consent,
            "narrower": narrower_choice(judgement),
            "directory_roles": list(operation.beyond.directory_roles) if operation else [],
            "role_groups": list(operation.beyond.role_groups) if operation else [],
            "reference": operation.reference if operation else "",
            "note": answer.note,
        },
    }


def sentence(answer: Answer) -> str:
    """The verdict as a sentence."""
    judgement = answer.judgement
    operation, holding, scheme = judgement.operation, judgement.holding, judgement.holding.scheme
    if operation is None:
        return "unknown: no table knows this operation, so nothing is said about it"
    if scheme is None:
        return f"unknown: {answer.note}" if answer.note else "unknown: no token was given"
    kind = KIND_WORDS[scheme]
    held = ", ".join(holding.permissions) or "nothing"
    if judgement.verdict is Verdict.MISSING:
        return f"missing: needs one of {_some(judgement)} ({kind}); the token has {held}"
    if judgement.verdict is Verdict.UNSUPPORTED_SCHEME:
        return f"unsupported-scheme: this operation is not offered to {kind} tokens"
    if judgement.missing_roles:
        roles = ", ".join(judgement.missing_roles)
        return f"unknown: the permission is there; the caller also needs one of the roles {roles}"
    return (
        f"granted: the token has {held}" if judgement.verdict is Verdict.GRANTED else f"unknown: nothing about {kind}"
    )


def _some(judgement: Judgement) -> str:
    shown = [spelled(way) for way in judgement.missing[:_LISTED]]
    more = len(judgement.missing) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _lines(answer: Answer) -> list[tuple[str, str]]:
    judgement, origin = answer.judgement, answer.origin
    operation = judgement.operation
    lines = [("Operation", operation.name if operation else "not in the tables"), ("Verdict", sentence(answer))]
    if operation is not None:
        for scheme, column in zip(SCHEMES, operation.accepted.columns, strict=True):
            told = "not stated" if column is None else ", ".join(map(spelled, column)) or "not supported"
            lines.append((scheme.value, told))
        beyond = operation.beyond
        roles = (("Directory roles", beyond.directory_roles), ("Role groups", beyond.role_groups))
        lines += [(label, f"one of {', '.join(names)}") for label, names in roles if names]
        lines += [("Rights", beyond.rights)] if beyond.rights else []
        lines += (
            [("Impersonation", "an app must name a mailbox in ExchangeImpersonation")] if beyond.impersonation else []
        )
    admin = answer.admin_consent
    if admin is not None:
        lines.append(("Consent", "an administrator's" if admin else "the user's own is enough"))
    if narrower := narrower_choice(judgement):
        lines.append(("Narrower", narrower))
    if answer.doubted:
        lines.append(("Doubted", "a call this table calls impossible was seen to succeed; why403 permissions doubts"))
    if origin is not None:
        exact = "" if operation is None or operation.exact else "; it names another address of the same resource"
        lines.append(("Data", f"{origin.name} table of {origin.day}{exact}"))
    lines += [("Reference", operation.reference)] if operation and operation.reference else []
    return lines


def _commands_text(answer: Answer) -> str:
    told = commands(answer.judgement, answer.client)
    blocks = (f"\n{each.tool}:\n" + "".join(f"  {line}\n" for line in each.lines) for each in told)
    return "".join(blocks)


def _markdown(answer: Answer, lines: list[tuple[str, str]]) -> str:
    rows = "".join(f"| {label} | {text.replace('|', chr(92) + '|')} |\n" for label, text in lines)
    fenced = "".join(
        f"\n{each.tool}:\n\n```\n" + "".join(f"{line}\n" for line in each.lines) + "```\n"
        for each in commands(answer.judgement, answer.client)
    )
    return f"| | |\n|---|---|\n{rows}{fenced}"
