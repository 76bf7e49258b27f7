"""What our own addons cost per healthy call, without the proxy around them: `python -m bench.speed.own_cpu`.

All addons of `why403 run`, in mitmproxy's own order, get the four events of an exchange with Graph and run what they
put off to after the answer. CPU time of the thread; building the flows is not counted. Prints JSON: microseconds a
round. With a file as argument the profile goes there.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.processes import PROXY_CORE, output_of
from bench.speed.answers import GRAPH, HEALTHY, token
from bench.speed.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mitmproxy.http import HTTPFlow
    from mitmproxy.master import Master

    from bench.speed.stage import Stage

CALLS: Final = 200
ROUNDS: Final = 25
_PATIENCE: Final = 120.0


def own_cpu(stage: Stage) -> Sequence[Figure]:
    """The figure, from a process of its own."""
    del stage
    said = output_of([sys.executable, "-m", "bench.speed.own_cpu"], _PATIENCE, core=PROXY_CORE)
    rounds: list[float] = json.loads(said.splitlines()[-1])
    return (Figure("own-cpu", round(statistics.median(rounds), 1), round(min(rounds), 1), round(max(rounds), 1)),)


def _flows(token_value: str, first: int) -> list[HTTPFlow]:
    from mitmproxy import http  # noqa: PLC0415 - only the process that measures needs it
    from mitmproxy.test import tflow, tutils  # noqa: PLC0415 - the same

    request_headers = http.Headers(
        ((b"Host", b"127.0.0.1"), (b"User-Agent", b"bench/1.0"), (b"Authorization", f"Bearer {token_value}".encode()))
    )
    answer_headers = http.Headers(
        (
            (b"Content-Type", b"application/json"),
            (b"Content-Length", b"1024"),
            (b"request-id", b"7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e"),
        )
    )
    flows = []
    for number in range(first, first + CALLS):
        headers = request_headers.copy()
        headers["client-request-id"] = f"7f1d6f0e-6a5b-4f0e-9a3e-{number:012x}"
        request = tutils.treq(
            method=b"GET",
            scheme=b"https",
            host="why403.invalid",
            port=443,
            path=f"/{GRAPH}{HEALTHY.path}".encode(),
            headers=headers,
            content=None,
        )
        flow = tflow.tflow(req=request)
        flow.response = tutils.tresp(headers=answer_headers.copy(), content=None)
        flows.append(flow)
    return flows


async def _master() -> Master:
    from mitmproxy import options  # noqa: PLC0415 - only the process that measures needs it
    from mitmproxy.master import Master  # noqa: PLC0415 - the same

    from proxy_addons.addons.assembly import Outside, assemble  # noqa: PLC0415 - the same
    from proxy_addons.addons.options import as_mitmproxy_options  # noqa: PLC0415 - the same
    from proxy_addons.cli.cached_hooks import cache_hooks  # noqa: PLC0415 - the same
    from proxy_addons.cli.mitmproxy_shortcuts import take_shortcuts  # noqa: PLC0415 - the same
    from proxy_addons.intake.rule_files import read_rules  # noqa: PLC0415 - the same
    from proxy_addons.settings import read_settings  # noqa: PLC0415 - the same

    master = Master(options.Options())
    cache_hooks(master)
    take_shortcuts()
    master.addons.add(*assemble(Outside(ruleset=read_rules(None), stream_everything=True)))
    # An option changed is what makes mitmproxy tell the addons of all of them.
    master.options.update(mode=["reverse:http://why403.invalid@8403"], **as_mitmproxy_options(read_settings({}, {})))
    return master


async def _one_call(master: Master, flow: HTTPFlow) -> None:
    from mitmproxy.proxy.layers.http._hooks import (  # noqa: PLC0415 - only the process that measures needs it
        HttpRequestHeadersHook,
        HttpRequestHook,
        HttpResponseHeadersHook,
        HttpResponseHook,
    )

    trigger = master.addons.trigger_event
    await trigger(HttpRequestHeadersHook(flow))
    if callable(flow.request.stream):
        flow.request.stream(b"")
    await trigger(HttpRequestHook(flow))
    await trigger(HttpResponseHeadersHook(flow))
    await trigger(HttpResponseHook(flow))


async def _measure(profile: cProfile.Profile | None) -> list[float]:
    master = await _master()
    access = token(GRAPH, 0)
    # As `why403 run` does when it is ready: what stays for good is not gone through again and again.
    gc.collect()
    gc.freeze()
    rounds = []
    for number in range(ROUNDS + 2):
        flows = _flows(access, number * CALLS)
        if profile and number > 1:
            profile.enable()
        began = time.thread_time()
        for flow in flows:
            await _one_call(master, flow)
        # What was put off runs now; two turns, because it may put off once more.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        rounds.append((time.thread_time() - began) / CALLS * 1e6)
        if profile and number > 1:
            profile.disable()
        if not all(flow.request.host == GRAPH and flow.response and flow.response.stream for flow in flows):
            raise SystemExit("our addons did not take these calls for theirs")
    # The first rounds read the token and fill caches.
    return rounds[2:]


def main() -> None:
    """Measure and print."""
    profile = cProfile.Profile() if len(sys.argv) > 1 else None
    rounds = asyncio.run(_measure(profile))
    if profile:
        profile.dump_stats(Path(sys.argv[1]))
    sys.stdout.write(json.dumps([round(each, 2) for each in rounds]) + "\n")


if __name__ == "__main__":
    main()
