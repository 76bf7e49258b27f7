import json
import random

import pytest

from proxy_addons.addons.links_inside import Inside
from proxy_addons.addons.links_json import JsonLinkStream
from proxy_addons.addons.links_members import JsonLinks, link_members
from proxy_addons.addons.links_unread import UNREAD_AT_MOST, UnreadUntilNamed

HERE = "https://127.0.0.1:8403"
INSIDE = Inside(HERE, {"graph.microsoft.com", "outlook.office.com"})
NEXT = b'"@odata.nextLink":"https://graph.microsoft.com/v1.0/users?$skiptoken=x"'


def members(path: str = "/v1.0/users") -> JsonLinks:
    found = link_members("graph.microsoft.com", path, 200, "application/json")
    assert isinstance(found, JsonLinks)
    return found


class Counted(UnreadUntilNamed):
    """Tells how many bytes were followed."""

    def __init__(self, links: JsonLinks) -> None:
        super().__init__(links, INSIDE)
        self.followed = 0
        follow = self._stream.__call__

        def counted(piece: bytes) -> bytes:
            self.followed += len(piece)
            return follow(piece)

        self._stream = counted  # type: ignore[assignment]


def fed(stream: UnreadUntilNamed | JsonLinkStream, body: bytes, size: int) -> bytes:
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(stream(piece) for piece in pieces) + stream(b"")


def test_a_body_without_a_link_is_never_followed() -> None:
    user = {"displayName": "a", "officeLocation": "b", "webUrl": "https://graph.microsoft.com/c", "x@odata.etag": "d"}
    body = json.dumps({"@odata.context": "https://graph.microsoft.com/$metadata", "value": [user] * 100}).encode()
    stream = Counted(members())
    assert fed(stream, body, 4096) == body
    assert stream.followed == 0


def test_every_piece_passes_at_once_and_whole_until_a_link_is_named() -> None:
    stream = UnreadUntilNamed(members(), INSIDE)
    for piece in (b'{"value":[{"id', b'":"1', b'"}],"@odata.next'):
        assert stream(piece) == piece
        assert stream.held == b""


@pytest.mark.parametrize("path", ["/v1.0/users", "/v1.0/$batch"])
def test_wherever_a_body_is_cut_the_outcome_is_that_of_following_all_of_it(path: str) -> None:
    chance = random.Random(403)  # noqa: S311 - a repeatable choice, no key
    links = members(path)
    parts = [
        NEXT,
        b'"UploadURL" : "https://outlook.office.com/up"',
        b'"a":"@odata.nextLink"',
        b'"@odata.nextLink\\"":"https://graph.microsoft.com/no"',
        b'"responses":[{"headers":{"location":"https://graph.microsoft.com/moved"}}]',
        b'"x@odata.deltaLink"\n:\t"https:\\/\\/graph.microsoft.com\\/v1.0"',
        b'"text":"' + b"y\\\\" * 200 + b'"',
        b'"deep":{"b":[1,{"c":null}]}',
        b'"' + b"k" * 400 + b'":1',
    ]
    for _ in range(400):
        body = b"{" + b",".join(chance.choices(parts, k=chance.randrange(1, 9))) + b"}"
        body = body[: chance.randrange(len(body))] if chance.random() < 0.3 else body
        size = chance.randrange(1, 90)
        assert fed(UnreadUntilNamed(links, INSIDE), body, size) == fed(JsonLinkStream(links, INSIDE), body, size)


def test_of_an_endless_body_only_so_much_is_kept_and_a_late_link_is_known_all_the_same() -> None:
    stream = UnreadUntilNamed(members(), INSIDE)
    user = b'{"id":"' + b"a" * 1000 + b'"},'
    out = stream(b'{"value":[')
    for _ in range(3 * UNREAD_AT_MOST // len(user)):
        out += stream(user)
        assert len(stream._unread) <= UNREAD_AT_MOST
    out += stream(b"null]," + NEXT + b"}") + stream(b"")
    assert out.endswith(NEXT.replace(b"https://", HERE.encode() + b"/") + b"}")


def test_what_is_held_back_is_never_what_has_gone_already() -> None:
    stream = UnreadUntilNamed(members(), INSIDE)
    body = b'{"a":1,"x@odata.nextLink":"https://graph.microsoft.com/"}'
    gone = b""
    for at in range(len(body)):
        gone += stream(body[at : at + 1])
        before = body[: at + 1].replace(b"https://g", HERE.encode() + b"/g")
        assert gone + stream.held in {body[: at + 1], before}
