"""What `pip install why403` would bring."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import proxy_addons
from tests.infrastructure.tree import MODULES, REPOSITORY


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel with the tool that `make build` uses."""
    target = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(target)]
    subprocess.run(build, cwd=REPOSITORY, capture_output=True, check=True, timeout=120)
    (built,) = target.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_carries_every_module_and_the_mark_of_a_typed_package(wheel: zipfile.ZipFile) -> None:
    modules = {str(path.relative_to(REPOSITORY)) for path in MODULES}
    assert modules | {"proxy_addons/py.typed"} <= set(wheel.namelist())


def test_the_wheel_carries_every_rule_where_the_package_looks_for_it(wheel: zipfile.ZipFile) -> None:
    rules = REPOSITORY / "rules"
    wanted = {
        f"proxy_addons/_rules/{path.relative_to(rules).as_posix()}" for path in rules.rglob("*") if path.is_file()
    }
    assert wanted == {name for name in wheel.namelist() if name.startswith("proxy_addons/_rules/")}


def test_the_wheel_holds_nothing_but_the_package_and_its_metadata(wheel: zipfile.ZipFile) -> None:
    tops = {Path(name).parts[0] for name in wheel.namelist()}
    assert tops == {"proxy_addons", f"why403-{proxy_addons.__version__}.dist-info"}


def test_the_wheel_brings_the_command(wheel: zipfile.ZipFile) -> None:
    entry_points = wheel.read(f"why403-{proxy_addons.__version__}.dist-info/entry_points.txt").decode()
    assert entry_points == "[console_scripts]\nwhy403 = proxy_addons.cli:main\n"


def test_the_wheel_brings_the_licence(wheel: zipfile.ZipFile) -> None:
    assert f"why403-{proxy_addons.__version__}.dist-info/licenses/LICENSE" in wheel.namelist()
