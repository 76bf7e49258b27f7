"""`why403 token`: what a token says, and how one is got."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.our_own_calls import run_here
from tests.support.wire import TENANT, jwt

if TYPE_CHECKING:
    from tests.support.our_own_calls import OurOwn

CLAIMS = {
    "aud": "https://graph.microsoft.com",
    "iss": f"https://sts.windows.net/{TENANT}/",
    "tid": TENANT,
    "iat": 1_795_262_400,
    "exp": 1_795_266_000,
    "upn": "adele@contoso.com",
    "scp": "User.Read",
    "wids": ["b79fbf4d-3ef9-4689-8143-76b194e85509"],
    "made_up": True,
}
TOKEN = jwt(CLAIMS)


def test_every_claim_comes_with_its_meaning_and_no_person_in_it() -> None:
    ended = run_here("token", "decode", "-", given=f"Authorization: Bearer {TOKEN}\n", folder=Path.cwd())

    assert (ended.returncode, ended.stderr) == (0, "")
    lines = {line.split()[0]: line for line in ended.stdout.splitlines() if line.startswith("  ")}
    assert lines["aud"].rsplit("  ", 1)[-1].strip() == "the API the token is for; any other one refuses it"
    assert "2026-11-21T12:00:00Z" in lines["iat"]
    assert "<user:1>" in lines["upn"]
    assert "adele" not in ended.stdout
    assert TOKEN.split(".")[2][:20] not in ended.stdout


def test_the_gates_of_a_host_are_judged_when_one_is_named() -> None:
    ended = run_here(
        "token", "decode", "-", "--for", "outlook.office365.com", "--format", "json", given=TOKEN, folder=Path.cwd()
    )

    told = json.loads(ended.stdout)
    gates = {gate["gate"]: gate for gate in told["gates"]}
    assert told["schema"] == "why403.token/1"
    assert gates["audience"]["state"] == "failed"
    assert gates["audience"]["problem"] is True


def test_a_token_as_an_argument_is_read_with_a_warning_about_the_history() -> None:
    ended = run_here("token", "decode", TOKEN, folder=Path.cwd())

    assert ended.returncode == 0
    assert "lies in the shell's history" in ended.stderr


@pytest.mark.parametrize("given", ["", "hello", "eyJ.x.y"], ids=["nothing", "a word", "broken"])
def test_what_is_no_token_is_one_line(given: str) -> None:
    ended = run_here("token", "decode", "-", given=given, folder=Path.cwd())

    assert (ended.returncode, ended.stdout) == (2, "")
    assert re.fullmatch(r"why403: this is no token \([\w-]+\)\. Give one like eyJ.*\n", ended.stderr)


def test_unredacted_prints_to_a_terminal_only() -> None:
    ended = run_here("token", "decode", "-", "--unredacted", given=TOKEN, folder=Path.cwd())

    assert (ended.returncode, ended.stdout) == (2, "")


def test_an_acquired_token_is_not_printed_unless_asked_for(own: OurOwn) -> None:
    ended = own.why403("token", "acquire", *own.app_options(), "--for", "graph.microsoft.com")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Group.Read.All" in ended.stdout
    assert "eyJ" not in ended.stdout
    assert "The token was not kept" in ended.stdout


def test_print_prints_the_token_and_nothing_else(own: OurOwn) -> None:
    ended = own.why403("token", "acquire", *own.app_options(), "--for", "outlook.office365.com", "--print")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+\n", ended.stdout)


def test_out_writes_a_file_only_its_owner_can_read(own: OurOwn) -> None:
    ended = own.why403(
        "token", "acquire", *own.app_options(), "--scope", "https://graph.microsoft.com/.default", "--out", "t"
    )

    file = own.folder / "t"
    assert ended.returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text(encoding="ascii").startswith("eyJ")


def test_a_refused_sign_in_is_explained_by_our_own_rules(own: OurOwn) -> None:
    ended = own.why403("token", "acquire", *own.app_options(variable="READER_SECRET"), "--for", "graph.microsoft.com")

    assert (ended.returncode, ended.stdout) == (3, "")
    assert "The client secret is wrong" in ended.stderr
    assert "entra-secret-wrong" in ended.stderr
    assert own.lab.app("directory-reader").secret not in ended.stderr


def test_a_sign_in_nobody_answers_is_told_as_such(own: OurOwn) -> None:
    ended = own.why403("token", "acquire", *own.app_options(), "--for", "graph.microsoft.com", WHY403_UPSTREAM_CA="")

    assert (ended.returncode, ended.stdout) == (3, "")
    assert "Nothing from Microsoft was reached" in ended.stderr


def test_a_claims_challenge_is_passed_on(own: OurOwn) -> None:
    challenge = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1795244074"}}})

    ended = own.why403(
        "token",
        "acquire",
        *own.app_options(),
        "--for",
        "graph.microsoft.com",
        "--cae",
        "--claims",
        challenge,
        "--print",
    )

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--for", "graph.microsoft.com"), "no identity: give --client-id"),
        (("--client-id", "x"), "no API: name it with --for"),
        (("--client-id", "x", "--for", "api.contoso.com"), "api.contoso.com: no Microsoft API is known there"),
        (("--client-id", "x y", "--for", "graph.microsoft.com"), "--client-id: is no id or domain"),
        (("--client-id", "x", "--flow", "magic", "--for", "graph.microsoft.com"), "--flow: input should be"),
        (("--tenant", "x", "--for", "graph.microsoft.com"), "--client-id is missing"),
        (("--identity", "nobody", "--for", "graph.microsoft.com"), "--identity nobody: no identity of that name"),
        (("--client-id", "x", "--claims", "?", "--for", "graph.microsoft.com"), "--claims: is neither JSON nor"),
        (
            ("--client-id", "x", "--tenant", "y", "--flow", "client-credentials", "--for", "graph.microsoft.com"),
            "no client secret is named and nobody can be asked",
        ),
        (
            ("--client-id", "x", "--secret-env", "A", "--secret-file", "b", "--for", "graph.microsoft.com"),
            "name one of secret_env, secret_file and certificate",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_asked_for_is_one_line_with_the_option(
    own: OurOwn, arguments: tuple[str, ...], complaint: str
) -> None:
    ended = own.why403("token", "acquire", *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_no_option_takes_a_secret_itself() -> None:
    shown = run_here("token", "acquire", "--help", folder=Path.cwd()).stdout

    assert not re.search(r"--(client-)?secret[ =]|--password|--refresh-token ", shown)
