"""One value under one rule: what the treatments of `field_rules` do, and URLs, whose queries are fields as well."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

from proxy_addons.evidence.bearer_token import read_authorization
from proxy_addons.redaction import claim_rules
from proxy_addons.redaction.field_rules import Treatment, rule_for
from proxy_addons.redaction.identity import canonical_ip, is_user
from proxy_addons.redaction.lexicon import is_public_name, is_public_text
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pieces import Pending, Pieces, Waiting, escaped
from proxy_addons.redaction.urls import SERVER, clean_path, host, unquoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.redaction.ledger import Ledger

_ID: Final = re.compile(
    rf"{GUID.pattern}|\d{{1,5}}|[A-Za-z0-9+/]{{16,22}}(?:\.\d{{1,5}}){{1,6}}|\d{{8}}T\d{{6}}Z-\w{{8,40}}", re.IGNORECASE
)
"""A GUID, a small number, a correlation vector, or the reference of Azure's front door."""
_CODE: Final = re.compile(r"[#-]?[A-Za-z0-9][A-Za-z0-9_.:/#, ()-]{0,119}")
_NUMBERED: Final = re.compile(
    r"-?\d{1,10}|0x[0-9A-Fa-f]{1,8}|(?:AADSTS|AADB2C|IDX|MSIS|CAA|ID|LCode)\d{4,8}|Ex[0-9A-F]{6}"
)
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,7})?)?)? ?(?:Z|[+-]\d\d:\d\d)?|1\d{9}"
    r"|\d{1,2}/\d{1,2}/\d{4}(?: \d{1,2}:\d\d(?::\d\d)?(?: [AP]M)?)?"
    r"|[A-Z][a-z]{2,8}, \d\d?[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT|-1|0"
)
_PERMISSION: Final = re.compile(r"[A-Za-z][\w-]{0,80}(?:\.[\w-]{1,60}){0,6}")
_OPAQUE: Final = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\S{20,}|\S{48,}")
_LITERAL: Final = re.compile(r"'(?:[^']|'')*'")
_LONGEST_URL: Final = 16384
_ERROR_NUMBER: Final = re.compile(r"code=\d{4,8}")
_WEB_URL: Final = re.compile(r"https?://\S+")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,20}", re.IGNORECASE)
_KEPT_IN_QUERY: Final = "<>:/,.$'()*!@;"


def clean_field(name: str, value: str, ledger: Ledger) -> Pieces:
    """A value of a form or a query string by its name."""
    return treat(rule_for(name, in_form=True) or Treatment.CONTENT, value, ledger)


def treat(treatment: Treatment, value: str, ledger: Ledger) -> Pieces:
    """A text value as it may be shown."""
    return _TREATMENTS[treatment](value, ledger) if value else [value]


def is_code(value: str) -> bool:
    """Whether a value is a word of a protocol: public words, and numbers. A name would pass for a word nobody knows."""
    if not _CODE.fullmatch(value) or is_user(value):
        return False
    if is_public_text(value) and not is_public_name(value):
        return False
    return all(
        is_public_name(word.strip("#()")) or _NUMBERED.fullmatch(word) for word in re.split(r"[ ,;]+", value) if word
    )


def _code(value: str, ledger: Ledger) -> Pieces:
    return [ledger.fact(value)] if is_code(value) else _prose(value, ledger)


def _word(value: str, ledger: Ledger) -> Pieces:
    words = re.split(r"[\s,;|=\"]+", value)
    public = all(is_public_name(word) or re.fullmatch(r"\d{1,9}(?:\.\d{1,5}){0,3}", word) for word in words if word)
    public = public and not any(map(canonical_ip, words))
    return [value] if public else _content(value, ledger)


def _fact_id(value: str, ledger: Ledger) -> Pieces:
    bare = value.strip("{}\"' ")
    return [ledger.fact(value)] if _ID.fullmatch(bare) else _prose(value, ledger)


def _number(value: str, ledger: Ledger) -> Pieces:
    plain = re.fullmatch(r"-?\d{1,9}(?:\.\d{1,4})?", value) or _MOMENT.fullmatch(value)
    return [value] if plain else _word(value, ledger)


def _time(value: str, ledger: Ledger) -> Pieces:
    return [ledger.fact(value)] if _MOMENT.fullmatch(value) else _prose(value, ledger)


def _tenant(value: str, ledger: Ledger) -> Pieces:
    if GUID.fullmatch(value) or value.casefold() in {"common", "organizations", "consumers"}:
        return [ledger.fact(value)]
    if is_public_name(value):
        return [value]
    return [host(value, ledger)] if "." in value and not is_user(value) else _content(value, ledger)


def _scopes(value: str, ledger: Ledger) -> Pieces:
    shown: Pieces = []
    for part in re.split(r"([\s,]+)", value):
        if not part.strip(" ,") or GUID.fullmatch(part):
            shown.append(ledger.fact(part) if part.strip(" ,") else part)
        elif re.search(r"(?i)://|%3A%2F%2F|^urn:", part):
            pieces = clean_url(unquoted(part), ledger)
            shown += [part] if "".join(map(str, pieces)) == unquoted(part) else pieces
        elif _PERMISSION.fullmatch(part) and is_public_name(part):
            shown.append(ledger.fact(part))
        else:
            shown.append(ledger.text(part))
    return shown


def _filter(value: str, ledger: Ledger) -> Pieces:
    """An OData expression: property names and operators stay, what stands between quotes is somebody's."""
    shown: Pieces = []
    at = 0
    for literal in _LITERAL.finditer(value):
        inside = literal[0][1:-1]
        shown += [*_prose(value[at : literal.start()], ledger), "'", *_content(inside, ledger), "'"]
        at = literal.end()
    return [*shown, *_prose(value[at:], ledger)]


def _prose(value: str, _ledger: Ledger) -> Pieces:
    return [Pending(value)] if value else []


def _user(value: str, ledger: Ledger) -> Pieces:
    if GUID.fullmatch(value):
        return [Pending(value, Waiting.OBJECT_ID)]
    return [ledger.user(value)]


def _object_id(value: str, ledger: Ledger) -> Pieces:
    if GUID.fullmatch(value):
        return [Pending(value, Waiting.OBJECT_ID)]
    return (
        [value]
        if re.fullmatch(r"\d{1,3}", value)
        else [ledger.user(value) if is_user(value) else ledger.opaque_id(value)]
    )


def _ip(value: str, ledger: Ledger) -> Pieces:
    return [ledger.ip(value)] if canonical_ip(value) else _content(value, ledger)


def token(value: str, ledger: Ledger) -> Pieces:
    """A credential: a JWT leaves its stand-in, its facts are noted in the ledger; anything else is a secret."""
    read = read_authorization(f"Bearer {value}")
    if not read.header:
        return [ledger.secret(value)]
    shown = ledger.token(value)
    if shown not in ledger.tokens:
        ledger.see(json.dumps(dict(read.claims), ensure_ascii=False))
        ledger.see(json.dumps(dict(read.header), ensure_ascii=False))
        ledger.tokens[shown] = claim_rules.token_facts(read, ledger)
    return [shown]


def _server(value: str, ledger: Ledger) -> Pieces:
    """A server by its name: Microsoft's stays, a machine of somebody's own does not."""
    if SERVER.fullmatch(value) or (is_public_name(value) and not any(map(str.isdigit, value))):
        return [ledger.fact(value)]
    if "." in value or value.isdigit():
        return [host(value, ledger)] if "." in value else _number(value, ledger)
    return [ledger.hidden_domain(value)]


def _secret(value: str, ledger: Ledger) -> Pieces:
    return (
        token(value.removeprefix("Bearer "), ledger)
        if value.startswith(("eyJ", "Bearer eyJ"))
        else [ledger.secret(value)]
    )


def _content(value: str, ledger: Ledger) -> Pieces:
    """A value under no rule: what can be recognised gets its stand-in, everything else a mask."""
    if value.casefold() in {"true", "false", "null"}:
        return [value]
    if is_user(value):
        return [ledger.user(value)]
    if GUID.fullmatch(value):
        return [Pending(value, Waiting.OBJECT_ID)]
    if canonical_ip(value):
        return [ledger.ip(value)]
    if _WEB_URL.fullmatch(value):
        return clean_url(value, ledger, named=False)
    if value.startswith(("eyJ", "Bearer eyJ")):
        return token(value.removeprefix("Bearer "), ledger)
    return [ledger.text(value)]


_TREATMENTS: Final[dict[Treatment, Callable[[str, Ledger], Pieces]]] = {
    Treatment.CODE: _code,
    Treatment.WORD: _word,
    Treatment.FACT_ID: _fact_id,
    Treatment.NUMBER: _number,
    Treatment.TIME: _time,
    Treatment.URL: lambda value, ledger: clean_url(value, ledger, named=True),
    Treatment.HOST: lambda value, ledger: [host(value, ledger)],
    Treatment.TENANT: _tenant,
    Treatment.SCOPES: _scopes,
    Treatment.FILTER: _filter,
    Treatment.PROSE: _prose,
    Treatment.USER: _user,
    Treatment.NAME: lambda value, ledger: [ledger.user(value) if is_user(value) else ledger.name(value)],
    Treatment.PERSON: lambda value, ledger: [ledger.user(value) if is_user(value) else ledger.name(value, person=True)],
    Treatment.IP: _ip,
    Treatment.OBJECT_ID: _object_id,
    Treatment.OPAQUE_ID: lambda value, ledger: [ledger.opaque_id(value)],
    Treatment.TOKEN: token,
    Treatment.SECRET: _secret,
    Treatment.SERVER: _server,
    Treatment.CLAIMS: lambda value, ledger: [claim_rules.clean_claims_request(value, ledger)],
    Treatment.CONTENT: _content,
}


def clean_url(raw: str, ledger: Ledger, *, named: bool = True) -> Pieces:
    """A URL, absolute or relative, as it may be shown. `named`: it stands where only a URL can stand."""
    try:
        parts = urlsplit(raw)
        _ = parts.port
    except ValueError:
        return [ledger.text(raw)]
    if len(raw) > _LONGEST_URL or (parts.scheme and not _SCHEME.fullmatch(parts.scheme)):
        return [ledger.text(raw)]
    shown: Pieces = [f"{parts.scheme}:"] if parts.scheme else []
    if parts.netloc:
        shown.append(f"//{_authority(parts, ledger, named=named)}")
    shown.append(clean_path(parts.path, ledger))
    if parts.path.endswith("/error") and _ERROR_NUMBER.fullmatch(parts.query):
        shown.append(f"?{parts.query}")
    elif parts.query:
        shown += ["?", *clean_query(parts.query, ledger)]
    if parts.fragment:
        shown.append(f"#{ledger.secret(parts.fragment)}")
    return shown


def _authority(parts: SplitResult, ledger: Ledger, *, named: bool) -> str:
    who, at, address = parts.netloc.rpartition("@")
    if GUID.fullmatch(address):
        return ledger.fact(address)
    shown = host(address, ledger, named=named)
    if not at:
        return shown
    user, _, password = who.partition(":")
    return f"{ledger.user(unquote(user))}:{ledger.secret(unquote(password))}@{shown}"


def clean_query(query: str, ledger: Ledger) -> Pieces:
    """A query string, also one that follows no form: a value without a name may be anything, and is masked."""
    shown: Pieces = []
    for number, pair in enumerate(query.split("&")):
        raw_name, equals, raw_value = pair.partition("=")
        shown.append("&" if number else "")
        if not equals:
            shown.append(raw_name if not raw_name or ledger.is_public_name(raw_name) else ledger.secret(raw_name))
            continue
        name = unquoted(raw_name.replace("+", " "))
        shown.append(f"{raw_name if ledger.is_public_name(name) else ledger.text(name)}=")
        shown += field_value(name, raw_value, ledger)
    return shown


def field_value(name: str, raw_value: str, ledger: Ledger) -> Pieces:
    """An encoded value of a query or a form; it stays as it was encoded where nothing had to be removed."""
    value = unquote(raw_value.replace("+", " "))
    pieces = clean_field(name, value, ledger)
    if all(isinstance(piece, str) for piece in pieces) and "".join(map(str, pieces)) == value:
        return [raw_value]
    return escaped(pieces, lambda text: quote(text, safe=_KEPT_IN_QUERY))
