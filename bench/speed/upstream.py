"""nginx as Microsoft: healthy answers of 1 KB, refusals on request, a large file, and answers that have to be read."""

from __future__ import annotations

import getpass
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trustme

from bench.processes import OTHER_CORE, free_port, running
from bench.speed.answers import ANSWERS, EWS, EWS_PATH, GRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGE_BYTES: Final = 500 * 1000 * 1000
READ_BYTES: Final = 100 * 1000
BODY_BYTES: Final = 1024
ANSWER_HEADER: Final = "X-Bench-Answer"
LARGE_PATH: Final = "/v1.0/drive/large"
UPLOAD_PATH: Final = "/v1.0/drive/upload"
BATCH_PATH: Final = "/v1.0/$batch"
UNREAD_PATH: Final = "/v1.0/reports/unread"
_NGINX: Final = """
# Only heeded where root starts it: the folder is this user's alone.
user {user};
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
    geo $dollar {{ default "$"; }}
    # Ids and moments as Graph spells them.
    map $request_id $guid {{
        "~^(?<a>.{{8}})(?<b>.{{4}})(?<c>.{{4}})(?<d>.{{4}})(?<e>.{{12}})$" "$a-$b-$c-$d-$e";
    }}
    map $time_iso8601 $moment {{
        "~^(?<until>.{{19}})" $until;
    }}
    map $http_host $gateway {{
        default "";
        {graph} '{{"ServerInfo":{{"DataCenter":"West Europe","Ring":"5"}}}}';
    }}
    map $http_host $front_end {{
        default "";
        {exchange} AM0PR01CA0042;
    }}
    map $http_x_bench_answer $challenge {{
        default "";
{challenges}
    }}
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {directory}/certificate.pem;
        ssl_certificate_key {directory}/key.pem;
        add_header request-id $guid always;
        add_header x-ms-ags-diagnostic $gateway always;
        add_header X-FEServer $front_end always;
        add_header WWW-Authenticate $challenge always;
{refusals}
        location / {{ return 200 '{healthy}'; }}
        location = {large} {{ alias {directory}/large; default_type application/octet-stream; }}
        # Read to its end, and dropped.
        location = {upload} {{
            proxy_pass http://127.0.0.1:{plain}/swallowed;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }}
        location = {unread} {{ proxy_pass http://127.0.0.1:{plain}/files/unread; proxy_method GET; }}
        location = "{batch}" {{ proxy_pass http://127.0.0.1:{plain}/files/batch; proxy_method GET; }}
        location = {ews} {{ proxy_pass http://127.0.0.1:{plain}/files/ews; proxy_method GET; }}
        location = /files/batch {{ alias {directory}/batch.json; }}
        location = /files/unread {{ alias {directory}/batch.json; default_type application/octet-stream; }}
        location = /files/ews {{ alias {directory}/ews.xml; default_type "text/xml; charset=utf-8"; }}
    }}
}}
"""


@dataclass(frozen=True)
class Upstream:
    """A running nginx: its two ports, the file with the authority it is trusted by, its certificate, a folder."""

    plain: int
    tls: int
    authority: Path
    certificate: Path
    key: Path
    directory: Path


@contextmanager
def running_upstream(directory: Path) -> Iterator[Upstream]:
    """Nginx, with a certificate for Graph, Exchange and its own address."""
    directory.mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert(GRAPH, EWS, "127.0.0.1")
    upstream = Upstream(
        free_port(),
        free_port(),
        directory / "authority.pem",
        directory / "certificate.pem",
        directory / "key.pem",
        directory,
    )
    issued.private_key_pem.write_to_path(str(upstream.key))
    upstream.certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    authority.cert_pem.write_to_path(str(upstream.authority))
    with (directory / "large").open("wb") as file:
        file.truncate(LARGE_BYTES)
    (directory / "batch.json").write_text(batch_answer(), encoding="utf-8")
    (directory / "ews.xml").write_text(ews_answer(), encoding="utf-8")
    (directory / "nginx.conf").write_text(_configuration(upstream), encoding="utf-8")
    command = ["nginx", "-c", str(directory / "nginx.conf"), "-p", str(directory)]
    with running(command, upstream.plain, directory / "nginx.log", core=OTHER_CORE):
        yield upstream


def batch_answer() -> str:
    """A $batch of 20 calls that all went well."""
    body = _users(READ_BYTES // 20 - 70)
    responses = [{"id": str(number), "status": 200, "headers": {}, "body": body} for number in range(20)]
    return json.dumps({"responses": responses})[:-1].ljust(READ_BYTES - 1) + "}"


def _users(length: int) -> object:
    """A page of users as Graph answers it, somewhat shorter than `length` bytes."""
    user = {"id": f"{1:036}", "displayName": "Adele Vance", "mail": "adele@contoso.example"}
    around = {"@odata.context": f"https://{GRAPH}/v1.0/$metadata#users", "value": []}
    return {**around, "value": [user] * ((length - len(json.dumps(around))) // (len(json.dumps(user)) + 2))}


def ews_answer() -> str:
    """A FindItem that found a hundred messages."""
    item = (
        '<t:Message><t:ItemId Id="{0:0152}" ChangeKey="{0:040}"/><t:Subject>Weekly report of the northern region'
        "</t:Subject><t:From><t:Mailbox><t:Name>Adele Vance</t:Name><t:EmailAddress>adele@contoso.example"
        "</t:EmailAddress></t:Mailbox></t:From><t:DateTimeReceived>2026-11-01T10:00:00Z</t:DateTimeReceived>"
        "<t:HasAttachments>false</t:HasAttachments></t:Message>"
    )
    around = (
        '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
        'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Body><m:FindItemResponse>'
        '<m:ResponseMessages><m:FindItemResponseMessage ResponseClass="Success"><m:ResponseCode>NoError'
        '</m:ResponseCode><m:RootFolder TotalItemsInView="1"><t:Items>{}</t:Items></m:RootFolder>'
        "</m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>"
    )
    many = (READ_BYTES - len(around)) // len(item.format(0))
    return around.format("".join(item.format(number) for number in range(many)))


def _configuration(upstream: Upstream) -> str:
    answers = [(answer, answer.body.replace("'", "\\'")) for answer in ANSWERS]
    return _NGINX.format(
        user=getpass.getuser(),
        directory=upstream.directory,
        plain=upstream.plain,
        tls=upstream.tls,
        healthy=json.dumps(_users(BODY_BYTES)).replace("$", "${dollar}"),
        challenges="\n".join(f"        {answer.name} '{answer.challenge}';" for answer in ANSWERS if answer.challenge),
        refusals="\n".join(
            f"        if ($http_x_bench_answer = \"{answer.name}\") {{ return {answer.status} '{body}'; }}"
            for answer, body in answers
        ),
        large=LARGE_PATH,
        upload=UPLOAD_PATH,
        unread=UNREAD_PATH,
        batch=BATCH_PATH,
        ews=EWS_PATH,
        graph=GRAPH,
        exchange=EWS,
    )
