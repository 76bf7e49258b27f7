"""The pages as people meet them, in a real Chromium."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Literal

import pytest

from tests.admin.browser import CHROMIUM, CONTRASTS, MISSING, browsing, site_in_a_thread
from tests.admin.pages import record
from tests.sinks.store.stored import store_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=MISSING)

HOSTILE = "<img src=x onerror=document.title='caught'><script>document.title='caught'</script>"
FIRST = "/failures/f-000000000001"
GROUP = f"/groups/g1-{1:016x}"
EVERY_PAGE = ("/", FIRST, GROUP, "/rules", "/rules/token-expired", "/ews", "/login", "/nothing")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as running:
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("site") / "failures.sqlite"
    store_all(
        str(path),
        record(1, 1, user_agent=HOSTILE, operation=HOSTILE, error_message=HOSTILE),
        record(2, 2, "token-expired"),
    )
    return path


@pytest.fixture(scope="module")
def address(store: Path) -> Iterator[str]:
    with site_in_a_thread(store) as running:
        yield running


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[BrowserContext]:
    opened = browser.new_context(base_url=address)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def test_a_failure_appears_on_the_open_page_by_itself(page: Page, store: Path) -> None:
    page.goto("/")
    page.get_by_text("Live", exact=True).wait_for()
    store_all(str(store), record(9, 9, "graph-raop-policy"))
    page.locator(f'tr[data-group="g1-{9:016x}"]').wait_for()


def test_what_was_typed_stays_while_the_list_changes(page: Page, store: Path) -> None:
    page.goto("/")
    page.get_by_label("App id").fill("half a")
    page.get_by_text("Live", exact=True).wait_for()
    store_all(str(store), record(10, 10, "graph-raop-policy"))
    page.locator(f'tr[data-group="g1-{10:016x}"]').wait_for()
    assert page.get_by_label("App id").input_value() == "half a"


def test_a_filter_leads_to_a_failure_and_its_evidence(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Cause").select_option("token-expired")
    page.get_by_role("button", name="Filter").click()
    page.locator("tbody tr").first.get_by_role("link").first.click()
    page.get_by_role("link", name="token claim scp").click()
    assert page.url.endswith("#claim-scp")
    assert page.locator("#claim-scp").is_visible()


def test_a_bundle_is_downloaded(page: Page, tmp_path: Path) -> None:
    page.goto(FIRST)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download bundle").click()
    download.value.save_as(tmp_path / "bundle.zip")
    assert download.value.suggested_filename == "why403-f-000000000001.zip"
    assert "support.md" in zipfile.ZipFile(tmp_path / "bundle.zip").namelist()


def test_commands_and_the_support_text_are_copied(context: BrowserContext, page: Page) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(FIRST)
    page.get_by_role("button", name="Copy", exact=True).first.click()
    page.get_by_role("button", name="Copied").first.wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "az login"
    page.get_by_role("button", name="Copy support text").click()
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('# Refused'))")


def test_everything_is_said_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/?cause=token-expired")
    page.locator("tbody tr").first.get_by_role("link").first.click()
    assert page.get_by_role("heading", name="Proof").is_visible()
    assert page.get_by_role("link", name="Download bundle").is_visible()
    assert page.get_by_role("button").count() == 0
    context.close()


def test_hostile_text_is_shown_and_does_nothing(page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    for path in ("/", FIRST, GROUP):
        page.goto(path)
        assert "caught" not in page.title()
        assert page.locator("img[src=x]").count() == 0
        assert "onerror" in page.locator("main").inner_text()
    assert problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(
    browser: Browser, address: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(base_url=address, color_scheme=scheme)
    page = context.new_page()
    for path in EVERY_PAGE:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert page.evaluate(CONTRASTS) == []
    context.close()


@pytest.mark.parametrize("width", [320, 400, 1280])
def test_nothing_has_to_be_scrolled_sideways(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(base_url=address, viewport={"width": width, "height": 800})
    page = context.new_page()
    for path in EVERY_PAGE:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    assert page.locator(":focus").evaluate("(each) => getComputedStyle(each).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("id") == "cause"


def test_a_countdown_begins_when_somebody_says_so_and_outlives_the_page(page: Page) -> None:
    page.goto("/failures/f-000000000002")
    page.get_by_role("button", name="I have changed it: count down").click()
    assert "at the latest in 2 h" in page.locator("[role=timer]").inner_text().replace("1 h 59", "2 h")
    page.reload()
    page.get_by_role("button", name="Stop").click()
    assert page.locator("[role=timer]").inner_text() == ""


def test_no_page_breaks_its_own_policy(page: Page) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(f"{page.url} {message.text}"))
    for path in EVERY_PAGE[:-1]:
        page.goto(path)
    assert problems == []
