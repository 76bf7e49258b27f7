from __future__ import annotations

import pytest

from proxy_addons.diagnosis.ruleset import RuleError, load
from tests.support.rulebases import Entry, files, rule, ruleset

WHEN = {"response.status": 403}
SHIPPED = ruleset(rule("a", WHEN, outranks=["b"]), rule("b", WHEN), rule("c", WHEN, outranks=["a", "b"]))


def refused(*own: Entry) -> str:
    with pytest.raises(RuleError) as caught:
        load(files(*own), SHIPPED)
    return str(caught.value)


def test_adding_is_plain() -> None:
    both = load(files(rule("d", WHEN)), SHIPPED)

    assert [each.id for each in both.rules] == ["a", "b", "c", "d"]
    assert both.replaced == {}


def test_an_id_that_ships_is_refused_with_its_place_and_the_remedy() -> None:
    assert refused(rule("b", WHEN)) == (
        "exchange/b.yaml:1:2: `b` is a cause why403 ships: say `replaces: b` to take its place, or name it anew"
    )


def test_a_rule_may_replace_its_namesake() -> None:
    both = load(files(rule("b", WHEN, replaces="b", title="Ours")), SHIPPED)

    assert [each.title for each in both.rules if each.id == "b"] == ["Ours"]
    assert both.replaced == {"b": "b"}


def test_a_rule_may_replace_several_of_other_names() -> None:
    both = load(files(rule("d", WHEN, replaces=["a", "b"])), SHIPPED)

    assert [each.id for each in both.rules] == ["c", "d"]
    assert both.replaced == {"a": "d", "b": "d"}


def test_what_outranked_a_replaced_cause_outranks_the_one_in_its_place() -> None:
    both = load(files(rule("d", WHEN, replaces=["a", "b"])), SHIPPED)

    assert next(each.outranks for each in both.rules if each.id == "c") == ("d",)


def test_a_rule_of_ones_own_may_outrank_one_that_ships() -> None:
    assert load(files(rule("d", WHEN, outranks=["a"])), SHIPPED).rules[-1].outranks == ("a",)


def test_two_that_outrank_each_other_through_what_ships_are_refused() -> None:
    assert "`d` and `c` outrank each other" in refused(rule("d", WHEN, replaces=["b"], outranks=["c"]))


def test_replacing_what_is_not_there_is_refused_with_its_place() -> None:
    assert "replaces names `x`, but there is no such cause beneath these rules" in refused(
        rule("d", WHEN, replaces=["a", "x"])
    )


def test_a_base_that_stands_alone_has_nothing_to_replace() -> None:
    with pytest.raises(RuleError, match="replaces names `a`, but there is no such cause"):
        load(files(rule("d", WHEN, replaces=["a"])))


def test_a_cause_has_one_successor() -> None:
    assert "replaces names `a`, which `d` replaces already" in refused(
        rule("d", WHEN, replaces=["a"]), rule("e", WHEN, replaces=["a"])
    )


def test_the_revision_tells_both_layers() -> None:
    own = files(rule("d", WHEN))
    other = load(files(rule("a", WHEN)))

    assert len({load(own).revision, load(own, SHIPPED).revision, load(own, other).revision, SHIPPED.revision}) == 4


def test_tables_of_ones_own_are_added_to_those_that_ship() -> None:
    table = "reference/directory_roles.yaml"
    shipped = load({table: "entries: [{id: A, name: One}, {id: B, name: Two}]"})

    both = load({table: "entries: [{id: b, name: Zwei}]"}, shipped)

    assert both.reference.directory_roles == {"a": "One", "b": "Zwei"}
