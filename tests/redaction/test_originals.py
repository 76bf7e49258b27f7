from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind


def test_originals_are_never_printed() -> None:
    held = Originals({"Zwiebelkuchen77": Kind.SECRET}, frozenset({"fact"}))
    assert "Zwiebel" not in repr(held)
    assert len(held) == 1


def test_originals_of_two_records_add_up() -> None:
    both = Originals({"a": Kind.SECRET}, frozenset({"x"})) | Originals({"b": Kind.USER}, frozenset({"y"}))
    assert dict(both.forbidden) == {"a": Kind.SECRET, "b": Kind.USER}
    assert both.facts == {"x", "y"}
