"""A captured call held against the tables, by its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.diagnosis.permissions.holding import holding_of
from proxy_addons.diagnosis.permissions.permission_data import Call
from proxy_addons.diagnosis.permissions.verdict import judge

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.permission_data import PermissionData
    from proxy_addons.diagnosis.permissions.verdict import Judgement
    from proxy_addons.evidence.facts import Facts


def call_of(facts: Facts) -> Call:
    """The call as tables look it up: with the EWS operation or the cmdlet its body names."""
    name = facts.text("ews.operation") or facts.text("request.cmdlet")
    return Call(facts.text("request.method"), facts.text("request.host"), facts.text("request.path"), name)


def judge_call(facts: Facts, data: PermissionData) -> Judgement:
    """Whether the token of a call would open it, by the tables."""
    return judge(data.find(call_of(facts)), holding_of(facts))
