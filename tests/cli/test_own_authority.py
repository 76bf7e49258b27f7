import stat
import subprocess
import sys
from pathlib import Path

from proxy_addons.cli.own_authority import make_authority

SIGNER = """
import sys
from pathlib import Path
from mitmproxy.certs import CertStore
from proxy_addons.cli.own_authority import make_authority
print("ready", flush=True)
sys.stdin.readline()
make_authority(Path(sys.argv[1]))
print(CertStore.from_store(Path(sys.argv[1]), "mitmproxy", 2048).default_ca.serial, flush=True)
"""


def test_proxies_that_start_together_sign_with_one_authority(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SIGNER, str(tmp_path / "conf")]
    starting = [subprocess.Popen(command, stdin=-1, stdout=-1, text=True) for _ in range(4)]
    for process in starting:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    serials = {process.communicate(timeout=60)[0].strip() for process in starting}
    assert len(serials) == 1
    assert serials != {""}


def test_the_folder_and_the_key_are_for_their_owner_only(tmp_path: Path) -> None:
    make_authority(tmp_path / "conf")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "conf").iterdir()}
    assert stat.S_IMODE((tmp_path / "conf").stat().st_mode) == 0o700
    assert (modes["mitmproxy-ca.pem"], modes["mitmproxy-ca.p12"]) == (0o600, 0o600)


def test_an_authority_that_is_there_stays(tmp_path: Path) -> None:
    make_authority(tmp_path)
    before = (tmp_path / "mitmproxy-ca.pem").read_bytes()
    make_authority(tmp_path)
    assert (tmp_path / "mitmproxy-ca.pem").read_bytes() == before
