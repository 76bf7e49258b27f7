"""Calls to the lab as why403 makes them on its own behalf, and the command with the lab in Microsoft's place."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from typing import TYPE_CHECKING
from unittest.mock import patch

from proxy_addons.cli import main
from proxy_addons.entra.outbound import Route, send
from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request
from proxy_addons.setting_values import ConnectTo
from tests.cli.recorded import har

if TYPE_CHECKING:
    from pathlib import Path

    from proxy_addons.lab import Lab

GROUPS = "https://graph.microsoft.com/v1.0/groups"
EWS = "https://outlook.office365.com/EWS/Exchange.asmx"
EWS_DEFAULT = "https://outlook.office365.com/.default"
GRAPH_DEFAULT = "https://graph.microsoft.com/.default"
_ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" '
    'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"><s:Header>'
    '<t:RequestServerVersion Version="Exchange2016"/><t:ExchangeImpersonation><t:ConnectingSID>'
    "<t:PrimarySmtpAddress>adele@contoso.com</t:PrimarySmtpAddress></t:ConnectingSID></t:ExchangeImpersonation>"
    "</s:Header><s:Body><m:GetFolder><m:FolderShape><t:BaseShape>Default</t:BaseShape></m:FolderShape><m:FolderIds>"
    '<t:DistinguishedFolderId Id="inbox"/></m:FolderIds></m:GetFolder></s:Body></s:Envelope>'
)


@dataclass(frozen=True)
class Ended:
    """What is left of a verb: its exit code and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run_here(*arguments: str | Path, given: str = "", folder: Path, **variables: str) -> Ended:
    """Run a verb in this process, with streams, folder and environment of its own: rules are loaded once for all."""
    written = BytesIO(), BytesIO()
    streams = [TextIOWrapper(raw, encoding="utf-8", write_through=True) for raw in written]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WHY403_")}
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
        patch.object(sys, "stdin", TextIOWrapper(BytesIO(given.encode()), encoding="utf-8")),
        patch.object(sys, "argv", ["why403", *map(str, arguments)]),
        patch.dict(os.environ, {**kept, **variables}, clear=True),
    ):
        try:
            main()
            code: object = 0
        except SystemExit as ended:
            code = ended.code
    return Ended(code if isinstance(code, int) else 0, *(raw.getvalue().decode() for raw in written))


@dataclass(frozen=True)
class OurOwn:
    """The lab, the way there, and a folder for files."""

    lab: Lab
    folder: Path

    @property
    def route(self) -> Route:
        """The way to the lab."""
        pairs = tuple(ConnectTo(host, "127.0.0.1", self.lab.port) for host in self.lab.hosts)
        return Route(pairs, self.lab.ca_certificate_path)

    def why403(self, *arguments: str | Path, given: str = "", **more: str) -> Ended:
        """Run a verb in this process; `APP_SECRET` and `READER_SECRET` hold secrets of the lab's apps."""
        variables = {
            "WHY403_CONNECT_TO": " ".join(self.lab.connect_to),
            "WHY403_UPSTREAM_CA": str(self.lab.ca_certificate_path),
            "APP_SECRET": self.lab.app("mail-daemon").secret,
            "READER_SECRET": self.lab.app("directory-reader").secret,
            "HTTPS_PROXY": "",
            "https_proxy": "",
            "XDG_CONFIG_HOME": str(self.folder),
            **more,
        }
        return run_here(*arguments, given=given, folder=self.folder, **variables)

    def app_options(self, name: str = "mail-daemon", variable: str = "APP_SECRET") -> list[str]:
        """Options that sign in as an application of the lab."""
        return ["--client-id", self.lab.app(name).client_id, "--tenant", self.lab.tenant_id, "--secret-env", variable]

    def send(self, method: str, url: str, token: str, body: bytes = b"", **headers: str) -> Exchange:
        """A client's call."""
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        fields = (("Authorization", f"Bearer {token}"), *named)
        return send(Request(method, url, Headers(fields), Body(body)), self.route)

    def get_folder(self, token: str, user_agent: str = "exchangelib/5.5") -> Exchange:
        """The inbox of Adele by EWS."""
        kind = "text/xml; charset=utf-8"
        return self.send("POST", EWS, token, _ENVELOPE.encode(), User_Agent=user_agent, Content_Type=kind)

    def recorded(self, name: str, *exchanges: Exchange) -> Path:
        """A recording of exchanges."""
        file = self.folder / name
        file.write_text(har(*exchanges), encoding="utf-8")
        return file
