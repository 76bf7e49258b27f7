import pytest

from proxy_addons.redaction.scope import Scope, UnreadableError
from proxy_addons.redaction.xml_body import clean_xml
from tests.redaction.notes import ledger, plain, text_of

TYPES = 'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"'


def shown(text: str, *, in_error: bool = False) -> str:
    notes = ledger()
    pieces = clean_xml(text, Scope(lambda _text, _scope, _ledger: None, in_error=in_error), notes)
    return plain(text_of(pieces, notes).replace("&lt;", "<").replace("&gt;", ">"))


def test_elements_are_rebuilt_by_their_rules() -> None:
    assert shown(f"<t:Mailbox {TYPES}><t:EmailAddress>jane@contoso.com</t:EmailAddress><t:Foo/></t:Mailbox>") == (
        f"<t:Mailbox {TYPES}><t:EmailAddress><user></t:EmailAddress><t:Foo/></t:Mailbox>".replace("Foo", "masked")
    )


def test_attributes_follow_the_rules_of_their_element() -> None:
    assert shown('<a><DistinguishedFolderId Id="inbox"/><FolderId Id="AAMkAGVm"/><Item Id="AAMkAGVm"/></a>') == (
        '<a><DistinguishedFolderId Id="inbox"/><FolderId Id="<id>"/><Item Id="<id>"/></a>'
    )


def test_comments_declarations_and_instructions_are_gone() -> None:
    assert shown('<?xml version="1.0"?><!-- Tove --><a><?php x?></a>') == "<a/>"


@pytest.mark.parametrize("text", ["<a>", "<!DOCTYPE a><a/>", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "<a>\x00</a>"])
def test_what_is_no_plain_xml_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError, match="no XML"):
        shown(text)


def test_a_fault_is_an_error_and_its_sentences_stay() -> None:
    assert shown(
        "<Fault><faultstring>Access is denied for Tove.</faultstring><detail><message>Denied.</message></detail></Fault>"
    ) == (
        "<Fault><faultstring>Access is denied for <text>.</faultstring><detail><message>Denied.</message></detail></Fault>"
    )


def test_a_failed_response_message_is_an_error() -> None:
    assert shown('<R ResponseClass="Error"><Text>Access is denied.</Text></R>') == (
        '<R ResponseClass="Error"><Text>Access is denied.</Text></R>'
    )


def test_named_values_follow_the_rules_of_their_names() -> None:
    text = '<MessageXml><Value Name="InnerErrorResponseCode">ErrorX</Value><Value Name="Tove">y z</Value></MessageXml>'
    assert shown(text) == (
        '<MessageXml><Value Name="<name>">ErrorX</Value><Value Name="<name>"><text:up-to-16></Value></MessageXml>'
    )


def test_text_beside_elements_is_masked() -> None:
    assert shown("<a>Tove Lindqvist<Body/></a>") == "<a><text:up-to-16><Body/></a>"


def test_foreign_namespaces_get_a_prefix_and_are_masked_unless_public() -> None:
    assert shown('<a xmlns="urn:tove"><b xmlns="http://www.w3.org/2001/XMLSchema" xml:lang="en-US"/></a>') == (
        '<n0:a xmlns:n0="<text:up-to-16>"><xsd:b xmlns:xsd="http://www.w3.org/2001/XMLSchema" xml:lang="en-US"/></n0:a>'
    )


def test_deep_and_long_documents_are_shown_in_part() -> None:
    assert shown("<a>" * 100 + "</a>" * 100).count("<a") == 41
    assert 100 < shown("<r>" + "<a/>" * 5000 + "</r>").count("<a") < 1000
