"""What was seen to succeed although the table calls it impossible: the table is wrong there, and is doubted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.permissions.verdict import Verdict

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.accepted import Scheme
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.verdict import Judgement


@dataclass(frozen=True, slots=True, order=True)
class Doubt:
    """One exception: a template of the table and what the token held. No name, no id, no address of anybody."""

    template: str
    method: str
    scheme: Scheme
    permissions: tuple[str, ...]
    table: str


def doubt_of(judgement: Judgement, data: PermissionData) -> Doubt | None:
    """What a success with this token says against the table; None where the table expected it, or knew nothing.

    Only names of permissions the tables know are kept: nobody can tell what else an app's own roles may say.
    """
    operation, holding = judgement.operation, judgement.holding
    if operation is None or holding.scheme is None or not operation.exact:
        return None
    if judgement.verdict not in {Verdict.MISSING, Verdict.UNSUPPORTED_SCHEME}:
        return None
    permissions = tuple(sorted(name for name in holding.permissions if data.knows(name)))
    return Doubt(operation.template, operation.method, holding.scheme, permissions, operation.origin.name)
