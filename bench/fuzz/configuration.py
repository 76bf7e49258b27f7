"""Fuzzed: what users write. Rules, patterns, permission tables, why403.toml, and the files we keep beside them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.fuzz.target import Target, promise
from proxy_addons.cli.complaint import Complaint
from proxy_addons.cli.config_file import settings_from
from proxy_addons.diagnosis.examples import read_cases
from proxy_addons.diagnosis.pattern import compile_pattern
from proxy_addons.diagnosis.permissions.published_table import PublishedTableError, read_published
from proxy_addons.diagnosis.permissions.table_file import load_table
from proxy_addons.diagnosis.ruleset import load
from proxy_addons.diagnosis.yaml_file import RuleError
from proxy_addons.intake.permission_doubts import DoubtsDamagedError, unpack_doubts
from proxy_addons.intake.permission_index import IndexDamagedError, unpack
from proxy_addons.sinks.bundle_check import Keys, NoBundleError, open_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

REPOSITORY: Final = Path(__file__).resolve().parents[2]
RULES: Final = REPOSITORY / "rules"
_KEYS: Final = Keys()


def _rule(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    try:
        load({"graph/fuzzed.yaml": text})
    except RuleError as error:
        promise(error.line >= 1 and error.column >= 1, "a mistake without a place")
    try:
        list(read_cases({"graph/fuzzed.examples.yaml": text}))
    except RuleError as error:
        promise(error.line >= 1 and error.column >= 1, "a mistake without a place")


def _pattern(data: bytes) -> None:
    """What is compiled may be searched for in anything a fact can hold; a pattern that explodes would hang here."""
    try:
        pattern = compile_pattern(data.decode("utf-8", "replace"))
    except ValueError:
        return
    for text in ("a" * 400, "ab" * 200, "0" * 400 + "!", "a.b," * 100, " \n" * 200):
        pattern.search(text)


def _table(data: bytes) -> None:
    try:
        load_table("permissions/fuzzed.yaml", data.decode("utf-8", "replace"))
    except RuleError as error:
        promise(error.line >= 1 and error.column >= 1, "a mistake without a place")


def _configuration(data: bytes) -> None:
    file = Path(_FOLDER.name) / "why403.toml"
    file.write_bytes(data)
    try:
        settings_from({}, {"WHY403_CONFIG": str(file), "XDG_CONFIG_HOME": _FOLDER.name})
    except Complaint as error:
        promise("why403.toml" in str(error), "a complaint without its file")


def _refused_by(read: Callable[[bytes], object], *documented: type[Exception]) -> Callable[[bytes], None]:
    def holds(data: bytes) -> None:
        try:
            read(data)
        except documented as error:
            str(error).encode()

    return holds


def _shipped(folder: str, number: int) -> list[bytes]:
    files = sorted(RULES.glob(f"{folder}/*.yaml"), key=lambda path: (path.stat().st_size, path.name))
    return [path.read_bytes() for path in files[:number]]


_FOLDER: Final = tempfile.TemporaryDirectory(prefix="why403-fuzz-")
_PUBLISHED: Final = (
    b'{"permissions": {"A.Read": {"authorizationType": "oAuth2", "schemes": {"Application": {"adminDisplayName": "x", '
    b'"requiresAdminConsent": true, "privilegeLevel": 3}}, "pathSets": [{"schemeKeys": ["Application"], "methods": '
    b'["GET"], "paths": {"/users/{id}": "least=Application"}}]}}}'
)

TARGETS: Final = (
    Target(
        "rule-file",
        _rule,
        [*_shipped("graph", 30), *_shipped("exchange", 20)],
        [
            b"signatures:\n",
            b"  - certainty: certain\n",
            b"when:\n",
            b"any:",
            b"all:",
            b"not:",
            b"matches: ",
            b"&a",
            b"*a",
            b"!!",
        ],
    ),
    Target("pattern", _pattern, [b"(a+)+$", b"a*?[^b]{2,30}(?:x|y)++", rb"\bAADSTS(\d{5,7})\b"], longest=60),
    Target("permission-table", _table, [content[:6000] for content in _shipped("permissions/*", 5)]),
    Target(
        "published-permissions",
        _refused_by(lambda data: read_published(data, source="x", day="2026-11-21"), PublishedTableError),
        [_PUBLISHED],
    ),
    Target(
        "config-file",
        _configuration,
        [
            b'reverse_port = 8403\nhosts = ["microsoft", "*.contoso.com"]\nstore = "off"\n',
            b'[identities.app]\ntenant = "contoso.com"\nclient = "0"\nsecret_file = "x"\n',
        ],
        [b"listen_host", b"mode", b"connect_to", b"drain_delay", b"[identities.", b"= true\n", b"= -1\n", b'= "'],
    ),
    Target("kept-files", _refused_by(unpack_doubts, DoubtsDamagedError), [b'{"form": "x", "doubts": []}']),
    Target("permission-index", _refused_by(unpack, IndexDamagedError)),
    Target("bundle", _refused_by(lambda data: open_bundle(data, _KEYS), NoBundleError), [b"PK\x05\x06" + b"\0" * 18]),
)
