import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from proxy_addons.sinks.store.limits import Limits
from tests.admin.pages import HAR_ENTRY, Site, record, with_site
from tests.sinks.store.stored import store_all

TRACE = "0af7651916cd43dd8448eb211c80319c"
HOSTILE = "<script>alert(1)</script>\x1b[31m\n\u202eevil"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "failures.sqlite"


def test_kinds_are_listed_with_the_title_of_their_rule_and_a_link_to_the_latest(store: Path) -> None:
    store_all(str(store), record(1, 1), record(2, 1), record(3, 2, cause="token-expired"))

    async def check(site: Site) -> None:
        page = await site.text("/")
        assert "The access token had expired" in page
        assert 'href="/failures/f-000000000002"' in page
        assert 'aria-label="2 times: history"' in page

    with_site(check, store)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("cause=token-expired", {2}),
        ("service=exchange", {2}),
        ("app=44444444-4444-4444-4444-444444444444", {1, 2}),
        ("app=55555555-4444-4444-4444-444444444444", set()),
        ("request-id=99999999-9999-9999-9999-999999999999", {2}),
        (f"trace={TRACE}", {2}),
        (f"trace=+00-{TRACE}-00f067aa0ba902b7-01", {2}),
        ("trace=half+of+one", set()),
        ("since=100000h", {1, 2}),
        ("since=nonsense&cause=", {1, 2}),
    ],
)
def test_a_filter_shows_what_matches_and_nothing_else(store: Path, query: str, shown: set[int]) -> None:
    ids = {"request_id": "99999999-9999-9999-9999-999999999999", "trace_id": TRACE}
    other = record(2, 2, cause="token-expired", service="exchange", **ids)
    store_all(str(store), record(1, 1), other)

    async def check(site: Site) -> None:
        page = await site.text(f"/?{query}")
        assert {number for number in (1, 2) if f'data-group="g1-{number:016x}"' in page} == shown

    with_site(check, store)


def test_a_kind_found_by_trace_leads_to_the_failure_of_that_trace(store: Path) -> None:
    store_all(str(store), record(1, 1), record(2, 1, trace_id=TRACE), record(3, 1))

    async def check(site: Site) -> None:
        page = await site.text(f"/?trace={TRACE}")
        assert 'href="/failures/f-000000000002"' in page
        assert "f-000000000003" not in page

    with_site(check, store)


def test_a_trace_that_is_not_found_may_be_in_the_log(store: Path) -> None:
    store_all(str(store), record(1, 1))

    async def check(site: Site) -> None:
        assert "only counted" in await site.text(f"/?trace={TRACE}")
        assert "only counted" not in await site.text("/?cause=none")

    with_site(check, store)


def test_a_failure_leads_to_the_others_of_its_trace(store: Path) -> None:
    mine = [record(1, 1, trace_id=TRACE), record(2, 2, cause="token-expired", trace_id=TRACE)]
    store_all(str(store), *mine, record(3, 3, trace_id=""), record(4, 4, trace_id=""), record(5, 5))

    async def check(site: Site) -> None:
        page = await site.text("/failures/f-000000000001")
        assert f'href="/?trace={TRACE}"' in page
        _, _, others = page.partition("In the same trace")
        assert [each.partition('"')[0] for each in others.split('href="/failures/')[1:]] == ["f-000000000002"]
        assert "The access token had expired" in others
        for alone in ("f-000000000003", "f-000000000005"):
            assert "In the same trace" not in await site.text(f"/failures/{alone}")

    with_site(check, store)


def test_of_a_long_trace_the_latest_are_listed(store: Path) -> None:
    store_all(str(store), *(record(number, number, trace_id=TRACE) for number in range(30)))

    async def check(site: Site) -> None:
        _, _, others = (await site.text("/failures/f-00000000001d")).partition("In the same trace")
        assert others.count('href="/failures/') == 20

    with_site(check, store)


def test_pages_follow_one_another_until_every_kind_was_shown_once(store: Path) -> None:
    store_all(str(store), *(record(number, number) for number in range(120)))

    async def check(site: Site) -> None:
        seen: list[str] = []
        address = "/"
        while address:
            page = await site.text(address)
            seen += [part.partition('"')[0] for part in page.split('data-group="')[1:]]
            _, found, rest = page.partition('<p class="more"><a href="')
            address = rest.partition('"')[0].replace("&amp;", "&") if found else ""
        assert len(seen) == len(set(seen)) == 120

    with_site(check, store)


def test_an_empty_store_says_what_to_do(store: Path) -> None:
    async def check(site: Site) -> None:
        assert "why403 run -- python app.py" in await site.text("/")

    with_site(check, store)


def test_a_store_that_is_off_says_how_to_switch_it_on() -> None:
    async def check(site: Site) -> None:
        assert "--store off" in await site.text("/")

    with_site(check)


def test_a_store_that_cannot_be_read_says_why_and_the_machines_get_their_answers(store: Path) -> None:
    store.write_text("no database at all, but long enough to be taken for one\n" * 100, encoding="utf-8")

    async def check(site: Site) -> None:
        answer = await site.client.get("/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "is no failure store" in answer.text
        assert (await site.client.get("/livez")).status_code == 200

    with_site(check, store)


def test_evidence_leads_to_where_it_was_seen(store: Path) -> None:
    store_all(str(store), record(1))

    async def check(site: Site) -> None:
        page = await site.text("/failures/f-000000000001")
        for anchor in ("response-body", "claim-scp", "claim-idtyp"):
            assert f'href="#{anchor}"' in page
            assert page.count(f'id="{anchor}"') == 1

    with_site(check, store)


def test_a_failure_names_its_gates_fixes_token_and_rule(store: Path) -> None:
    store_all(str(store), record(1, cause="token-expired"))

    async def check(site: Site) -> None:
        page = await site.text("/failures/f-000000000001")
        for told in ("Which gate refused", "Consent to User.ReadBasic.All.", "az login", "Up to two hours."):
            assert told in page
        assert 'href="/rules/token-expired"' in page
        assert "User.Read" in page

    with_site(check, store)


def test_a_bundle_is_made_and_swept_on_demand(store: Path) -> None:
    store_all(str(store), record(1))

    async def check(site: Site) -> None:
        answer = await site.client.get("/failures/f-000000000001/bundle.zip")
        assert answer.headers["content-disposition"] == 'attachment; filename="why403-f-000000000001.zip"'
        with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
            assert "summary.md" in bundle.namelist()

    with_site(check, store)


@pytest.mark.parametrize(
    "path", ["/failures/f-00000000dead", "/failures/f-00000000dead/bundle.zip", "/groups/g1-0", "/rules/x"]
)
def test_what_is_not_there_is_said_on_a_page(store: Path, path: str) -> None:
    async def check(site: Site) -> None:
        answer = await site.client.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")

    with_site(check, store)


def test_a_kinds_history_counts_all_and_lists_those_stored_whole(store: Path) -> None:
    store_all(str(store), *(record(number, 7) for number in range(30)), limits=Limits(days=36_500, of_a_group=5))

    async def check(site: Site) -> None:
        page = await site.text(f"/groups/g1-{7:016x}")
        assert "<dd>30</dd>" in page
        assert page.count('<th scope="row"><a href="/failures/') == 5
        assert "<svg" in page

    with_site(check, store)


def test_hostile_text_stays_text_on_every_page(store: Path) -> None:
    store_all(str(store), record(1, 1, operation=HOSTILE, user_agent=HOSTILE, error_message=HOSTILE, url=HOSTILE))

    async def check(site: Site) -> None:
        pages = (
            "/",
            "/failures/f-000000000001",
            f"/groups/g1-{1:016x}",
            f"/?cause={'%3Cscript%3E'}&app=%22%3E%3Ci%20id=x%3E",
        )
        for path in pages:
            page = await site.text(path)
            assert "<script>" not in page
            assert not [mark for mark in ("\x1b", "\u202e", "<i id") if mark in page]

    with_site(check, store)


def test_a_megabyte_in_a_field_makes_no_megabyte_of_a_page(store: Path) -> None:
    long = record(1, 1)
    response = dict(HAR_ENTRY["response"])
    response["content"] = {"text": "x" * 1_000_000}
    store_all(str(store), replace(long, har_entry={**HAR_ENTRY, "response": response}))

    async def check(site: Site) -> None:
        assert len(await site.text("/failures/f-000000000001")) < 150_000

    with_site(check, store)


def test_rules_are_found_by_words_service_and_gate() -> None:
    async def check(site: Site) -> None:
        everything = await site.text("/rules")
        found = await site.text("/rules?q=expired+token&service=exchange&gate=lifetime")
        assert everything.count('<a class="title"') > 100
        assert 0 < found.count('<a class="title"') < 10
        assert "No rule matches" in await site.text("/rules?q=nothing-is-called-like-this")

    with_site(check)


def test_every_rule_has_its_page() -> None:
    async def check(site: Site) -> None:
        listed = await site.text("/rules")
        for part in listed.split('<a class="title" href="')[1:]:
            assert "What decides it" in await site.text(part.partition('"')[0])

    with_site(check)
