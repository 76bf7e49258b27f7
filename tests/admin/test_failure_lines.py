from pathlib import Path
from typing import Any

import pytest

from tests.admin.pages import Site, record, with_site
from tests.sinks.store.stored import number_in, store_all

TRACE = "0af7651916cd43dd8448eb211c80319c"
APP = "44444444-4444-4444-4444-444444444444"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "failures.sqlite"


async def lines(site: Site, query: str) -> Any:  # noqa: ANN401  # JSON
    answer = await site.client.get(f"/lines?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_last_lines_come_in_the_order_in_which_they_were_stored(store: Path) -> None:
    store_all(str(store), *(record(number, number) for number in range(1, 6)))

    async def check(site: Site) -> None:
        told = await lines(site, "last=2")
        assert [each["line"]["why403.id"] for each in told["lines"]] == ["f-000000000004", "f-000000000005"]
        assert (told["newest"], told["counted"]) == (5, 5)

    with_site(check, store)


def test_from_a_place_on_everything_comes_once_and_in_pieces(store: Path) -> None:
    store_all(str(store), *(record(number, number) for number in range(1, 131)))

    async def check(site: Site) -> None:
        first = await lines(site, "after=0")
        second = await lines(site, f"after={first['lines'][-1]['number']}")
        seen = [each["line"]["why403.id"] for each in [*first["lines"], *second["lines"]]]
        assert (len(first["lines"]), seen) == (100, [f"f-{number:012x}" for number in range(1, 131)])

    with_site(check, store)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("cause=token-expired", {2}),
        ("service=exchange", {2}),
        (f"app={APP}", {1, 2}),
        ("group=g1-0000000000000001", {1}),
        ("request-id=99999999-9999-9999-9999-999999999999", {2}),
        (f"trace=00-{TRACE}-00f067aa0ba902b7-01", {2}),
        ("trace=none", set()),
        ("since=1", {1, 2}),
        ("since=99999999999999", set()),
        ("since=nonsense&after=none&cause=", {1, 2}),
    ],
)
def test_a_filter_leaves_out_what_does_not_match(store: Path, query: str, shown: set[int]) -> None:
    ids = {"request_id": "99999999-9999-9999-9999-999999999999", "trace_id": TRACE}
    other = record(2, 2, cause="token-expired", service="exchange", **ids)
    store_all(str(store), record(1, 1), other)

    async def check(site: Site) -> None:
        told = await lines(site, f"last=10&{query}")
        assert {number_in(each["line"]["why403.id"]) for each in told["lines"]} == shown

    with_site(check, store)


def test_a_store_that_is_off_is_said_so() -> None:
    async def check(site: Site) -> None:
        assert (await lines(site, "last=5"))["stored"] is False

    with_site(check)


def test_a_store_that_cannot_be_read_says_why(store: Path) -> None:
    store.write_bytes(b"no database" * 1000)

    async def check(site: Site) -> None:
        answer = await site.client.get("/lines?last=5")
        assert answer.status_code == 503
        assert "failures.sqlite" in answer.json()["error"]

    with_site(check, store)
