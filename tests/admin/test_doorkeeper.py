from pathlib import Path

import pytest

from proxy_addons.admin.access import Access
from proxy_addons.admin.doorkeeper import SESSION_COOKIE
from tests.admin.pages import TOKEN, Site, with_site

OPEN = Access(host="0.0.0.0", names=("why403.contoso.com",), token=TOKEN)  # noqa: S104 - nothing listens there
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGES = ("/", "/rules", "/ews", "/failures/f-1", "/groups/g-1", "/failures/f-1/bundle.zip", "/events", "/logout")


@pytest.mark.parametrize("path", PAGES)
def test_a_page_wants_the_token(path: str) -> None:
    async def check(site: Site) -> None:
        answer = await site.client.get(path)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="why403"')
        assert TOKEN not in answer.text

    with_site(check, access=OPEN)


def test_a_program_comes_in_with_the_token_and_not_with_another() -> None:
    async def check(site: Site) -> None:
        assert (await site.client.get("/rules", headers=BEARER)).status_code == 200
        wrong = {"Authorization": f"Bearer {TOKEN[:-1]}x"}
        assert (await site.client.get("/rules", headers=wrong)).status_code == 401

    with_site(check, access=OPEN)


def test_a_browser_signs_in_goes_on_where_it_was_and_signs_out() -> None:
    async def check(site: Site) -> None:
        sent = await site.client.get("/rules", headers={"Accept": "text/html"})
        assert (sent.status_code, sent.headers["location"]) == (303, "/login?to=/rules")
        assert (await site.client.post("/login", data={"token": "wrong"})).status_code == 401
        entered = await site.client.post("/login", data={"token": TOKEN, "to": "/rules"})
        assert (entered.status_code, entered.headers["location"]) == (303, "/rules")
        cookie = entered.headers["set-cookie"]
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}
        assert TOKEN not in cookie
        assert (await site.client.get("/rules")).status_code == 200
        await site.client.post("/logout")
        assert (await site.client.get("/rules")).status_code == 401

    with_site(check, access=OPEN)


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "evil"])
def test_signing_in_leads_to_no_other_site(to: str) -> None:
    async def check(site: Site) -> None:
        entered = await site.client.post("/login", data={"token": TOKEN, "to": to})
        assert entered.headers["location"] == "/"

    with_site(check, access=OPEN)


@pytest.mark.parametrize("cookie", ["", "1.2", "99999999999.", "99999999999.abc", "٣.x", f"99999999999.{TOKEN}"])
def test_a_made_up_session_is_none(cookie: str) -> None:
    async def check(site: Site) -> None:
        headers = {"Cookie": f"{SESSION_COOKIE}={cookie}".encode()}
        assert (await site.client.get("/rules", headers=headers)).status_code == 401  # type: ignore[arg-type]  # bytes are sent as they are

    with_site(check, access=OPEN)


def test_a_session_ends_and_holds_for_one_token_only() -> None:
    session = OPEN.session(1000.0)
    assert OPEN.in_session(session, 1001.0)
    assert not OPEN.in_session(session, 1000.0 + 13 * 3600)
    assert not Access(token="another-token-0123456789").in_session(session, 1001.0)
    assert not Access().in_session(session, 1001.0)


def test_probes_and_scrapers_are_answered_under_any_name_without_a_token() -> None:
    async def check(site: Site) -> None:
        for path in ("/livez", "/readyz", "/metrics"):
            assert (await site.client.get(path, headers={"Host": "10.1.2.3:9403"})).status_code == 200

    with_site(check, access=OPEN)


def test_metrics_can_want_the_token_too() -> None:
    async def check(site: Site) -> None:
        assert (await site.client.get("/metrics")).status_code == 401
        assert (await site.client.get("/metrics", headers=BEARER)).status_code == 200
        assert (await site.client.get("/livez")).status_code == 200

    with_site(check, access=Access(token=TOKEN, protect_metrics=True))


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("why403.contoso.com", 200),
        ("WHY403.contoso.com:9403", 200),
        ("[::1]:9403", 200),
        ("evil.example", 400),
        ("", 400),
    ],
)
def test_a_page_answers_to_its_names_only(host: str, status: int) -> None:
    async def check(site: Site) -> None:
        assert (await site.client.get("/rules", headers={**BEARER, "Host": host})).status_code == status

    with_site(check, access=OPEN)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 303),
        ({}, 303),
    ],
)
def test_no_other_site_signs_anybody_in(headers: dict[str, str], status: int) -> None:
    async def check(site: Site) -> None:
        answer = await site.client.post("/login", data={"token": TOKEN}, headers=headers)
        assert answer.status_code == status

    with_site(check, access=OPEN)


def test_a_form_of_any_length_costs_no_memory() -> None:
    async def check(site: Site) -> None:
        answer = await site.client.post("/login", content=b"token=" + b"x" * 5_000_000)
        assert answer.status_code == 401

    with_site(check, access=OPEN)


def test_everything_says_what_a_browser_may_do_with_it(tmp_path: Path) -> None:
    async def check(site: Site) -> None:
        for path in ("/", "/rules", "/static/pages.js", "/static/pages.css", "/nope", "/metrics"):
            headers = (await site.client.get(path)).headers
            assert headers["content-security-policy"].startswith(
                "default-src 'none'; style-src 'self'; script-src 'self'"
            )
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"

    with_site(check, tmp_path / "store.sqlite")


def test_nothing_outside_the_folder_of_static_files_is_served() -> None:
    async def check(site: Site) -> None:
        for path in ("/static/../application.py", "/static/%2e%2e/application.py", "/static/..%2fapplication.py"):
            assert (await site.client.get(path)).status_code == 404

    with_site(check)
