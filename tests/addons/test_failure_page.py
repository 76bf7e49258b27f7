from pathlib import Path

from proxy_addons.addons.failure_page import failure_page, token_page
from proxy_addons.evidence.bearer_token import read_authorizations
from proxy_addons.redaction.pseudonyms import Pseudonyms
from tests.sinks.reports import NOTHING_FITS, REPORT, assert_golden, led_by

GOLDEN = Path(__file__).parent / "golden"


def test_the_view_of_a_failure_keeps_its_form() -> None:
    assert_golden(GOLDEN / "failure-page.txt", failure_page([REPORT, led_by(NOTHING_FITS)]) + "\n")


def test_a_token_is_shown_by_its_claims_and_never_itself() -> None:
    raw = (
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9."
        "eyJhdWQiOiJodHRwczovL2dyYXBoLm1pY3Jvc29mdC5jb20iLCJ1cG4iOiJhZGVsZUBjb250b3NvLmNvbSIsInNjcCI6IlVzZXIuUmVhZCBNYWlsLlJlYWQifQ."
        "c2lnbmF0dXJl"
    )
    page = token_page(read_authorizations([f"Bearer {raw}"]), Pseudonyms(b"k" * 32))
    assert page.splitlines()[0].endswith("decoded and not verified")
    assert "the API the token is for; any other one refuses it" in page
    assert not any(part in page for part in (*raw.split("."), "adele"))


def test_what_is_no_token_says_what_it_is() -> None:
    assert token_page(read_authorizations([]), Pseudonyms(b"k" * 32)).startswith("absent: no claims to read")
