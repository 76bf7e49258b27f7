"""The clients of the soak: each kind of caller is a coroutine that goes on until the crowd is told that it is over.

Callers that measure (`healthy`, `newcomer`) hold every answer against what Microsoft sent and note what differs. Those
that misbehave (`leaver`, `dawdler`) expect little. Refusals are counted where they arrived whole: each of them has to
be in the failure store in the end. So nobody is cancelled in the middle of one: `over` ends everybody's next turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bench.soak_line import Doors, Line, opened
from bench.soak_upstream import ENTRA, EXCHANGE, GRAPH, HEALTHY, made_token

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_REFUSED: Final = 400
_BATCH: Final = b'{"requests":[{"id":"1","method":"GET","url":"/me"},{"id":"2","method":"GET","url":"/users"}]}'
_EWS: Final = (
    b'<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<m:GetFolder xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages"/></s:Body></s:Envelope>'
)
_SIGN_IN: Final = (
    b"grant_type=client_credentials&client_id=3c9a7e15-6f42-4d8b-b0a1-000000000001&client_secret=soak-soak-soak"
)
_LARGE: Final = 8 * 1024 * 1024
_PIECE: Final = bytes(64 * 1024)


@dataclass
class Seen:
    """What the clients saw. `latencies` are seconds of healthy calls since somebody last took them."""

    answers: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    refusals: int = 0
    latencies: list[float] = field(default_factory=list)

    def taken(self) -> list[float]:
        """The latencies since the last look."""
        taken, self.latencies = self.latencies, []
        return taken


class Crowd:
    """Callers that end together; `numbers` makes sure that no two tokens are the same."""

    def __init__(self, doors: Doors, seen: Seen, numbers: Iterator[int]) -> None:
        self._doors = doors
        self.seen = seen
        self.over = False
        self._numbers = numbers

    async def healthy(self, pause: float, every: int = 20) -> None:
        """Keep-alive calls, one in `every` of them refused, another kind each time."""
        token = made_token(next(self._numbers))

        async def talk(line: Line) -> None:
            for number in self._turns():
                if number % every:
                    await self._healthy_call(line, token)
                else:
                    await self._refused(line, f"/refused/{number // every}/k{number // every % 40}", token)
                await asyncio.sleep(pause)

        await self._on_lines("healthy", talk)

    async def newcomer(self, pause: float) -> None:
        """A new TLS connection for each call, in turn through both ports."""
        token = made_token(next(self._numbers))
        for number in self._turns():
            host = GRAPH if number % 2 else ""
            await asyncio.sleep(pause)
            with self._noted("new connection"):
                async with opened(self._doors, host) as line:
                    await self._healthy_call(line, token)

    async def renewer(self, pause: float) -> None:
        """A new token for each call, one call in eight refused; every tenth token comes from the token endpoint."""

        async def talk(line: Line) -> None:
            for number in self._turns():
                token = made_token(next(self._numbers), users=100_000)
                if number % 10 == 0:
                    line.ask("POST", f"//{ENTRA}/6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21/oauth2/v2.0/token", "", _SIGN_IN)
                    self._expect("sign-in", 200, (await line.answer())[0])
                if number % 8 == 0:
                    await self._refused(line, f"/refused/{number}/k{number % 40}", token)
                else:
                    await self._healthy_call(line, token)
                await asyncio.sleep(pause)

        await self._on_lines("new token", talk)

    async def batcher(self, pause: float) -> None:
        """Answers of 200 that hide a refusal: a Graph batch and an EWS call."""
        graph, exchange = made_token(0), made_token(1, audience=f"https://{EXCHANGE}")

        async def talk(line: Line) -> None:
            for _ in self._turns():
                line.ask("POST", "/v1.0/$batch", graph, _BATCH, "Content-Type: application/json")
                self._count_refusal("batch", 200, (await line.answer())[0])
                line.ask("POST", f"//{EXCHANGE}/EWS/Exchange.asmx", exchange, _EWS, "Content-Type: text/xml")
                self._count_refusal("ews", 200, (await line.answer())[0])
                await asyncio.sleep(pause)

        await self._on_lines("batch", talk)

    async def carrier(self, pause: float) -> None:
        """Large bodies, down and up."""
        token = made_token(2)

        async def talk(line: Line) -> None:
            for _ in self._turns():
                line.ask("GET", f"/large/{_LARGE}", token)
                status, length = await line.head()
                left = length or 0
                while left:
                    left -= len(await line.reader.readexactly(min(left, len(_PIECE))))
                self._expect("download", 200, status)
                line.ask("PUT", "/upload", token, length=_LARGE)
                for _ in range(_LARGE // len(_PIECE)):
                    line.writer.write(_PIECE)
                    await line.writer.drain()
                self._expect("upload", 200, (await line.answer())[0])
                await asyncio.sleep(pause)

        await self._on_lines("large", talk)

    async def leaver(self, pause: float) -> None:
        """Hang up at every moment there is: before, in and after a request, while an answer is awaited, and in one."""
        token = made_token(3)
        for number in self._turns():
            await asyncio.sleep(pause)
            with self._noted("leaver", expected=True):
                async with opened(self._doors) as line:
                    match number % 5:
                        case 1:
                            line.writer.write(b"GET /graph.microsoft.com/v1.0/me HTTP/1.1\r\nHost: 127")
                        case 2:
                            line.ask("PUT", "/upload", token, _PIECE, length=_LARGE)
                        case 3:
                            line.ask("GET", "/late/300", token)
                        case 4:
                            line.ask("GET", f"/large/{_LARGE}", token)
                            await line.head()
                        case _:
                            pass
                    await asyncio.sleep(0.02)
                self.seen.answers["hung up"] += 1

    async def broken(self, pause: float) -> None:
        """Answers the server breaks off: the client sees exactly that."""
        token = made_token(4)
        for _ in self._turns():
            await asyncio.sleep(pause)
            try:
                async with opened(self._doors) as line:
                    line.ask("GET", "/broken/off", token)
                    await line.answer()
            except (OSError, EOFError):
                self.seen.answers["broken off"] += 1
            else:
                self.seen.wrong["broken: an answer that broke off arrived whole"] += 1

    async def dawdler(self) -> None:
        """A slow client: a request letter by letter, then an answer read in sips; over and over."""
        request = (
            f"GET /{GRAPH}/v1.0/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {made_token(5)[:200]}\r\n\r\n"
        )
        for _ in self._turns():
            with self._noted("slow client"):
                async with opened(self._doors) as line:
                    for start in range(0, len(request), 8):
                        line.writer.write(request[start : start + 8].encode())
                        await asyncio.sleep(0.2)
                    status, length = await line.head()
                    for _ in range(length or 0):
                        await line.reader.readexactly(1)
                        await asyncio.sleep(0.005)
                    self._expect("slow", 200, status)

    async def stormer(self, *, users: int = 0, kinds: int = 1, tokens: bool = True) -> None:
        """Nothing but refusals, as fast as they come: new tokens (of so many users), or one; so many kinds."""
        token = made_token(6)

        async def talk(line: Line) -> None:
            for _ in self._turns():
                number = next(self._numbers)
                shown = made_token(number, users=users) if tokens else token
                await self._refused(line, f"/refused/{number % kinds}/k{number % kinds}", shown)

        await self._on_lines("storm", talk)

    async def holder(self, pause: float) -> None:
        """One of a thousand connections: it stays open, and asks now and then."""
        await self.healthy(pause, every=3)

    async def _healthy_call(self, line: Line, token: str) -> None:
        began = time.perf_counter()
        line.ask("GET", "/v1.0/users", token)
        status, body = await line.answer()
        self.seen.latencies.append(time.perf_counter() - began)
        self._expect("healthy", 200, status)
        if body != HEALTHY:
            self.seen.wrong["healthy: another body"] += 1

    async def _refused(self, line: Line, path: str, token: str) -> None:
        line.ask("GET", path, token)
        status, _ = await line.answer()
        self._count_refusal("refused", max(status, _REFUSED), status)

    def _count_refusal(self, name: str, wanted: int, status: int) -> None:
        self.seen.refusals += 1
        self._expect(name, wanted, status)

    def _expect(self, name: str, wanted: int, status: int) -> None:
        self.seen.answers[name] += 1
        if status != wanted:
            self.seen.wrong[f"{name}: {status} in place of {wanted}"] += 1

    def _turns(self) -> Iterator[int]:
        """1, 2, 3 ... until it is over."""
        number = 0
        while not self.over:
            number += 1
            yield number

    async def _on_lines(self, name: str, talk: Callable[[Line], Awaitable[None]]) -> None:
        """Talk without end, on a new connection whenever the one before broke."""
        for _ in self._turns():
            with self._noted(name):
                async with opened(self._doors) as line:
                    await talk(line)
            await asyncio.sleep(0.1)

    @contextlib.contextmanager
    def _noted(self, name: str, *, expected: bool = False) -> Iterator[None]:
        """Note a connection that broke; whoever leaves on purpose hears of it as well."""
        try:
            yield
        except (OSError, EOFError, ValueError) as error:
            if not expected:
                self.seen.wrong[f"{name}: {type(error).__name__}"] += 1
