from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from hypothesis import given, strategies as st

from proxy_addons.diagnosis.condition import Outcome, evaluate
from proxy_addons.diagnosis.rule_index import outranked
from proxy_addons.diagnosis.ruleset import Ruleset, load
from proxy_addons.evidence.facts import Fact, Facts
from tests.support.rulebases import files, rule, ruleset
from tests.support.wire import EWS, GRAPH, answered, asked, facts_of

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Value

WHEN = {"response.status": 403}
KNOWN: dict[str, st.SearchStrategy[Value]] = {
    "service.name": st.sampled_from(["exchange", "graph"]),
    "service.surface": st.sampled_from(["ews", "graph", "other"]),
    "response.status": st.sampled_from([400, 401, 403]),
    "error.code": st.sampled_from([None, "ErrorAccessDenied", "accessDenied"]),
}
TESTS = st.one_of(
    st.fixed_dictionaries({"service.surface": st.sampled_from(["ews", "graph"])}),
    st.fixed_dictionaries({"response.status": st.sampled_from([401, {"at_least": 401}, {"not_in": [403]}])}),
    st.fixed_dictionaries({"error.code": st.sampled_from(["accessDenied", {"present": False}])}),
    st.fixed_dictionaries({"token.kind": st.just("jwt")}),
)


def _combined(inner: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"not": inner}),
        st.fixed_dictionaries({"any": several}),
        st.fixed_dictionaries({"all": several}),
    )


CONDITIONS = st.recursive(TESTS, _combined)
FACTS = st.fixed_dictionaries({}, optional=KNOWN).map(
    lambda known: Facts(MappingProxyType({name: Fact(name, value, "wire") for name, value in known.items()}))
)


def _asked_about(rules: Ruleset, facts: Facts) -> list[str]:
    return [each.id for each, _ in rules.index.candidates(facts)]


@given(st.lists(CONDITIONS, min_size=1, max_size=3), FACTS, FACTS)
def test_a_signature_left_out_would_not_have_matched(conditions: list[object], first: Facts, facts: Facts) -> None:
    signatures = [{"certainty": "certain", "basis": "documented", "when": when} for when in conditions]
    rules = ruleset(rule("a", WHEN, signatures=signatures, services=["exchange", "graph"]))
    rules.index.candidates(first)
    kept = [each for _, signatures in rules.index.candidates(facts) for each in signatures]
    if facts.get("service.name") is not None:
        left_out = [each for each in rules.rules[0].signatures if each not in kept]
        assert {evaluate(each.when, facts).outcome for each in left_out} <= {Outcome.NO_MATCH}


def test_only_the_rules_of_the_service_are_asked() -> None:
    rules = load(files(rule("a", WHEN), folder="graph") | files(rule("b", WHEN, services=["exchange", "graph"])))
    assert _asked_about(rules, facts_of(asked(GRAPH), answered(403))) == ["b", "a"]
    assert _asked_about(rules, facts_of(asked(EWS), answered(403))) == ["b"]


def test_a_rule_about_another_status_is_not_asked() -> None:
    assert _asked_about(ruleset(rule("a", {"response.status": 401})), facts_of(asked(EWS), answered(403))) == []


def test_a_rule_whose_surface_is_not_known_is_asked() -> None:
    facts = Facts(MappingProxyType({"service.name": Fact("service.name", "exchange", "request URL")}))
    assert _asked_about(ruleset(rule("a", {"service.surface": "ews"})), facts) == ["a"]


def test_however_many_status_codes_come_the_answer_is_the_same() -> None:
    rules = ruleset(rule("a", {"response.status": {"above": 599}}))
    found = {status: _asked_about(rules, facts_of(asked(EWS), answered(status))) for status in range(1000)}
    assert found == {status: ["a"] if status > 599 else [] for status in range(1000)}


def test_what_is_outranked_through_others_is_outranked() -> None:
    loaded = ruleset(rule("a", WHEN, outranks=["b", "c"]), rule("b", WHEN, outranks=["c"]), rule("c", WHEN))
    assert outranked(loaded.index.by_id, "a") == {"b", "c"}
    assert outranked(loaded.index.by_id, "unheard-of") == frozenset()
    assert [loaded.index.outranked("a") for _ in range(2)] == [{"b", "c"}] * 2
