"""What a request asks for, as a template without ids: what permissions are about and failures are grouped by."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

_GUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_$]*(?:\.[A-Za-z_]+)*\Z")
_VERSION: Final = re.compile(r"/(?:v\d+\.\d+|beta)(?=/|\Z)", re.IGNORECASE)
_KEYED: Final = frozenset(
    [
        "users",
        "groups",
        "sites",
        "drives",
        "items",
        "lists",
        "messages",
        "mailfolders",
        "events",
        "calendars",
        "calendargroups",
        "contacts",
        "contactfolders",
        "attachments",
        "teams",
        "channels",
        "chats",
        "members",
        "owners",
        "devices",
        "applications",
        "serviceprincipals",
        "directoryroles",
        "domains",
        "deviceconfigurations",
        "managementdevices",
        "manageddevices",
        "alerts",
        "alerts_v2",
        "incidents",
        "signins",
        "subscriptions",
        "administrativeunits",
        "policies",
        "namedlocations",
        "methods",
        "permissions",
        "plans",
        "buckets",
        "tasks",
        "todo",
        "notebooks",
        "sections",
        "pages",
        "onlinemeetings",
        "transcripts",
        "recordings",
        "oauth2permissiongrants",
        "approleassignments",
        "extensions",
        "photos",
        "children",
        "directoryobjects",
        "deleteditems",
        "organization",
        "contracts",
        "schemaextensions",
    ]
)
"""Collections whose next segment is an id, also where it looks like a word (`/users/adele`)."""
_FUNCTIONS: Final = frozenset({"delta", "getallmessages", "getallsites", "root", "$count", "$ref", "$value"})


def graph_operation(method: str, path: str) -> str:
    """A Graph call as `GET /users/{id}/messages`: no version, ids and quoted keys folded, literals kept."""
    plain = _VERSION.sub("", unquote(path), count=1).rstrip("/") or "/"
    folded: list[str] = []
    for segment in plain.split("/")[1:]:
        before = folded[-1].lower() if folded else ""
        folded.append(_fold(segment, after_collection=before in _KEYED))
    return f"{method.upper()} /{'/'.join(folded)}"


def _fold(segment: str, *, after_collection: bool) -> str:
    if "(" in segment:
        return re.sub(r"\(.*\)", lambda match: "()" if match[0] == "()" else "({key})", segment)
    if segment.lower() in _FUNCTIONS or segment.startswith("microsoft.graph."):
        return segment
    if after_collection or _GUID.search(segment) or not _WORD.match(segment):
        return "{id}"
    return segment


def mailbox_in_path(path: str) -> str:
    """The user a Graph or Outlook REST path names with an address, or empty."""
    match = re.search(r"/users(?:/|\(')([^/')]+@[^/')]+)", unquote(path), re.IGNORECASE)
    return match[1] if match else ""


def tenant_in_path(path: str, surface: str) -> str:
    """The tenant segment of an Admin API or Entra path, lower case, or empty."""
    if surface in {"admin-api", "exo-powershell"}:
        match = re.match(r"/adminapi/[^/]+/([^/]+)", path, re.IGNORECASE)
    else:
        match = re.match(r"/([^/]+)/(?:oauth2|v2\.0|\.well-known|discovery|saml2|adminconsent|kerberos)", path)
    return unquote(match[1]).lower() if match else ""


def is_guid(text: str) -> bool:
    """Whether a text is exactly one GUID."""
    return _GUID.fullmatch(text) is not None
