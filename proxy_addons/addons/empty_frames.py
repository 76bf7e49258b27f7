"""Empty DATA frames in the middle of a body of HTTP/2 (RFC 9113 section 6.1 allows them) are left out.

mitmproxy hands such a frame on in the same words as the end of a body: to whoever a body streams through it is an empty
piece. Taken for the end it would close a packed answer whose links are rewritten, leave a link that has only begun as
it was, and call a request complete that is not. No hook of mitmproxy's tells the two apart, so it happens a storey
below them. Nobody misses these frames: where a body is cut into frames says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mitmproxy.proxy.layers.http._http2 import (  # type: ignore[attr-defined]  # it does not say that it hands on h2
    Http2Connection,
    StreamState,
    h2,
)

if TYPE_CHECKING:
    from mitmproxy.proxy.layer import CommandGenerator

_STOCK: Final = Http2Connection.handle_h2_event


class EmptyFrames:
    """Reads the frames of both sides, as long as it is loaded."""

    name = "why403-empty-frames"

    def load(self, _: object) -> None:
        """Read them in mitmproxy's place."""
        Http2Connection.handle_h2_event = _without_empty_frames  # type: ignore[method-assign]

    def done(self) -> None:
        """Leave them to mitmproxy again."""
        Http2Connection.handle_h2_event = _STOCK  # type: ignore[method-assign]


def _without_empty_frames(self: Http2Connection, event: h2.events.Event) -> CommandGenerator[bool]:
    if isinstance(event, h2.events.DataReceived) and not event.data and not event.stream_ended:
        stream = event.stream_id
        if self.streams.get(stream) is StreamState.HEADERS_RECEIVED:
            # Padding takes room as well, and the sender waits until it has it back.
            self.h2_conn.acknowledge_received_data(event.flow_controlled_length, stream)
            return False
    return (yield from _STOCK(self, event))
