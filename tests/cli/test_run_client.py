import asyncio
import os
import signal

import pytest
from mitmproxy.test import taddons

from proxy_addons.cli.run_client import Client


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_comes_before_there_is_a_client_ends_it_as_soon_as_there_is_one(number: signal.Signals) -> None:
    async def story() -> int:
        with taddons.context():
            client = Client(("tail", "-f", os.devnull), os.environ)
            client._pass_on(number)
            await client._run()
            return client.status

    assert asyncio.run(story()) == 128 + number
