"""Headers that carry or demand credentials: Authorization, cookies, challenges. What sort they are stays, they go."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.challenge import read_challenges
from proxy_addons.redaction.field_rules import Treatment, fold, rule_for
from proxy_addons.redaction.fields import clean_url, token, treat
from proxy_addons.redaction.lexicon import is_public_name
from proxy_addons.redaction.pieces import Pieces, escaped
from proxy_addons.redaction.urls import host

if TYPE_CHECKING:
    from proxy_addons.redaction.ledger import Ledger

_COOKIES: Final = frozenset(
    """
    fpc x-ms-gateway-slice stsservicecookie buid esctx esctxcookie ests estsauth estsauthpersistent estsauthlight
    x-owa-canary clientid oidc exchangecookie x-backendcookie openidconnect.nonce rpsauth rpssecauth fedauth rtfa
    cadata cadatakey cadataiv cadatattl cadatasig x-caltok arraffinity arraffinitysamesite mspauth wlssc brcap
    aadsso signinstatecookie ccstate ch x-ms-cpim-csrf x-ms-cpim-trans x-ms-cpim-cache defaultanchormailbox ucs
    """.split()
)
_COOKIE_ATTRIBUTES: Final = frozenset(
    "path domain expires max-age samesite secure httponly partitioned priority".split()
)
_QUOTED_TOKEN: Final = re.compile(
    r"(?P<before>(?:bearer\s+|[\"'])*)(?P<token>.*?)(?P<after>[\"']*)", re.IGNORECASE | re.DOTALL
)
_KNOWN_SCHEMES: Final = frozenset("bearer basic ntlm negotiate pop dpop digest kerberos msauth1.0 hmac apikey".split())
_CLIENT_OBJECTS: Final = frozenset(
    {"undefined", "null", "none", "[object object]", "system.security.securestring", "<token>", "{token}"}
)
"""What a client sends in place of a token by mistake: a fact, and no secret."""
_BLOB: Final = re.compile(r"(?P<scheme>NTLM|Negotiate)\s+(?P<data>[^\s,]+)", re.IGNORECASE)
_SCHEMES: Final = {"ntlm": "NTLM", "pop": "PoP", "dpop": "DPoP"}
_CHALLENGE_RULES: Final[dict[str, Treatment]] = {
    "realm": Treatment.TENANT,
    "trustedissuers": Treatment.PROSE,
    "tokentypes": Treatment.WORD,
    "error": Treatment.CODE,
    "errordescription": Treatment.PROSE,
    "claims": Treatment.CLAIMS,
    "resourceid": Treatment.URL,
    "resourcemetadata": Treatment.URL,
    "nonce": Treatment.SECRET,
    "opaque": Treatment.SECRET,
}


def authorization(value: str, ledger: Ledger) -> Pieces:
    """Authorization: the scheme, and a stand-in for the credential; one that stands alone is no scheme."""
    scheme, blank, credential = value.strip().partition(" ")
    if not blank and scheme.casefold() not in _KNOWN_SCHEMES:
        return token(scheme, ledger)
    shown = scheme if scheme.casefold() in _KNOWN_SCHEMES else ledger.secret(scheme)
    if not blank:
        return [shown]
    if scheme.casefold() == "basic":
        return [shown, " ", *_basic(credential, ledger)]
    return [shown, " ", *_credential(credential.strip(), ledger)]


def _credential(credential: str, ledger: Ledger) -> Pieces:
    """A bearer credential; one sent with the word Bearer twice or in quotes still shows that it was."""
    inner = _QUOTED_TOKEN.fullmatch(credential)
    if inner is None or not inner["token"] or inner["token"].casefold() in _CLIENT_OBJECTS:
        return [credential]
    return [inner["before"], *token(inner["token"], ledger), inner["after"]]


def _basic(credential: str, ledger: Ledger) -> Pieces:
    try:
        user, colon, password = b64decode(credential, validate=True).decode("utf-8", "replace").partition(":")
    except ValueError:
        return [ledger.secret(credential)]
    ledger.see(user)
    ledger.secret(credential)
    return [ledger.user(user), ":", ledger.secret(password)] if colon else [ledger.secret(credential)]


def cookies(value: str, ledger: Ledger) -> Pieces:
    """Cookie: names that are known or public, and masks."""
    shown = [_cookie(pair, ledger) for pair in value.split(";") if pair.strip()]
    return ["; ".join(shown)]


def _cookie(pair: str, ledger: Ledger) -> str:
    name, equals, value = pair.strip().partition("=")
    known = name.casefold() in _COOKIES or ledger.is_public_name(name)
    if not equals:
        return ledger.secret(name)
    return f"{name if known else ledger.secret(name)}={ledger.secret(value.strip(chr(34)))}"


def set_cookie(value: str, ledger: Ledger) -> Pieces:
    """Set-Cookie: as Cookie, with its attributes."""
    pair, *attributes = value.split(";")
    shown: Pieces = [_cookie(pair, ledger)]
    for attribute in attributes:
        name, equals, content = attribute.strip().partition("=")
        if name.casefold() not in _COOKIE_ATTRIBUTES:
            shown.append(f"; {ledger.secret(attribute.strip())}")
        elif name.casefold() in {"domain", "path"}:
            shown += [
                f"; {name}=",
                *(clean_url(content, ledger) if name.casefold() == "path" else _domain(content, ledger)),
            ]
        else:
            shown += [f"; {name}{equals}", *treat(Treatment.TIME if equals else Treatment.WORD, content, ledger)]
    return shown


def _domain(content: str, ledger: Ledger) -> Pieces:
    """A cookie's domain; the leading dot of old times means nothing and stays."""
    bare = content.lstrip(".")
    return [f"{content[: len(content) - len(bare)]}{host(bare, ledger)}"]


def challenges(value: str, ledger: Ledger) -> Pieces:
    """WWW-Authenticate: schemes and parameters a diagnosis reads; nonces and binary challenges are masked."""
    blob = _BLOB.fullmatch(value.strip())
    if blob:
        return [f"{blob['scheme']} ", ledger.secret(blob["data"])]
    shown: Pieces = []
    for number, challenge in enumerate(read_challenges((value,))):
        public = _SCHEMES.get(challenge.scheme, challenge.scheme.capitalize())
        scheme = public if is_public_name(challenge.scheme) else ledger.secret(challenge.scheme)
        shown.append(f"{', ' if number else ''}{scheme}")
        for place, (name, content) in enumerate(challenge.parameters.items()):
            known = name if ledger.is_public_name(name) else ledger.text(name)
            shown += [f'{"," if place else ""} {known}="', *_parameter(name, content, ledger), '"']
    return shown if shown or not value.strip() else [ledger.secret(value)]


def _parameter(name: str, value: str, ledger: Ledger) -> Pieces:
    rule = _CHALLENGE_RULES.get(fold(name)) or rule_for(name, in_error=True, in_form=True) or Treatment.CONTENT
    return escaped(treat(rule, value, ledger), lambda text: text.replace('"', "'"))
