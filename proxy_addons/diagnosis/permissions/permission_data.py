"""All that is known about permissions in one value: handed to the diagnosis like the rules, never global."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from proxy_addons.diagnosis.permissions.accepted import Accepted, Scheme, Trait
from proxy_addons.diagnosis.permissions.operation_path import read_path
from proxy_addons.diagnosis.permissions.table import PermissionTable
from proxy_addons.evidence.services import identify

if TYPE_CHECKING:
    from proxy_addons.diagnosis.permissions.doubt import Doubt
    from proxy_addons.diagnosis.permissions.operation_path import OperationPath
    from proxy_addons.diagnosis.permissions.table import Operation

FOLDER: Final = "permissions/"
"""Where the tables lie in a rule base."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call somebody made or wants to make. `name` is what its body asks for: an EWS operation or a cmdlet."""

    method: str
    host: str
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class PermissionData:
    """The tables in use. Of Graph's, the first that names an operation answers: an imported one stands first.

    One that names only another address of the same resource answers where none names the very one.
    """

    graph: tuple[PermissionTable, ...] = ()
    exchange: PermissionTable = field(default_factory=PermissionTable)
    doubts: frozenset[Doubt] = frozenset()

    def find(self, call: Call) -> Operation | None:
        """What the tables say about a call; None where none of them knows it, and for APIs they do not describe."""
        surface = identify(call.host, call.path).surface
        if surface == "graph":
            asked = read_path(call.path)
            inexact: Operation | None = None
            for table in self.graph:
                found = table.find(call.method, asked)
                if found is not None and found.exact:
                    return _on_behalf(found, asked)
                inexact = inexact or found
            return inexact and _on_behalf(inexact, asked)
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

    def knows(self, permission: str) -> bool:
        """Whether any table has a permission of this name, in whatever case it is written."""
        return any(permission in table.traits for table in (*self.graph, self.exchange)) or any(
            permission.casefold() == name.casefold() for table in (*self.graph, self.exchange) for name in table.traits
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


def _on_behalf(operation: Operation, asked: OperationPath) -> Operation:
    """`/me` is whoever signed in, so an app alone can never ask for it, whatever a table says about that address.

    Source: learn.microsoft.com/graph/resolve-auth-errors, "calling the /me endpoint requires a signed-in user".
    """
    if asked.readings[0].segments[:1] != ("me",) or not operation.accepted.get(Scheme.APPLICATION):
        return operation
    return replace(operation, accepted=Accepted((*operation.accepted.columns[:2], ())))


def _exchange_path(surface: str, call: Call) -> str:
    """The place of an Exchange call in the tables; a call whose name is not known takes what holds for any."""
    if surface == "ews":
        return f"/ews/{call.name or '{}'}"
    if surface == "exo-powershell":
        return f"/adminapi/beta/{{}}/InvokeCommand/{call.name or '{}'}"
    return call.path if surface == "admin-api" else ""
