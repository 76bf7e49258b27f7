import json

import pytest

from proxy_addons.addons.routing import refusal


@pytest.mark.parametrize(
    ("path", "code", "host"),
    [
        (b"/example.org/x", "host-not-allowed", "example.org"),
        (b"/example.org", "host-not-allowed", "example.org"),
        (b"/example.org?x=/y", "host-not-allowed", "example.org"),
        (b"/", "no-host", None),
        (b"", "no-host", None),
        (b"*", "no-host", None),
        (b"//graph.microsoft.com/", "no-host", None),
    ],
)
def test_a_refusal_says_what_is_wrong_with_the_path(path: bytes, code: str, host: str | None) -> None:
    response = refusal(path)
    told = json.loads(response.content or b"")
    assert response.status_code == 421
    assert told["error"]["code"] == code
    assert host is None or repr(host) in told["error"]["message"]


def test_a_refusal_is_marked_as_ours_and_no_page_a_browser_runs() -> None:
    response = refusal(b"/<script>alert(1)</script>/")
    assert response.headers["server"] == "why403"
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_a_path_of_any_length_and_any_bytes_gives_a_short_answer() -> None:
    response = refusal(b"/" + b"\xff" * 1_000_000)
    assert len(response.content or b"") < 3000
