"""Facts about the credential: what the token claims, and how that fits the service, the URL and the server's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.challenge import not_before, read_challenges, read_claims
from proxy_addons.evidence.operation import is_guid, tenant_in_path
from proxy_addons.evidence.services import accepts_audience, audience_owner, issuer_kind, plain_audience

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from proxy_addons.evidence.bearer_token import BearerToken
    from proxy_addons.evidence.exchange import Exchange
    from proxy_addons.evidence.request_facts import Reading
    from proxy_addons.evidence.services import Service

CONSUMER_TENANT: Final = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""The tenant id of personal Microsoft accounts (access-token-claims-reference)."""

_LATEST: Final = 253_402_300_799
"""The last second of the year 9999: a claim beyond it is no moment."""
_MARGIN: Final = 60
"""Seconds a recorder's clock must see a token away from either end of its life."""
_MOMENTS: Final = ("iat", "nbf", "exp")
_APP_AUTH: Final = {"0": "public", "1": "secret", "2": "certificate"}


def read(
    token: BearerToken, exchange: Exchange, service: Service, directory_roles: Mapping[str, str]
) -> Iterator[Reading]:
    """Everything the Authorization header says; claims only where they can be read."""
    header = "request header Authorization"
    yield "token.scheme", token.scheme or None, header
    yield "token.kind", token.kind, header
    yield "token.problem", token.problem or None, header
    yield "token.length", token.length, header
    if token.kind == "opaque-consumer":
        yield "token.consumer", True, header
    if not token.claims and token.kind != "jwt":
        return
    claims = token.claims
    yield "token.claim.", None, "token claims"
    for name, value in claims.items():
        if value is not None:
            yield f"token.claim.{name.lower()}", _plain(value), f"token claim {name}"
    yield from _resource(claims, service)
    yield from _identity(claims)
    yield from _permissions(claims, directory_roles)
    yield from _tenant(claims, exchange, service)
    yield from _lifetime(claims, exchange)


def _resource(claims: Mapping[str, object], service: Service) -> Iterator[Reading]:
    audiences = _texts(claims.get("aud"))
    app_id = _text(claims, "appid") or _text(claims, "azp")
    yield "token.app_id", app_id.lower() or None, "token claim appid"
    yield "token.version", _text(claims, "ver") or None, "token claim ver"
    yield "token.audience", " ".join(audiences) or None, "token claim aud"
    if audiences:
        owner, cloud = audience_owner(audiences[0], app_id or None)
        yield "token.audience_service", owner, "token claim aud"
        yield "token.audience_cloud", cloud or None, "token claim aud"
        accepted = [accepts_audience(service, audience) for audience in audiences]
        if True in accepted or None not in accepted:
            yield "token.audience_matches", True in accepted, "token claim aud"
    is_own = bool(audiences) and bool(app_id) and plain_audience(audiences[0]) == app_id.lower()
    bare = not _texts(claims.get("scp")) and not _texts(claims.get("roles"))
    id_shaped = bare and ("nonce" in claims or "preferred_username" in claims) and (is_own or "azp" not in claims)
    yield "token.is_id_token", id_shaped and bool(audiences) and is_guid(audiences[0]), "token claims"
    issuer = _text(claims, "iss")
    kind, cloud = issuer_kind(issuer) if issuer else ("", "")
    yield "token.issuer", issuer or None, "token claim iss"
    yield "token.issuer_kind", kind or None, "token claim iss"
    yield "token.issuer_cloud", cloud or None, "token claim iss"


def _identity(claims: Mapping[str, object]) -> Iterator[Reading]:
    who = _who(claims)
    if who is not None:
        yield "token.identity", who, "token claim idtyp" if "idtyp" in claims else "token claims"
    auth = _text(claims, "appidacr") or _text(claims, "azpacr")
    yield "token.app_auth", _APP_AUTH.get(auth), "token claim appidacr"
    yield "token.object_id", _text(claims, "oid").lower() or None, "token claim oid"
    user = next((text for name in ("upn", "unique_name", "preferred_username") if (text := _text(claims, name))), "")
    yield "token.user", user or None, "token claim upn"
    # A guest's name ends in the host tenant's domain or the consumer's: neither says where the account is at home.
    home = "" if "#" in user else user.rpartition("@")[2].lower() if "@" in user else ""
    yield "token.user_domain", home or None, "token claim upn"
    yield (
        "token.guest",
        who != "app" and _is_guest(claims),
        "token claim acct" if "acct" in claims else "token claim idp",
    )
    yield "token.consumer", _text(claims, "tid").lower() == CONSUMER_TENANT, "token claim tid"
    capabilities = {capability.lower() for capability in _texts(claims.get("xms_cc"))}
    yield "token.cae_capable", "cp1" in capabilities, "token claim xms_cc"
    yield "token.bound", "cnf" in claims, "token claim cnf"


def _is_guest(claims: Mapping[str, object]) -> bool:
    """Whether the account is at home elsewhere: acct says so, else an identity provider that is not this tenant.

    One tenant appears as different issuers (sts.windows.net, login.microsoftonline.com), so it is told by its id.
    """
    account = str(claims.get("acct"))
    provider = _text(claims, "idp").lower()
    if account in {"0", "1"}:
        return account == "1"
    return bool(provider) and _text(claims, "tid").lower() not in provider


def _who(claims: Mapping[str, object]) -> str | None:
    """App or user. `idtyp` tells where it is sent; else scp means a user, and roles without any user name an app."""
    declared = _text(claims, "idtyp").lower()
    if declared in {"app", "user"}:
        return declared
    if _texts(claims.get("scp")) or any(name in claims for name in ("upn", "unique_name", "preferred_username")):
        return "user"
    same = "oid" in claims and claims.get("oid") == claims.get("sub")
    return "app" if same or _texts(claims.get("roles")) else None


def _permissions(claims: Mapping[str, object], directory_roles: Mapping[str, str]) -> Iterator[Reading]:
    scopes = tuple(scope for text in _texts(claims.get("scp")) for scope in text.split())
    roles = _texts(claims.get("roles"))
    wids = tuple(wid.lower() for wid in _texts(claims.get("wids")))
    yield "token.scopes", scopes, "token claim scp"
    yield "token.roles", roles, "token claim roles"
    yield "token.permissions", (*scopes, *roles), "token claims scp and roles"
    yield "token.has_permissions", bool(scopes or roles), "token claims scp and roles"
    yield "token.wids", wids, "token claim wids"
    known = tuple(directory_roles[wid] for wid in wids if wid in directory_roles)
    yield "token.directory_roles", known, "token claim wids"


def _tenant(claims: Mapping[str, object], exchange: Exchange, service: Service) -> Iterator[Reading]:
    tenant = _text(claims, "tid").lower()
    yield "token.tenant", tenant or None, "token claim tid"
    named = tenant_in_path(exchange.request.split_url.path, service.surface)
    if tenant and is_guid(named):
        yield "token.tenant_matches_url", named == tenant, "token claim tid and request URL"


def moments_named(token: BearerToken) -> tuple[int | None, ...]:
    """The moments a token names: issued, begins, expires; None for each it does not."""
    moments = _moments(token.claims)
    return tuple(map(moments.get, _MOMENTS))


def seconds_since(moments: Sequence[int | None], now: float) -> Iterator[tuple[str, int]]:
    """How old a token was, and how far past its end or before its beginning, as facts in seconds.

    `moments` are those it names (`moments_named`), `now` is in seconds since 1970.
    """
    for fact, place, sign in (("token.age", 0, 1), ("token.expired_by", 2, 1), ("token.early_by", 1, -1)):
        moment = moments[place]
        if moment is not None:
            yield fact, sign * (int(now) - moment)


def _moments(claims: Mapping[str, object]) -> Mapping[str, int | None]:
    return {name: _seconds(claims[name]) for name in _MOMENTS if claims.get(name) is not None}


def _lifetime(claims: Mapping[str, object], exchange: Exchange) -> Iterator[Reading]:
    moments = _moments(claims)
    issued, early, expires = moments.get("iat"), moments.get("nbf"), moments.get("exp")
    for fact, name in (("issued", "iat"), ("not_before", "nbf"), ("expires", "exp")):
        if name not in moments or moments[name] is not None:
            yield f"token.{fact}", moments.get(name), f"token claim {name}"
    if issued is not None and expires is not None:
        yield "token.lifetime", expires - issued, "token claims iat and exp"
    yield from _at(issued, early, expires, exchange)
    demanded = challenge_not_before(exchange)
    if issued is not None and demanded is not None:
        older = max(issued, early or issued) < demanded
        yield "token.older_than_challenge", older, "token claim iat and challenge claims"


def _at(issued: int | None, early: int | None, expires: int | None, exchange: Exchange) -> Iterator[Reading]:
    """How old the token was. That it was past its life, or before it, only the server's own clock can tell.

    The clock of whoever captured the call may be the very thing that is wrong, or its zone may be lost. Where it is all
    there is, a token well within its life counts as valid, and nothing else is said.
    """
    now = exchange.server_time
    if exchange.response is None or now is None:
        return
    date = exchange.response.date
    where = "token claims against " + ("the recorder's clock" if date is None else "response header Date")
    for fact, seconds in seconds_since((issued, early, expires), now):
        if date is not None or (seconds <= -_MARGIN if fact != "token.age" else seconds >= 0):
            yield fact, seconds, where
            if fact == "token.expired_by":
                yield "token.expired", seconds > 0, where
        elif fact == "token.expired_by":
            yield "token.expired_by_recorder", seconds, where
    if expires is None:
        yield "token.expired", False, "token claims, which name no end"


def challenge_not_before(exchange: Exchange) -> int | None:
    """The nbf (epoch seconds) a claims challenge of the response demands, or None."""
    fields = exchange.response.headers.get_all("www-authenticate") if exchange.response else ()
    for challenge in read_challenges(fields):
        claims = read_claims(challenge.parameters.get("claims", ""))
        if claims is not None and claims.demands.get("nbf"):
            return not_before(claims)
    return None


def _plain(value: object) -> str:
    """A claim's value as text: lists with blanks between, flags as JSON writes them; objects are told to be there."""
    if isinstance(value, list):
        return " ".join(_plain(item) for item in value if not isinstance(item, list))
    if isinstance(value, dict):
        return "(object)"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    """A claim that may be one text or a list of them."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _seconds(value: object) -> int | None:
    """A NumericDate (RFC 7519 section 2) as whole seconds; ADFS and some tools send text. None: no moment at all."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = int(float(value))
    except (ValueError, OverflowError):
        return None
    return seconds if abs(seconds) <= _LATEST else None
