import os
from pathlib import Path

import pytest

from proxy_addons.cli.ca_stores import NAME, Store, stores
from tests.cli.command import why403
from tests.sinks.reports import assert_golden

GOLDEN = Path(__file__).parent / "golden"
AUTHORITY = Path("/home/adele/.mitmproxy/mitmproxy-ca-cert.pem")


def found(root: Path, home: Path, platform: str = "linux") -> tuple[Store, ...]:
    return stores(AUTHORITY, "AB12", home, platform=platform, root=root)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder in (".pki/nssdb", ".mozilla/firefox/x1.default-release"):
        (tmp_path / "home" / folder).mkdir(parents=True)
        (tmp_path / "home" / folder / "cert9.db").touch()
    return tmp_path / "home"


def test_every_store_is_shown_with_its_commands(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    lines = []
    layouts = {"debian": "usr/local/share/ca-certificates", "rhel": "etc/pki/ca-trust/source/anchors"}
    for name, layout in layouts.items():
        root = tmp_path / name
        (root / layout).mkdir(parents=True)
        lines += [command for store in found(root, home) for command in (*store.add, *store.remove)]
    for platform in ("darwin", "win32"):
        lines += [command for store in found(tmp_path, home, platform) for command in (*store.add, *store.remove)]
    shown = "\n".join(" ".join(line) for line in lines).replace(str(tmp_path), "")
    assert_golden(GOLDEN / "ca-commands.txt", shown + "\n")


def test_a_machine_without_a_known_store_has_none(tmp_path: Path) -> None:
    assert found(tmp_path, tmp_path) == ()


def test_stores_of_other_systems_are_only_shown(tmp_path: Path) -> None:
    assert not any(store.runs for platform in ("darwin", "win32") for store in found(tmp_path, tmp_path, platform))


def test_installing_makes_the_authority_and_prints_the_commands_before_anything_is_done(
    tmp_path: Path, home: Path
) -> None:
    ended = why403("ca", "install", "--confdir", tmp_path / "conf", HOME=str(home))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "conf" / "mitmproxy-ca-cert.pem").is_file()
    assert f"certutil -A -d sql:{home}/.pki/nssdb -n {NAME} -t C,, -i {tmp_path}/conf/" in ended.stdout
    assert ended.stdout.endswith("Nothing was done. Add --yes to have these commands run.\n")


def test_showing_tells_fingerprints_and_stores(tmp_path: Path, home: Path) -> None:
    why403("ca", "install", "--confdir", tmp_path / "conf", HOME=str(home))
    ended = why403("ca", "show", "--confdir", tmp_path / "conf", HOME=str(home))
    labels = [line.split()[0] for line in ended.stdout.splitlines()]
    assert [label for label in labels if label != "store"] == ["file", "subject", "SHA-256", "SHA-1", "good", "devices"]
    assert f"NSS {home}/.pki/nssdb" in ended.stdout


def test_what_is_no_authority_is_one_line_with_the_remedy(tmp_path: Path) -> None:
    missing = why403("ca", "show", "--confdir", tmp_path)
    (tmp_path / "mitmproxy-ca-cert.pem").write_text("not one")
    broken = why403("ca", "remove", "--confdir", tmp_path)
    assert [missing.returncode, broken.returncode] == [2, 2]
    assert "there is no authority yet. why403 run makes one" in missing.stderr
    assert "holds no certificate. Move it away" in broken.stderr
    assert len((missing.stderr + broken.stderr).splitlines()) == 2
