from proxy_addons.redaction.originals import Originals, may_appear
from proxy_addons.redaction.pseudonyms import Kind


def test_originals_are_never_printed() -> None:
    held = Originals({"Zwiebelkuchen77": Kind.SECRET}, frozenset({"fact"}))
    assert "Zwiebel" not in repr(held)
    assert len(held) == 1


def test_originals_of_two_records_add_up() -> None:
    both = Originals({"a": Kind.SECRET}, frozenset({"x"})) | Originals({"b": Kind.USER}, frozenset({"y"}))
    assert dict(both.forbidden) == {"a": Kind.SECRET, "b": Kind.USER}
    assert both.facts == {"x", "y"}


def test_what_was_masked_for_want_of_a_rule_may_appear_where_it_is_a_fact() -> None:
    facts = {"kestrel", "b2f0c9d4-1a6e-4c35-8f27-90ad3be1c7f2"}
    assert may_appear("kestrel", Kind.TEXT, facts)
    assert may_appear("b2f0c9d4-1a6e-4c35-8f27-90ad3be1c7f2", Kind.SECRET, facts)
    assert not may_appear("kestrel", Kind.SECRET, facts)
    assert not may_appear("kestrel", Kind.USER, facts)
    assert not may_appear("falkenberg", Kind.TEXT, facts)
