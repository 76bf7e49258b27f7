"""`why403 token acquire --flow interactive`: a process of its own, a browser that needs no eyes, the lab for Entra.

MSAL starts what `BROWSER` names, as it would start anybody's browser, and waits on a port of its own for the answer.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import jwt
import pytest

from tests.cli.command import COMMAND, environment, why403
from tests.support import stand_in_browser

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.support.our_own_calls import OurOwn

SECONDS = 60
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="BROWSER does not keep real browsers shut elsewhere")


def arguments(own: OurOwn, *more: str) -> tuple[str, ...]:
    who = ("--client-id", own.lab.app("desktop").client_id, "--tenant", own.lab.tenant_id)
    user = ("--login-hint", "adele@contoso.com", "--scope", "User.Read")
    return ("token", "acquire", "--flow", "interactive", *who, *user, *more)


def variables(own: OurOwn, browser: str = "") -> dict[str, str]:
    """The way to the lab; and a browser that signs in or declines, or none at all."""
    if browser:
        # With the ampersand Python does not wait for the browser to end, as it does not for one with a window.
        words = (
            sys.executable,
            stand_in_browser.__file__,
            browser,
            str(own.lab.port),
            str(own.lab.ca_certificate_path),
        )
        found = {"BROWSER": f"{shlex.join(words)} %s &"}
    else:
        found = {"BROWSER": "no-such-browser", "PATH": str(own.folder), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    return {
        "WHY403_CONNECT_TO": " ".join(own.lab.connect_to),
        "WHY403_UPSTREAM_CA": str(own.lab.ca_certificate_path),
        "HTTPS_PROXY": "",
        "https_proxy": "",
        "XDG_CONFIG_HOME": str(own.folder),
        **found,
    }


@contextmanager
def waiting(own: OurOwn, named: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """The verb while it waits for somebody; it is gone afterwards."""
    with subprocess.Popen(
        [*COMMAND, *arguments(own, "--print")],
        cwd=own.folder,
        env=environment(**named),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def address_told(process: subprocess.Popen[bytes]) -> str:
    """The address it asks a person to open, whatever pieces its line comes in."""
    assert process.stderr is not None
    said, deadline = b"", time.monotonic() + SECONDS
    while (found := re.search(rb"Open this one here: (\S+)\n", said)) is None:
        assert time.monotonic() < deadline, said
        if select.select([process.stderr], [], [], 1)[0]:
            piece = os.read(process.stderr.fileno(), 65_536)
            assert piece, said
            said += piece
    return found[1].decode()


def test_a_person_signs_in_with_a_browser_and_the_token_is_that_persons(own: OurOwn) -> None:
    ended = why403(*arguments(own, "--cae", "--print"), folder=own.folder, **variables(own, "sign-in"))

    assert (ended.returncode, ended.stderr) == (0, "Sign in in the browser window that opens.\n")
    claims = jwt.decode(ended.stdout.strip(), options={"verify_signature": False})
    assert (claims["upn"], claims["scp"], claims["xms_cc"]) == ("adele@contoso.com", "User.Read", ["cp1"])


def test_a_person_who_declines_is_told_by_code_and_not_by_name(own: OurOwn) -> None:
    ended = why403(*arguments(own), folder=own.folder, **variables(own, "decline"))

    assert (ended.returncode, ended.stdout) == (3, "")
    assert "no token came: access_denied (AADSTS65004). See --help for the ways to sign in" in ended.stderr
    assert "adele" not in ended.stderr


def test_without_a_browser_the_address_is_told_and_the_answer_is_waited_for(own: OurOwn) -> None:
    with waiting(own, variables(own)) as process:
        address = address_told(process)
        shown = stand_in_browser.sign_in(address, own.lab.port, str(own.lab.ca_certificate_path))
        token, rest = process.communicate(timeout=SECONDS)

    assert "close this browser tab" in shown
    assert (process.returncode, rest) == (0, b"")
    assert jwt.decode(token.strip(), options={"verify_signature": False})["upn"] == "adele@contoso.com"


def test_an_answer_to_somebody_elses_question_is_not_taken_and_ctrl_c_ends_the_waiting(own: OurOwn) -> None:
    with waiting(own, variables(own)) as process:
        address = address_told(process)
        shown = stand_in_browser.decline(re.sub(r"\bstate=[^&]+", "state=made-up", address))
        process.send_signal(signal.SIGINT)
        token, rest = process.communicate(timeout=SECONDS)

    assert "State mismatch" in shown
    assert (process.returncode, token) == (130, b"")
    assert b"Traceback" not in rest
