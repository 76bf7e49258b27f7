"""The pages of docs/causes: one for every cause, and an index of them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.rule_page import Surroundings, rule_page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.diagnosis.examination import Examination
    from proxy_addons.diagnosis.rule import Rule

INDEX: Final = "README.md"
_SERVICES: Final = {"exchange": "Exchange", "graph": "Microsoft Graph", "entra": "Entra ID"}
_DRAWN: Final = "<!-- Drawn by `why403 rules docs` from {source}: changes belong there. -->"


def surroundings(rule: Rule, examination: Examination) -> Surroundings:
    """What the examples of a rule add to its page."""
    own = [each for each in examination.held if each.case.cause == rule.id]
    return Surroundings(
        [each.case.example.name for each in own if each.case.must_match],
        [each.case.example.name for each in own if not each.case.must_match],
        examination.look_alikes(rule.id),
    )


def cause_pages(rules: Mapping[str, Rule], folders: Mapping[str, str], examination: Examination) -> dict[str, str]:
    """Every page by its path below docs/causes. `folders` says where each rule's file lies: `graph`, `exchange` ..."""
    pages = {INDEX: "\n".join(_index(rules, folders)) + "\n"}
    for cause, rule in rules.items():
        folder = folders[cause]

        def link(other: str, here: str = folder) -> str:
            if other not in folders:
                return f"`{other}`"
            place = "" if folders[other] == here else f"../{folders[other]}/"
            return f"[`{other}`]({place}{other}.md): {rules[other].title}"

        drawn = _DRAWN.format(source=f"rules/{folder}/{cause}.yaml and its examples")
        page = rule_page(rule, surroundings(rule, examination), link)
        pages[f"{folder}/{cause}.md"] = f"{page}\n{drawn}\n"
    return pages


def _index(rules: Mapping[str, Rule], folders: Mapping[str, str]) -> Iterator[str]:
    yield "# Every cause why403 knows"
    yield ""
    yield "One page each: how it shows, what proves it, what only looks like it, who can put it right. The id is what a"
    yield "report, a metric and a log line name; `why403 rules show <id>` prints the same page without a network."
    for folder, service in _SERVICES.items():
        own = [rule for cause, rule in sorted(rules.items()) if folders[cause] == folder]
        if own:
            yield ""
            yield f"## {service}"
            yield ""
            yield "| cause | in one line | gate | rule |"
            yield "|---|---|---|---|"
            for rule in own:
                gate = "looks like one only" if rule.lookalike else rule.gate.value
                link = f"[`{rule.id}`]({folder}/{rule.id}.md)"
                yield f"| {link} | {_in_a_cell(rule.title)} | {gate} | {rule.status.value} |"
    yield ""
    yield _DRAWN.format(source="rules/")


def _in_a_cell(text: str) -> str:
    return text.replace("|", "\\|")
