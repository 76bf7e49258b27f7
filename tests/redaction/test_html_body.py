import pytest

from proxy_addons.redaction.html_body import clean_html, is_html
from tests.redaction.notes import ledger, text_of


def shown(text: str) -> str:
    notes = ledger()
    return text_of(clean_html(text, notes), notes)


@pytest.mark.parametrize("text", ["<!DOCTYPE html><p>", "\n<HTML>", "<head>", "x <body>"])
def test_pages_are_recognised(text: str) -> None:
    assert is_html(text)


def test_xml_is_no_page() -> None:
    assert not is_html("<Envelope/>")


def test_what_a_person_would_have_read_stays() -> None:
    page = "<html><head><title>Access Denied</title><style>p{}</style></head><body><p>Your request&nbsp;was blocked.</p>by policy</body>"
    assert shown(page) == "Access Denied\nYour request was blocked.\nby policy"


def test_markup_scripts_values_and_comments_do_not() -> None:
    page = "<html><!-- Tove --><script>var tove=1</script><textarea>Tove</textarea></script><p title='Tove'>denied</p><input value=Tove></html>"
    assert shown(page) == "denied"


def test_people_in_a_page_get_stand_ins() -> None:
    assert (
        shown("<html><p>Sorry, jane@contoso.com</p><a href='mailto:bob@contoso.com'>Ask</a></html>")
        == "Sorry, <user>\nAsk"
    )


def test_the_error_in_the_script_of_a_sign_in_page_is_kept() -> None:
    page = '<html><script>$Config={"sErrorCode":"50011","strServiceExceptionMessage":"AADSTS50011: The redirect URI","sFT":"x"}</script></html>'
    assert shown(page) == "50011\nAADSTS50011: The redirect URI"


def test_a_long_page_is_shown_in_part() -> None:
    assert len(shown("<html>" + "<p>denied</p>" * 10_000)) <= 4000 + len("<text>")
