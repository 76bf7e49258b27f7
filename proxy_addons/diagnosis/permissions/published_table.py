"""Read the table of permissions Microsoft publishes for Graph (microsoftgraph/microsoft-graph-devx-content).

It lists, per permission, sets of paths with methods and schemes; here it is turned round, to what each call accepts.
Its `least` marks cover whole sets and are noisy: a set of GET and POST marks a writing permission as the least for
reading. So only one of those marked is put first: the least privileged, which reaches least and opens the fewest calls;
all others follow in that same order. `AlsoRequires` names permissions any one of which is needed besides. Permissions
for one chat or team only (type RSC) show in no token: they are kept as what may open the call instead.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final, Literal

import orjson
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from proxy_addons.diagnosis.permissions.accepted import SCHEMES, Accepted, Alternative, BeyondToken, Scheme, Trait
from proxy_addons.diagnosis.permissions.lattice import privilege, reach
from proxy_addons.diagnosis.permissions.table import Entry, PermissionTable, TableOrigin, compile_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

IMPORTED: Final = "imported"
_RESOURCE_SPECIFIC: Final = "RSC"
_SchemeKey = Literal["DelegatedWork", "DelegatedPersonal", "Application"]
_SCHEMES: Final[Mapping[str, Scheme]] = {
    "DelegatedWork": Scheme.DELEGATED_WORK,
    "DelegatedPersonal": Scheme.DELEGATED_PERSONAL,
    "Application": Scheme.APPLICATION,
}
_KEYS: Final = frozenset({"least", "alsorequires"})


class PublishedTableError(ValueError):
    """A file that is no table of permissions; the text says where it departs from one (`permissions.Mail.Read...`)."""


def _marks(value: str) -> str:
    for part in filter(None, value.split(";")):
        key, _, names = part.partition("=")
        if key.strip().casefold() not in _KEYS or not names.strip():
            raise ValueError(f"{part!r} is neither `least=` nor `AlsoRequires=`")
        if key.strip().casefold() == "least" and not {name.strip() for name in names.split(",")} <= _SCHEMES.keys():
            raise ValueError(f"{part!r} names no scheme of {', '.join(_SCHEMES)}")
    return value


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError(f"{value!r} is no path: it does not start with a slash")
    return value


class _PathSet(BaseModel):
    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schemes: tuple[_SchemeKey, ...] = Field(alias="schemeKeys")
    methods: tuple[Annotated[str, Field(pattern=r"^[A-Z]+$")], ...]
    paths: dict[Annotated[str, AfterValidator(_absolute)], Annotated[str, AfterValidator(_marks)]]


class _SchemePart(BaseModel):
    model_config = ConfigDict(frozen=True)

    admin_consent: bool | None = Field(default=None, alias="requiresAdminConsent")
    level: int | None = Field(default=None, alias="privilegeLevel", ge=1, le=5)


class _Permission(BaseModel):
    model_config = ConfigDict(frozen=True)

    kind: str = Field(default="oAuth2", alias="authorizationType")
    schemes: dict[_SchemeKey, _SchemePart]
    path_sets: tuple[_PathSet, ...] = Field(alias="pathSets")


class _Published(BaseModel):
    model_config = ConfigDict(frozen=True)

    permissions: dict[str, _Permission] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class _Claim:
    permission: str
    least: bool
    also: tuple[str, ...]
    elsewhere: bool


_Claims = dict[tuple[str, str], dict[Scheme, list[_Claim]]]


def read_published(content: bytes, *, source: str, day: str) -> PermissionTable:
    """The table of a published file; PublishedTableError says what is wrong with it, and where.

    `source` is where it was found and `day` (YYYY-MM-DD) when, both kept with the table.
    """
    published = _validated(content)
    traits = {
        name: {_SCHEMES[key]: Trait(part.level, part.admin_consent) for key, part in permission.schemes.items()}
        for name, permission in published.permissions.items()
    }
    claims = _turned_round(published)
    breadth = Counter(claim.permission for columns in claims.values() for each in columns.values() for claim in each)
    entries = [
        Entry(
            template,
            method,
            Accepted(tuple(_ordered(_in_tokens(columns, each), each, traits, breadth) for each in SCHEMES)),
            beyond=BeyondToken(instead=_granted_elsewhere(columns)),
        )
        for (template, method), columns in claims.items()
    ]
    if not entries:
        raise PublishedTableError("permissions: names no path at all, so there is nothing to look up")
    return compile_table(entries, traits, TableOrigin(IMPORTED, source, day, hashlib.sha256(content).hexdigest()))


def _validated(content: bytes) -> _Published:
    try:
        decoded: object = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise PublishedTableError(f"line {error.lineno}, column {error.colno}: this is no JSON: {error.msg}") from None
    try:
        return _Published.model_validate(decoded)
    except ValidationError as error:
        mistake = error.errors(include_url=False)[0]
        place = ".".join(map(str, mistake["loc"])) or "file"
        told = mistake["msg"].removeprefix("Value error, ")
        raise PublishedTableError(f"{place}: {told[:1].lower()}{told[1:]}") from None


def _turned_round(published: _Published) -> _Claims:
    claims: _Claims = defaultdict(lambda: defaultdict(list))
    for name, permission in published.permissions.items():
        elsewhere = permission.kind == _RESOURCE_SPECIFIC
        for path_set in permission.path_sets:
            for template, value in path_set.paths.items():
                least, also = _read_marks(value)
                for method in path_set.methods:
                    for scheme in path_set.schemes:
                        claims[template, method][_SCHEMES[scheme]].append(
                            _Claim(name, scheme in least, also, elsewhere)
                        )
    return claims


def _read_marks(value: str) -> tuple[frozenset[str], tuple[str, ...]]:
    least: frozenset[str] = frozenset()
    also: tuple[str, ...] = ()
    for part in filter(None, value.split(";")):
        key, _, names = part.partition("=")
        listed = tuple(name.strip() for name in names.split(","))
        if key.strip().casefold() == "least":
            least = frozenset(listed)
        else:
            also = listed
    return least, also


def _in_tokens(columns: Mapping[Scheme, Sequence[_Claim]], scheme: Scheme) -> list[_Claim]:
    return [claim for claim in columns.get(scheme, ()) if not claim.elsewhere]


def _granted_elsewhere(columns: Mapping[Scheme, Sequence[_Claim]]) -> tuple[str, ...]:
    """Permissions consented to for one resource, such as a team: every app that has one may call without any other."""
    return tuple(dict.fromkeys(claim.permission for each in columns.values() for claim in each if claim.elsewhere))


def _ordered(
    claims: Sequence[_Claim], scheme: Scheme, traits: Mapping[str, Mapping[Scheme, Trait]], breadth: Counter[str]
) -> tuple[Alternative, ...]:
    """What one column accepts, least privileged first."""

    def place(claim: _Claim) -> tuple[object, ...]:
        level = traits[claim.permission].get(scheme, Trait()).level
        return privilege(level), reach(claim.permission), breadth[claim.permission], claim.permission

    ordered = sorted(claims, key=place)
    first = next((claim for claim in ordered if claim.least), None)
    if first is not None:
        ordered.insert(0, first)
    return tuple(dict.fromkeys(names for claim in ordered for names in _together(claim)))


def _together(claim: _Claim) -> Iterator[Alternative]:
    others = [name for name in claim.also if name != claim.permission]
    if not others:
        yield (claim.permission,)
    for other in others:
        yield claim.permission, other
