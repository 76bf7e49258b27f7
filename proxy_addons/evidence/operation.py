"""What a request asks for, as a template without ids: what permissions are about and failures are grouped by."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

_GUID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_NAME: Final = re.compile(r"[$A-Za-z][\w.$-]*+\Z", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_$]*+(?:\.[A-Za-z_]++)*+\Z")
_VERSION: Final = re.compile(r"(?:v\d+\.\d+|beta)\Z", re.IGNORECASE)
_LONGEST: Final = 60
_DEEPEST: Final = 20
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
        "namedlocations",
        "methods",
        "permissions",
        "plans",
        "buckets",
        "tasks",
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
_LITERALS: Final = frozenset(
    {
        "$batch",
        "$count",
        "$ref",
        "$value",
        "alerts_v2",
        "b2cidentityuserflows",
        "b2xidentityuserflows",
        "b2xuserflows",
        "delta",
        "fido2methods",
        "getallmessages",
        "getallsites",
        "microsoft365apps",
        "oauth2permissiongrants",
        "root",
    }
)
"""Names of the API that would pass for ids: behind a collection, or with digits and signs in them."""


def graph_operation(method: str, path: str) -> str:
    """A Graph call as `GET /users/{id}/messages`: no version, ids and quoted keys folded, literals kept.

    What lies between two colons is a path of folders and files (`/drive/root:/Salaries/2026.xlsx:/content`), and names
    of people's files have no place in a label.
    """
    segments = path.rstrip("/").split("/")[1:]
    if segments and _VERSION.match(segments[0]):
        del segments[0]
    folded: list[str] = []
    in_path = False
    for segment in segments[:_DEEPEST]:
        plain = unquote(segment)
        if not in_path:
            before = folded[-1].lower() if folded else ""
            folded.append(_fold(plain.removesuffix(":"), after_collection=before in _KEYED))
        if plain.endswith(":"):
            in_path = not in_path
            folded += ["{path}"] if in_path else []
    return f"{word(method.upper(), 'OTHER')} /{'/'.join(folded)}"


def _fold(segment: str, *, after_collection: bool) -> str:
    name, bracket, key = segment.partition("(")
    if bracket:
        return f"{word(name, '{id}')}({'' if key == ')' else '{key}'})"
    if segment.lower() in _LITERALS or segment.startswith("microsoft.graph."):
        return word(segment, "{id}")
    if after_collection or _GUID.search(segment) or not _WORD.match(segment):
        return "{id}"
    return word(segment, "{id}")


def word(text: str, otherwise: str) -> str:
    """A text that can be the name of an operation, a cmdlet or a function; anything else is not told."""
    return text if len(text) <= _LONGEST and _NAME.match(text) else otherwise


def mailbox_in_path(path: str) -> str:
    """The user a Graph or Outlook REST path names with an address, or empty."""
    match = re.search(r"/users(?:/|\(')([^/')]+@[^/')]+)", unquote(path), re.IGNORECASE)
    return match[1] if match else ""


def user_id_in_path(path: str) -> str:
    """The object id by which a Graph or Outlook REST path names a user, lower case, or empty."""
    match = re.search(r"/users(?:/|\(')([0-9a-fA-F-]{36})(?:['/]|\Z)", unquote(path), re.IGNORECASE)
    return match[1].lower() if match and is_guid(match[1]) else ""


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
