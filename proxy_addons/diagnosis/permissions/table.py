"""A permission table: which permissions open which call, as looked up for every refusal.

Built once from entries, whatever file they came from, and frozen; everything in it is a plain list or mapping of texts
and numbers, so that a compiled table is stored and loaded without a second form.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Accepted, BeyondToken, Scheme, Trait
from proxy_addons.diagnosis.permissions.operation_path import read_path, template_segments
from proxy_addons.diagnosis.permissions.path_trie import PathTrie, build_trie
from proxy_addons.diagnosis.permissions.same_resource import other_addresses

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

    from proxy_addons.diagnosis.permissions.operation_path import OperationPath

NOTHING_BEYOND: Final = BeyondToken()
_UNSTATED: Final = -1


@dataclass(frozen=True, slots=True)
class TableOrigin:
    """Where a table comes from: `name` for people, the `day` it was verified or fetched, `digest` its SHA-256."""

    name: str = "built-in"
    source: str = ""
    day: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation of a table: a template as its author spells it, a method, and what is accepted."""

    template: str
    method: str
    accepted: Accepted
    beta: bool = False
    reference: str = ""
    beyond: BeyondToken = NOTHING_BEYOND


@dataclass(frozen=True, slots=True)
class Operation:
    """A call as a table knows it. `exact` is False where the table names another address of the same resource."""

    template: str
    method: str
    accepted: Accepted
    origin: TableOrigin = field(default_factory=TableOrigin)
    beta: bool = False
    exact: bool = True
    reference: str = ""
    beyond: BeyondToken = NOTHING_BEYOND

    @property
    def name(self) -> str:
        """As it is written in lists: `GET /me/messages`."""
        return f"{self.method} {self.template}"


@dataclass(frozen=True, slots=True)
class PermissionTable:
    """A compiled table. `operations` hold numbers: template, method, reference, beyond and accepted."""

    origin: TableOrigin = field(default_factory=TableOrigin)
    templates: Sequence[str] = ()
    methods: Sequence[str] = ()
    operations: Sequence[Sequence[int]] = ()
    accepted: Sequence[Accepted] = ()
    references: Sequence[str] = ()
    beyond: Sequence[BeyondToken] = ()
    trie: PathTrie = field(default_factory=lambda: PathTrie([None], [-1], [None]))
    traits: Mapping[str, Mapping[Scheme, Trait]] = field(default_factory=lambda: MappingProxyType({}))

    def __len__(self) -> int:
        """How many operations the table knows."""
        return len(self.operations)

    def find(self, method: str, path: str | OperationPath) -> Operation | None:
        """The operation a call asks for, None where the table does not know it; never a guess."""
        asked = read_path(path) if isinstance(path, str) else path
        for reading in asked.readings:
            number = self.trie.find(reading, method, beta=asked.beta)
            if number is not None:
                return self._operation(number)
        for reading in asked.readings:
            for other in other_addresses(reading):
                number = self.trie.find(other, method, beta=asked.beta)
                if number is not None:
                    return replace(self._operation(number), exact=False)
        return None

    def __iter__(self) -> Iterator[Operation]:
        """Every operation, in the order of the file."""
        return map(self._operation, range(len(self)))

    def _operation(self, number: int) -> Operation:
        template, method, reference, beyond, accepted = self.operations[number]
        name, _, version = self.methods[method].partition(" ")
        return Operation(
            self.templates[template],
            name,
            self.accepted[accepted],
            self.origin,
            bool(version),
            True,  # noqa: FBT003  # by place, because this is what every look-up does
            self.references[reference] if reference != _UNSTATED else "",
            self.beyond[beyond] if beyond != _UNSTATED else NOTHING_BEYOND,
        )


def compile_table(
    entries: Iterable[Entry], traits: Mapping[str, Mapping[Scheme, Trait]], origin: TableOrigin
) -> PermissionTable:
    """Number everything and build the trie. Entries for one operation are joined: what any accepts is accepted."""
    joined: dict[tuple[tuple[str, ...], str], Entry] = {}
    segments: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        if entry.template not in segments:
            segments[entry.template] = template_segments(entry.template)
        key = segments[entry.template], f"{entry.method} beta" if entry.beta else entry.method
        known = joined.get(key)
        joined[key] = entry if known is None else _one_of(known, entry)
    templates, methods, references = _Numbers[str](), _Numbers[str](), _Numbers[str]()
    beyond, accepted = _Numbers[BeyondToken](), _Numbers[Accepted]()
    operations = [
        [
            templates.of(entry.template),
            methods.of(method),
            references.of(entry.reference) if entry.reference else _UNSTATED,
            beyond.of(entry.beyond) if entry.beyond != NOTHING_BEYOND else _UNSTATED,
            accepted.of(entry.accepted),
        ]
        for (_, method), entry in joined.items()
    ]
    return PermissionTable(
        origin,
        templates.values,
        methods.values,
        operations,
        accepted.values,
        references.values,
        beyond.values,
        build_trie(list(joined)),
        traits,
    )


def _one_of(known: Entry, other: Entry) -> Entry:
    """Two entries for one operation as one, under the plainer template: keys rather than a path in colons."""
    template = min(known.template, other.template, key=lambda text: (":" in text or "..." in text, len(text)))
    return replace(known, template=template, accepted=_union(known.accepted, other.accepted))


class _Numbers[Value: Hashable]:
    """Values by number, each once."""

    def __init__(self) -> None:
        self._known: dict[Value, int] = {}

    @property
    def values(self) -> list[Value]:
        return list(self._known)

    def of(self, value: Value) -> int:
        return self._known.setdefault(value, len(self._known))


def _union(one: Accepted, other: Accepted) -> Accepted:
    pairs = zip(one.columns, other.columns, strict=True)
    return Accepted(
        tuple(
            None if mine is None and theirs is None else tuple(dict.fromkeys((*(mine or ()), *(theirs or ()))))
            for mine, theirs in pairs
        )
    )
