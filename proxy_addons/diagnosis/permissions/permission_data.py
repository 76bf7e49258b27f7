"""All that is known about permissions in one value: handed to the diagnosis like the rules, never global."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from proxy_addons.diagnosis.permissions.accepted import Trait
from proxy_addons.diagnosis.permissions.operation_path import read_path
from proxy_addons.diagnosis.permissions.table import PermissionTable
from proxy_addons.evidence.services import identify

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.accepted import Scheme
    from proxy_addons.diagnosis.permissions.doubt import Doubt
    from proxy_addons.diagnosis.permissions.table import Operation


@dataclass(frozen=True, slots=True)
class Call:
    """One call somebody made or wants to make. `name` is what its body asks for: an EWS operation or a cmdlet."""

    method: str
    host: str
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class PermissionData:
    """The tables in use. Of Graph's, the first that knows an operation answers: an imported one stands first."""

    graph: tuple[PermissionTable, ...] = ()
    exchange: PermissionTable = field(default_factory=PermissionTable)
    doubts: frozenset[Doubt] = frozenset()

    def find(self, call: Call) -> Operation | None:
        """What the tables say about a call; None where none of them knows it, and for APIs they do not describe."""
        surface = identify(call.host, call.path).surface
        if surface == "graph":
            asked = read_path(call.path)
            found = (table.find(call.method, asked) for table in self.graph)
            return next((operation for operation in found if operation is not None), None)
        path = _exchange_path(surface, call)
        return self.exchange.find("POST", path) if path else None

    def doubts_about(self, operation: Operation, scheme: Scheme) -> tuple[Doubt, ...]:
        """What was seen to succeed although the table calls it impossible."""
        return tuple(
            sorted(
                doubt
                for doubt in self.doubts
                if (doubt.template, doubt.method, doubt.scheme) == (operation.template, operation.method, scheme)
            )
        )

    def trait(self, name: str, scheme: Scheme) -> Trait:
        """What granting a permission means, as the first table knows it that has it."""
        kinds = (table.traits[name] for table in (*self.graph, self.exchange) if name in table.traits)
        return next((each[scheme] for each in kinds if scheme in each), Trait())

    def with_imported(self, table: PermissionTable) -> PermissionData:
        """The same data with a table somebody imported in front of the built-in one."""
        return replace(self, graph=(table, *self.graph))

    def with_doubts(self, doubts: frozenset[Doubt]) -> PermissionData:
        """The same data with the successes it could not explain."""
        return replace(self, doubts=doubts)


def _exchange_path(surface: str, call: Call) -> str:
    """The place of an Exchange call in the tables; a call whose name is not known takes what holds for any."""
    if surface == "ews":
        return f"/ews/{call.name or '{}'}"
    if surface == "exo-powershell":
        return f"/adminapi/beta/{{}}/InvokeCommand/{call.name or '{}'}"
    return call.path if surface == "admin-api" else ""
