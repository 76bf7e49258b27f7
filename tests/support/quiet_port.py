"""A port that can be let go of and taken a second time."""

import secrets
import socket


def quiet_port() -> int:
    """A free port of 127.0.0.1 below those the system hands out to connections (Linux from 32768, others from 49152).

    One of those may belong to somebody else's connection a moment after it was let go of.
    """
    while True:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
