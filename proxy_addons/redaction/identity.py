"""One person, many spellings: bring every form of an identity to one, and name the forms it may show up in.

Microsoft's services write the same mailbox as a mail address, as `SMTP:` or `i:0#.f|membership|` with an address behind
it, as guest name (`jane_partner.com#EXT#@contoso.onmicrosoft.com`) and as folder of a personal SharePoint site
(`jane_contoso_com`). The last of these has lost what the marks were, so all are folded to it: two addresses that differ
in nothing but such a mark get one stand-in, as they get one site.
"""

from __future__ import annotations

import re
import unicodedata
from html import unescape
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote

from proxy_addons.redaction.masks import GUID

_LOCAL: Final = r"[\w.!#$%&'*+/=?^`{|}~-]"
ADDRESS: Final = re.compile(rf"(?<!{_LOCAL}){_LOCAL}{{1,128}}(?:@|%40)[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{1,8}}")
"""A mail address or user principal name inside a text; letters of every script, `@` also as `%40`."""

MARKED: Final = re.compile(rf"{_LOCAL}(?:@|%40)[\w-]")
"""The mark of such an address with what has to stand on both sides of it."""

SID: Final = re.compile(r"\bS-1-\d{1,3}(?:-\d{1,10}){1,15}\b", re.IGNORECASE)
LEGACY_DN: Final = re.compile(r"/o=[^\"'\n;/<>]{1,80}(?:/(?:ou|cn)=[^\"'\n;,/<>]{1,120}){1,6}", re.IGNORECASE)
ACCOUNT: Final = re.compile(r"\b[A-Za-z][A-Za-z0-9.-]{1,63}\\[\w.$-]{1,64}")
CLAIMS_LOGIN: Final = re.compile(
    r"\b[ic]:0[^\s|\"']{1,6}\|(?:[^\s|\"'<>]{1,60}\|)?[^\s|\"'<>]{3,200}(?![^\s\"'])", re.IGNORECASE
)

WELL_KNOWN_GUID: Final = re.compile(
    r"[0-9a-f]{8}-0000-0(?:000|ff1)-c[0e]00-0{12}|0{8}(?:-0{4}){3}-0{12}", re.IGNORECASE
)
"""Ids of Microsoft's own applications, and the empty one."""
SYSTEM_MAILBOX: Final = re.compile(
    rf"(?:system|discoverysearch|federatedemail|migration)\w*\{{?{GUID.pattern}\}}?", re.IGNORECASE
)
"""Mailboxes Exchange keeps for itself; calls without a user are anchored there (Admin API documentation)."""

_PREFIX: Final = re.compile(
    r"(?:smtp|upn|mailto|sip|app|x500|eum|email|mail|user|live\.com|puid|oid|mbx|[ic]:0[^|]{1,6}\|[^|]*)\s*[:#|]+\s*",
    re.IGNORECASE,
)
_GUEST: Final = re.compile(r"(?P<home>.+)#ext#(?:@.*)?\Z", re.DOTALL)
_MARKS: Final = re.compile(r"[\W_]+")
_UNQUOTED_AT_MOST: Final = 3


def plain_form(raw: str) -> str:
    """An identity without prefix, encodings and quotes, in one case: what two spellings of it have in common."""
    value = unicodedata.normalize("NFC", raw)
    for _ in range(_UNQUOTED_AT_MOST):
        decoded = unescape(unquote(value))
        if decoded == value:
            break
        value = decoded
    value = value.replace("''", "'").strip().strip("'\"<>").strip()
    while match := _PREFIX.match(value):
        value = value[match.end() :]
    value = unicodedata.normalize("NFC", value).casefold()
    guest = _GUEST.match(value)
    if guest:
        local, _, domain = guest["home"].rpartition("_")
        value = f"{local}@{domain}" if local and "." in domain else guest["home"]
    return value


def canonical_user(raw: str) -> str:
    """The one form all spellings of a user share: letters and digits, `_` for every run of marks."""
    return folded_user(plain_form(raw))


def folded_user(plain: str) -> str:
    """The same, of a plain form."""
    return _MARKS.sub("_", plain).strip("_")


def canonical_name(raw: str) -> str:
    """A person's name in one form: no case, one blank, `Doe, Jane` turned round."""
    value = " ".join(unicodedata.normalize("NFC", raw).casefold().split())
    family, comma, given = value.partition(",")
    return f"{given.strip()} {family.strip()}" if comma else value


def canonical_ip(raw: str) -> str | None:
    """An IP address in its shortest form, without port, brackets and zone; None for what is no address."""
    value = raw.strip().partition("%")[0]
    bracketed = re.fullmatch(r"\[([^\]]*)\](?::\d+)?", value)
    ported = re.fullmatch(r"([\d.]+):\d+", value)
    bare = bracketed[1] if bracketed else ported[1] if ported else value
    try:
        return str(ip_address(bare))
    except ValueError:
        return None


def is_nobody(plain: str) -> bool:
    """Whether what stands in a user's place names an application of Microsoft's or a system mailbox."""
    return WELL_KNOWN_GUID.fullmatch(plain) is not None or SYSTEM_MAILBOX.fullmatch(plain.partition("@")[0]) is not None


def is_user(raw: str) -> bool:
    """Whether a whole value spells a user: address, SID, distinguished name, domain and account, claims login."""
    value = raw.strip()
    return any(
        pattern.fullmatch(candidate)
        for candidate in (value, plain_form(value))
        for pattern in (ADDRESS, SID, LEGACY_DN, ACCOUNT, CLAIMS_LOGIN)
    )


def forms(raw: str, plain: str) -> frozenset[str]:
    """Every form of an identity that must not be found in what leaves: as sent, plain, site folder, guest name."""
    found = {raw.strip(), plain}
    local, at, domain = plain.rpartition("@")
    if at and local and "." in domain:
        found |= {re.sub(r"[.@]", "_", plain), f"{local}_{domain}#ext#", local}
    return frozenset(form for form in found if form)
