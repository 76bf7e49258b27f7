import jwt
import pytest

from proxy_addons.admin.ews_callers import OTHER, ROWS_AT_MOST, EwsCallers, client_family
from proxy_addons.admin.ews_retirement import equivalents
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request
from tests.admin.pages import NOON, Site, with_site

APP = "44444444-4444-4444-4444-444444444444"


def call(
    operation: str = "FindItem", app: str = APP, agent: str = "exchangelib/5.6.0 (python-requests/2.34)"
) -> Exchange:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<m:{operation} xmlns:m="m"><Secret>adele@contoso.com</Secret></m:{operation}></s:Body></s:Envelope>'
    )
    token = jwt.encode({"appid": app}, "0" * 32)
    headers = Headers((("Authorization", f"Bearer {token}"), ("User-Agent", agent)))
    return Exchange(
        Request("POST", "https://outlook.office365.com/EWS/Exchange.asmx", headers, Body(body.encode())), None
    )


def test_calls_are_counted_by_app_client_and_operation() -> None:
    callers = EwsCallers()
    callers.count(call(), NOON, refused=False)
    callers.count(call(), NOON + 1, refused=True)
    callers.count(call("SyncFolderItems"), NOON, refused=False)
    first, second = callers.rows()
    assert (first.app, first.client, first.operation) == (APP, "exchangelib", "FindItem")
    assert (first.calls, first.refused, first.last_seen) == (2, 1, int((NOON + 1) * 1000))
    assert second.operation == "SyncFolderItems"


def test_nothing_of_a_user_is_kept() -> None:
    callers = EwsCallers()
    callers.count(call(app="adele@contoso.com", agent="Adele's own client/1.0"), NOON, refused=False)
    (row,) = callers.rows()
    assert (row.app, row.client) == ("", OTHER)
    assert "adele" not in str(callers.rows()).lower()


def test_a_flood_of_made_up_operations_becomes_one_row() -> None:
    callers = EwsCallers()
    for number in range(ROWS_AT_MOST + 50):
        callers.count(call(f"Operation{number}"), NOON, refused=False)
    rows = callers.rows()
    assert len(rows) == ROWS_AT_MOST + 1
    assert (rows[0].operation, rows[0].calls) == (OTHER, 50)


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("ExchangeServicesClient/15.00.0913.015", "EWS Managed API"),
        ("MacOutlook/16.78", "Outlook for Mac"),
        ("Mozilla/5.0 Thunderbird/128", "Thunderbird"),
        ("", OTHER),
        ("x" * 100_000, OTHER),
    ],
)
def test_a_client_is_one_of_a_fixed_list(agent: str, family: str) -> None:
    assert client_family(agent) == family


def test_the_page_names_what_does_the_same_in_graph() -> None:
    async def check(site: Site) -> None:
        assert "Nobody has called EWS" in await site.text("/ews")
        site.callers.count(call("SyncFolderItems"), NOON, refused=False)
        page = await site.text("/ews")
        assert equivalents()["SyncFolderItems"].graph in page
        assert APP in page

    with_site(check)
