from pathlib import Path

from proxy_addons.sinks.bundle_pages import admin_page, developer_page, support_page
from tests.sinks.reports import NOTHING_FITS, REPORT, UNREACHED, assert_golden, led_by

GOLDEN = Path(__file__).parent / "golden"


def test_the_developers_page_reads_like_this() -> None:
    assert_golden(GOLDEN / "developer.md", developer_page([REPORT, UNREACHED]))


def test_the_administrators_page_reads_like_this() -> None:
    assert_golden(GOLDEN / "admin.md", admin_page([REPORT, UNREACHED]))


def test_the_support_engineers_page_reads_like_this() -> None:
    assert_golden(GOLDEN / "support.md", support_page([REPORT, UNREACHED]))


def test_a_page_with_nothing_to_do_says_so() -> None:
    report = led_by(NOTHING_FITS)
    for page in (developer_page, admin_page):
        assert "Nothing is known that would have to be done here." in page([report])
