"""Names and numbers Microsoft 365 uses: hosts, resource applications, role templates.

Source: Microsoft Entra documentation (ids of first-party resources and role templates), observed traffic.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LOGIN_HOST: Final = "login.microsoftonline.com"
LOGIN_HOSTS: Final = (LOGIN_HOST, "login.windows.net")
GRAPH_HOST: Final = "graph.microsoft.com"
LEGACY_GRAPH_HOST: Final = "graph.windows.net"
EXCHANGE_HOST: Final = "outlook.office365.com"
EXCHANGE_HOSTS: Final = (EXCHANGE_HOST, "outlook.office.com", "autodiscover-s.outlook.com")
COMPLIANCE_HOST: Final = "ps.compliance.protection.outlook.com"
SHAREPOINT_HOST: Final = "contoso.sharepoint.com"
GATEWAY_HOST: Final = "webgateway.contoso.com"
PUBLISHED_HOST: Final = "mail.contoso.com"
CONTROL_HOSTS: Final = ("localhost", "127.0.0.1")

MICROSOFT_HOSTS: Final = (
    *LOGIN_HOSTS,
    GRAPH_HOST,
    *EXCHANGE_HOSTS,
    LEGACY_GRAPH_HOST,
    SHAREPOINT_HOST,
    COMPLIANCE_HOST,
)
"""The hosts a client reaches Microsoft under; point each of them at the lab."""

ALL_HOSTS: Final = (*MICROSOFT_HOSTS, GATEWAY_HOST, PUBLISHED_HOST)

CONSUMER_TENANT_ID: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""Where Entra keeps personal Microsoft accounts."""


@dataclass(frozen=True, slots=True)
class Resource:
    """An API a token can be for. `audiences` holds the spellings a client may ask for, the usual one first."""

    app_id: str
    name: str
    audiences: tuple[str, ...]

    def accepts(self, audience: str) -> bool:
        """Whether a token with this `aud` is for this API: case and one trailing slash do not count."""
        plain = audience.lower().removesuffix("/")
        return plain == self.app_id or plain in self.audiences


GRAPH: Final = Resource("00000003-0000-0000-c000-000000000000", "Microsoft Graph", ("https://graph.microsoft.com",))
EXCHANGE: Final = Resource(
    "00000002-0000-0ff1-ce00-000000000000",
    "Office 365 Exchange Online",
    ("https://outlook.office365.com", "https://outlook.office.com"),
)
COMPLIANCE: Final = Resource(
    "00000007-0000-0ff1-ce00-000000000000",
    "Microsoft Exchange Online Protection",
    ("https://ps.compliance.protection.outlook.com",),
)
SHAREPOINT: Final = Resource(
    "00000003-0000-0ff1-ce00-000000000000",
    "Office 365 SharePoint Online",
    ("https://contoso.sharepoint.com",),
)
LEGACY_GRAPH: Final = Resource(
    "00000002-0000-0000-c000-000000000000",
    "Windows Azure Active Directory",
    ("https://graph.windows.net",),
)
RESOURCE_MANAGER: Final = Resource(
    "797f4846-ba00-4fd7-ba43-dac1f8f63013",
    "Windows Azure Service Management API",
    ("https://management.azure.com", "https://management.core.windows.net"),
)
RESOURCES: Final = (GRAPH, EXCHANGE, COMPLIANCE, SHAREPOINT, LEGACY_GRAPH, RESOURCE_MANAGER)

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
EXCHANGE_ADMINISTRATOR: Final = "29232cdf-9323-42fd-ade2-1d097af3e4de"
EXCHANGE_RECIPIENT_ADMINISTRATOR: Final = "31392ffb-586c-42d1-9346-e59415a2cc4e"
COMPLIANCE_ADMINISTRATOR: Final = "17315797-102d-40b4-93e0-432062caca18"
SECURITY_READER: Final = "5d6b6bb7-de71-4623-b4af-96380a352509"
SECURITY_ADMINISTRATOR: Final = "194ae4cb-b126-40b2-bd5b-6091b380977d"
SECURITY_OPERATOR: Final = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
HELPDESK_ADMINISTRATOR: Final = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
USER_ADMINISTRATOR: Final = "fe930be7-5e62-47db-91af-98c3a49a38b1"
AUTHENTICATION_ADMINISTRATOR: Final = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
REPORTS_READER: Final = "4a5d8f65-41da-4de4-8968-e035b65339cf"
CONDITIONAL_ACCESS_ADMINISTRATOR: Final = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"

MEMBER_MARKER: Final = "b79fbf4d-3ef9-4689-8143-76b194e85509"
"""In `wids` of every member's token; grants nothing."""
GUEST_MARKER: Final = "13bd1c72-6f4a-4dcf-985f-18d3b80f208a"
APP_MARKER: Final = "0997a1d0-0d1d-4acb-b408-d5ca73121e90"
"""In `wids` of every app-only token; grants nothing."""
