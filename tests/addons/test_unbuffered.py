from mitmproxy.test.tflow import twebsocketflow

from proxy_addons.addons.unbuffered import Unbuffered


def test_nothing_is_kept_of_what_is_said_in_a_websocket() -> None:
    flow = twebsocketflow()
    assert flow.websocket is not None
    assert flow.websocket.messages

    Unbuffered().websocket_message(flow)

    assert flow.websocket.messages == []
