import os
from collections.abc import Callable
from pathlib import Path

import pytest

from proxy_addons.diagnosis.ruleset import Ruleset, load
from proxy_addons.intake.prepared_rules import cache_folder, keep_prepared, read_prepared
from proxy_addons.intake.rule_files import read_texts

STAMP = (("rules/a.yaml", 1, 2, 3),)


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return read_texts()


@pytest.fixture(scope="module")
def rules(texts: dict[str, str]) -> Ruleset:
    return load(texts)


@pytest.fixture
def kept(tmp_path: Path, texts: dict[str, str], rules: Ruleset) -> Path:
    keep_prepared(STAMP, rules, texts, tmp_path / "why403")
    return tmp_path / "why403" / "rules.json"


def test_what_was_prepared_is_what_the_yaml_files_say(kept: Path, rules: Ruleset) -> None:
    assert read_prepared(STAMP, kept.parent) == rules


def test_it_is_its_owners_alone(kept: Path) -> None:
    assert [kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777] == [0o600, 0o700]
    assert [each.name for each in kept.parent.iterdir()] == ["rules.json"]


def test_what_was_made_of_other_files_is_not_read(kept: Path) -> None:
    assert read_prepared((("rules/a.yaml", 1, 2, 4),), kept.parent) is None


def cut_off(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes()[:-1])


def changed(kept: Path) -> None:
    kept.write_bytes(kept.read_bytes().replace(b"entra-app-disabled", b"entra-app-enabled!"))


def emptied(kept: Path) -> None:
    kept.write_bytes(b"")


def writable_by_others(kept: Path) -> None:
    kept.chmod(0o666)


def in_a_folder_of_all(kept: Path) -> None:
    kept.parent.chmod(0o777)


def a_link(kept: Path) -> None:
    kept.rename(kept.with_name("elsewhere.json"))
    kept.symlink_to(kept.with_name("elsewhere.json"))


@pytest.mark.parametrize(
    "spoil", [cut_off, changed, emptied, writable_by_others, in_a_folder_of_all, a_link, os.unlink]
)
def test_what_cannot_be_trusted_is_not_read(kept: Path, spoil: Callable[[Path], None]) -> None:
    spoil(kept)
    assert read_prepared(STAMP, kept.parent) is None


def test_a_folder_that_cannot_be_made_is_no_matter(tmp_path: Path, texts: dict[str, str], rules: Ruleset) -> None:
    (tmp_path / "file").write_text("")
    keep_prepared(STAMP, rules, texts, tmp_path / "file")
    assert read_prepared(STAMP, tmp_path / "file") is None


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({"XDG_CACHE_HOME": "/var/cache/me"}, "linux", "/var/cache/me/why403"),
        ({"LOCALAPPDATA": "/app"}, "win32", "/app/why403"),
        ({"XDG_CACHE_HOME": "/var/cache/me", "HOME": "/Users/me"}, "darwin", "Library/Caches/why403"),
    ],
)
def test_it_lies_where_the_platform_keeps_such_things(environment: dict[str, str], platform: str, folder: str) -> None:
    assert cache_folder(environment, platform).as_posix().endswith(folder)
