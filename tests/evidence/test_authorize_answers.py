"""What Entra says to a browser: a redirect or a page instead of JSON, read all the same."""

from __future__ import annotations

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.evidence.facts import Facts, collect

AUTHORIZE = "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize?client_id=3c9a7e15"


def read(response: Response, url: str = AUTHORIZE) -> Facts:
    return collect(Exchange(Request("GET", url), response), {})


def test_a_redirect_tells_the_number_and_the_words_of_the_refusal() -> None:
    target = "https://app.contoso.com/in?error=consent_required&error_description=AADSTS65001%3a+Not+consented"
    facts = read(Response(302, Headers((("Location", target),))))
    assert facts.number("error.aadsts") == 65001
    assert facts.text("error.description") == "AADSTS65001: Not consented"
    assert facts.text("response.redirect_error") == "consent_required"


def test_a_redirect_that_answers_in_the_fragment_is_read_as_well() -> None:
    target = "https://app.contoso.com/#error=login_required&error_description=AADSTS50058%3a+No+session"
    assert read(Response(302, Headers((("Location", target),)))).number("error.aadsts") == 50058


def test_an_error_page_tells_its_number() -> None:
    page = Body(b"<html><body>AADSTS50011: The redirect URI does not match.</body></html>")
    assert read(Response(400, Headers(), page)).number("error.aadsts") == 50011


def test_a_page_of_another_service_that_quotes_a_number_is_no_refusal_by_entra() -> None:
    page = Body(b"<html><body>AADSTS50011 explained</body></html>")
    facts = read(Response(403, Headers(), page), "https://graph.microsoft.com/v1.0/me")
    assert facts.number("error.aadsts") is None


def test_a_redirect_nobody_can_parse_costs_nothing() -> None:
    facts = read(Response(302, Headers((("Location", "https://[broken"),))))
    assert facts.number("response.status") == 302
    assert facts.get("error.aadsts") is not None
    assert facts.number("error.aadsts") is None


def test_sharepoint_words_without_a_code_are_read() -> None:
    body = Body(b'{"error_description":"Unsupported app only token."}')
    facts = read(Response(401, Headers(), body), "https://contoso.sharepoint.com/_api/web")
    assert facts.text("error.message") == "Unsupported app only token."
