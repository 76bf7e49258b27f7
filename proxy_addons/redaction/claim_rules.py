"""What of a decoded token may be shown: an allow-list of claims, as plain JSON, and never a segment of the token.

Facts (learn.microsoft.com/entra/identity-platform/access-token-claims-reference): audience, issuer, tenant,
application, permissions, roles, times, version. Who the user is becomes a stand-in; whose object id it is depends on
the token: that of an app-only token names an application, which support asks for.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from proxy_addons.redaction.identity import is_user
from proxy_addons.redaction.lexicon import is_public_name
from proxy_addons.redaction.masks import GUID, length_class, mask
from proxy_addons.redaction.urls import clean_path, host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxy_addons.evidence.bearer_token import BearerToken
    from proxy_addons.redaction.ledger import Ledger

_FACTS: Final = frozenset(
    """
    ver tid exp nbf iat appid azp appidacr azpacr idtyp wids acct amr acr acrs xms_cc tenant_region_scope xms_tdbr
    uti xms_pftexp platf xms_ssm xms_tcdt typ token_use auth_time polids capolids xms_caeerror alg kid x5t x5t#s256
    enc zip
    """.split()
)
_LOCATIONS: Final = frozenset({"aud", "iss", "idp", "isallowed"})
_PERMISSIONS: Final = frozenset({"scp", "roles", "scope", "permissions"})
_USERS: Final = frozenset(
    """
    upn unique_name preferred_username email verified_primary_email verified_secondary_email login_hint nameid smtp
    actort puid onprem_sid sid username
    """.split()
)
_OBJECTS: Final = ("oid", "sub", "home_oid")
_NAMES: Final = frozenset("name given_name family_name app_displayname nickname middle_name".split())
_MASKED: Final = frozenset(
    """
    aio rh xms_ftd xms_idrel xms_st xms_acd xms_act_fct xms_sub_fct xms_tnt_fct xms_rd xms_mirid xms_az_rid jti
    at_hash c_hash s_hash deviceid in_corp altsecid ctry sess verified_emails onprem_sam_account_name groups
    hasgroups cnf nonce
    """.split()
)
"""Claims with a public name and a value that is nobody's business."""
_KNOWN: Final = _FACTS | _LOCATIONS | _PERMISSIONS | _USERS | _NAMES | _MASKED | frozenset(_OBJECTS)
_SIGNED_IN: Final = ("upn", "unique_name", "preferred_username", "email")
_IDS: Final = frozenset("tid appid azp wids polids capolids".split())
_OPAQUE_FACTS: Final = frozenset("uti kid x5t x5t#s256".split())
_OPAQUE_ID: Final = re.compile(r"[A-Za-z0-9_-]{6,64}")
_WORD: Final = re.compile(r"[A-Za-z0-9.:_-]{1,10}")
_PERMISSION: Final = re.compile(r"[A-Za-z][\w.:/-]{0,120}")
_OPAQUE: Final = re.compile(r"(?=\S*\d)\S{40,}")
_LIST_AT_MOST: Final = 300
_SERVICE_NAME: Final = re.compile(rf"(?P<app>{GUID.pattern})(?:/(?P<host>[\w.-]+))?@(?P<realm>[\w.*-]+)", re.IGNORECASE)
"""An audience or issuer between servers: application, host, tenant ([MS-SPS2SAUTH] section 2.2)."""
_PRESENT: Final = "<present>"
_DEMAND_WORDS: Final = frozenset({"value", "values", "essential"})


def token_facts(read: BearerToken, ledger: Ledger) -> dict[str, object]:
    """What a decoded token says, as far as it may be shown."""
    shown: dict[str, object] = {"kind": read.kind, "length": length_class(read.length)}
    if read.problem:
        shown["problem"] = read.problem
    header = {name: _claim(name, value, ledger, app=False) for name, value in read.header.items()}
    shown["header"] = {_name(name, ledger): value for name, value in header.items()}
    if read.claims:
        shown["claims"] = clean_claims(read.claims, ledger)
    return shown


def clean_claims(claims: Mapping[str, object], ledger: Ledger) -> dict[str, object]:
    """The claims of a token, each by its rule; the stand-ins of one user's claims are noted as the same person."""
    app = is_app_token(claims)
    for name in _KNOWN & claims.keys():
        ledger.fact(name)
    shown = {_name(name, ledger): _claim(name, value, ledger, app=app) for name, value in claims.items()}
    people = [str(shown[name]) for name in (*_SIGNED_IN, *_OBJECTS) if str(shown.get(name, "")).startswith("<user:")]
    ledger.aliases |= {(people[0], other) for other in people[1:]}
    return shown


def is_app_token(claims: Mapping[str, object]) -> bool:
    """Whether a token speaks for an application alone, so that its object id is no person's."""
    kind = claims.get("idtyp")
    if isinstance(kind, str) and kind in {"app", "user"}:
        return kind == "app"
    if any(name in claims for name in (*_SIGNED_IN, "scp", "name")):
        return False
    return claims.get("oid") == claims.get("sub") or claims.get("iss") == claims.get("sub")


def clean_claim(name: str, value: str, ledger: Ledger, *, app: bool = False) -> str:
    """One claim with a text value."""
    folded = name.casefold()
    if folded in _USERS:
        return ledger.user(value)
    if folded in _NAMES:
        return ledger.name(value, person=folded != "app_displayname")
    if folded in _OBJECTS:
        return ledger.fact(value) if app and GUID.fullmatch(value) else ledger.user(value)
    if folded in {"ipaddr", "in_corp_ip", "xms_rp_ipaddr"}:
        return ledger.ip(value)
    if folded in _LOCATIONS:
        return _location(value, ledger)
    if folded in _PERMISSIONS:
        return " ".join(_permission(part, ledger) for part in value.split(" "))
    if folded in _IDS and GUID.fullmatch(value):
        return ledger.fact(value)
    if folded in _FACTS - _IDS and _is_plain(folded, value):
        return ledger.fact(value)
    return _PRESENT if folded in {"cnf", "nonce"} else ledger.text(value)


def _is_plain(folded: str, value: str) -> bool:
    """Whether a fact looks as such a fact does: an opaque id where ids stand, a short or public word elsewhere."""
    if folded in _OPAQUE_FACTS:
        return _OPAQUE_ID.fullmatch(value) is not None
    return _WORD.fullmatch(value) is not None or (is_public_name(value) and " " not in value)


def _claim(name: str, value: object, ledger: Ledger, *, app: bool) -> object:
    folded = name.casefold()
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return _number(folded, value, ledger)
    if isinstance(value, str):
        return clean_claim(name, value, ledger, app=app)
    if isinstance(value, list):
        return [_claim(name, item, ledger, app=app) for item in value[:_LIST_AT_MOST]]
    return _PRESENT if folded == "cnf" else ledger.text(str(value))


def _number(folded: str, value: float, ledger: Ledger) -> object:
    if folded not in _FACTS:
        return ledger.number()
    ledger.fact(str(value))
    return value


def _name(name: str, ledger: Ledger) -> str:
    known = name.casefold() in _KNOWN
    return name if known or is_public_name(name) else ledger.text(name)


def _location(value: str, ledger: Ledger) -> str:
    """An audience or issuer: an application id, a URL without query, or a name of public words."""
    if GUID.fullmatch(value):
        return ledger.fact(value)
    service = _SERVICE_NAME.fullmatch(value)
    if service:
        place = f"/{host(service['host'], ledger)}" if service["host"] else ""
        realm = service["realm"] if GUID.fullmatch(service["realm"]) else host(service["realm"], ledger)
        return ledger.fact(f"{service['app']}{place}@{realm}")
    try:
        parts = urlsplit(value)
    except ValueError:
        return ledger.text(value)
    if parts.scheme and parts.netloc and "@" not in parts.netloc:
        place = parts.netloc if GUID.fullmatch(parts.netloc) else host(parts.netloc, ledger)
        rest = mask("text", f"{parts.query}{parts.fragment}")
        return ledger.fact(f"{parts.scheme}://{place}{clean_path(parts.path, ledger)}{rest}")
    return ledger.fact(value) if is_public_name(value) and not is_user(value) else ledger.text(value)


def _permission(value: str, ledger: Ledger) -> str:
    if not value or GUID.fullmatch(value):
        return ledger.fact(value) if value else value
    plain = _PERMISSION.fullmatch(value) and not is_user(value)
    return ledger.fact(value) if plain and (is_public_name(value) or not _OPAQUE.search(value)) else ledger.text(value)


def clean_claims_request(raw: str, ledger: Ledger) -> str:
    """A claims request (OpenID Connect Core 5.5): JSON or base64 of it, verbatim where nothing was removed."""
    decoded = _parsed(raw)
    tree = _parsed(_unbased(raw)) if decoded is None else decoded
    if tree is None:
        return ledger.text(raw)
    ledger.see(str(tree))
    rebuilt = _demand("", tree, ledger)
    return raw if rebuilt == tree else json.dumps(rebuilt, separators=(",", ":"))


def _demand(name: str, value: object, ledger: Ledger) -> object:
    if isinstance(value, dict):
        return {
            _name(str(key), ledger): _demand(name if key in _DEMAND_WORDS else str(key), item, ledger)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_demand(name, item, ledger) for item in value[:_LIST_AT_MOST]]
    return _claim(name, value, ledger, app=True)


def _parsed(text: str) -> dict[str, object] | None:
    """A JSON object without duplicate names, which a verbatim copy would carry unseen; None for anything else."""
    try:
        decoded: object = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    return decoded if isinstance(decoded, dict) else None


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    decoded = dict(members)
    if len(decoded) < len(members):
        raise ValueError("a name occurs twice")
    return decoded


def _unbased(raw: str) -> str:
    standard = raw.strip().translate(str.maketrans("-_", "+/"))
    try:
        return b64decode(standard + "=" * (-len(standard) % 4), validate=True).decode()
    except ValueError:
        return ""
