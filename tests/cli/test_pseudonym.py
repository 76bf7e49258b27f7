"""`why403 pseudonym`: the same stand-in as in the log and the store, and no other way to it."""

import re
import stat
from pathlib import Path

import pytest

from proxy_addons.intake.pseudonym_key import read_pseudonym_key
from proxy_addons.redaction.ledger import Ledger
from proxy_addons.redaction.pseudonyms import Pseudonyms
from tests.cli.command import why403


def test_a_person_in_any_spelling_has_the_name_redaction_gives(tmp_path: Path) -> None:
    ledger = Ledger(Pseudonyms(read_pseudonym_key(tmp_path)))
    shown = ledger.user("SMTP:Jane@Contoso.com")

    for spelling in ("jane@contoso.com", "upn:JANE@contoso.com", "jane%40contoso.com"):
        assert why403("pseudonym", spelling, "--confdir", tmp_path).stdout == f"{shown}\n"


@pytest.mark.parametrize("kind", ["name", "ip"])
def test_names_and_addresses_have_stand_ins_of_their_own(tmp_path: Path, kind: str) -> None:
    ledger = Ledger(Pseudonyms(read_pseudonym_key(tmp_path)))
    raw = {"name": "Jane Doe", "ip": "2001:DB8::1"}[kind]

    assert why403("pseudonym", raw, "--confdir", tmp_path).stdout == f"{getattr(ledger, kind)(raw)}\n"


def test_several_are_read_from_standard_input(tmp_path: Path) -> None:
    ended = why403("pseudonym", "--confdir", tmp_path, given="jane@contoso.com\n\nadele@contoso.com\n")

    first, second = ended.stdout.splitlines()
    assert first != second
    assert all(re.fullmatch(r"<user:[0-9a-f]{12}>", each) for each in (first, second))
    assert first == why403("pseudonym", "jane@contoso.com", WHY403_CONFDIR=str(tmp_path)).stdout.strip()


def test_another_installation_gives_another_name(tmp_path: Path) -> None:
    one, other = (why403("pseudonym", "jane@contoso.com", "--confdir", tmp_path / name).stdout for name in "ab")

    assert one != other
    assert stat.S_IMODE((tmp_path / "a" / "why403-pseudonyms.key").stat().st_mode) == 0o600


def test_nobody_at_all_is_a_usage_error(tmp_path: Path) -> None:
    ended = why403("pseudonym", "--confdir", tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == "why403: nobody is named on standard input. Write one address a line\n"


def test_a_file_that_is_no_key_is_named_and_nothing_is_printed(tmp_path: Path) -> None:
    (tmp_path / "why403-pseudonyms.key").write_text("short")

    ended = why403("pseudonym", "jane@contoso.com", "--confdir", tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "is no key of why403. Move it away" in ended.stderr
