"""The commands and programs of docs/clients work as they stand there: real curl, real SDKs, proxy and lab."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from proxy_addons.lab import Lab
from tests.infrastructure.tree import REPOSITORY
from tests.live.proxy import ONE_RULE, RunningProxy, running_proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGES: Final = REPOSITORY / "docs" / "clients"
NODE: Final = REPOSITORY / "tests" / "clients" / "node"
SECONDS: Final = 120
LANGUAGES: Final = ("python", "js")
EXPECTED: Final = {
    "exchangelib": ["['Your expense report"],
    "msal": ["a token", "a token"],
    "azure-identity": ["a token", "a token"],
    "msgraph-sdk": ["Adele Vance", "Adele Vance"],
    "requests-httpx": ["200", "200", "3 pages"],
    "node": ["1000 messages", "200"],
}
"""What each program of a page prints, in the order of the page."""


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, *languages: str) -> list[str]:
    return re.findall(rf"```(?:{'|'.join(languages)})\n(.*?)```", page(name), re.DOTALL)


PROGRAMS: Final = [
    pytest.param(block, expected, id=f"{name}-{number}")
    for name, outcomes in EXPECTED.items()
    if name != "node"
    for number, (block, expected) in enumerate(zip(blocks(name, "python"), outcomes, strict=True), 1)
]
SCRIPTS: Final = [
    pytest.param(block, expected, id=f"node-{number}")
    for number, (block, expected) in enumerate(zip(blocks("node", "js"), EXPECTED["node"], strict=True), 1)
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab.running(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def proxy(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProxy]:
    pairs = [part for pair in lab.connect_to for part in ("--connect-to", pair)]
    trust = ["--upstream-ca", str(lab.ca_certificate_path)]
    with running_proxy(tmp_path_factory.mktemp("proxy"), *pairs, *trust, rules=ONE_RULE) as running:
        yield running


@pytest.fixture(scope="module")
def token(lab: Lab) -> str:
    """What a page calls $TOKEN: one of an app that may read users and mail."""
    app = lab.app("mail-daemon")
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.secret,
        "scope": "https://graph.microsoft.com/.default",
    }
    url = f"https://{lab.address}/{lab.tenant_id}/oauth2/v2.0/token"
    with httpx.Client(verify=ssl.create_default_context(cafile=lab.ca_certificate_path), trust_env=False) as client:
        answer = client.post(url, data=form, headers={"Host": "login.microsoftonline.com"})
    return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def node_modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages of the lock file; skips, and says why, where they cannot be had."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node or npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE / name, folder)
    ended = subprocess.run(
        ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],  # noqa: S607 - whichever npm the machine has
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if ended.returncode:
        pytest.skip(f"npm could not install the packages: {ended.stderr.strip().splitlines()[-1:]}")
    return folder


def run(
    command: list[str], lab: Lab, proxy: RunningProxy, token: str, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run what the page says, with the ports, the authority and the app of this test."""
    registered = lab.app("mail-daemon")
    trust = str(proxy.authority)
    variables = {
        "HTTPS_PROXY": f"http://127.0.0.1:{proxy.forward}",
        "NO_PROXY": "127.0.0.1",
        "REQUESTS_CA_BUNDLE": trust,
        "SSL_CERT_FILE": trust,
        "NODE_EXTRA_CA_CERTS": trust,
        "TENANT_ID": lab.tenant_id,
        "CLIENT_ID": registered.client_id,
        "CLIENT_SECRET": registered.secret,
        "MAILBOX": "adele@contoso.com",
        "TOKEN": token,
    }
    here = [
        part.replace("127.0.0.1:8403", f"127.0.0.1:{proxy.reverse}")
        .replace("127.0.0.1:8404", f"127.0.0.1:{proxy.forward}")
        .replace("~/.mitmproxy/mitmproxy-ca-cert.pem", trust)
        for part in command
    ]
    return subprocess.run(
        here, env={**os.environ, **variables}, capture_output=True, text=True, timeout=SECONDS, check=False, cwd=folder
    )


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("number", [0, 1], ids=["forward", "reverse"])
def test_curl_gets_microsofts_answer(number: int, lab: Lab, proxy: RunningProxy) -> None:
    ended = run(["/bin/sh", "-c", blocks("curl", "sh")[number]], lab, proxy, "none")

    assert ended.returncode == 0, ended.stderr
    assert "InvalidAuthenticationToken" in ended.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_reads_page_after_page_by_the_links_of_the_answers(lab: Lab, proxy: RunningProxy, token: str) -> None:
    ended = run(["/bin/sh", "-c", blocks("curl", "sh")[2]], lab, proxy, token)

    assert ended.returncode == 0, ended.stderr
    pages = ended.stdout.split()
    assert len(pages) == 3
    assert all(link.startswith(f"https://127.0.0.1:{proxy.reverse}/graph.microsoft.com/") for link in pages)


@pytest.mark.parametrize(("program", "expected"), PROGRAMS)
def test_a_program_of_a_page_reaches_the_tenant(
    program: str, expected: str, lab: Lab, proxy: RunningProxy, token: str
) -> None:
    ended = run([sys.executable, "-c", program], lab, proxy, token)

    assert ended.returncode == 0, ended.stderr
    assert expected in ended.stdout


@pytest.mark.parametrize(("script", "expected"), SCRIPTS)
def test_a_script_for_node_reaches_the_tenant(
    script: str, expected: str, lab: Lab, proxy: RunningProxy, token: str, node_modules: Path
) -> None:
    (node_modules / "app.mjs").write_text(
        script.replace("127.0.0.1:8403", f"127.0.0.1:{proxy.reverse}"), encoding="utf-8"
    )
    ended = run(["node", "app.mjs"], lab, proxy, token, node_modules)

    assert ended.returncode == 0, ended.stderr
    assert expected in ended.stdout


def test_every_page_called_tested_is_tested_and_the_table_says_so() -> None:
    names = {path.stem for path in PAGES.glob("*.md")} - {"README"}
    tested = {name for name in names if re.search(r"^\*Tested[.*]", page(name), re.MULTILINE)}
    rows = dict(re.findall(r"\]\(([\w-]+)\.md\) \| (yes|no) \|", page("README")))

    assert tested == {*EXPECTED, "curl"}
    assert rows == {name: "yes" if name in tested else "no" for name in names}
    assert {
        name for name in names if re.search(r"^\*Not run in our tests\.\*", page(name), re.MULTILINE)
    } == names - tested


def test_the_lock_of_the_node_packages_names_no_registry() -> None:
    lock = (NODE / "package-lock.json").read_text(encoding="utf-8")
    assert '"integrity"' in lock
    assert "://registry" not in lock
    assert '"resolved"' not in lock
