"""What the benchmarks of the live proxy play on: nginx as Microsoft, wrk as the clients, and the compared proxies.

Proxies run on one core, upstream and load on another, so that they do not eat from the same plate. nginx and wrk are
packages of these names.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trustme

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

GRAPH: Final = "graph.microsoft.com"
PROXY_CORE: Final = "0"
OTHER_CORE: Final = "1"
PATIENCE: Final = 30.0
BODY_BYTES: Final = 1024
_NGINX: Final = """
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log crit;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 100000000;
    client_max_body_size 0;
    default_type application/json;
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {directory}/certificate.pem;
        ssl_certificate_key {directory}/key.pem;
        add_header request-id 7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e always;
        add_header x-ms-ags-diagnostic '{{"ServerInfo":{{"DataCenter":"West Europe","Ring":"5"}}}}' always;
        location /v1.0/users {{ return 200 '{healthy}'; }}
        location /refused {{ return 403 '{refused}'; }}
        location /large {{ root {directory}; }}
        location /upload {{ proxy_pass http://127.0.0.1:{plain}/swallowed; proxy_request_buffering off; }}
        location /swallowed {{ return 200 '{{}}'; }}
    }}
}}
"""


@dataclass(frozen=True)
class Upstream:
    """A running nginx: its two ports, and the file with the authority it is trusted by."""

    plain: int
    tls: int
    authority: Path
    directory: Path


@dataclass(frozen=True)
class Load:
    """What wrk saw: exchanges a second and latencies in milliseconds."""

    per_second: float
    median: float
    p99: float
    errors: int


def need(*programs: str) -> None:
    """Leave with the remedy where a program is missing."""
    for program in programs:
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing. Remedy: install the package of that name")


def free_port() -> int:
    """A port nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def graph_token() -> str:
    """A token as Graph gets it, of the usual length; its signature is nothing."""

    def part(content: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    claims: Mapping[str, object] = {
        "aud": f"https://{GRAPH}",
        "iss": "https://sts.windows.net/6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21/",
        "iat": 1_790_000_000,
        "nbf": 1_790_000_000,
        "exp": 1_990_000_000,
        "appid": "3c9a7e15-6f42-4d8b-b0a1-7e5d2c4f8a36",
        "idtyp": "app",
        "roles": ["User.Read.All", "Mail.Read", "Group.Read.All"],
        "tid": "6b1f5c7e-2d34-4c8a-9b1e-0f5a7c3d9e21",
        "uti": "q1w2e3r4t5y6u7i8o9p0",
        "ver": "1.0",
        "wids": ["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],
        "xms_filler": "x" * 300,
    }
    header = part({"typ": "JWT", "alg": "RS256", "kid": "x5t", "nonce": "n" * 40})
    return f"{header}.{part(claims)}.{base64.urlsafe_b64encode(b's' * 256).decode().rstrip('=')}"


@contextmanager
def running_upstream(directory: Path) -> Iterator[Upstream]:
    """Nginx with a certificate for Graph and its own address, healthy and refusing locations, and a large file."""
    authority = trustme.CA()
    certificate = authority.issue_cert(GRAPH, "127.0.0.1")
    certificate.private_key_pem.write_to_path(str(directory / "key.pem"))
    (directory / "certificate.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    authority.cert_pem.write_to_path(str(directory / "authority.pem"))
    healthy = json.dumps({"@odata.context": "x", "value": "y" * (BODY_BYTES - 40)})
    refused = json.dumps(
        {
            "error": {
                "code": "Authorization_RequestDenied",
                "message": "Insufficient privileges to complete the operation.",
            }
        }
    )
    upstream = Upstream(free_port(), free_port(), directory / "authority.pem", directory)
    (directory / "nginx.conf").write_text(
        _NGINX.format(directory=directory, plain=upstream.plain, tls=upstream.tls, healthy=healthy, refused=refused),
        encoding="utf-8",
    )
    command = ["taskset", "-c", OTHER_CORE, "nginx", "-c", str(directory / "nginx.conf"), "-p", str(directory)]
    with running(command, upstream.plain):
        yield upstream


@contextmanager
def running(command: list[str], port: int, *, core: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Any server, ready as soon as it takes connections."""
    pinned = command if core is None else ["taskset", "-c", core, *command]
    process = subprocess.Popen(  # noqa: S603 - our own command line
        pinned, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONUTF8": "1"}
    )
    try:
        wait_for_port(port, process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until something listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"{process.args!r} did not open port {port}")
            time.sleep(0.01)
        else:
            return


def why403_command(upstream: Upstream, directory: Path, reverse: int, forward: int, *more: str) -> list[str]:
    """`why403 run` with everything on that is on by default, pointed at the upstream."""
    return [
        sys.executable,
        *("-m", "proxy_addons.cli", "run", "--quiet", "--log-format", "json"),
        *("--reverse-port", str(reverse), "--forward-port", str(forward), "--admin-port", "0"),
        *("--confdir", str(directory / "conf"), "--upstream-ca", str(upstream.authority)),
        *("--connect-to", f"{GRAPH}=127.0.0.1:{upstream.tls}"),
        *more,
    ]


def mitmdump_command(upstream: Upstream, directory: Path, port: int, mode: str) -> list[str]:
    """Stock mitmdump of the same version, saying nothing."""
    return [
        str(Path(sys.executable).with_name("mitmdump")),
        *("-q", "--mode", f"{mode}@127.0.0.1:{port}"),
        *("--set", f"confdir={directory / 'stock'}"),
        *("--set", f"ssl_verify_upstream_trusted_ca={upstream.authority}"),
        *("--set", "keep_host_header=true"),
    ]


_LUA: Final = """
local token = "Bearer {token}"
local every, kinds, count = {every}, {kinds}, 0
local healthy, refused = "{healthy}", "{refused}"
local headers = {{ ["Host"] = "{host}", ["Authorization"] = token, ["User-Agent"] = "bench/1.0",
                  ["client-request-id"] = "7f1d6f0e-6a5b-4f0e-9a3e-0d1c2b3a4f5e" }}
request = function()
   count = count + 1
   if every > 0 and count % every == 0 then
      return wrk.format("GET", refused .. "/k" .. (count % kinds), headers)
   end
   return wrk.format("GET", healthy, headers)
end
"""


def load(directory: Path, address: str, script: Mapping[str, object], seconds: int, connections: int = 16) -> Load:
    """Drive a proxy with wrk and read what it says. `script` fills the gaps of the request script."""
    path = directory / "requests.lua"
    path.write_text(_LUA.format(token=graph_token(), **script), encoding="utf-8")
    command = ["taskset", "-c", OTHER_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    said = subprocess.run(  # noqa: S603 - our own command line
        [*command, "-s", str(path), address], capture_output=True, text=True, check=True
    ).stdout
    socket_errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    return Load(
        per_second=float(_found(r"Requests/sec:\s+([\d.]+)", said)),
        median=_milliseconds(_found(r"^\s+50%\s+(\S+)", said)),
        p99=_milliseconds(_found(r"^\s+99%\s+(\S+)", said)),
        errors=sum(map(int, socket_errors.groups())) if socket_errors else 0,
    )


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        sys.exit(f"wrk said something else:\n{text}")
    return match[1]


def _milliseconds(text: str) -> float:
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0), ("m", 60_000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)
