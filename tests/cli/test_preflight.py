"""`why403 preflight`: a call judged before it is sent, and never sent."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.wire import TENANT, jwt

if TYPE_CHECKING:
    from tests.support.our_own_calls import OurOwn

GROUPS = "https://graph.microsoft.com/v1.0/groups"


def _token(**claims: object) -> str:
    now = int(time.time())
    good = {
        "aud": "https://graph.microsoft.com",
        "iss": f"https://sts.windows.net/{TENANT}/",
        "tid": TENANT,
        "idtyp": "app",
        "roles": ["Group.Read.All"],
        "nbf": now - 600,
        "exp": now + 3000,
    }
    return jwt({**good, **claims})


def test_a_token_that_fits_leaves_with_zero(own: OurOwn) -> None:
    ended = own.why403("preflight", "get", GROUPS, "--token-file", "-", given=_token())

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "GET /groups, not sent:" in ended.stdout
    assert "✓ permission" in ended.stdout
    assert "Nothing in the token speaks against this call." in ended.stdout


@pytest.mark.parametrize(
    ("claims", "gate", "state"),
    [
        ({"aud": "https://outlook.office365.com"}, "audience", "failed"),
        ({"exp": 1_700_000_000}, "lifetime", "failed"),
        ({"roles": ["Mail.Read"]}, "permission", "unknown"),
    ],
    ids=["audience", "lifetime", "permission"],
)
def test_a_problem_is_named_and_leaves_with_three(
    own: OurOwn, claims: dict[str, object], gate: str, state: str
) -> None:
    ended = own.why403(
        "preflight", "GET", GROUPS, "--token-env", "HELD", "--format", "json", HELD=f"Bearer {_token(**claims)}"
    )

    told = json.loads(ended.stdout)
    problems = [(each["gate"], each["state"]) for each in told["gates"] if each["problem"]]
    assert ended.returncode == 3
    assert told["refused"] is True
    assert problems == [(gate, state)]


def test_a_token_can_be_acquired_for_the_address(own: OurOwn) -> None:
    ended = own.why403("preflight", "GET", GROUPS, *own.app_options("directory-reader", "READER_SECRET"))

    assert ended.returncode == 3
    assert "! permission" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((GROUPS,), "no token: name one with --token-file"),
        ((GROUPS, "--token-file", "missing"), "missing: No such file"),
        ((GROUPS, "--token-env", "NOT_SET"), "NOT_SET is empty or not set"),
        (("/groups",), "/groups: is no address"),
    ],
    ids=["no token", "no file", "no variable", "no address"],
)
def test_what_cannot_be_judged_is_one_line(own: OurOwn, arguments: tuple[str, ...], complaint: str) -> None:
    ended = own.why403("preflight", "GET", *arguments)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert complaint in ended.stderr
