"""`why403 run -- COMMAND`: a client as its user runs it, and the proxy around it."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from proxy_addons.lab import Lab
from tests.live.proxy import ONE_RULE, SECONDS, process_environment, started, why403_command

MAILBOX = """
import os
from exchangelib import IMPERSONATION, OAUTH2, Account, Configuration, Identity, OAuth2Credentials, Version
from exchangelib.version import EXCHANGE_O365

account = Account(
    "adele@contoso.com",
    config=Configuration(
        service_endpoint=os.environ.get("EWS", "https://outlook.office365.com/EWS/Exchange.asmx"),
        credentials=OAuth2Credentials(
            client_id=os.environ["CLIENT_ID"],
            client_secret=os.environ["CLIENT_SECRET"],
            tenant_id=os.environ["TENANT_ID"],
            identity=Identity(primary_smtp_address="adele@contoso.com"),
        ),
        auth_type=OAUTH2,
        version=Version(EXCHANGE_O365),
    ),
    autodiscover=False,
    access_type=IMPERSONATION,
)
print([item.subject for item in account.inbox.all()])
"""
SUBJECTS = "['Your expense report', 'Lunch on Friday?', 'Quarterly figures']\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab.running(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="module")
def towards_lab(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    pairs = [part for pair in lab.connect_to for part in ("--connect-to", pair)]
    confdir = tmp_path_factory.mktemp("conf")
    return [*pairs, "--upstream-ca", str(lab.ca_certificate_path), "--confdir", str(confdir), "--rules", str(ONE_RULE)]


def run(options: Sequence[str], *command: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        why403_command("run", *options, "--", *command),
        input=given,
        env=process_environment(**variables),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def python(source: str) -> tuple[str, ...]:
    return sys.executable, "-c", source


def of_app(lab: Lab, name: str) -> dict[str, str]:
    app = lab.app(name)
    return {"CLIENT_ID": app.client_id, "CLIENT_SECRET": app.secret, "TENANT_ID": lab.tenant_id}


CALL = """
import sys, urllib.request, urllib.error
try:
    urllib.request.urlopen("https://graph.microsoft.com/v1.0/me")
except urllib.error.HTTPError as error:
    error.read()
    print(error.code)
"""


def test_an_exchangelib_program_runs_through_it_unchanged(lab: Lab, towards_lab: list[str]) -> None:
    ended = run(towards_lab, *python(MAILBOX), **of_app(lab, "mail-daemon"))
    assert (ended.returncode, ended.stdout) == (0, SUBJECTS), ended.stderr
    assert ended.stderr.splitlines()[-2:] == [
        "why403: 5 calls to Microsoft 365, none refused",
        "why403: the client ended with 0",
    ]


def test_the_same_program_reads_by_the_reverse_port_when_its_endpoint_says_so(lab: Lab, towards_lab: list[str]) -> None:
    endpoint = (
        'import os; os.environ["EWS"] = os.environ["WHY403_REVERSE_URL"] + "/outlook.office365.com/EWS/Exchange.asmx"'
    )
    ended = run(towards_lab, *python(f"{endpoint}\n{MAILBOX}"), **of_app(lab, "mail-daemon"))
    assert (ended.returncode, ended.stdout) == (0, SUBJECTS), ended.stderr
    assert "5 calls to Microsoft 365, none refused" in ended.stderr


def test_a_refusal_is_shown_beside_the_clients_output_and_not_in_it(towards_lab: list[str]) -> None:
    ended = run(towards_lab, *python(CALL))
    assert (ended.returncode, ended.stdout) == (0, "401\n")
    lines = ended.stderr.splitlines()
    assert lines[0].endswith(tuple("0123456789"))
    assert lines[1].startswith("┌─ 401  GET /me")
    assert lines[-3:] == [
        "why403: 1 call to Microsoft 365, 1 refused",
        "  1 x graph-token-missing (certain): The call carried no usable access token",
        "why403: the client ended with 0",
    ]


def test_quiet_leaves_the_client_alone_on_the_terminal_and_a_refusal_can_fail_a_step(towards_lab: list[str]) -> None:
    ended = run([*towards_lab, "--quiet", "--fail-on", "likely"], *python(CALL))
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "401\n", "")


def test_a_client_that_failed_keeps_its_own_exit_code(towards_lab: list[str]) -> None:
    ended = run([*towards_lab, "--quiet", "--fail-on", "likely"], *python(f"{CALL}\nsys.exit(7)"))
    assert ended.returncode == 7


def test_the_client_has_standard_input_arguments_and_an_exit_code_of_its_own(towards_lab: list[str]) -> None:
    source = "import sys; print(sys.stdin.read(), sys.argv[1:]); sys.exit(41)"
    ended = run(towards_lab, *python(source), "--reverse-port", "-x", given="said")
    assert (ended.returncode, ended.stdout) == (41, "said ['--reverse-port', '-x']\n")
    assert "a PAC file of its own" in ended.stderr


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        ("no-such-command", 127, "no-such-command: there is no such command"),
        ("./no/such/file", 127, "./no/such/file: there is no such command"),
        (str(Path(__file__)), 126, f"{__file__} is not executable. Remedy: chmod +x {__file__}, or name its"),
        (str(Path(__file__).parent), 126, f"{Path(__file__).parent} is a directory"),
    ],
)
def test_a_command_that_cannot_run_ends_as_in_a_shell(command: str, status: int, said: str) -> None:
    ended = run([], command)
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith(f"why403 run: {said}")
    assert len(ended.stderr.splitlines()) == 1


def test_unreadable_authorities_of_the_user_stop_the_start(towards_lab: list[str]) -> None:
    ended = run(towards_lab, *python(""), REQUESTS_CA_BUNDLE="/nowhere.pem")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("why403 run: REQUESTS_CA_BUNDLE=/nowhere.pem: No such file or directory. Remedy: ")


WAITING = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(9))
print("waiting", flush=True)
signal.pause()
"""


def test_sigterm_is_the_clients(towards_lab: list[str], tmp_path: Path) -> None:
    with started(why403_command("run", *towards_lab, "--", *python(WAITING)), tmp_path) as proxy:
        assert proxy.shown.get(timeout=SECONDS) == "waiting"
        assert proxy.stop(signal.SIGTERM) == 9


def test_a_signal_that_comes_while_the_client_starts_is_the_clients(towards_lab: list[str]) -> None:
    at_once = "trap 'kill $!; exit 9' HUP; tail -f /dev/null & kill -HUP $PPID; wait"
    assert run([*towards_lab, "--quiet"], "sh", "-c", at_once).returncode == 9


COUNTING = """
import signal, sys
signal.signal(signal.SIGINT, lambda *_: None)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print("waiting", flush=True)
signal.sigwait({signal.SIGINT})
print("twice" if signal.sigtimedwait({signal.SIGINT}, 0.5) else "once", sys.stdin.isatty(), flush=True)
sys.exit(5)
"""
AS_A_SHELL_WOULD = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes standard input the terminal of its session: what is typed there reaches the processes of the session."""


def test_ctrl_c_reaches_the_client_once(towards_lab: list[str]) -> None:
    command = why403_command("run", *towards_lab, "--quiet", "--", *python(COUNTING))
    controller, side = pty.openpty()
    # Not pty.fork(): this process has threads, and a copy of it may inherit a lock one of them holds.
    with subprocess.Popen(
        [*python(AS_A_SHELL_WOULD), *command],
        stdin=side,
        stdout=side,
        stderr=side,
        start_new_session=True,
        env=process_environment(),
    ) as process:
        os.close(side)
        seen = typed = b""
        # The other side of a terminal ends with an error on Linux and with nothing elsewhere.
        with contextlib.suppress(OSError):
            while chunk := os.read(controller, 1024):
                seen += chunk
                if b"waiting" in seen and not typed:
                    typed = b"\x03"
                    os.write(controller, typed)
        status = process.wait(SECONDS)
    os.close(controller)
    assert b"once True" in seen
    assert status == 5


def test_json_lines_are_there_for_who_asks(towards_lab: list[str]) -> None:
    killed = f"{CALL}\nimport os; os.kill(os.getpid(), 9)"
    ended = run([*towards_lab, "--quiet", "--log-format", "json"], *python(killed))
    assert ended.returncode == 137, "as a shell would say it"
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["rule.id"] for line in lines if line.get("event.name") == "why403.failure"] == ["graph-token-missing"]
