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

from proxy_addons.diagnosis.permissions.accepted import Accepted, Alternative, BeyondToken, Scheme, Trait
from proxy_addons.diagnosis.permissions.operation_path import template_segments
from proxy_addons.diagnosis.permissions.permission_data import PermissionData
from proxy_addons.diagnosis.permissions.table import Entry, PermissionTable, TableOrigin, compile_table, joined
from proxy_addons.diagnosis.yaml_file import RuleError, first_mistake, locate, read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER: Final = "permissions/"

_NAME: Final = re.compile(r"[A-Za-z][\w-]*(?:\.[\w-]+)*\Z", re.ASCII)
_TABLE_NAME: Final = re.compile(r"(?:graph|exchange[\w-]*)\.yaml\Z")
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
        """The same as a value; what is not stated has no key."""
        columns: dict[Scheme, tuple[Alternative, ...] | None] = {
            Scheme.DELEGATED_WORK: self.delegated_work,
            Scheme.DELEGATED_PERSONAL: self.delegated_personal,
            Scheme.APPLICATION: self.application,
        }
        return Accepted({scheme: names for scheme, names in columns.items() if names is not None})


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
    permissions: dict[Annotated[str, AfterValidator(_permission_name)], PermissionPart]
    operations: tuple[OperationPart, ...] = Field(min_length=1)


def load_table(path: str, text: str) -> PermissionTable:
    """The table of a file; RuleError names file, line and column of the first mistake."""
    parsed = read_yaml(path, text)
    if not isinstance(parsed, dict):
        raise RuleError(
            path, 1, 1, "a permission table is a mapping with `verified:`, `permissions:` and `operations:`"
        )
    try:
        file = TableFile.model_validate(parsed)
    except ValidationError as error:
        raise first_mistake(path, text, error) from None
    _check_names(path, text, file)
    digest = hashlib.sha256(text.encode()).hexdigest()
    origin = TableOrigin("built-in", path, file.verified.isoformat(), digest)
    return compile_table(_entries(path, text, file), _traits(file), origin)


def _check_names(path: str, text: str, file: TableFile) -> None:
    """Every permission accepted anywhere stands in the list of permissions, so that a slip of the pen is found."""
    for index, operation in enumerate(file.operations):
        for method, part in operation.methods.items():
            for scheme, alternatives in part.accepted.by_scheme.items():
                for place, alternative in enumerate(alternatives):
                    unknown = [name for name in alternative if name not in file.permissions]
                    if unknown:
                        spot = locate(text, ["operations", index, "methods", method, scheme.value, place])
                        raise RuleError(path, *spot, f"`{unknown[0]}` is not among `permissions:`; add it there")


def _entries(path: str, text: str, file: TableFile) -> Iterator[Entry]:
    taken: dict[tuple[tuple[str, ...], str, bool], tuple[str, AcceptedPart]] = {}
    for index, operation in enumerate(file.operations):
        for number, template in enumerate(operation.paths):
            for method, part in operation.methods.items():
                key = template_segments(template), method, operation.beta
                known, stated = taken.setdefault(key, ("", part))
                if known and (known == template or stated != part):
                    spot = locate(text, ["operations", index, "paths", number])
                    raise RuleError(path, *spot, f"{method} {template} is stated already, as {known}: drop one")
                taken[key] = template, part
                yield Entry(template, method, part.accepted, operation.beta, operation.source, operation.beyond)


def _traits(file: TableFile) -> Mapping[str, Mapping[Scheme, Trait]]:
    traits: dict[str, dict[Scheme, Trait]] = {}
    for name, part in file.permissions.items():
        kinds = (
            (part.delegated, (Scheme.DELEGATED_WORK, Scheme.DELEGATED_PERSONAL)),
            (part.application, (Scheme.APPLICATION,)),
        )
        traits[name] = {
            scheme: Trait(kind.level, kind.admin_consent) for kind, schemes in kinds if kind for scheme in schemes
        }
    return traits


def load_permissions(files: Mapping[str, str]) -> PermissionData:
    """The tables among the texts of a rule base: graph.yaml, and exchange*.yaml joined into one."""
    tables = {path.removeprefix(FOLDER): text for path, text in sorted(files.items()) if path.startswith(FOLDER)}
    unknown = [name for name in tables if not _TABLE_NAME.match(name)]
    if unknown:
        raise RuleError(FOLDER + unknown[0], 1, 1, "no table has this name: there are graph.yaml and exchange*.yaml")
    loaded = {name: load_table(FOLDER + name, text) for name, text in tables.items()}
    exchange = [table for name, table in loaded.items() if name != "graph.yaml"]
    graph = (loaded["graph.yaml"],) if "graph.yaml" in loaded else ()
    return PermissionData(graph, joined(exchange) if exchange else PermissionTable())
