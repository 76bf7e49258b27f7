"""The rules that ship in a form that is read quickly: kept in this user's cache folder between two starts.

What is kept is data, never code: the rules as YAML gave them, and the permission tables as `permission_index` packs
them. Every rule is checked anew when it is read, so that a file somebody else put there could do no more than a rule
file could; and one that others may write, that is damaged, or that was made of other rule files or by another release,
is not read at all. Nobody hears of that: the YAML files say the same, and take a little longer.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import sys
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import orjson

import proxy_addons
from proxy_addons.diagnosis.pattern import CheckedPattern
from proxy_addons.diagnosis.permissions.accepted import BeyondToken
from proxy_addons.diagnosis.permissions.permission_data import PermissionData
from proxy_addons.diagnosis.rule import REGEX_TESTS, Rule
from proxy_addons.diagnosis.ruleset import EXAMPLES_SUFFIX, FOLDERS, Reference, Ruleset
from proxy_addons.diagnosis.yaml_file import read_yaml
from proxy_addons.intake.permission_index import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.diagnosis.permissions.table import PermissionTable

_FORM: Final = "why403.prepared-rules/1"
_FILE: Final = "rules.json"
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_PLACES: Final = {"darwin": ("", "~/Library/Caches"), "win32": ("LOCALAPPDATA", "~/AppData/Local")}
_CODE: Final = Path(__file__).resolve().parent.parent / "diagnosis"


def cache_folder(environment: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where the platform keeps what can be made anew; elsewhere than on macOS and Windows `$XDG_CACHE_HOME`."""
    variable, otherwise = _PLACES.get(platform, ("XDG_CACHE_HOME", "~/.cache"))
    return Path(environment.get(variable) or otherwise).expanduser() / "why403"


def read_prepared(stamp: object, folder: Path | None = None) -> Ruleset | None:
    """The rules prepared from files with this stamp; None where there are none that can be trusted."""
    place = (folder or cache_folder(os.environ)) / _FILE
    content = _own_content(place)
    if content is None:
        return None
    head, _, body = content.partition(b"\n")
    if head.decode(errors="replace") != _head(stamp, body):
        return None
    try:
        return _ruleset(orjson.loads(body))
    except (KeyError, TypeError, ValueError):
        return None


def keep_prepared(stamp: object, ruleset: Ruleset, texts: Mapping[str, str], folder: Path | None = None) -> None:
    """Keep rules for the next start, `texts` being what they were read from; a disk that refuses is no matter."""
    parsed = [
        {**_mapping(read_yaml(path, text)), "services": list(rule.services)}
        for (path, text), rule in zip(_rule_texts(texts), ruleset.rules, strict=True)
    ]
    tables = (*ruleset.permissions.graph, ruleset.permissions.exchange)
    body = orjson.dumps(
        {
            "revision": ruleset.revision,
            "roles": dict(ruleset.reference.directory_roles),
            "rules": parsed,
            "tables": [b64encode(pack(table)).decode() for table in tables],
            "beyond": [[asdict(each) for each in table.beyond] for table in tables],
        }
    )
    place = (folder or cache_folder(os.environ)) / _FILE
    with suppress(OSError):
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(place, f"{_head(stamp, body)}\n".encode() + body)


def _write(place: Path, content: bytes) -> None:
    """The file complete and private, or not at all."""
    draft = place.with_name(f".{place.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        draft.replace(place)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _rule_texts(texts: Mapping[str, str]) -> list[tuple[str, str]]:
    return [
        (path, text)
        for path, text in sorted(texts.items())
        if path.partition("/")[0] in FOLDERS and not path.endswith(EXAMPLES_SUFFIX)
    ]


def _mapping(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError("a rule is a mapping")
    return value


def _head(stamp: object, body: bytes) -> str:
    """What the file begins with: its form, what it was made of and by, and a digest of the rest."""
    code = sorted(_code(_CODE))
    made_of = repr((proxy_addons.__version__, sys.version_info[:3], code, stamp))
    return f"{_FORM} {hashlib.sha256(made_of.encode()).hexdigest()} {hashlib.sha256(body).hexdigest()}"


def _code(folder: Path) -> Iterator[tuple[str, int, int]]:
    """What tells one state of the code that reads rules from another."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir() and entry.name != "__pycache__":
                yield from _code(Path(entry.path))
            elif entry.name.endswith(".py"):
                yield entry.path, entry.stat().st_mtime_ns, entry.stat().st_size


def _own_content(place: Path) -> bytes | None:
    """What a file holds that belongs to this user, in a folder of this user, and that nobody else may write."""
    if not hasattr(os, "geteuid"):
        return None
    try:
        folder = place.parent.stat()
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            if not all(_is_own(each) for each in (folder, os.fstat(descriptor))):
                return None
            return file.read()
    except OSError:
        return None


def _is_own(state: os.stat_result) -> bool:
    return state.st_uid == os.geteuid() and not state.st_mode & _OTHERS_WRITE


def _ruleset(kept: Any) -> Ruleset:  # noqa: ANN401  # decoded JSON; what does not fit raises
    tables = [_table(packed, beyond) for packed, beyond in zip(kept["tables"], kept["beyond"], strict=True)]
    return Ruleset(
        tuple(Rule.model_validate({name: _checked(part) for name, part in rule.items()}) for rule in kept["rules"]),
        Reference(MappingProxyType(kept["roles"])),
        kept["revision"],
        PermissionData(tuple(tables[:-1]), tables[-1]),
    )


def _checked(part: object) -> object:
    """A part of a rule with the patterns in it marked: they were looked through when they were kept."""
    if isinstance(part, list):
        return [_checked(item) for item in part] if part and not isinstance(part[0], str) else part
    if isinstance(part, dict):
        return {
            name: CheckedPattern(value) if name in REGEX_TESTS and isinstance(value, str) else _checked(value)
            for name, value in part.items()
        }
    return part


def _table(packed: str, beyond: list[dict[str, Any]]) -> PermissionTable:
    parts = [
        BeyondToken(
            tuple(each["directory_roles"]),
            tuple(each["role_groups"]),
            each["rights"],
            tuple(each["instead"]),
            each["impersonation"],
        )
        for each in beyond
    ]
    return replace(unpack(b64decode(packed)), beyond=parts)
