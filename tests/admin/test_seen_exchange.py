import pytest

from proxy_addons.admin.seen_exchange import seen_exchange
from tests.admin.pages import HAR_ENTRY


@pytest.mark.parametrize(
    ("seen_in", "anchor"),
    [
        ("request header User-Agent", "request-header-user-agent"),
        ("response header request-id", "response-header-request-id"),
        ("response body", "response-body"),
        ("response status line", "response-line"),
        ("request URL", "request-line"),
        ("token claim scp", "claim-scp"),
        ("token claims scp and roles", "claim-scp"),
        ("token claim nonce", "claims"),
        ("response header absent", ""),
        ("calls seen before", ""),
    ],
)
def test_evidence_is_found_where_it_was_seen(seen_in: str, anchor: str) -> None:
    assert seen_exchange(HAR_ENTRY).anchor_of(seen_in) == anchor


def test_a_header_sent_twice_has_its_anchor_once() -> None:
    twice = [{"name": "Via", "value": "1"}, {"name": "via", "value": "2"}]
    seen = seen_exchange({"response": {"status": 200, "headers": twice}})
    assert seen.response is not None
    assert [row.anchor for row in seen.response.headers] == ["response-header-via", ""]


@pytest.mark.parametrize(
    "entry", [{}, {"request": 1, "response": []}, {"_tokens": {"a": None}}, {"request": {"headers": [1]}}]
)
def test_an_entry_nobody_wrote_like_this_shows_nothing_and_breaks_nothing(entry: dict[str, object]) -> None:
    assert seen_exchange(entry).response is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'),
        ("{broken", "{broken"),
        ("<a><b>text</b><c/></a>", "<a>\n  <b>text</b>\n  <c/>\n</a>"),
        ("</a></a><b>", "</a>\n</a>\n<b>"),
        ("plain", "plain"),
    ],
)
def test_a_body_is_laid_out_for_reading(text: str, shown: str) -> None:
    seen = seen_exchange({"response": {"status": 403, "content": {"text": text}}})
    assert seen.response is not None
    assert seen.response.body == shown
