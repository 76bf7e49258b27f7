import io
import json
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proxy_addons.sinks.bundle import About, bundle_members
from proxy_addons.sinks.bundle_check import Keys, NoBundleError, Opened, open_bundle
from proxy_addons.sinks.bundle_seal import encrypt, sign
from tests.sinks.test_bundle import record
from tests.sinks.test_bundle_seal import OTHER, PRIVATE, PUBLIC

ABOUT = About("abc123", datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC), permission_data="2026-11-01")
MEMBERS = bundle_members([record(0)], ABOUT)


pyrage = pytest.importorskip("pyrage")


def packed(members: Mapping[str, bytes], change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    """A zip of these members; `change` does something to each entry first."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)
            change(entry)
            archive.writestr(entry, content)
    return whole.getvalue()


def problems(opened: Opened) -> str:
    return "; ".join(f"{check.name}: {check.problem}" for check in opened.checks if check.problem)


def test_a_bundle_as_it_was_made_is_sound() -> None:
    opened = open_bundle(packed(MEMBERS), Keys())
    assert (opened.is_sound, problems(opened)) == (True, "")
    assert [check.name for check in opened.checks] == ["members", "hashes", "contents", "sweep"]
    assert json.loads(opened.members["manifest.json"])["permission_data"] == "2026-11-01"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"summary.md": b"other"}, "hashes: changed since: summary.md"),
        ({"../../etc/passwd": b"x"}, "members: holds what no bundle holds: ../../etc/passwd"),
        ({"/summary.md": b"x"}, "holds what no bundle holds: /summary.md"),
        ({"extra\x1b[2J.txt": b"x"}, r"extra\?\[2J.txt"),
        ({"manifest.json": b"{}"}, "manifest: is no manifest of why403.bundle/1"),
        ({"manifest.json": b"nonsense"}, "manifest: is no manifest"),
        ({"diagnosis.json": b"nonsense"}, "contents: cannot be read as what they are: diagnosis.json"),
        ({"report.html": b"<script>x</script>"}, "holds a script"),
        (
            {"admin.md": b"ask jane.doe@contoso.example"},
            r"sweep: found what must not leave: a user in admin.md \(plain\)",
        ),
        ({"admin.md": b"jane.doe%40contoso.example%2f"}, r"a user in admin.md"),
    ],
)
def test_whatever_was_changed_is_named(change: dict[str, bytes], said: str) -> None:
    opened = open_bundle(packed({**MEMBERS, **change}), Keys())
    with pytest.raises(AssertionError, match=said):
        assert problems(opened) == ""


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "C:\\outside", "a/../../outside"])  # noqa: S108 - a name in a zip
def test_names_that_lead_elsewhere_are_named_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    opened = open_bundle(packed({**MEMBERS, name: b"x"}), Keys())
    assert (opened.is_sound, dict(opened.members)) == (False, {})
    assert f"holds what no bundle holds: {name}" in problems(opened)
    assert [*tmp_path.rglob("*")] == [tmp_path / "inside"]


def test_a_missing_member_is_named() -> None:
    opened = open_bundle(packed({name: MEMBERS[name] for name in MEMBERS if name != "support.md"}), Keys())
    assert problems(opened) == "members: lacks support.md"


def test_a_member_the_manifest_does_not_list_is_named() -> None:
    manifest = json.loads(MEMBERS["manifest.json"])
    manifest["members"] = [member for member in manifest["members"] if member["name"] != "admin.md"]
    opened = open_bundle(packed({**MEMBERS, "manifest.json": json.dumps(manifest).encode()}), Keys())
    assert problems(opened) == "hashes: not listed: admin.md"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_named() -> None:
    whole = io.BytesIO(packed(MEMBERS))
    with zipfile.ZipFile(whole, "a") as archive:
        archive.writestr("summary.md", b"another one")
    assert problems(open_bundle(whole.getvalue(), Keys())) == "members: holds twice: summary.md"


def test_a_zip_that_unpacks_to_more_than_any_bundle_is_not_unpacked() -> None:
    bomb = packed({**MEMBERS, "summary.md": b"\0" * (129 * 1024 * 1024)})
    opened = open_bundle(bomb, Keys())
    assert problems(opened) == "sizes: unpacks to more than any bundle holds"
    assert opened.members == {}


def test_a_link_is_named() -> None:
    def link(entry: zipfile.ZipInfo) -> None:
        entry.external_attr = 0o120777 << 16

    assert "links" in problems(open_bundle(packed(MEMBERS, link), Keys()))


def test_a_member_of_another_size_than_it_says_is_not_trusted() -> None:
    raw = packed(MEMBERS)
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"summary.md"))
    stated = bytearray(raw)
    stated[at + 24 : at + 28] = (5).to_bytes(4, "little")
    with pytest.raises(NoBundleError, match="broken"):
        open_bundle(bytes(stated), Keys())


@pytest.mark.parametrize("content", [b"", b"nonsense", packed(MEMBERS)[:300]])
def test_what_is_no_zip_is_refused(content: bytes) -> None:
    with pytest.raises(NoBundleError, match="is no zip"):
        open_bundle(content, Keys())


def test_a_signature_is_checked_where_a_key_is_given() -> None:
    content = packed(MEMBERS)
    signature = sign(content, PRIVATE)
    assert open_bundle(content, Keys(PUBLIC, signature)).is_sound
    assert "another key" in problems(open_bundle(content, Keys(OTHER, signature)))
    assert "no .sig" in problems(open_bundle(content, Keys(PUBLIC)))
    unchecked = open_bundle(content, Keys(signature=signature))
    assert unchecked.is_sound
    assert "--key" in unchecked.checks[0].found


def test_an_encrypted_bundle_asks_for_the_identity() -> None:
    identity = pyrage.x25519.Identity.generate()
    sealed = encrypt(packed(MEMBERS), [str(identity.to_public())])
    assert open_bundle(sealed, Keys(identity=str(identity))).is_sound
    with pytest.raises(NoBundleError, match="--identity"):
        open_bundle(sealed, Keys())
    with pytest.raises(NoBundleError, match="somebody else"):
        open_bundle(sealed, Keys(identity=str(pyrage.x25519.Identity.generate())))
