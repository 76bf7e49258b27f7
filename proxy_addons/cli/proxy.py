"""mitmproxy with our addons and only those of its own that a proxy needs, as one coroutine."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import certifi
from mitmproxy import exceptions, options as mitmproxy_options
from mitmproxy.addons import (
    block,
    core,
    disable_h2c,
    dns_resolver,
    next_layer,
    proxyauth,
    proxyserver,
    tlsconfig,
    upstream_auth,
)
from mitmproxy.master import Master

from proxy_addons.addons.assembly import Outside, assemble
from proxy_addons.addons.scope import REVERSE_HOST
from proxy_addons.addons.screen import NoScreen, TerminalScreen
from proxy_addons.admin.server import LOOPBACK, bind
from proxy_addons.sinks.event_log import start_logging, stop_logging
from proxy_addons.sinks.metrics import Metrics
from proxy_addons.sinks.worker import LineWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy_addons.diagnosis.ruleset import Ruleset
    from proxy_addons.settings import Settings
