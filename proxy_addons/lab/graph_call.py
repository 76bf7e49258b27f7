"""One admitted call to Graph, as workloads receive it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proxy_addons.lab.accounts import Account, find_account
from proxy_addons.lab.graph_errors import graph_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.lab.answers import Answer
    from proxy_addons.lab.asked import Asked
    from proxy_addons.lab.tenant import Tenant
    from proxy_addons.lab.tokens_presented import Caller


@dataclass(frozen=True, slots=True)
class GraphCall:
    """The request, who makes it, and what the path names (`user`, `group`, `folder` ...)."""

    tenant: Tenant
    asked: Asked
    caller: Caller
    named: Mapping[str, str] = field(default_factory=dict)

    def error(self, status: int, code: str, message: str, **inner: object) -> Answer:
        """An error object of Graph."""
        return graph_error(self.asked, self.tenant.clock(), status, code, message, inner)

    @property
    def user(self) -> Account | None:
        """The account the path is about: the named one, or the caller for `/me`."""
        wanted = self.named.get("user", "")
        return find_account(wanted) if wanted else self.caller.account

    @property
    def is_about_somebody_else(self) -> bool:
        """Whether a user's token reaches for another user's data."""
        return self.caller.account is not None and self.user != self.caller.account

    def lacks_service(self, service: str) -> bool:
        """Whether the tenant never bought, or lost, a service."""
        return service in self.tenant.switches.unavailable_services
