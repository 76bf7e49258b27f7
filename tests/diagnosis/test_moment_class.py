import pytest

from proxy_addons.diagnosis.moment_class import REPEATED, Bounds, read_bounds
from proxy_addons.diagnosis.wording import span
from tests.support.rulebases import rule, ruleset


def bounds(*conditions: object, verdict: str = "Refused.") -> Bounds | None:
    rules = [{**rule(f"graph-{number}", when), "verdict": verdict} for number, when in enumerate(conditions)]
    return read_bounds(ruleset(*rules, folder="graph").rules)


def test_a_bound_of_a_rule_parts_moments_that_would_else_be_one() -> None:
    plain, bounded = bounds({"response.status": 403}), bounds({"token.age": {"above": 7230}})
    assert plain is not None
    assert bounded is not None
    moments = dict.fromkeys((8229, 8230, 8231), (1000, None, None))
    assert len({plain.of_clock(now, moments[now], dated=True) for now in moments}) == 1
    assert len({bounded.of_clock(now, moments[now], dated=True) for now in moments}) == 3


@pytest.mark.parametrize("origin", [-7200, -121, -61, 0, 59, 119, 7200])
def test_moments_of_one_class_are_told_in_the_same_words(origin: int) -> None:
    found = bounds({"response.status": 403})
    assert found is not None
    words: dict[object, set[tuple[str, str, int]]] = {}
    for seconds in range(origin - 200, origin + 200):
        of = found.of_clock(10_000_000 + seconds, (10_000_000,), dated=True)
        words.setdefault(of, set()).add((span(seconds), span(-seconds), -seconds // 60))
    assert all(len(each) == 1 for each in words.values())


def test_without_a_date_every_second_is_its_own() -> None:
    found = bounds({"response.status": 403})
    assert found is not None
    assert found.of_clock(7.9, (1,), dated=False) == (7,)
    assert found.of_clock(8, (1,), dated=False) == (8,)


def test_what_went_before_is_told_by_its_minutes_and_counts_by_whether_there_is_any() -> None:
    found = bounds({"before.token_worked_ago": {"below": 615}})
    assert found is not None

    def of(name: str, value: int) -> object:
        return found.of_before([(name, value, "earlier exchanges")])

    assert of("before.token_worked_ago", 601) == of("before.token_worked_ago", 610)
    assert of("before.token_worked_ago", 614) != of("before.token_worked_ago", 616)
    assert of("before.token_worked_ago", 20) != of("before.token_worked_ago", 21)
    assert of(REPEATED, 1) == of(REPEATED, 900) != of(REPEATED, 0)
    assert of("before.token_requests", 2) != of("before.token_requests", 3)


@pytest.mark.parametrize("said", [{"verdict": f"Refused {{{REPEATED}}} times."}, {"when": {REPEATED: {"above": 7}}}])
def test_a_count_a_rule_asks_for_is_told_exactly(said: dict[str, object]) -> None:
    found = bounds(said.get("when", {"response.status": 403}), verdict=str(said.get("verdict", "Refused.")))
    assert found is not None
    assert found.of_before([(REPEATED, 8, "")]) != found.of_before([(REPEATED, 9, "")])


def test_where_minutes_are_told_anew_only_the_bounds_make_a_difference() -> None:
    found = bounds({"all": [{"token.age": {"above": 7230}}, {"before.app_worked_ago": {"above": 615}}]})
    assert found is not None
    of = [found.of_clock(1000 + age, (1000, None, None), dated=True, minutes=False) for age in (3000, 3900, 7229, 7231)]
    assert of[0] == of[1] == of[2] != of[3]
    ago = [found.of_before([("before.app_worked_ago", each, "")], minutes=False) for each in (0, 1, 20, 614, 616)]
    assert ago[0] != ago[1] == ago[2] == ago[3] != ago[4]


def test_what_a_verdict_tells_of_a_clock_is_known_of_its_rule() -> None:
    found = bounds({"response.status": 403}, verdict="Issued {token.age} ago, {token.age}, for {token.audience}.")
    assert found is not None
    assert found.told_by == {"graph-0": {"token.age": 2}}


def test_a_clock_compared_with_another_fact_has_no_bounds() -> None:
    assert bounds({"not": {"any": [{"token.age": {"same_as": "token.lifetime"}}, {"response.status": 403}]}}) is None


def test_what_is_asked_for_is_told_from_what_is_looked_into() -> None:
    found = bounds({"response.header.request-id": {"present": True}, "error.code": "x"}, verdict="At {token.audience}.")
    assert found is not None
    assert {"response.header.request-id", "error.code", "token.audience"} <= found.asked
    assert found.looked_into >= {"error.code", "token.audience"}
    assert "response.header.request-id" not in found.looked_into
