"""The locked requirements: complete, hashed, and the same behind every mirror."""

import re
import tomllib
from typing import TypedDict, cast

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.infrastructure.tree import REPOSITORY

LOCKS = REPOSITORY / ".ci" / "locks"
NAMES = ("bench", "demo", "deploy", "fuzz", "image", "test", "tools")
PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>\S+)( ; [^\\]+?)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
COMMENT = re.compile(r" *#")

Project = TypedDict("Project", {"dependencies": list[str], "optional-dependencies": dict[str, list[str]]})
Configuration = TypedDict("Configuration", {"project": Project, "dependency-groups": dict[str, list[str]]})


def pins(lock: str) -> dict[str, str]:
    """Read name and version of everything a lock names; fail on a line that is neither pin, hash nor comment."""
    versions: dict[str, str] = {}
    for line in (LOCKS / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
        if pin := PIN.fullmatch(line):
            versions[canonicalize_name(pin["name"])] = pin["version"]
        else:
            assert HASH.fullmatch(line) or COMMENT.match(line), f"{lock}.txt holds a line of another kind: {line}"
    return versions


def hashes(lock: str) -> dict[str, int]:
    """Count the files whose hash a lock lists, by package."""
    counts: dict[str, int] = {}
    name = ""
    for line in (LOCKS / f"{lock}.txt").read_text(encoding="utf-8").splitlines():
        if pin := PIN.fullmatch(line):
            name = canonicalize_name(pin["name"])
            counts[name] = 0
        elif HASH.fullmatch(line):
            counts[name] += 1
    return counts


def required(lock: str) -> list[Requirement]:
    """Give what pyproject.toml asks for directly, for the environment a lock describes."""
    configuration = cast("Configuration", tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")))
    project, groups = configuration["project"], configuration["dependency-groups"]
    demo = project["dependencies"] + project["optional-dependencies"]["demo"] + groups["build"]
    optional = project["optional-dependencies"]
    shared = [need for extra in ("age", "objectstore", "postgres") for need in optional[extra]]
    wanted = {
        "demo": demo,
        "deploy": groups["deploy"],
        "bench": groups["bench"],
        "fuzz": groups["fuzz"],
        "image": project["dependencies"] + shared + groups["build"],
        "test": demo + shared + groups["test"],
        "tools": groups["tools"],
    }
    return [Requirement(text) for text in wanted[lock]]


@pytest.mark.parametrize("lock", NAMES)
def test_a_lock_holds_pins_and_hashes_and_no_option_of_pip(lock: str) -> None:
    assert pins(lock)


@pytest.mark.parametrize("lock", NAMES)
def test_every_pinned_package_has_a_hash(lock: str) -> None:
    assert [name for name, count in hashes(lock).items() if count == 0] == []


@pytest.mark.parametrize("lock", NAMES)
def test_a_lock_answers_every_direct_requirement_of_the_project(lock: str) -> None:
    locked = pins(lock)
    unanswered = [
        str(requirement)
        for requirement in required(lock)
        if not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert unanswered == [], "run `make lock`"


def test_an_environment_of_the_demo_grows_into_one_of_the_tests_without_a_change() -> None:
    assert pins("demo").items() <= pins("test").items()


def test_the_image_holds_what_the_tests_ran_with() -> None:
    assert pins("image").items() <= pins("test").items()


@pytest.mark.parametrize("compiled", ["cryptography", "cffi", "pydantic-core", "orjson"])
def test_a_compiled_package_is_locked_for_many_platforms(compiled: str) -> None:
    assert hashes("demo")[compiled] > 20
