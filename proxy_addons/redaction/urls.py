"""Hosts and paths of URLs, rebuilt label by label and segment by segment.

What a segment is depends on the one before it: behind `users` stands a person, behind `tenants` an organisation, behind
`sites` a name somebody gave. Segments of public words (the API itself) and GUIDs which are nobody's object id stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from proxy_addons.redaction.field_rules import fold
from proxy_addons.redaction.identity import canonical_ip, is_user
from proxy_addons.redaction.lexicon import PUBLIC, is_public_name
from proxy_addons.redaction.masks import GUID

if TYPE_CHECKING:
    from proxy_addons.redaction.ledger import Ledger

_MICROSOFT: Final = re.compile(
    r"(?:[a-z0-9-]+\.)*(?:microsoft\.(?:com|us|net|de|cn)|microsoftonline\.(?:com|us|de|cn)|microsoftonline-p\.com"
    r"|partner\.microsoftonline\.cn|windows\.net|windows-ppe\.net|live\.com|office\.(?:com|net|de)|office365\.(?:com|us)"
    r"|outlook\.(?:com|de|cn|office\.com)|office365\.us|azure\.(?:com|net|us|cn)|azurewebsites\.net|usgovcloudapi\.net"
    r"|chinacloudapi\.cn|microsoftazure\.us|cloud\.microsoft|msftauth\.net|msauth\.net|msidentity\.com|exchangelabs\.com"
    r"|skype\.com|lync\.com|aka\.ms|apps\.mil|securitycenter\.microsoft\.com|azureedge\.net|ietf\.org|w3\.org|xmlsoap\.org"
    r"|oasis-open\.org)",
    re.IGNORECASE,
)
SERVER: Final = re.compile(
    r"[A-Z]{2,4}\d{1,2}[A-Z0-9]{2,8}?(?:(?:MB|CA|CU|DC|FT|BE|FE|HT|ET|UM|OA)[A-Z0-9]{0,4}\d{3,6})|[A-Z]{2,3}\d{1,2}[A-Z]{3,4}[0-9A-F]{8}"
)
"""A machine of Exchange Online or Graph: `AM9PR07MB7251`, `DB7PR04A03DC001`, `DB1PEPF000399A2` (observed)."""
_TENANT_SUFFIX: Final = re.compile(
    r"(?P<tenant>[a-z0-9-]+)(?P<suffix>\.(?:mail\.)?onmicrosoft\.(?:com|us|de|cn)|\.partner\.onmschina\.cn"
    r"|(?:-my|-admin)?\.sharepoint(?:-mil)?\.(?:com|us|cn|de)|\.b2clogin\.com|\.ciamlogin\.com|\.mail\.protection\.outlook\.com)",
    re.IGNORECASE,
)
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,20}", re.IGNORECASE)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_TOP_LEVEL: Final = re.compile(
    r"\.(?:com|net|org|edu|gov|mil|int|info|biz|local|lan|corp|internal|intern|example|test|invalid|eu|io|dev|app|cloud|me|"
    r"name|de|at|ch|fr|uk|us|ca|au|nl|be|it|es|pt|pl|cz|se|no|dk|fi|ie|jp|cn|in|br|mx|za|ru|ua|tr|gr|hu|ro|kr|tw|sg|nz)\Z",
    re.IGNORECASE,
)
_PRIVATE: Final = re.compile(r"\.(?:local|localdomain|lan|corp|internal|intern|home|private|ad|arpa)\Z", re.IGNORECASE)
"""Domains that exist within a network only; the machines in them are somebody's (RFC 6762 appendix G, and habit)."""
_SECOND_LEVEL: Final = frozenset("co com net org gov ac edu or ne".split())
PEOPLE: Final = frozenset(
    """
    users user people contacts members owners mailbox mailboxes directoryobjects personal manager directreports
    attendees recipients riskyusers deletedusers getuserrealm getuserrealmsrf userrealm participants
    """.split()
)
"""Path segments (folded) behind which a person stands."""
_NAMED: Final = frozenset("sites teams drives lists items root folders mailfolders shares devices".split())
_FUNCTIONS: Final = frozenset(
    """
    * me delta $count $ref $value $batch getbyids getavailableextensionproperties validateproperties add remove root
    search microsoft.graph.user microsoft.graph.delta inbox drafts sentitems deleteditems outbox junkemail archive
    msgfolderroot recoverableitemsdeletions calendar
    """.split()
)
_CALL: Final = re.compile(r"(?P<name>[\w.$-]{0,100})\((?P<inside>.*)\)\Z", re.DOTALL)
_DRIVE_PATH: Final = "root:"
_OPAQUE: Final = re.compile(r"(?=.*\d)[\w!.=+,~:@-]{12,}\Z|[\w=+-]{24,}\Z")
_SEGMENTS_AT_MOST: Final = 100
_UNQUOTED_AT_MOST: Final = 2


def host(raw: str, ledger: Ledger, *, named: bool = True) -> str:
    """A host as it may be shown. `named`: it stands where only a host can stand, so it is no secret in disguise."""
    bare, colon, port = raw.rpartition(":") if re.search(r":\d{1,5}\Z", raw) else (raw, "", "")
    folded = bare.rstrip(".").casefold()
    if canonical_ip(bare) is not None:
        return f"{ledger.ip(bare)}{colon}{port}"
    tenant = _TENANT_SUFFIX.fullmatch(folded)
    if folded in {"localhost", "*"} or (_MICROSOFT.fullmatch(folded) and tenant is None):
        return raw
    if tenant is not None:
        return f"{ledger.domain(tenant['tenant'])}{tenant['suffix']}{colon}{port}"
    known = folded in ledger.facts or named
    return f"{_own_host(bare, ledger) if known else ledger.hidden_domain(bare)}{colon}{port}"


def _own_host(bare: str, ledger: Ledger) -> str:
    """A host of an organisation: its domain is known to everybody, the names of its machines are not."""
    if not _HOST.fullmatch(bare):
        return bare if _LABEL.fullmatch(bare) and is_public_name(bare) else ledger.hidden_domain(bare)
    if _PRIVATE.search(bare):
        return ledger.hidden_domain(bare)
    labels = bare.split(".")
    own = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2].casefold() in _SECOND_LEVEL else 2  # noqa: PLR2004  # contoso.co.uk
    machine = ".".join(labels[:-own])
    if not machine or (is_public_name(machine) and not any(map(str.isdigit, machine))):
        return ledger.domain(bare)
    return f"{ledger.hidden_domain(machine)}.{ledger.domain('.'.join(labels[-own:]))}"


def host_in_text(word: str, ledger: Ledger) -> str:
    """A dotted word of prose as a host, or empty where it is none."""
    return host(word, ledger, named=False) if _HOST.fullmatch(word) and _TOP_LEVEL.search(word) else ""


def clean_path(path: str, ledger: Ledger) -> str:
    """A path, segment by segment; past a hundred segments nothing is shown."""
    segments = path.split("/")
    shown: list[str] = []
    before, in_drive = "", False
    for segment in segments[:_SEGMENTS_AT_MOST]:
        plain = unquoted(segment)
        shown.append(_segment(segment, plain, before, ledger, in_drive=in_drive))
        in_drive = plain.casefold().endswith(_DRIVE_PATH) or (in_drive and not plain.endswith(":"))
        before = fold(plain)
    if len(segments) > _SEGMENTS_AT_MOST:
        shown.append(ledger.text("/".join(segments[_SEGMENTS_AT_MOST:])))
    return "/".join(shown)


def _segment(segment: str, plain: str, before: str, ledger: Ledger, *, in_drive: bool) -> str:
    if not plain:
        return ""
    call = _CALL.fullmatch(plain)
    if call and ledger.is_public_name(call["name"] or "x"):
        return f"{call['name']}({_arguments(call['inside'], fold(call['name']), ledger)})"
    if in_drive:
        return ledger.text(plain.removesuffix(":")) + (":" if plain.endswith(":") else "")
    if plain.casefold() in _FUNCTIONS:
        return segment
    if GUID.fullmatch(plain) and plain.casefold() in ledger.facts:
        return plain
    if is_user(plain) or before in PEOPLE:
        return ledger.user(plain)
    if GUID.fullmatch(plain):
        return _guid(plain, before, ledger)
    if _HOST.fullmatch(plain.removesuffix(":")) and _TOP_LEVEL.search(plain.removesuffix(":")):
        return host(plain.removesuffix(":"), ledger) + (":" if plain.endswith(":") else "")
    if before not in _NAMED and " " not in plain and ledger.is_public_name(plain):
        ledger.fact(plain)
        return segment
    return _unknown(plain, before, ledger)


def _guid(guid: str, before: str, ledger: Ledger) -> str:
    if guid.casefold() in ledger.surfaces:
        return ledger.user(guid)
    return ledger.opaque_id(guid) if before in {"devices", "manageddevices"} else ledger.fact(guid)


def _unknown(plain: str, before: str, ledger: Ledger) -> str:
    if before in _NAMED and plain.casefold() in PUBLIC and before not in {"sites", "teams", "folders"}:
        return plain
    return ledger.opaque_id(plain) if _OPAQUE.match(plain) else ledger.text(plain)


def _arguments(inside: str, function: str, ledger: Ledger) -> str:
    """What stands between the brackets of an OData key or function: `'jane@contoso.com'`, `id='...'`."""
    shown = []
    for argument in inside.split(",") if inside else ():
        name, equals, value = argument.rpartition("=")
        named = name if not name or ledger.is_public_name(name) else ledger.text(name)
        bare = value.strip("'\"")
        if function in PEOPLE or is_user(bare):
            text = ledger.user(bare)
        elif GUID.fullmatch(bare):
            text = _guid(bare, function, ledger)
        else:
            text = bare if re.fullmatch(r"[\d.:TZ-]{0,30}|D\d{1,3}|true|false|null", bare) else ledger.text(bare)
        shown.append(f"{named}{equals}{value.replace(bare, text) if bare else value}")
    return ",".join(shown)


def unquoted(segment: str) -> str:
    """Percent encoding undone, twice where it was done twice."""
    for _ in range(_UNQUOTED_AT_MOST):
        decoded = unquote(segment)
        if decoded == segment:
            break
        segment = decoded
    return segment
