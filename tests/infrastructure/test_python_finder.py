"""`.ci/python` finds an interpreter that works, or says in one line what to do."""

import os
import subprocess
import sys

from tests.infrastructure.stage import Stage
from tests.infrastructure.tree import REPOSITORY


def test_a_fit_python3_is_taken_first(stage: Stage) -> None:
    wanted = stage.python_on_path("python3", "3.14.0")
    stage.python_on_path("python3.13", "3.13.2")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_an_old_python3_is_passed_over_for_a_newer_name(stage: Stage) -> None:
    stage.python_on_path("python3", "3.11.2", state="too-old")
    wanted = stage.python_on_path("python3.13", "3.13.2")
    stage.python_on_path("python3.12", "3.12.9")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_a_shim_that_fails_is_no_python(stage: Stage) -> None:
    stage.program("python3", "echo 'pyenv: python3: command not found' >&2; exit 127")
    stage.program("python3.13", "exit 127")
    wanted = stage.python_on_path("python3.12")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_pyenv_is_asked_when_path_has_nothing(stage: Stage) -> None:
    versions = stage.root / "pyenv" / "versions"
    stage.program("pyenv", f"echo {stage.root / 'pyenv'}")
    stage.python(versions / "3.11.9" / "bin" / "python", "3.11.9", state="too-old")
    wanted = stage.python(versions / "3.12.4" / "bin" / "python", "3.12.4")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_of_pyenv_versions_the_newest_patch_is_taken_by_number(stage: Stage) -> None:
    versions = stage.home / ".pyenv" / "versions"
    for version in ("3.12.10", "3.13.2", "3.13.9"):
        stage.python(versions / version / "bin" / "python", version)
    wanted = stage.python(versions / "3.13.10" / "bin" / "python", "3.13.10")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_a_pyenv_version_that_does_not_start_is_passed_over(stage: Stage) -> None:
    versions = stage.home / ".pyenv" / "versions"
    stage.script(versions / "3.13.1" / "bin" / "python", "exit 127")
    wanted = stage.python(versions / "3.12.1" / "bin" / "python", "3.12.1")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_a_pyenv_version_newer_than_the_tested_ones_is_the_last_of_them(stage: Stage) -> None:
    versions = stage.home / ".pyenv" / "versions"
    stage.python(versions / "3.14.1" / "bin" / "python", "3.14.1")
    wanted = stage.python(versions / "3.12.1" / "bin" / "python", "3.12.1")
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_uv_is_asked_last_and_never_to_download(stage: Stage) -> None:
    wanted = stage.python(stage.root / "uv-pythons" / "python3.12")
    stage.program("uv", f'[ "$UV_PYTHON_DOWNLOADS" = never ] && echo {wanted}')
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_giving_up_is_one_line_that_names_the_old_python_and_the_remedy(stage: Stage) -> None:
    stage.python_on_path("python3", "3.11.2", state="too-old")
    result = stage.run(".ci/python")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr == (
        "why403: no Python 3.12 or newer found as python3, python3.13 or python3.12, in pyenv or in uv "
        f"({stage.programs}/python3 is Python 3.11.2). Install one (uv python install 3.12, or pyenv install 3.12) "
        "or name one: PYTHON=/path/to/python make test\n"
    )


def test_giving_up_with_no_python_at_all_invents_none(stage: Stage) -> None:
    result = stage.run(".ci/python")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "is Python" not in result.stderr


def test_a_python_without_venv_is_named_with_the_package_to_install(stage: Stage) -> None:
    stage.python_on_path("python3", "3.12.3", state="no-venv")
    result = stage.run(".ci/python")
    assert result.returncode == 1
    assert result.stderr == (
        f"why403: {stage.programs}/python3 is Python 3.12.3 but cannot make virtual environments. "
        "Install what is missing, on Debian and Ubuntu: sudo apt install python3-venv\n"
    )


def test_the_variable_python_settles_the_question(stage: Stage) -> None:
    stage.python_on_path("python3")
    wanted = stage.python(stage.root / "elsewhere" / "python")
    stage.environment["PYTHON"] = str(wanted)
    assert stage.run(".ci/python").stdout == f"{wanted}\n"


def test_an_unfit_python_that_was_named_is_refused_not_replaced(stage: Stage) -> None:
    stage.python_on_path("python3")
    named = stage.python(stage.root / "elsewhere" / "python", "3.9.1", state="too-old")
    stage.environment["PYTHON"] = str(named)
    result = stage.run(".ci/python")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"PYTHON={named} is not a Python 3.12 or newer" in result.stderr


def test_a_real_interpreter_answers_with_its_base_outside_any_environment() -> None:
    result = subprocess.run(
        [".ci/python"],
        cwd=REPOSITORY,
        env={"PATH": os.defpath, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found = result.stdout.strip()
    prefixes = "import sys; print(sys.prefix == sys.base_prefix)"
    answer = subprocess.run([found, "-c", prefixes], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout == "True\n"
