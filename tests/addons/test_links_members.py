import pytest

from proxy_addons.addons.links_members import JsonLinks, XmlLinks, link_members

GRAPH = "graph.microsoft.com"
EXCHANGE = "outlook.office365.com"
LOGIN = "login.microsoftonline.com"
ODATA = "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8"


@pytest.mark.parametrize(
    ("host", "path", "kind"),
    [
        (GRAPH, "/v1.0/users?$top=5", ODATA),
        (GRAPH, "/v1.0/$batch", "application/json"),
        (EXCHANGE, "/adminapi/beta/t/InvokeCommand", "application/json; charset=utf-8"),
        (EXCHANGE, "/autodiscover/autodiscover.json/v1.0/a@b.c?Protocol=EWS", "application/json"),
        (LOGIN, "/t/v2.0/.well-known/openid-configuration", "application/json; charset=utf-8"),
        (LOGIN, "/common/discovery/instance", "application/json"),
        ("contoso.sharepoint.com", "/_api/web/lists", "application/json;odata=verbose"),
    ],
)
def test_answers_that_can_lead_a_client_out_are_read(host: str, path: str, kind: str) -> None:
    assert isinstance(link_members(host, path, 200, kind), JsonLinks)


def test_autodiscovers_xml_is_read() -> None:
    for path in ("/autodiscover/autodiscover.xml", "/autodiscover/autodiscover.svc"):
        assert isinstance(link_members(EXCHANGE, path, 200, "text/xml"), XmlLinks)


@pytest.mark.parametrize(
    ("host", "path", "status", "kind"),
    [
        (GRAPH, "/v1.0/me", 403, ODATA),
        (GRAPH, "/v1.0/me/drive/items/1/content", 200, "application/json"),
        (GRAPH, "/v1.0/me/messages/1/attachments/2/$value", 200, "application/json"),
        (GRAPH, "/v1.0/me/messages/1/$value", 206, "text/plain"),
        (GRAPH, "/v1.0/me", 200, "application/json; charset=utf-16"),
        (GRAPH, "/v1.0/me", 200, ""),
        (GRAPH, "/v1.0/me", 200, "application/octet-stream"),
        (EXCHANGE, "/EWS/Exchange.asmx", 200, "text/xml; charset=utf-8"),
        (EXCHANGE, "/owa/", 200, "text/html"),
        (LOGIN, "/t/oauth2/v2.0/token", 200, "application/json"),
        ("contoso.sharepoint.com", "/sites/x/notes.json", 200, "application/json"),
        ("example.org", "/", 200, "application/json"),
    ],
)
def test_every_other_body_passes_as_it_is(host: str, path: str, status: int, kind: str) -> None:
    assert link_members(host, path, status, kind) is None


def test_the_sign_in_endpoints_a_client_calls_are_led_through_here_and_those_a_browser_opens_are_not() -> None:
    links = link_members(LOGIN, "/t/v2.0/.well-known/openid-configuration", 200, "application/json")
    assert isinstance(links, JsonLinks)
    assert links.holds((), b"token_endpoint")
    assert not any(links.holds((), key) for key in (b"issuer", b"authorization_endpoint", b"end_session_endpoint"))
