"""Workers as the process above them keeps them: real ones, of which some are stopped or killed."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from http.client import HTTPConnection
from pathlib import Path

import pytest

from proxy_addons.cli.shared_ports import can_share, claim_proxy_ports
from proxy_addons.cli.worker_channel import Plan
from proxy_addons.cli.worker_crew import Crew, Patience
from proxy_addons.cli.worker_loads import new_loads
from proxy_addons.settings import as_given, read_settings
from proxy_addons.sinks.metrics import Metrics
from tests.live.proxy import NO_DATA, ONE_RULE, SECONDS
from tests.live.upstream import Upstream

pytestmark = pytest.mark.skipif(not can_share(), reason=f"ports cannot be shared on {sys.platform}")

MANY = 10


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHY403_DATA_DIR", str(NO_DATA))


@contextlib.asynccontextmanager
async def two_workers(directory: Path, patience: Patience, **given: str | list[str]) -> AsyncIterator[Crew]:
    """A crew that has not been started, and is gone with the block."""
    own = {"reverse_port": "0", "forward_port": "0", "store": "off", "confdir": str(directory / "conf")}
    settings = read_settings({**own, "shipped_rules": False, "rules": str(ONE_RULE), **given}, {})
    with contextlib.ExitStack() as cleanup:
        ports, loads = claim_proxy_ports(settings), new_loads(2)
        cleanup.callback(os.close, loads)
        cleanup.callback(ports.close)
        inherited = (ports.reverse.fileno(), ports.forward.fileno(), loads)
        plan = Plan(as_given(settings), *ports.numbers, 0, inherited, True, 30, False, False, 80)  # noqa: FBT003 - looks
        crew = Crew(plan, ports, 2, Metrics(), lambda _, __: None, patience)
        try:
            yield crew
        finally:
            for pid in worker_pids():
                os.kill(pid, signal.SIGCONT)
            crew.end()
            await crew.gone(0, SECONDS)


def worker_pids() -> list[int]:
    children = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    return sorted(int(child) for child in children if b"cli.worker" in Path(f"/proc/{child}/cmdline").read_bytes())


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not holds():  # noqa: ASYNC110 - processes, whose doings no event of this loop tells
            await asyncio.sleep(0.01)


def ask(crew: Crew, times: int = 1) -> list[int]:
    """The statuses of so many calls, each on a connection of its own."""
    statuses = []
    for _ in range(times):
        with contextlib.closing(HTTPConnection("127.0.0.1", crew.plan.reverse, timeout=SECONDS)) as client:
            client.request("GET", "/graph.microsoft.com/v1.0/me")
            statuses.append(client.getresponse().status)
    return statuses


async def is_refused(crew: Crew) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", crew.plan.reverse)
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:
        # It was taken up by a listener that ended in this moment.
        return False
    writer.close()
    return False


async def answered(crew: Crew) -> float:
    """How many calls were answered, as all workers counted."""
    samples = (sample for family in await crew.collect() for sample in family.samples)
    return sum(sample.value for sample in samples if sample.name == "why403_exchanges_total")


def test_a_worker_that_hangs_is_replaced_while_traffic_goes_on_and_counts_stay(
    tmp_path: Path, upstream: Upstream, upstream_trust: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        leading: dict[str, str | list[str]] = {
            "connect_to": [f"graph.microsoft.com=127.0.0.1:{upstream.port}"],
            "upstream_ca": str(upstream_trust),
        }
        async with two_workers(tmp_path, Patience(silent=5), **leading) as crew:
            await crew.start()
            assert await asyncio.to_thread(ask, crew, MANY) == [200] * MANY
            async with asyncio.timeout(SECONDS):
                while await answered(crew) < MANY:
                    pass
            hanging, other = worker_pids()
            os.kill(hanging, signal.SIGSTOP)
            # Every connection is answered, and by the other one: what the hanging one took would never be.
            assert await asyncio.to_thread(ask, crew, MANY) == [200] * MANY
            await until(lambda: hanging not in worker_pids() and crew.accepting == 2)
            assert other in worker_pids()
            assert await asyncio.to_thread(ask, crew, MANY) == [200] * MANY
            async with asyncio.timeout(SECONDS):
                while await answered(crew) < 3 * MANY:
                    pass
            assert await answered(crew) == 3 * MANY

    asyncio.run(story())
    assert "has said nothing for 5 s and is killed" in caplog.text


def test_workers_load_first_and_take_connections_together(tmp_path: Path) -> None:
    async def story() -> None:
        async with two_workers(tmp_path, Patience(together=SECONDS)) as crew:
            starting = asyncio.create_task(crew.start())
            await until(lambda: len(worker_pids()) == 2)
            slow = worker_pids()[0]
            os.kill(slow, signal.SIGSTOP)
            await until(lambda: any(state.conditions for state in crew.states))
            assert await is_refused(crew)
            os.kill(slow, signal.SIGCONT)
            await starting
            assert crew.accepting == 2
            assert not await is_refused(crew)

    asyncio.run(story())


def test_one_that_takes_too_long_to_load_is_not_waited_for_and_comes_later(tmp_path: Path) -> None:
    async def story() -> None:
        async with two_workers(tmp_path, Patience(together=0)) as crew:
            starting = asyncio.create_task(crew.start())
            await until(lambda: len(worker_pids()) == 2)
            slow = worker_pids()[0]
            os.kill(slow, signal.SIGSTOP)
            await until(lambda: crew.accepting == 1)
            assert not await is_refused(crew)
            assert not starting.done()
            os.kill(slow, signal.SIGCONT)
            await starting
            assert crew.accepting == 2

    asyncio.run(story())


def test_connections_are_refused_while_there_is_no_worker_and_taken_again_by_the_next_ones(tmp_path: Path) -> None:
    async def story() -> None:
        async with two_workers(tmp_path, Patience()) as crew:
            await crew.start()
            for pid in worker_pids():
                os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(SECONDS):
                while not await is_refused(crew):  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.01)
            await until(lambda: crew.accepting == 2)
            assert not await is_refused(crew)

    asyncio.run(story())
