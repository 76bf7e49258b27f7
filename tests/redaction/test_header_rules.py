import pytest

from proxy_addons.redaction.header_rules import clean_header, shown_header_name
from tests.redaction.notes import ledger, text_of

GUID = "0d9f8e7c-6b5a-4938-8271-605f4e3d2c1b"
AGS = '{"ServerInfo":{"DataCenter":"North Europe","Slice":"E","Ring":"4","ScaleUnit":"005","RoleInstance":"DB1PEPF000399A2"}}'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("request-id", GUID),
        ("MS-CV", "aBcDeFgHiJkLmNoP.1.2"),
        ("x-azure-ref", "20261121T120000Z-r1755647b66abcd"),
        ("return-client-request-id", "true"),
        ("x-ms-ags-diagnostic", AGS),
        ("x-ms-diagnostics", '2000003;reason="The token is invalid.";error_category="invalid_resource"'),
        ("x-ms-diagnostics", "2000003"),
        ("x-ms-diagnostics", "2000003; of another form"),
        ("X-FEServer", "AM0PR02CA0113"),
        ("x-ms-ests-server", "2.1.19568.7 - WEULR1 ProdSlices"),
        ("User-Agent", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17029; Pro)"),
        ("User-Agent", "Acme-Payroll-Sync/2.1"),
        ("Server", "Microsoft-IIS/10.0"),
        ("Via", "1.1 proxy (squid/4.6), 1.1 gateway.contoso.com"),
        ("Content-Type", "application/json; odata.metadata=minimal; charset=utf-8"),
        ("Accept", "application/json, */*; q=0.9"),
        ("Restrict-Access-To-Tenants", f"contoso.com,{GUID}"),
        ("X-AnchorMailbox", f"APP:{GUID}@{GUID}"),
        ("X-AnchorMailbox", "UPN:SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}@contoso.com"),
        ("Date", "Sat, 21 Nov 2026 12:00:00 GMT"),
        ("Retry-After", "120"),
        (":path", "/v1.0/me"),
        ("Warning", "Access is denied"),
        ("X-Forwarded-For", ""),
        ("X-Forwarded-For", "unknown"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ],
)
def test_the_headers_support_asks_for_stay(name: str, value: str) -> None:
    notes = ledger()
    assert text_of(clean_header(name, value, notes), notes) == value
    assert shown_header_name(name, notes) == name


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("client-request-id", "jane-test-1", "<text>"),
        ("traceparent", "00-Tove Falkenberg-01", "<text:up-to-64>"),
        ("traceparent", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-jane", "<text:base64:up-to-64>"),
        ("X-AnchorMailbox", "SMTP:jane@contoso.com", "SMTP:<user>"),
        ("X-AnchorMailbox", "jane@contoso.com", "<user>"),
        ("X-AnchorMailbox", f"OID:{GUID}@{GUID}", f"OID:<user>@{GUID}"),
        ("X-AnchorMailbox", "Zx9k:jane@contoso.com", "<text:up-to-16>:<user>"),
        ("X-AnchorMailbox", "Zx9k2LmQ8vT5:", "<text:up-to-16>"),
        ("X-Forwarded-For", "10.0.0.1, for=10.0.0.2;tove", "<ip>, for=<ip>;<text:up-to-16>"),
        ("Forwarded", "tove99=10.0.0.1", "<text:up-to-16>"),
        ("x-ms-ags-diagnostic", "{broken", "<text:up-to-16>"),
        (
            "x-ms-ags-diagnostic",
            '{"Tove":{"Host":"jane@contoso.com","Ok":true,"N":5}}',
            '{"<text:up-to-16>":{"Host":"<text:up-to-16>","Ok":true,"N":"<text:digits:up-to-16>"}}',
        ),
        ("x-ms-diagnostics", "text of Tove", "text of <text>"),
        (
            "x-ms-diagnostics",
            '2000003;reason="For Tove";error_category="x y Tove"',
            '2000003;reason="For <text>";error_category="x y <text>"',
        ),
        ("User-Agent", "Tool/1.0 (for Tove) jane@contoso.com", "Tool/1.0 (for <text>) <user>"),
        ("User-Agent", "Tool/secret-9x8y7z Zx9k2LmQ8vT5wL1nR7cJ4pZa", "Tool/<text:up-to-16> <text>"),
        ("Via", "1.1 10.0.0.1:3128", "1.1 <ip>:3128"),
        ("Content-Type", "Tove/Falkenberg; boundary=x", "<text:up-to-16>"),
        ("Restrict-Access-Context", "Falkenberg", "<text:up-to-16>"),
        ("X-ClientStatistics", "MessageId=1", "<text>"),
        ("X-ClientStatistics", "", ""),
        ("X-Session-Token", "abc", "<secret:up-to-16>"),
        ("X-Whatever", "abc", "<text:up-to-16>"),
        ("Referer", "x" * 20_000, "<text:base64:up-to-65536>"),
    ],
)
def test_the_others_do_not(name: str, value: str, shown: str) -> None:
    notes = ledger()
    assert text_of(clean_header(name, value, notes), notes) == shown


def test_a_name_that_is_not_public_is_masked() -> None:
    assert shown_header_name("X-Falkenberg-Key", ledger()) == "<text:base64:up-to-16>"


def test_a_product_may_be_named_again_in_the_verdict() -> None:
    notes = ledger()
    clean_header("User-Agent", "Acme-Payroll-Sync/2.1", notes)
    assert {"acme-payroll-sync/2.1", "acme-payroll-sync"} & notes.facts
