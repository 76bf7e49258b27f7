"""Headers: an allow-list of those a diagnosis needs, each with the form its value must have. The others are masked.

Sources: RFC 9110; Exchange's 'instrumenting client requests', Graph's support guidance, answers observed of Microsoft's
front ends and of the proxies in front of them. The name of an unknown header may itself tell something, and is shown
only where it is made of public words.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from proxy_addons.evidence.trace_context import read_traceparent
from proxy_addons.redaction.credential_headers import authorization, challenges, cookies, set_cookie
from proxy_addons.redaction.field_rules import Treatment, fold, rule_for
from proxy_addons.redaction.fields import treat
from proxy_addons.redaction.identity import SYSTEM_MAILBOX, canonical_ip, is_user
from proxy_addons.redaction.lexicon import is_public_name
from proxy_addons.redaction.masks import GUID
from proxy_addons.redaction.pieces import Pending, Piece, Pieces
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.redaction.urls import host

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy_addons.redaction.ledger import Ledger

_T = Treatment
_TABLE: Final[dict[Treatment, str]] = {
    _T.FACT_ID: """
    request-id client-request-id x-ms-request-id x-ms-correlation-request-id x-ms-correlation-id x-correlation-id
    x-request-id sprequestguid x-ms-client-request-id ms-cv x-ms-appid x-clientid-application x-ms-tenant-id
    x-ms-operation-id x-ms-activity-id activityid x-ms-requestid ms-requestid x-ms-cid x-trace-id
    x-azure-ref x-aspnet-version x-owa-version x-ms-client-session-id
    """,
    _T.CODE: """
    x-besku x-backend-cookie-version x-caserrorcode x-autodiscovery-error x-owa-error x-failurecontext x-ms-error-code
    x-usertype organizationstatus x-feefzinfo x-firsthopcafeefz x-ms-clitelem x-ms-gateway-slice
    x-nanoproxy x-rum-validated x-proxy-routingcorrectness x-iids x-ms-srs x-ms-httpver x-powered-by x-squid-error
    x-cache x-ms-resource-unit x-ms-throttle-scope x-ms-throttle-information x-ms-throttle-limit-percentage
    ocp-aad-diagnostics-server-name x-content-type-options x-ms-islogin x-sharepointhealthscore
    microsoftsharepointteamservices x-databoundary x-1dscollectorurl x-frame-options x-ms-invokeapp x-ms-proxy
    x-ms-client-gcc-tenant x-forms_based_auth_required x-ms-version x-cdn-provider
    x-msedge-responseinfo x-ms-mts-requestid x-ms-ests-build x-besku x-ua-compatible x-fehttpversion
    x-exchange-version x-serverapplication x-clientapplication x-responsetype x-clientinfo-version x-ms-service
    x-mapihttpcapability x-proxy-error x-http-status x-ms-diagnostics-from-backend proxy-agent
    """,
    _T.SERVER: """
    x-feserver x-beserver x-calculatedbetarget x-calculatedfetarget x-targetbeserver x-diaginfo x-feproxyinfo
    x-firsthopcafe x-ms-server-fqdn x-backendserver x-frontendserver x-servername
    """,
    _T.NUMBER: """
    :status sprequestduration spiislatency retry-after content-length age x-backendhttpstatus
    x-proxy-backendserverstatus upgrade-insecure-requests dnt x-ratelimit-limit x-ratelimit-remaining
    x-ratelimit-reset ratelimit-limit ratelimit-remaining ratelimit-reset rate-limit-limit rate-limit-remaining
    rate-limit-reset max-forwards duration x-content-length
    """,
    _T.TIME: "x-backend-begin x-backend-end date expires last-modified if-modified-since deprecation sunset",
    _T.WORD: """
    :method :scheme cache-control pragma connection transfer-encoding content-encoding accept-encoding te trailer
    upgrade vary consistencylevel prefer preference-applied odata-version odata-maxversion dataserviceversion
    maxdataserviceversion accept-ranges access-control-allow-methods access-control-allow-credentials
    x-requested-with keep-alive proxy-connection accept-charset strict-transport-security referrer-policy expect
    content-transfer-encoding return-client-request-id x-serializationlevel x-responseformat x-cmdletname
    parameter-separator x-clientapplication x-ms-exchange-version x-preferserveraffinity preferserveraffinity
    x-ms-pkeyauth x-client-sku x-client-ver x-client-os x-client-cpu x-ms-lib-capability x-client-current-telemetry
    x-client-last-telemetry x-app-name x-app-ver restrict-access-confirm x-psws-clientversion mime-version
    x-http-method x-http-method-override
    """,
    _T.URL: """
    :path location content-location referer origin x-ms-location x-original-url x-rewrite-url
    access-control-allow-origin operation-location azure-asyncoperation x-forwarded-uri
    """,
    _T.HOST: ":authority host x-forwarded-host x-original-host x-ms-forest x-ms-server",
    _T.IP: """
    x-client-ip x-real-ip true-client-ip cf-connecting-ip x-azure-clientip x-azure-socketip x-ms-client-ip
    """,
    _T.USER: """
    from x-user x-user-email x-user-id x-ms-client-principal-name x-ms-client-principal-id x-upn x-forwarded-user
    x-forwarded-email remote-user x-authenticated-user x-mailbox x-explicitlogonuser x-publicfoldermailbox
    x-owa-explicitlogonuser x-sid x-puid x-netid x-ms-exchange-impersonation x-forwarded-login
    """,
    _T.NAME: "x-user-name x-display-name x-machine-name x-computer-name x-device-name x-workstation",
    _T.TENANT: "x-ms-tenantid tenantid x-tenant-id x-tenantid x-ms-organization x-realm",
    _T.SCOPES: "x-ms-scopes x-oauth-scopes x-ms-permissions",
}
RULES: Final[dict[str, Treatment]] = {name: treatment for treatment, names in _TABLE.items() for name in names.split()}

_LONGEST: Final = 16384
_CREDENTIALS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_PRODUCT: Final = re.compile(r"(?P<name>[A-Za-z][\w.+!-]{0,60})(?:/(?P<version>[\w.+-]{1,40}))?")
_VERSION: Final = re.compile(r"v?\d+(?:[._-]\w{1,12}){0,6}", re.IGNORECASE)
_OPAQUE: Final = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\S{20,}")
_DASHES: Final = 3
"""Those of a traceparent without what later versions may say behind its flags."""
_MEDIA: Final = re.compile(r"[a-z*]+/[\w.+*-]{1,80}", re.IGNORECASE)
_MEDIA_PARAMETERS: Final = frozenset(
    """
    charset odata.metadata odata.streaming odata type action ieee754compatible q version profile action start-info
    """.split()
)
_PARAMETER: Final = re.compile(r';\s*(?P<name>[\w.-]+)\s*=\s*(?:"(?P<quoted>[^"]*)"|(?P<bare>[^;\s,]*))')


def shown_header_name(name: str, ledger: Ledger) -> str:
    """A header's name as it may be shown."""
    folded = name.casefold()
    return name if folded in RULES or folded in _SPECIAL or ledger.is_public_name(name) else ledger.text(name)


def clean_header(name: str, value: str, ledger: Ledger) -> Pieces:
    """A header's value as it may be shown."""
    folded = name.casefold().strip()
    if folded not in _CREDENTIALS:
        ledger.see(value)
    if len(value) > _LONGEST and folded not in _CREDENTIALS:
        return treat(Treatment.CONTENT, value, ledger)
    special = _SPECIAL.get(folded)
    if special is not None:
        return special(value, ledger)
    rule = RULES.get(folded)
    if rule is not None:
        return treat(rule, value, ledger)
    secret = rule_for(name) in {Treatment.SECRET, Treatment.TOKEN}
    return treat(Treatment.SECRET if secret else Treatment.CONTENT, value, ledger)


def _products(value: str, ledger: Ledger) -> Pieces:
    """User-Agent and Server: products and versions stay, because policies go by them; comments are prose."""
    shown: Pieces = []
    for part in re.split(r"(\([^()]*\)|[\s,;]+)", value):
        if not part.strip(" ,;\t"):
            shown.append(part)
        elif part.startswith("("):
            shown.append(Pending(part))
        else:
            shown.append(_product(part, ledger))
    return shown


def _via(value: str, ledger: Ledger) -> Pieces:
    """Via: protocol and name of each intermediary (RFC 9110 section 7.6.3), and the product it is."""
    shown: Pieces = []
    for part in re.split(r"(\([^()]*\)|[\s,]+)", value):
        if not part.strip(" ,\t") or _VERSION.fullmatch(part.rpartition("/")[2]):
            shown.append(part)
        else:
            shown += _products(part, ledger) if part.startswith("(") else [host(part, ledger)]
    return shown


def _trace(value: str, ledger: Ledger) -> Pieces:
    """Traceparent: random digits by its standard, kept where it has the standard's form; anything else is masked."""
    return [value] if read_traceparent(value) is not None and value.count("-") == _DASHES else _content(value, ledger)


def _content(value: str, ledger: Ledger) -> Pieces:
    return treat(Treatment.CONTENT, value, ledger)


def _product(part: str, ledger: Ledger) -> Piece:
    match = _PRODUCT.fullmatch(part)
    if match is None or is_user(part) or (_OPAQUE.fullmatch(match["name"]) and not is_public_name(match["name"])):
        return part if _VERSION.fullmatch(part) else Pending(part)
    version = match["version"] or ""
    if version and not (_VERSION.fullmatch(version) or is_public_name(version)):
        return f"{match['name']}/{ledger.text(version)}"
    # The product is what an EWS allow or block list is about: it may stand in the verdict as well.
    ledger.fact(match["name"])
    return part


def _media_type(value: str, ledger: Ledger) -> Pieces:
    """Content-Type and Accept: types, and parameters that say how to read them. A boundary may be anything."""
    shown: list[str] = []
    for entry in value.split(","):
        media, _, _ = entry.partition(";")
        plain = media.strip()
        known = plain == "*/*" or (_MEDIA.fullmatch(plain) is not None and is_public_name(plain))
        shown.append(plain if known else ledger.text(plain))
        for parameter in _PARAMETER.finditer(entry):
            content = parameter["quoted"] if parameter["quoted"] is not None else parameter["bare"]
            public = parameter["name"].casefold() in _MEDIA_PARAMETERS and re.fullmatch(r"[\w.:/-]{0,60}", content)
            shown[-1] += f"; {parameter['name']}={content}" if public else ""
    return [", ".join(shown)]


def _anchor(value: str, ledger: Ledger) -> Pieces:
    """X-AnchorMailbox: whose mailbox the call is routed to; system mailboxes and application anchors are nobody's."""
    prefix, colon, rest = value.strip().rpartition(":") if ":" in value else ("", "", value.strip())
    local, at, domain = rest.partition("@")
    shown_prefix = f"{prefix}{colon}" if not prefix or is_public_name(prefix) else f"{ledger.text(prefix)}{colon}"
    system = prefix.casefold() in {"app", "appguid"} and GUID.fullmatch(local)
    if system or SYSTEM_MAILBOX.fullmatch(local):
        return [shown_prefix, ledger.fact(local), at, *treat(Treatment.TENANT, domain, ledger)]
    if GUID.fullmatch(domain):
        return [shown_prefix, ledger.user(local), at, ledger.fact(domain)]
    return [shown_prefix, ledger.user(rest)] if rest else [ledger.text(value)]


def _tenants(value: str, ledger: Ledger) -> Pieces:
    """Headers of tenant restrictions: tenants and policies, by id or domain (Entra's tenant restrictions v1, v2)."""
    shown: Pieces = []
    for part in re.split(r"([\s,:;]+)", value):
        shown += [part] if not part.strip(" ,:;") else treat(Treatment.TENANT, part, ledger)
    return shown


def _diagnostics(value: str, ledger: Ledger) -> Pieces:
    """x-ms-diagnostics: number, reason and category; the reason is a sentence like any other."""
    match = re.fullmatch(r"(?P<number>\s*\d{1,9})(?P<rest>.*)", value, re.DOTALL)
    if match is None:
        return [Pending(value)]
    shown: Pieces = [ledger.fact(match["number"].strip())]
    reason = re.search(r'reason="(?P<text>.*?)"\s*(?:;\s*error_category=|\Z)', match["rest"], re.DOTALL)
    category = re.search(r'error_category="(?P<text>[^"]*)"', match["rest"])
    if reason:
        shown += [';reason="', Pending(reason["text"]), '"']
    if category:
        shown += [';error_category="', *treat(Treatment.CODE, category["text"], ledger), '"']
    return shown if reason or category or not match["rest"].strip("; ") else [*shown, Pending(match["rest"])]


def _json_header(value: str, ledger: Ledger) -> Pieces:
    """x-ms-ags-diagnostic: JSON in a header."""
    try:
        tree: object = json.loads(value)
    except (ValueError, RecursionError):
        return [ledger.text(value)]
    return [json.dumps(_json_value("", tree, ledger, 0), separators=(",", ":"), ensure_ascii=False)]


def _json_value(name: str, value: object, ledger: Ledger, depth: int) -> object:
    if isinstance(value, dict) and depth < 6:  # noqa: PLR2004  # the header has two levels
        return {
            key if ledger.is_public_name(key) else ledger.text(key): _json_value(key, item, ledger, depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, str) and fold(name) in _SERVER_INFO and _SERVER_WORDS.fullmatch(value):
        return ledger.fact(value)
    return ledger.text(str(value)) if not isinstance(value, bool | None) else value


_SERVER_WORDS: Final = re.compile(r"[A-Za-z0-9_ -]{1,24}")
_SERVER_INFO: Final = frozenset({"datacenter", "slice", "ring", "scaleunit", "roleinstance", "host", "adsitename"})


def _addresses(value: str, ledger: Ledger) -> Pieces:
    """X-Forwarded-For and Forwarded: addresses get stand-ins, everything else is masked."""
    shown: Pieces = []
    for part in re.split(r"(\s*[,;]\s*)", value):
        name, equals, content = part.rpartition("=")
        bare = content.strip('" ')
        if canonical_ip(bare):
            shown.append(f"{name}{equals}{ledger.ip(bare)}" if is_public_name(name) or not name else ledger.text(part))
        else:
            shown.append(part if not bare.strip(",; ") or bare in {"https", "http", "unknown"} else ledger.text(part))
    return shown


def _drop(value: str, ledger: Ledger) -> Pieces:
    ledger.count(Kind.TEXT)
    return ["<text>"] if value else []


_SPECIAL: Final[dict[str, Callable[[str, Ledger], Pieces]]] = {
    "authorization": authorization,
    "proxy-authorization": authorization,
    "x-ms-exchange-authorization": authorization,
    "cookie": cookies,
    "set-cookie": set_cookie,
    "user-agent": _products,
    "server": _products,
    "via": _via,
    "x-ms-ests-server": _products,
    "sdkversion": _products,
    "x-clientstatistics": _drop,
    "content-type": _media_type,
    "accept": _media_type,
    "x-anchormailbox": _anchor,
    "anchormailbox": _anchor,
    "x-routing-hint": _anchor,
    "traceparent": _trace,
    "www-authenticate": challenges,
    "proxy-authenticate": challenges,
    "restrict-access-to-tenants": _tenants,
    "restrict-access-context": _tenants,
    "sec-restrict-tenant-access-policy": _tenants,
    "soapaction": lambda value, ledger: treat(Treatment.URL, value.strip().strip('"'), ledger),
    "x-ms-diagnostics": _diagnostics,
    "ms-diagnostics": _diagnostics,
    "ms-diagnostics-public": _diagnostics,
    "x-ms-ags-diagnostic": _json_header,
    "x-forwarded-for": _addresses,
    "forwarded": _addresses,
    "content-security-policy": _drop,
    "report-to": _drop,
    "nel": _drop,
    "p3p": _drop,
    "warning": lambda value, _ledger: [Pending(value)],
    "link": lambda value, _ledger: [Pending(value)],
    "x-ews-policy-reason": lambda value, _ledger: [Pending(value)],
    "x-ms-error-message": lambda value, _ledger: [Pending(value)],
    "x-ms-request-error": lambda value, _ledger: [Pending(value)],
    "x-errordetail": lambda value, _ledger: [Pending(value)],
    "x-auth-error": lambda value, _ledger: [Pending(value)],
    "reason": lambda value, _ledger: [Pending(value)],
}
