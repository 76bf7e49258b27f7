import json
import random

import pytest

from proxy_addons.addons.links_inside import Inside
from proxy_addons.addons.links_json import JsonLinkStream
from proxy_addons.addons.links_members import JsonLinks, link_members

HERE = "https://127.0.0.1:8403"
INSIDE = Inside(HERE, {"graph.microsoft.com", "outlook.office.com"})
JSON = "application/json"


def members(path: str = "/v1.0/me/messages") -> JsonLinks:
    found = link_members("graph.microsoft.com", path, 200, JSON)
    assert isinstance(found, JsonLinks)
    return found


def rewritten(body: bytes, links: JsonLinks | None = None, size: int = 0) -> bytes:
    stream = JsonLinkStream(links or members(), INSIDE)
    step = size or len(body) or 1
    return b"".join(stream(body[start : start + step]) for start in range(0, len(body), step)) + stream(b"")


def test_the_next_page_leads_through_here_and_its_query_stays_byte_for_byte() -> None:
    body = rb'{"@odata.nextLink":"https://graph.microsoft.com/v1.0/me/messages?$skiptoken=a\u0026b%2F\/\"c"}'
    assert rewritten(body) == body.replace(b"https://graph", HERE.encode() + b"/graph")


@pytest.mark.parametrize("key", ["@odata.nextLink", "@odata.deltaLink", "children@odata.nextLink"])
def test_every_kind_of_page_link_is_known_at_any_depth(key: str) -> None:
    body = json.dumps({"value": [{"deep": {key: "https://graph.microsoft.com/x"}}]}).encode()
    assert rewritten(body) == body.replace(b"https://", b"https://127.0.0.1:8403/")


def test_an_upload_session_leads_through_here_though_its_host_is_another() -> None:
    body = b'{"uploadUrl": "https://outlook.office.com/api/v2.0/upload?authtoken=x"}'
    assert rewritten(body) == b'{"uploadUrl": "https://127.0.0.1:8403/outlook.office.com/api/v2.0/upload?authtoken=x"}'


def test_what_a_person_wrote_is_never_touched() -> None:
    link = "https://graph.microsoft.com/v1.0/me"
    written = {
        "subject": link,
        "body": {"contentType": "text", "content": f'"@odata.nextLink":"{link}" and \\" {link} \\'},
        "uniqueBody": {"uploadUrl": link},
        "webLink": link,
        "categories": [link, "@odata.nextLink", link],
        link: link,
        "@odata.context": link,
        "@odata.id": link,
    }
    body = json.dumps({"value": [written]}).encode()
    assert rewritten(body) == body


def test_a_host_the_proxy_does_not_reach_stays_and_so_does_another_port() -> None:
    for address in (
        "https://example.org/x",
        "https://graph.microsoft.com:8443/x",
        "https://graph.microsoft.com@example.org/x",
        "https://graph.microsoft.com.example.org/x",
        "http://graph.microsoft.com/x",
        "/v1.0/relative",
        "",
    ):
        body = json.dumps({"@odata.nextLink": address}).encode()
        assert rewritten(body) == body


def test_slashes_written_as_escapes_stay_escapes() -> None:
    body = rb'{"@odata.nextLink":"https:\/\/graph.microsoft.com\/v1.0"}'
    assert rewritten(body) == rb'{"@odata.nextLink":"https:\/\/127.0.0.1:8403\/graph.microsoft.com\/v1.0"}'
    assert json.loads(rewritten(body)) == {"@odata.nextLink": f"{HERE}/graph.microsoft.com/v1.0"}


def test_a_batch_keeps_locations_and_pages_of_its_answers_inside() -> None:
    link = "https://graph.microsoft.com/v1.0/x"
    answer = {
        "id": "1",
        "headers": {"Location": link, "location": link, "Note": link},
        "body": {"Location": link, "@odata.nextLink": link, "value": [{"headers": {"Location": link}}]},
    }
    body = json.dumps({"responses": [answer, answer]}).encode()
    inside = link.replace("https://", f"{HERE}/")
    answer["headers"] = {"Location": inside, "location": inside, "Note": link}
    answer["body"] = {**answer["body"], "@odata.nextLink": inside}  # type: ignore[dict-item]  # it is an object
    assert json.loads(rewritten(body, members("/v1.0/$batch"))) == {"responses": [answer, answer]}


def test_wherever_a_body_is_cut_into_pieces_the_outcome_is_the_same() -> None:
    page = {
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata",
        "value": [
            {"a": 'quote " and \\ and "@odata.nextLink":"https://graph.microsoft.com"', "b": [1, None, {"c": []}]},
            {"x@odata.nextLink": "https://graph.microsoft.com/one", "long": "y" * 700, "z" * 300: "\\" * 9},
        ],
        "@odata.nextLink": "https://graph.microsoft.com/two?" + "t" * 400,
    }
    body = json.dumps(page, indent=1).encode()
    whole = rewritten(body)
    assert whole.count(HERE.encode()) == 2
    assert {rewritten(body, size=size) for size in (*range(1, 70), 128, 257, 512)} == {whole}


def test_an_endless_text_is_passed_on_as_it_comes() -> None:
    stream = JsonLinkStream(members(), INSIDE)
    stream(b'{"contentBytes":"')
    assert all(stream(b"A" * 65536) == b"A" * 65536 for _ in range(100))


def test_a_key_that_never_ends_is_not_waited_for() -> None:
    stream = JsonLinkStream(members(), INSIDE)
    assert len(stream(b'{"' + b"k" * 5000)) == 5002


def test_deep_nesting_costs_no_memory_and_harms_nothing() -> None:
    body = b'{"a":' * 5000 + b'{"@odata.nextLink":"https://graph.microsoft.com/"}' + b"}" * 5000
    body += b',{"@odata.nextLink":"https://graph.microsoft.com/"}'
    stream = JsonLinkStream(members(), INSIDE)
    out = stream(body) + stream(b"")
    assert len(stream._around) == 0
    assert out == body[: -len(b'graph.microsoft.com/"}')] + b'127.0.0.1:8403/graph.microsoft.com/"}'


def test_what_is_no_json_passes_as_it_is() -> None:
    chance = random.Random(7)  # noqa: S311 - a fixed stream of test bytes
    for _ in range(300):
        body = bytes(chance.choices(b'{}[]":,\\ ahttps://x\xff\x00\n', k=chance.randrange(400)))
        assert rewritten(body, size=chance.randrange(1, 50)) == body


def test_a_body_that_breaks_off_within_a_link_is_passed_on_whole() -> None:
    body = b'{"@odata.nextLink":"https://gra'
    assert rewritten(body) == body


def test_a_list_of_plain_objects_is_skipped_without_a_step_for_each() -> None:
    class Counted(JsonLinkStream):
        steps = 0

        def _token(self, text: bytes, at: int, out: list[bytes], *, at_end: bool) -> int | None:
            self.steps += 1
            return super()._token(text, at, out, at_end=at_end)

    user = {"id": "1", "displayName": 'a "quoted" {name}', "accountEnabled": True, "mail": None}
    page = {"value": [user] * 1000, "@odata.nextLink": "https://graph.microsoft.com/two"}
    stream = Counted(members(), INSIDE)
    assert HERE.encode() in stream(json.dumps(page).encode())
    assert stream.steps < 10
