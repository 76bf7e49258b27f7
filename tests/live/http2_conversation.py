"""Conversations of HTTP/2: what client and server say on the streams of a connection, and what each has heard."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis.vendor.pretty import RepresentationPrinter

SECONDS = 60
CUT_OFF = "the connection ended"

type Fields = tuple[tuple[bytes, bytes], ...]


class Shown:
    """Bodies and headers may be large; a failed test shows where they begin."""

    def __repr__(self) -> str:
        told = vars(self).items()
        return f"{type(self).__name__}({', '.join(f'{name}={_shown(value)}' for name, value in told if value)})"

    def _repr_pretty_(self, printer: RepresentationPrinter, _: bool) -> None:  # noqa: FBT001 - hypothesis calls it so
        printer.text(repr(self))


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_shown, value))})"
    return f"{value[:40]!r}...{len(value)}" if isinstance(value, bytes) and len(value) > 60 else repr(value)


@dataclass(frozen=True, repr=False)
class Said(Shown):
    """What one side says on a stream: its header blocks, its DATA frames with their padding, and how it ends."""

    headers: Fields
    pieces: tuple[tuple[bytes, int], ...] = ()
    trailers: Fields = ()
    interim: tuple[Fields, ...] = ()
    code: int | None = None
    """It ends with RST_STREAM and this code instead of END_STREAM."""
    ends_in_headers: bool = True
    """Where nothing follows the headers: whether they say so, or an empty DATA frame does."""
    goes_on: bool = False
    """It does not end: the other side is to reset the stream."""

    @property
    def length(self) -> int:
        """Of the body."""
        return sum(len(data) for data, _ in self.pieces)

    def lacks_only_its_end(self, body: bytes) -> bool:
        """Whether nothing but END_STREAM is to come, which a proxy may hold back until the request has ended."""
        return self.code is None and len(body) >= self.length


@dataclass(frozen=True, repr=False)
class Exchange(Shown):
    """A request and its answer, which names the moment it comes by its place in the conversation."""

    request: Said
    answer: Said
    early: bool = False
    """The answer comes when the first piece of the request has come, and the rest of the request after it."""
    hangs_up: int | None = None
    """The client resets the stream with this code once it has all the pieces of the answer."""


@dataclass(frozen=True, repr=False)
class Conversation(Shown):
    """Exchanges on one connection at once. `turns` says whose frame is the next, as often as it is asked."""

    exchanges: tuple[Exchange, ...]
    turns: tuple[int, ...] = (0,)


@dataclass(repr=False)
class Heard(Shown):
    """What came on a stream."""

    headers: Fields = ()
    body: bytes = b""
    trailers: Fields = ()
    interim: tuple[Fields, ...] = ()
    end: str = ""

    @property
    def pseudo(self) -> Fields:
        """Fields like `:path`, sorted: their order says nothing."""
        return tuple(sorted(field for field in self.headers if field[0].startswith(b":")))

    @property
    def fields(self) -> Fields:
        """All others."""
        return tuple(field for field in self.headers if not field[0].startswith(b":"))


@dataclass(repr=False)
class Round:
    """A conversation under way: what each side has heard so far, by the number of the exchange."""

    conversation: Conversation
    server: dict[int, Heard] = field(default_factory=dict)
    client: dict[int, Heard] = field(default_factory=dict)
    answered: set[int] = field(default_factory=set)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def note(self) -> None:
        """Wake who waits."""
        with self._changed:
            self._changed.notify_all()

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait for something the other side is to hear."""
        with self._changed:
            assert self._changed.wait_for(condition, SECONDS), (self.server, self.client)

    def is_over(self) -> bool:
        """Whether both sides know how every stream ended; of one that was cut off the server may not have heard."""
        return all(
            self.server[number].end if number in self.server else heard.end.startswith(CUT_OFF)
            for number, heard in self.client.items()
        )
