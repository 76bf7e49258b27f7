"""Read the tables of `rules/permissions`, which come with why403, checked word by word.

Graph's operations stand under their path templates. Exchange's have no paths of their own, so they stand under made-up
ones: `/ews/FindItem`, `/adminapi/v2.0/{tenant}/Mailbox`, `/adminapi/beta/{tenant}/InvokeCommand/Get-Mailbox`, always
with the method POST. The form is described in docs/permissions.md. Every complaint names file, line and
column, like those about rules.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from proxy_addons.diagnosis.permissions.accepted import SCHEMES, Accepted, BeyondToken, Scheme, Trait
from proxy_addons.diagnosis.permissions.operation_path import template_segments
from proxy_addons.diagnosis.permissions.permission_data import FOLDER, PermissionData
from proxy_addons.diagnosis.permissions.table import Entry, PermissionTable, TableOrigin, compile_table
from proxy_addons.diagnosis.yaml_file import RuleError, first_mistake, locate, read_yaml

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping

_NAME: Final = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)*\Z", re.ASCII)
_TABLE_NAME: Final = re.compile(r"(?:graph(?:/[\w-]+)?|exchange[\w-]*)\.yaml\Z")
_TEMPLATE: Final = re.compile(r"/[^?#\s]*[^/?#\s]\Z")


def _alternative(value: object) -> object:
    """A name alone, or `{all: [A, B]}`, as a tuple of names."""
    if isinstance(value, str):
        return (value,)
    if isinstance(value, dict) and list(value) == ["all"] and isinstance(value["all"], list):
        if len(value["all"]) < 2:  # noqa: PLR2004  # one alone needs no `all`
            raise ValueError("`all` takes two permissions or more; write a single one without it")
        return tuple(value["all"])
    raise ValueError(f"an item is the name of a permission or {{all: [A, B]}}, not {value!r}")


def _permission_name(value: str) -> str:
    if not _NAME.match(value):
        raise ValueError(f"{value!r} is no name of a permission")
    return value


def _template(value: str) -> str:
    if not _TEMPLATE.match(value):
        raise ValueError(f"{value!r} is no path template: it starts with a slash, ends without one and has no query")
    if value.count("{") != value.count("}"):
        raise ValueError(f"{value!r} has a brace without its partner")
    if re.match(r"/(v1\.0|beta)(/|\Z)", value):
        raise ValueError(f"{value!r} names a version: leave it out, and write `beta: true` for what only beta has")
    return value


_Names = tuple[
    Annotated[tuple[Annotated[str, AfterValidator(_permission_name)], ...], BeforeValidator(_alternative)], ...
]
_Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]
_Part = ConfigDict(extra="forbid", frozen=True)


class TraitPart(BaseModel):
    """What granting a permission in one scheme means."""

    model_config = _Part

    level: int | None = Field(default=None, ge=1, le=5)
    admin_consent: bool | None = None


class PermissionPart(BaseModel):
    """One permission; a kind it does not come in is left out."""

    model_config = _Part

    delegated: TraitPart | None = None
    application: TraitPart | None = None


class AcceptedPart(BaseModel):
    """What one method accepts, least privileged first; an empty list says that the scheme is not supported."""

    model_config = _Part

    delegated_work: _Names | None = Field(default=None, alias="delegated-work")
    delegated_personal: _Names | None = Field(default=None, alias="delegated-personal")
    application: _Names | None = None

    @property
    def accepted(self) -> Accepted:
        """The same as a value."""
        return Accepted((self.delegated_work, self.delegated_personal, self.application))


class OperationPart(BaseModel):
    """The addresses of one resource and what its methods accept."""

    model_config = _Part

    paths: tuple[Annotated[str, AfterValidator(_template)], ...] = Field(min_length=1)
    beta: bool = False
    methods: dict[_Method, AcceptedPart] = Field(min_length=1)
    source: str = Field(pattern=r"^https://\S+$")
    note: str = ""
    directory_roles: tuple[str, ...] = ()
    role_groups: tuple[str, ...] = ()
    rights: str = ""
    instead: tuple[str, ...] = ()
    impersonation: bool = False

    @property
    def beyond(self) -> BeyondToken:
        """What the call needs, or takes, that is no permission."""
        return BeyondToken(self.directory_roles, self.role_groups, self.rights, self.instead, self.impersonation)


class TableFile(BaseModel):
    """The whole file. `verified` is the day somebody last held it against the documentation."""

    model_config = _Part

    verified: date
    source: str = Field(default="", pattern=r"^https://\S+$")
    permissions: dict[Annotated[str, AfterValidator(_permission_name)], PermissionPart] = Field(default_factory=dict)
    operations: tuple[OperationPart, ...] = ()


def load_table(path: str, text: str) -> PermissionTable:
    """The table of a single file; RuleError names file, line and column of the first mistake."""
    return load_tables(path, {path: text})


def load_tables(place: str, texts: Mapping[str, str]) -> PermissionTable:
    """One table written in several files, which share their permissions; it is as old as the oldest of them."""
    files = {path: _read_file(path, text) for path, text in texts.items()}
    declared = {name: part for file in files.values() for name, part in file.permissions.items()}
    for path, file in files.items():
        _check_names(path, texts[path], file, declared.keys())
    if not any(file.operations for file in files.values()):
        raise RuleError(place, 1, 1, "states no `operations:`")
    digest = hashlib.sha256("".join(texts.values()).encode()).hexdigest()
    verified = min(file.verified for file in files.values())
    origin = TableOrigin("built-in", place, verified.isoformat(), digest)
    return compile_table(_entries(texts, files), _traits(declared), origin)


def _read_file(path: str, text: str) -> TableFile:
    parsed = read_yaml(path, text)
    if not isinstance(parsed, dict):
        raise RuleError(
            path, 1, 1, "a permission table is a mapping with `verified:`, `permissions:` and `operations:`"
        )
    try:
        return TableFile.model_validate(parsed)
    except ValidationError as error:
        raise first_mistake(path, text, error) from None


def _check_names(path: str, text: str, file: TableFile, declared: Container[str]) -> None:
    """Every permission accepted anywhere stands in the list of permissions, so that a slip of the pen is found."""
    for index, operation in enumerate(file.operations):
        for method, part in operation.methods.items():
            for scheme, alternatives in zip(SCHEMES, part.accepted.columns, strict=True):
                for place, alternative in enumerate(alternatives or ()):
                    unknown = [name for name in alternative if name not in declared]
                    if unknown:
                        spot = locate(text, ["operations", index, "methods", method, scheme.value, place])
                        raise RuleError(path, *spot, f"`{unknown[0]}` is not among `permissions:`; add it there")


def _entries(texts: Mapping[str, str], files: Mapping[str, TableFile]) -> Iterator[Entry]:
    taken: dict[tuple[tuple[str, ...], str, bool], tuple[str, AcceptedPart]] = {}
    for path, file in files.items():
        for index, operation in enumerate(file.operations):
            for number, template in enumerate(operation.paths):
                segments = template_segments(template)
                for method, part in operation.methods.items():
                    key = segments, method, operation.beta
                    known, stated = taken.setdefault(key, ("", part))
                    if known and (known == template or stated != part):
                        spot = locate(texts[path], ["operations", index, "paths", number])
                        raise RuleError(path, *spot, f"{method} {template} is stated already, as {known}: drop one")
                    taken[key] = template, part
                    yield Entry(template, method, part.accepted, operation.beta, operation.source, operation.beyond)


def _traits(permissions: Mapping[str, PermissionPart]) -> Mapping[str, Mapping[Scheme, Trait]]:
    traits: dict[str, dict[Scheme, Trait]] = {}
    for name, part in permissions.items():
        kinds = (
            (part.delegated, (Scheme.DELEGATED_WORK, Scheme.DELEGATED_PERSONAL)),
            (part.application, (Scheme.APPLICATION,)),
        )
        traits[name] = {
            scheme: Trait(kind.level, kind.admin_consent) for kind, schemes in kinds if kind for scheme in schemes
        }
    return traits


def load_permissions(files: Mapping[str, str]) -> PermissionData:
    """The tables among the texts of a rule base: Graph's (graph.yaml, graph/*.yaml), Exchange's (exchange*.yaml)."""
    tables = {path.removeprefix(FOLDER): text for path, text in sorted(files.items()) if path.startswith(FOLDER)}
    unknown = [name for name in tables if not _TABLE_NAME.match(name)]
    if unknown:
        raise RuleError(FOLDER + unknown[0], 1, 1, "no table has this name: there are graph/*.yaml and exchange*.yaml")
    graph = {FOLDER + name: text for name, text in tables.items() if name.startswith("graph")}
    exchange = {FOLDER + name: text for name, text in tables.items() if name.startswith("exchange")}
    return PermissionData(
        (load_tables(f"{FOLDER}graph", graph),) if graph else (),
        load_tables(f"{FOLDER}exchange", exchange) if exchange else PermissionTable(),
    )
