"""The missing permission is named wherever a person or a machine looks."""

import zipfile
from pathlib import Path

from tests.live.proxy import running_proxy
from tests.live.upstream import Received, Upstream
from tests.support.wire import jwt

TOKEN = jwt({"aud": "https://graph.microsoft.com", "scp": "User.Read", "upn": "adele@contoso.com"})
BODY = b'{"error": {"code": "ErrorAccessDenied", "message": "Access is denied. Check credentials and try again."}}'
CAUSE = "graph-permission-missing-delegated"


def refuse(received: Received) -> None:
    received.answer("403 Forbidden", BODY, "request-id: 6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e22")


def test_box_log_metrics_and_bundle_name_the_missing_permission(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/v1.0/me/contacts", refuse)
    with running_proxy(tmp_path, *towards_upstream, "--bundle-dir", "evidence", rules=None) as proxy:
        with proxy.through_reverse() as client:
            client.get("127.0.0.1", "/graph.microsoft.com/v1.0/me/contacts", f"Authorization: Bearer {TOKEN}")
        line = proxy.failure(client)
        box = " ".join(proxy.box(line["why403.id"]).replace("│", " ").split())
        counted = proxy.metric(f'why403_causes_total{{cause="{CAUSE}"}}')
        assert proxy.stop() == 0
    assert line["rule.id"] == CAUSE
    assert "needs one of Contacts.Read, " in line["auth.verdict"]
    assert line["auth.verdict"].endswith("(delegated); the token has User.Read.")
    assert "needs one of Contacts.Read, " in box
    assert counted == 1
    (path,) = (tmp_path / "evidence").iterdir()
    with zipfile.ZipFile(path) as bundle:
        assert b"needs one of Contacts.Read, " in bundle.read("diagnosis.json")
