"""A storm of refusals, short: the long ones are `make soak STORM=1`, with the same clients and the same server."""

import asyncio
import itertools
import re
import ssl
from contextlib import closing
from pathlib import Path
from socket import create_server
from sqlite3 import connect
from typing import TYPE_CHECKING

from bench.soak_clients import Crowd, Seen
from bench.soak_line import Doors
from bench.soak_upstream import HOSTS, Microsoft, write_certificates
from tests.live.proxy import RunningProxy, running_proxy

if TYPE_CHECKING:
    from collections.abc import Coroutine

REFUSALS = 300
CONNECTIONS = 60


async def storm(proxy: RunningProxy, directory: Path, port: int) -> Seen:
    """New tokens of many users without end, many connections, and some who only want their work done."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "upstream.pem")
    microsoft = await asyncio.get_running_loop().create_server(Microsoft, "127.0.0.1", port, ssl=context)
    seen = Seen()
    crowd = Crowd(Doors(proxy.reverse, proxy.forward, proxy.admin, proxy.trust()), seen, itertools.count())
    callers: list[Coroutine[None, None, None]] = [
        *(crowd.stormer(kinds=40, users=1000) for _ in range(8)),
        *(crowd.healthy(pause=0.0) for _ in range(2)),
        *(crowd.healthy(pause=1.0, every=3) for _ in range(CONNECTIONS)),
        crowd.batcher(pause=0.1),
    ]
    calls = [asyncio.create_task(caller) for caller in callers]
    while seen.refusals < REFUSALS and not seen.wrong:  # noqa: ASYNC110 - the clients are the program's, and only count
        await asyncio.sleep(0.05)
    crowd.over = True
    await asyncio.gather(*calls)
    microsoft.close()
    return seen


def test_in_a_storm_of_refusals_every_answer_arrives_and_every_refusal_is_counted(tmp_path: Path) -> None:
    authority = write_certificates(tmp_path)
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    pairs = [part for host in HOSTS for part in ("--connect-to", f"{host}=127.0.0.1:{port}")]
    store = tmp_path / "failures.sqlite"
    with running_proxy(tmp_path, *pairs, "--upstream-ca", str(authority), "--store", str(store), rules=None) as proxy:
        seen = asyncio.run(storm(proxy, tmp_path, port))
        proxy.wait_for(lambda: proxy.metric('why403_connections{side="client"}') == 0)
        proxy.wait_for(lambda: proxy.metric("why403_store_queue_length") == 0)
        assert proxy.metric("why403_exchanges_in_flight") == 0
        page = proxy.admin_get("/metrics").read().decode()
        assert proxy.stop() == 0
    assert dict(seen.wrong) == {}
    assert seen.answers["healthy"] > 0
    assert seen.refusals >= REFUSALS
    counted = sum(float(count) for count in re.findall(r"^why403_failures_total\{.*\} (\S+)$", page, re.MULTILINE))
    assert counted == seen.refusals
    with closing(connect(store)) as kept:
        assert kept.execute("SELECT SUM(occurrences) FROM why403_groups").fetchone() == (seen.refusals,)
