"""`.ci/setup` makes an environment once, tells when it is done, and never mistakes a half one for a whole one."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.infrastructure.stage import Stage

# Stands for pip inside the made environment: notes its arguments, and does what a file on the stage says.
PIP = """
case "$1" in
  --version) echo Python 3.12.7; exit ;;
  -c) exit 0 ;;
esac
echo "$@" >>"{root}/pip-calls"
[ ! -e "{root}/pip-hangs" ] || {{ touch "{root}/pip-started"; read -r _ <"{root}/pip-hangs"; }}
[ ! -e "{root}/pip-fails" ] || {{ echo 'ERROR: No matching distribution found'; exit 1; }}
"""
# Stands for the interpreter the finder answers with: `-m venv FOLDER` leaves an environment with that pip.
BASE = """
case "$1" in
  -c) echo complete 3.12.7 "{root}/programs/python3" ;;
  --version) echo Python 3.12.7 ;;
  -m) mkdir -p "$3/bin"; echo made >>"{root}/made"; cp "{root}/pip" "$3/bin/python" ;;
esac
"""
ONE_INSTALL = [
    "-m pip --disable-pip-version-check --no-input install --require-hashes -r .ci/locks/test.txt",
    "-m pip --disable-pip-version-check --no-input install --no-deps --no-build-isolation -e .",
]


REMEDY = (
    "why403: Remedy: put right what they name (most often the way to the package index) and run the same command again."
)


@pytest.fixture
def setup(stage: Stage) -> Stage:
    """Build a stage whose python3 makes environments with a pip that only takes notes."""
    stage.script(stage.root / "pip", PIP.format(root=stage.root))
    stage.program("python3", BASE.format(root=stage.root))
    copy = shutil.which("cp", path=os.defpath)
    assert copy
    (stage.programs / "cp").symlink_to(copy)
    return stage


def calls(stage: Stage) -> list[str]:
    notes = stage.root / "pip-calls"
    return notes.read_text().splitlines() if notes.exists() else []


def times_made(stage: Stage) -> int:
    return len((stage.root / "made").read_text().splitlines())


def interrupt_pip(stage: Stage, number: signal.Signals) -> None:
    """Start a setup, wait for its pip to run, and end the whole group as a closed terminal or a power cut would."""
    os.mkfifo(stage.root / "pip-hangs")
    process = subprocess.Popen(
        [".ci/setup", "test"],
        cwd=stage.checkout,
        env=stage.variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    # The pip on the stage opens the pipe to read, so opening it to write returns when, and only when, it runs.
    with (stage.root / "pip-hangs").open("w"):
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    (stage.root / "pip-hangs").unlink()
    (stage.root / "pip-calls").unlink()


def test_a_first_setup_installs_the_lock_by_hash_and_then_the_project(setup: Stage) -> None:
    result = setup.run(".ci/setup", "test")
    assert result.returncode == 0, result.stderr
    assert calls(setup) == ONE_INSTALL


def test_a_first_setup_says_two_lines_and_nothing_of_pip(setup: Stage) -> None:
    first, second = setup.run(".ci/setup", "test").stdout.splitlines()
    assert first == "why403: making .venv with Python 3.12.7 (once, about a minute)"
    assert second.startswith("why403: .venv is ready, after ")


def test_a_second_setup_does_and_says_nothing(setup: Stage) -> None:
    setup.run(".ci/setup", "test")
    again = setup.run(".ci/setup", "test")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert calls(setup) == ONE_INSTALL


def test_an_environment_for_the_tests_serves_the_demo_too(setup: Stage) -> None:
    setup.run(".ci/setup", "test")
    assert setup.run(".ci/setup", "demo").stdout == ""


def test_an_environment_for_the_demo_grows_into_one_for_the_tests(setup: Stage) -> None:
    setup.run(".ci/setup", "demo")
    result = setup.run(".ci/setup", "test")
    assert result.stdout.startswith("why403: bringing .venv up to date\n")
    assert calls(setup)[2:] == ONE_INSTALL
    assert times_made(setup) == 1


@pytest.mark.parametrize("changed", ["pyproject.toml", ".ci/locks/test.txt"])
def test_a_change_of_what_it_was_made_from_brings_the_environment_up_to_date(setup: Stage, changed: str) -> None:
    setup.run(".ci/setup", "test")
    with (setup.checkout / changed).open("a") as file:
        file.write("# a change\n")
    setup.run(".ci/setup", "test")
    assert calls(setup) == ONE_INSTALL * 2
    assert times_made(setup) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_after_an_interrupted_setup_the_environment_is_made_anew(setup: Stage, number: signal.Signals) -> None:
    interrupt_pip(setup, number)
    result = setup.run(".ci/setup", "test")
    assert result.returncode == 0, result.stderr
    assert calls(setup) == ONE_INSTALL
    assert times_made(setup) == 2


def test_an_interrupted_update_does_not_leave_the_old_stamp_behind(setup: Stage) -> None:
    setup.run(".ci/setup", "test")
    lock = setup.checkout / ".ci" / "locks" / "test.txt"
    before = lock.read_text()
    lock.write_text("# another\n")
    interrupt_pip(setup, signal.SIGKILL)
    lock.write_text(before)
    setup.run(".ci/setup", "test")
    assert calls(setup) == ONE_INSTALL


def test_a_failing_pip_is_shown_with_its_log_and_a_remedy(setup: Stage) -> None:
    (setup.root / "pip-fails").touch()
    result = setup.run(".ci/setup", "test")
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "ERROR: No matching distribution found",
        "why403: setup stopped while installing .ci/locks/test.txt; the lines above are the end of .venv/setup.log.",
        REMEDY,
    ]


def test_after_a_failing_pip_the_next_setup_goes_on_and_finishes(setup: Stage) -> None:
    (setup.root / "pip-fails").touch()
    setup.run(".ci/setup", "test")
    (setup.root / "pip-fails").unlink()
    assert setup.run(".ci/setup", "test").returncode == 0
    assert calls(setup)[1:] == ONE_INSTALL
    assert times_made(setup) == 1


def test_a_failed_update_does_not_leave_the_old_stamp_behind(setup: Stage) -> None:
    setup.run(".ci/setup", "test")
    lock = setup.checkout / ".ci" / "locks" / "test.txt"
    before = lock.read_text()
    lock.write_text("# another\n")
    (setup.root / "pip-fails").touch()
    setup.run(".ci/setup", "test")
    (setup.root / "pip-fails").unlink()
    lock.write_text(before)
    setup.run(".ci/setup", "test")
    assert calls(setup)[3:] == ONE_INSTALL


def test_a_second_setup_at_the_same_time_stops_and_harms_nothing(setup: Stage) -> None:
    marker = setup.checkout / ".venv" / "setup-running"
    marker.parent.mkdir()
    marker.write_text(f"{os.getpid()}\n")
    result = setup.run(".ci/setup", "test")
    assert result.returncode == 1
    assert result.stderr == (
        f"why403: another setup of .venv is running (process {os.getpid()}). "
        "Wait for it and run the same command again.\n"
    )
    assert marker.exists()


def test_an_environment_whose_python_is_gone_is_made_anew(setup: Stage) -> None:
    setup.run(".ci/setup", "test")
    python = setup.checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(setup.root / "removed-python")
    assert setup.run(".ci/setup", "test").returncode == 0
    assert times_made(setup) == 2


def test_an_environment_that_was_moved_is_made_anew(setup: Stage) -> None:
    setup.run(".ci/setup", "test")
    moved = setup.checkout.rename(setup.root / "moved")
    result = subprocess.run(
        [".ci/setup", "test"], cwd=moved, env=setup.variables(), capture_output=True, text=True, check=True, timeout=60
    )
    assert result.stdout.startswith("why403: making .venv")
    assert times_made(setup) == 2


def test_an_environment_somebody_made_by_hand_is_kept(setup: Stage) -> None:
    python = setup.checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    shutil.copy2(setup.root / "pip", python)
    setup.run(".ci/setup", "test")
    assert not (setup.root / "made").exists()
    assert calls(setup) == ONE_INSTALL


def test_the_linters_get_an_environment_without_the_project(setup: Stage) -> None:
    setup.run(".ci/setup", "tools")
    assert calls(setup) == [ONE_INSTALL[0].replace("test.txt", "tools.txt")]
    assert (setup.checkout / ".venv-tools" / "setup-done-tools").exists()
    assert not Path(setup.checkout / ".venv").exists()


def test_setup_without_a_python_says_only_what_the_finder_says(setup: Stage) -> None:
    (setup.programs / "python3").unlink()
    result = setup.run(".ci/setup", "test")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("why403: no Python 3.12 or newer found")
    assert result.stderr.count("\n") == 1


def test_an_unknown_stage_is_a_usage_error(setup: Stage) -> None:
    result = setup.run(".ci/setup", "everything")
    assert (result.returncode, result.stderr) == (2, "usage: .ci/setup demo|test|tools|deploy|fuzz|bench\n")
