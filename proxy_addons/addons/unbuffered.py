"""Nothing that merely passes is held back: plain HTTP to hosts out of scope streams like everything else.

Nor is anything kept of what is said in a WebSocket, which may be open for days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_addons.addons.scope import HELP_HOST, REVERSE_HOST

if TYPE_CHECKING:
    from mitmproxy import http


class Unbuffered:
    """Only for `why403 run`: in mitmweb or the console people want to see these bodies."""

    name = "why403-unbuffered"

    def requestheaders(self, flow: http.HTTPFlow) -> None:
        """Stream the request, unless it is one we answer ourselves."""
        if flow.request.data.host not in {REVERSE_HOST, HELP_HOST}:
            flow.request.stream = True

    def responseheaders(self, flow: http.HTTPFlow) -> None:
        """Stream the response; whoever wants it otherwise comes later and says so."""
        if flow.response is not None:
            flow.response.stream = True

    def websocket_message(self, flow: http.HTTPFlow) -> None:
        """Forget the message: mitmproxy keeps each until the WebSocket ends, and passes on the one it has in hand."""
        if flow.websocket is not None:
            flow.websocket.messages.clear()
