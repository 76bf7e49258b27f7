"""What a running proxy leaves on the disk is for its owner only, whatever the umask of whoever started it."""

import os
import stat
from pathlib import Path

from tests.live.proxy import running_proxy
from tests.live.upstream import Upstream

PUBLIC = {"mitmproxy-ca-cert.cer", "mitmproxy-ca-cert.p12", "mitmproxy-ca-cert.pem", "mitmproxy-dhparam.pem"}
"""Certificates clients are given, and numbers that are no secret. They lie in a folder that is."""


def test_nothing_a_proxy_writes_is_for_other_users(
    tmp_path: Path, towards_upstream: list[str], upstream: Upstream
) -> None:
    upstream.on("/refused", lambda received: received.answer("403 Forbidden"))
    arguments = ("--bundle-dir", str(tmp_path / "bundles"), "--allow-verify")
    before = os.umask(0)
    try:
        with running_proxy(tmp_path, *towards_upstream, *arguments) as proxy:
            with proxy.through_reverse() as client:
                assert client.get("127.0.0.1", "/graph.microsoft.com/refused").status == 403
            proxy.wait_for(lambda: proxy.metric('why403_sink_writes_total{sink="bundle"}') == 1)
            proxy.wait_for(lambda: proxy.metric("why403_store_records_total") == 1)
            found = {
                path.relative_to(tmp_path).as_posix(): stat.S_IMODE(path.stat().st_mode)
                for path in tmp_path.rglob("*")
                if path.name not in PUBLIC and path != tmp_path / "state"
            }
    finally:
        os.umask(before)
    kinds = {"conf/mitmproxy-ca.pem", "conf/why403-pseudonyms.key", "state/why403/failures.sqlite", "bundles"}
    assert kinds <= found.keys()
    assert any(name.startswith("conf/why403-verify-") for name in found)
    assert {name: oct(mode) for name, mode in found.items() if mode & 0o077} == {}
