import pytest

from proxy_addons.addons.links_inside import Inside, called_as

HOSTS = {"graph.microsoft.com", "login.microsoftonline.com"}


@pytest.mark.parametrize(
    ("address", "led"),
    [
        (b"https://graph.microsoft.com/v1.0", b"https://127.0.0.1:8403/graph.microsoft.com/v1.0"),
        (b"https://graph.microsoft.com", b"https://127.0.0.1:8403/graph.microsoft.com"),
        (b"https://Graph.Microsoft.com:443?x", b"https://127.0.0.1:8403/graph.microsoft.com?x"),
        (b"https://graph.microsoft.com./x", b"https://127.0.0.1:8403/graph.microsoft.com/x"),
        (b"https://graph.microsoft.com%2F@example.org/", None),
        (b"https://user@graph.microsoft.com/", None),
        (b"https://[::1]/", None),
        (b"//graph.microsoft.com/", None),
    ],
)
def test_an_address_of_a_host_in_reach_leads_through_here(address: bytes, led: bytes | None) -> None:
    assert Inside("https://127.0.0.1:8403", HOSTS).address(address) == (led or address)


def test_a_client_that_calls_a_host_by_name_keeps_the_port_it_used_for_that_host_alone() -> None:
    inside = Inside("https://graph.microsoft.com:8403", HOSTS, by_name="graph.microsoft.com")
    assert inside.address(b"https://graph.microsoft.com/x") == b"https://graph.microsoft.com:8403/x"
    assert inside.address(b"https://login.microsoftonline.com/x") == b"https://login.microsoftonline.com/x"


@pytest.mark.parametrize("header", ["", "a b", "evil.org/", "user@host", "x" * 300, "h:123456", "[::1", "h\r\nX: y"])
def test_a_host_header_nobody_could_call_is_not_echoed(header: str) -> None:
    assert called_as(header, "127.0.0.1:8403") == "127.0.0.1:8403"


@pytest.mark.parametrize("header", ["localhost:8403", "127.0.0.1:8403", "[::1]:8403", "why403", "proxy.contoso.com"])
def test_links_lead_to_where_the_client_called(header: str) -> None:
    assert called_as(header, "127.0.0.1:1") == header
