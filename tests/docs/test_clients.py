"""The commands and programs of docs/clients.md work as they stand there: real curl, real SDKs, proxy and lab."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from proxy_addons.lab import Lab
from tests.infrastructure.tree import REPOSITORY
from tests.live.proxy import RunningProxy, running_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = (REPOSITORY / "docs" / "clients.md").read_text(encoding="utf-8")
SECONDS: Final = 120
EXPECTED: Final = {
    "exchangelib": "[",
    "MSAL and azure-identity": "a token",
    "msgraph-sdk": "Adele Vance",
}


def blocks(language: str) -> list[tuple[str, str]]:
    """Every code block of a language with the heading it stands under."""
    found = []
    for section in PAGE.split("\n## ")[1:]:
        heading = section.partition("\n")[0].removesuffix(" (tested)")
        found += [(heading, block) for block in re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)]
    return found


CURL: Final = [block for heading, block in blocks("sh") if heading == "curl"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab.running(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    pairs = [part for pair in lab.connect_to for part in ("--connect-to", pair)]
    trust = ["--upstream-ca", str(lab.ca_certificate_path)]
    with running_proxy(tmp_path_factory.mktemp("proxy"), *pairs, *trust) as running:
        yield running


def run(command: list[str], lab: Lab, proxy: RunningProxy, app: str) -> subprocess.CompletedProcess[str]:
    """Run what the page says, with the ports, the authority and the app of this test."""
    registered = lab.app(app)
    trust = str(proxy.authority)
    variables = {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.forward}",
        "NO_PROXY": "127.0.0.1",
        "REQUESTS_CA_BUNDLE": trust,
        "SSL_CERT_FILE": trust,
        "TENANT_ID": lab.tenant_id,
        "CLIENT_ID": registered.client_id,
        "CLIENT_SECRET": registered.secret,
        "MAILBOX": "adele@contoso.com",
        "TOKEN": "none",
    }
    here = [
        part.replace("127.0.0.1:8403", f"127.0.0.1:{proxy.reverse}")
        .replace("127.0.0.1:8404", f"127.0.0.1:{proxy.forward}")
        .replace("~/.mitmproxy/mitmproxy-ca-cert.pem", trust)
        for part in command
    ]
    return subprocess.run(
        here, env={**os.environ, **variables}, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("block", CURL, ids=["forward", "reverse"])
def test_curl_gets_microsofts_answer(block: str, lab: Lab, proxy: RunningProxy) -> None:
    ended = run(["/bin/sh", "-c", block], lab, proxy, "directory-reader")

    assert ended.returncode == 0, ended.stderr
    assert "InvalidAuthenticationToken" in ended.stdout


@pytest.mark.parametrize(("heading", "block"), blocks("python"))
def test_a_program_of_the_page_reaches_the_tenant(heading: str, block: str, lab: Lab, proxy: RunningProxy) -> None:
    app = "mail-daemon" if heading == "exchangelib" else "directory-reader"

    ended = run([sys.executable, "-c", block], lab, proxy, app)

    assert ended.returncode == 0, ended.stderr
    assert EXPECTED[heading] in ended.stdout


def test_every_client_called_tested_is_tested() -> None:
    claimed = set(re.findall(r"^## (.*) \(tested\)$", PAGE, re.MULTILINE))

    assert claimed == {*EXPECTED, "curl"}
    assert len(CURL) == 2
