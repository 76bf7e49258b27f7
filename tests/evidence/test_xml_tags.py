from __future__ import annotations

import pytest

from proxy_addons.evidence.xml_tags import MAX_DEPTH, MAX_ELEMENTS, Document, read_tags


def _names(document: Document) -> list[str]:
    return [element.name for element in document.elements]


def test_elements_are_listed_in_the_order_they_open() -> None:
    assert _names(read_tags("<a><b/><c></c></a>")) == ["a", "b", "c"]


def test_prefixes_are_dropped() -> None:
    assert _names(read_tags("<soap12:Envelope/>")) == ["Envelope"]


def test_attributes_stand_as_they_are_even_with_a_bracket_in_them() -> None:
    assert read_tags("""<a x="1>2" y='"'>""").elements[0].attributes == """ x="1>2" y='"'"""


def test_the_text_of_an_element_has_its_entities_resolved_and_its_tags_left_out() -> None:
    document = read_tags("<a><m> Don&apos;t <b>ask</b> &#x21; </m></a>")
    assert document.text_of("m", document.elements[0]) == "Don't ask !"


def test_cdata_is_text() -> None:
    document = read_tags("<a><m><![CDATA[1 < 2]]></m></a>")
    assert document.text_of("m", document.elements[0]) == "1 < 2"


def test_an_entity_of_thousands_of_digits_stays_as_it_is() -> None:
    document = read_tags(f"<a><m>&#{'9' * 5000};</m></a>")
    assert document.text_of("m", document.elements[0]) == f"&#{'9' * 5000};"


def test_an_element_that_is_not_there_has_no_text() -> None:
    document = read_tags("<a/>")
    assert document.text_of("b", document.elements[0]) is None


def test_an_element_that_is_there_and_empty_has_empty_text() -> None:
    document = read_tags("<a><b/></a>")
    assert document.text_of("b", document.elements[0]) == ""


def test_the_first_of_a_name_is_found() -> None:
    found = read_tags("<a><b x='1'/><b x='2'/></a>").first("b")
    assert found is not None
    assert found.attributes == " x='1'/"


def test_a_name_that_does_not_occur_is_not_found() -> None:
    assert read_tags("<a/>").first("b") is None


def test_only_what_lies_within_an_element_is_inside_it() -> None:
    document = read_tags("<a><b><c/></b><d/></a>")
    assert [element.name for element in document.inside(document.elements[1])] == ["c"]


def test_children_are_one_level_down() -> None:
    document = read_tags("<a><b><c/></b><d/></a>")
    assert [element.name for element in document.children(document.elements[0])] == ["b", "d"]


def test_an_element_that_is_never_closed_ends_with_the_text() -> None:
    document = read_tags("<a><b>half a sen")
    assert document.text_of("b", document.elements[0]) == "half a sen"


def test_closing_an_element_closes_what_was_left_open_in_it() -> None:
    document = read_tags("<a><b>in</a>out<c/>")
    assert document.elements[2].depth == 0


def test_a_closing_tag_without_its_opening_one_is_skipped() -> None:
    assert _names(read_tags("</b><a></c></a>")) == ["a"]


@pytest.mark.parametrize("text", ["<!-- <a> --><b/>", "<![CDATA[<a>]]><b/>", "<?xml <a?><b/>", "< a><b/>", "<><b/>"])
def test_tags_in_comments_and_what_is_no_tag_are_skipped(text: str) -> None:
    assert "b" in _names(read_tags(text))


@pytest.mark.parametrize("text", ["<a/><!-- <b/>", "<a/><![CDATA[ <b/>", "<a/><b", '<a/><b "', "<a/><"])
def test_what_is_never_finished_hides_what_it_holds(text: str) -> None:
    assert _names(read_tags(text)) == ["a"]


def test_elements_nested_deeper_than_any_message_are_left_out() -> None:
    assert len(read_tags("<a>" * (MAX_DEPTH + 50)).elements) == MAX_DEPTH


def test_more_elements_than_any_message_has_are_left_out() -> None:
    assert len(read_tags("<a/>" * (MAX_ELEMENTS + 50)).elements) == MAX_ELEMENTS
