import pytest

from proxy_addons.redaction.urls import clean_path, host, host_in_text, unquoted
from tests.redaction.notes import ledger, plain

GUID = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"


@pytest.mark.parametrize(
    "path",
    [
        "/EWS/Exchange.asmx",
        "/v1.0/me/mailFolders/inbox/messages",
        "/beta/security/alerts_v2",
        f"/{GUID}/oauth2/v2.0/token",
        f"/v1.0/groups/{GUID}/members/$ref",
        "/adminapi/beta/contoso.onmicrosoft.com/InvokeCommand",
        "/v1.0/users/delta()",
        "/v1.0/reports/getMailboxUsageDetail(period='D7')",
        "/_layouts/15/error.aspx",
        "/v1.0/me/drive/root/children",
    ],
)
def test_paths_of_the_services_stay(path: str) -> None:
    assert clean_path(path, ledger()) == path


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/v1.0/users/jane@contoso.com/messages", "/v1.0/users/<user>/messages"),
        (f"/v1.0/users/{GUID}", "/v1.0/users/<user>"),
        ("/v1.0/users('jane%40contoso.com')/events", "/v1.0/users('<user>')/events"),
        (f"/v1.0/users('{GUID}')", "/v1.0/users('<user>')"),
        (f"/v1.0/getItems('{GUID}')", f"/v1.0/getItems('{GUID}')"),
        ("/v1.0/getItems(tove='x y',id=5)", "/v1.0/getItems(<text:up-to-16>='<text:up-to-16>',id=5)"),
        ("/personal/jane_contoso_com/Documents", "/personal/<user>/Documents"),
        ("/sites/Falkenberg/_api", "/sites/<text:up-to-16>/_api"),
        ("/sites/Finance/_api", "/sites/<text:up-to-16>/_api"),
        (
            "/v1.0/me/drive/root:/Geheim/Plan.xlsx:/content",
            "/v1.0/me/drive/root:/<text:up-to-16>/<text:up-to-16>:/content",
        ),
        (f"/beta/deviceManagement/managedDevices/{GUID}", "/beta/deviceManagement/managedDevices/<id>"),
        ("/v1.0/me/messages/AAMkAGI2NGVhZTVlLTI1OGM", "/v1.0/me/messages/<id>"),
        ("/any folder with blanks/x", "/<text:up-to-64>/x"),
        ("/v1.0/sites/contoso.sharepoint.com:/sites/x", "/v1.0/sites/contoso.sharepoint.com:/sites/<text:up-to-16>"),
        ("/a" * 120, "/a" * 99 + "/<text:base64:up-to-64>"),
    ],
)
def test_what_stands_for_people_and_their_things_does_not(path: str, shown: str) -> None:
    assert plain(clean_path(path, ledger())) == shown


def test_an_object_id_known_from_the_token_is_the_persons_wherever_it_stands() -> None:
    notes = ledger()
    notes.user(GUID)
    assert plain(clean_path(f"/v1.0/groups/{GUID}", notes)) == "/v1.0/groups/<user>"


def test_the_object_id_of_an_application_stays_behind_users_too() -> None:
    notes = ledger()
    notes.fact(GUID)
    assert clean_path(f"/v1.0/users/{GUID}", notes) == f"/v1.0/users/{GUID}"


@pytest.mark.parametrize(
    "name",
    [
        "graph.microsoft.com",
        "outlook.office365.com:443",
        "localhost",
        "mail.contoso.com",
        "contoso.sharepoint.com",
        "ISA01",
    ],
)
def test_hosts_stay_where_only_a_host_can_stand(name: str) -> None:
    assert host(name, ledger()) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("10.0.0.1:8080", "<ip>:8080"),
        ("[::1]", "<ip>"),
        ("no host at all", "<domain>"),
        ("ein.büro.example", "<domain>"),
    ],
)
def test_other_things_in_the_place_of_a_host_do_not(name: str, shown: str) -> None:
    assert plain(host(name, ledger())) == shown


def test_in_prose_only_known_hosts_stay() -> None:
    notes = ledger()
    assert plain(host_in_text("mail.kestrel-labs.example", notes)) == "<domain>"
    assert host_in_text("graph.microsoft.com", notes) == "graph.microsoft.com"
    assert host_in_text("Mail.Read", notes) == ""
    notes = ledger()
    notes.fact("mail.kestrel-labs.example")
    assert host_in_text("mail.kestrel-labs.example", notes) == "mail.kestrel-labs.example"


def test_hidden_domains_keep_the_service_visible() -> None:
    notes = ledger(hide_domains=True)
    assert plain(host("contoso.sharepoint.com", notes)) == "<domain>.sharepoint.com"
    assert plain(host("mail.contoso.com:443", notes)) == "<domain>:443"


def test_percent_encoding_is_undone_twice() -> None:
    assert unquoted("a%2540b") == "a@b"
    assert unquoted("a%252540b") == "a%40b"
    assert unquoted("plain") == "plain"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("mail.contoso.co.uk", "mail.contoso.co.uk"),
        ("ex7.contoso.co.uk", "<domain>.contoso.co.uk"),
        ("contoso.com", "contoso.com"),
        ("proxy", "proxy"),
        ("laptop-7qx", "<domain>"),
        ("mail.fabrikam.lan", "<domain>"),
    ],
)
def test_machines_of_an_organisation_are_not_told(raw: str, shown: str) -> None:
    assert plain(host(raw, ledger())) == shown
