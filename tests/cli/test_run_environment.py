import ssl
from pathlib import Path

import pytest
import trustme

from proxy_addons.cli.proxy_ports import Ports
from proxy_addons.cli.run_environment import UnreadableAuthoritiesError, client_environment, write_trusted

PORTS = Ports(8403, 8404, 9403)
HOSTS = ("graph.microsoft.com", "*.sharepoint.com", "login.microsoftonline.com")


def environment(**own: str) -> tuple[dict[str, str], tuple[str, ...]]:
    return client_environment(own, PORTS, Path("/run/trust.pem"), HOSTS)


def authority(path: Path) -> Path:
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def test_the_client_keeps_its_environment_and_gets_proxy_and_trust() -> None:
    variables, _ = environment(HOME="/home/adele", HTTPS_PROXY="http://proxy.contoso.com:8080")
    assert variables["HOME"] == "/home/adele"
    assert {variables["HTTPS_PROXY"], variables["https_proxy"]} == {"http://127.0.0.1:8404"}
    named = {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"}
    assert {variables[name] for name in named} == {"/run/trust.pem"}
    assert variables["WHY403_REVERSE_URL"] == "https://127.0.0.1:8403"


def test_exceptions_from_the_proxy_stay_and_this_machine_is_always_one() -> None:
    variables, dropped = environment(NO_PROXY="intranet.contoso.com, .corp")
    assert variables["NO_PROXY"] == variables["no_proxy"] == "intranet.contoso.com,.corp,127.0.0.1,localhost,::1"
    assert dropped == ()


@pytest.mark.parametrize(
    "entry",
    ["*", ".microsoft.com", "microsoft.com", "graph.microsoft.com:443", "sharepoint.com", "contoso.sharepoint.com"],
)
def test_an_exception_that_leads_around_the_proxy_is_taken_out_and_named(entry: str) -> None:
    variables, dropped = environment(no_proxy=f"a.example,{entry}")
    assert dropped == (entry,)
    assert variables["NO_PROXY"].startswith("a.example,127.0.0.1")


def test_our_authority_joins_those_the_client_trusted_before(tmp_path: Path) -> None:
    ours, theirs = authority(tmp_path / "ours.pem"), authority(tmp_path / "theirs.pem")
    folder = tmp_path / "folder"
    folder.mkdir()
    other = authority(folder / "other.pem")
    own = {"REQUESTS_CA_BUNDLE": str(theirs), "SSL_CERT_FILE": str(theirs), "CURL_CA_BUNDLE": str(folder)}
    write_trusted(own, ours, tmp_path / "all.pem")
    trusted = (tmp_path / "all.pem").read_text()
    assert [trusted.count(path.read_text().strip()) for path in (ours, theirs, other)] == [1, 1, 1]
    assert len(ssl.create_default_context(cafile=str(tmp_path / "all.pem")).get_ca_certs()) > 50


def test_a_file_of_the_users_nobody_can_read_is_named_with_its_variable(tmp_path: Path) -> None:
    own = {"REQUESTS_CA_BUNDLE": str(tmp_path / "gone.pem")}
    with pytest.raises(UnreadableAuthoritiesError, match=r"^REQUESTS_CA_BUNDLE=.*gone.pem: No such file.* Remedy: "):
        write_trusted(own, authority(tmp_path / "ours.pem"), tmp_path / "all.pem")
