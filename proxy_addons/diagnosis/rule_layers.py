"""Lay a user's rules upon those that ship: adding is plain, taking a rule's place has to be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.diagnosis.yaml_file import RuleError, locate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.diagnosis.rule import Rule


def replaced_causes(
    rules: Mapping[str, Rule], beneath: Mapping[str, Rule], paths: Mapping[str, str], texts: Mapping[str, str]
) -> dict[str, str]:
    """Which rules beneath are replaced by which of `rules`; `paths` names the files of those, `texts` what they say.

    RuleError where a rule takes a place without saying so, or one that is not there to take.
    """
    taken: dict[str, str] = {}
    for rule in rules.values():
        path = paths[rule.id]
        if rule.id in beneath and rule.id not in rule.replaces:
            line, column = locate(texts[path], ["id"])
            told = f"`{rule.id}` is a cause why403 ships: say `replaces: {rule.id}` to take its place, or name it anew"
            raise RuleError(path, line, column, told)
        for index, other in enumerate(rule.replaces):
            told = ""
            if other not in beneath:
                told = f"replaces names `{other}`, but there is no such cause beneath these rules"
            elif other in taken:
                told = f"replaces names `{other}`, which `{taken[other]}` replaces already"
            if told:
                raise RuleError(path, *locate(texts[path], ["replaces", index]), told)
            taken[other] = rule.id
    return taken


def laid_upon(rules: Mapping[str, Rule], beneath: Mapping[str, Rule], replaced: Mapping[str, str]) -> dict[str, Rule]:
    """Both by id. What outranked a replaced cause outranks the one in its place."""
    kept = {
        rule.id: rule.model_copy(update={"outranks": _instead(rule, replaced)})
        if replaced.keys() & set(rule.outranks)
        else rule
        for rule in beneath.values()
        if rule.id not in replaced
    }
    return kept | dict(rules)


def _instead(rule: Rule, replaced: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(replaced.get(other, other) for other in rule.outranks))
