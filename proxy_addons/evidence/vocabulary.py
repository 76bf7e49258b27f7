"""Every fact a rule may name: the only words diagnosis knows.

A fact is in one of three states. It has a value; it is known to be absent (value None: "the response carried no
x-ms-diagnostics"); or it is not known at all, because what would tell was never captured or cannot be read ("the roles
of an opaque token"). Conditions keep the second and the third apart, and so must whoever adds a name here.

Names ending in `.*` are families: the rest of the name is a header, a claim or a form field, in lower case.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What sort of value a fact holds, so that a rule cannot compare a list with a number."""

    TEXT = "text"
    NUMBER = "number"
    FLAG = "flag"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class Word:
    """One name of the vocabulary: its kind of value and what it means, in a sentence for rule writers."""

    name: str
    kind: Kind
    meaning: str

    @property
    def is_family(self) -> bool:
        """Whether this word stands for many facts that share a prefix."""
        return self.name.endswith(".*")


_TEXT: Final = {
    # the request
    "request.method": "Method, upper case.",
    "request.scheme": "https or http.",
    "request.host": "Host the client meant, lower case, no port.",
    "request.path": "Path as sent, without query.",
    "request.query": "Query string as sent, without the question mark.",
    "request.operation": "What was asked for, as a template: 'EWS FindItem', 'GET /users/{id}/messages', 'Get-Mailbox', 'client_credentials'.",
    "request.user_agent": "User-Agent as sent.",
    "request.tenant": "Tenant named in the URL path (GUID or domain, lower case) of Entra and Admin API calls.",
    "request.anchor_mailbox": "X-AnchorMailbox as sent.",
    "request.anchor_domain": "Domain at the end of X-AnchorMailbox, lower case, of system mailboxes too.",
    "request.cmdlet": "Cmdlet named in CmdletInput of an Admin API or InvokeCommand call.",
    "request.mailbox": "Mailbox the call addresses: impersonated, anchored or named in the path.",
    "request.mailbox_domain": "Domain of that mailbox, lower case.",
    "request.user_id": "Object id by which a Graph or Outlook REST path names a user, lower case. Absent: it names none so.",
    "request.header.*": "A request header; several fields are joined with a comma and a blank. Authorization and Cookie hold only 'sent'.",
    "request.form.*": "A field of a form-encoded request body (token endpoint). Secret fields hold only their shape: guid, text, encoded-text, jwt.",
    "ews.operation": "EWS operation of the SOAP body or SOAPAction: FindItem, GetFolder ...",
    "ews.impersonation": "Which identifier ExchangeImpersonation carries: smtp, upn, sid, several, empty. Absent: no such header.",
    "ews.impersonated": "The impersonated identifier.",
    # the service
    "service.name": "graph, exchange, entra, sharepoint or other.",
    "service.surface": "ews, admin-api, exo-powershell, autodiscover, outlook-rest, owa, activesync, mapi, powershell-liveid, graph, graph-batch, aad-graph, token-endpoint, authorize, device-code, discovery, sharepoint-rest, other.",
    "service.cloud": "worldwide, usgov-high, usgov-dod, china, germany, on-premises or unknown.",
    # the token
    "token.scheme": "Scheme of the Authorization header, lower case: bearer, basic, ntlm, negotiate, pop ...; unknown for any other word. Absent: no header, or none in it.",
    "token.kind": "absent, jwt, jwe, opaque-consumer, refresh-token (authorization codes look the same), client-secret, client-object, malformed, other-scheme, unrecorded (a stand-in was left in its place, or the answer shows that a token the recording lacks was read).",
    "token.problem": "What is wrong with the way the token was sent: no-scheme, several (more than one Authorization), double-prefix, whitespace, quoted, truncated, too-long, not-base64, not-json, empty.",
    "token.audience": "Claim aud as sent.",
    "token.audience_service": "Whose audience that is: graph, exchange, compliance, aad-graph, sharepoint, arm, keyvault, defender, own-client, other.",
    "token.audience_cloud": "Cloud of the audience where its form tells: worldwide, usgov-high, usgov-dod, china.",
    "token.issuer": "Claim iss.",
    "token.issuer_kind": "entra-v1, entra-v2, exchange, b2c, external-id, adfs, other.",
    "token.issuer_cloud": "Cloud of the issuer where its host tells; sts.windows.net does not.",
    "token.tenant": "Claim tid, lower case.",
    "token.identity": "app or user; not known where the claims do not tell.",
    "token.app_id": "Claim appid or azp.",
    "token.app_auth": "How the app proved itself: public, secret, certificate (appidacr/azpacr 0, 1, 2).",
    "token.version": "Claim ver.",
    "token.object_id": "Claim oid.",
    "token.user": "upn, unique_name or preferred_username.",
    "token.user_domain": "Domain of token.user, lower case; absent for guests (#EXT#, live.com#) and where the name has no @.",
    "token.claim.*": "A claim of a readable token as text: lists with blanks between, '(object)' for an object.",
    # who answered, and what
    "speaker.name": "graph-gateway, exchange-front-end, exchange-backend, exchange-edge, entra, sharepoint, on-premises-exchange, isa-tmg, corporate-proxy, waf, why403, web-server, unknown, none.",
    "speaker.product": "Product a foreign answer names: Zscaler, squid, Azure Application Gateway ...",
    "response.header.*": "A response header; several fields are joined with a comma and a blank. Set-Cookie holds only 'sent'.",
    "response.body_kind": "empty, nul, json, xml, html, text, not-captured.",
    "response.body_text": "Body text where it is html or text (first 4000 characters).",
    "response.redirect_error": "error parameter of a redirect (OAuth 2.0 authorize answers).",
    "response.date_day": "Day of the response as YYYY-MM-DD (UTC).",
    "transport.error": "Why no response came. Absent: one did.",
    "transport.stage": "dns, connect, tls, timeout, reset, protocol, other: where the connection failed.",
    # the error
    "error.dialect": "graph, graph-nested, odata-legacy, entra, soap, ews-response, admin, rest, none.",
    "error.code": "Most specific error code: ResponseCode, OData code, OAuth error.",
    "error.outer_code": "Outermost code where codes are nested.",
    "error.outer_message": "Outermost message where errors are nested (first 4000 characters).",
    "error.message": "Most specific message written for people (first 4000 characters).",
    "error.plain_refusal": "The message of a refusal that gives no reason (Access denied, Insufficient privileges ..., or a translation of such); absent for every other answer.",
    "error.description": "error_description of an Entra answer (first 4000 characters).",
    "error.suberror": "suberror of an Entra answer.",
    "error.fault_code": "faultcode of a SOAP fault, without prefix.",
    "diagnostics.reason": "reason of x-ms-diagnostics.",
    "diagnostics.category": "error_category of x-ms-diagnostics.",
    "challenge.error": "error of the Bearer challenge.",
    "challenge.description": "error_description of the Bearer challenge.",
    "challenge.cae_code": "Code named in a continuous access evaluation challenge: TokenIssuedBeforeRevocationTimestamp ...",
    "challenge.authorization_uri": "authorization_uri of the Bearer challenge.",
    "challenge.acrs": "Authentication context the claims challenge demands.",
    # what the permission tables say (docs/permissions.md); never more than likely, for tables have holes
    "permission.needed": "What the call needs, in words: the list the service printed, else the table's; always told for Graph and Exchange.",
    "permission.verdict": "granted, missing, unsupported-scheme or unknown: whether the token's permissions open the call, by the table.",
    "permission.operation": "The call as the table names it: 'GET /users/{id}/messages'. Absent: no table knows it.",
    "permission.scheme": "delegated-work, delegated-personal or application: on whose behalf the token speaks.",
    "permission.least": "The least privileged permission that would close the gap, of those the service printed, else of the table's.",
    "permission.narrower": "What would open less than the whole tenant, in words; always told for Graph and Exchange.",
    "permission.consent": "Whether an administrator has to consent to it, in words: yes, no, not known.",
}

_NUMBER: Final = {
    "directory.sign_in_error": "AADSTS number the sign-in log has for this token (uti); 0 for none.",
    "response.status": "Status code.",
    "response.body_size": "Bytes of the captured body.",
    "activesync.status": "Status of an ActiveSync answer that shuts somebody out: 126 the user, 129 the device, 140 to 144 until a policy is accepted. Absent in every other answer.",
    "error.aadsts": "AADSTS number: first of error_codes, else read from the text.",
    "diagnostics.number": "Number of x-ms-diagnostics.",
    "challenge.nbf": "not-before (epoch seconds) the claims challenge demands.",
    "token.issued": "Claim iat, epoch seconds.",
    "token.not_before": "Claim nbf, epoch seconds.",
    "token.expires": "Claim exp, epoch seconds.",
    "token.age": "Seconds from iat to the response's Date, without one to the recorder's clock.",
    "token.lifetime": "Seconds from iat to exp.",
    "token.expired_by": "Seconds by which the token was past exp at the response's Date; negative while still valid. Without a Date only that it was still valid can be known, by the recorder's clock.",
    "token.expired_by_recorder": "Seconds by which the token was past exp by the recorder's clock, where the answer carries no Date and that clock does not tell it was surely valid.",
    "token.early_by": "Seconds by which nbf lies after the response's Date; negative when already valid. Without a Date only that it was valid already can be known, by the recorder's clock.",
    "token.length": "Characters of the token.",
    # what went before (not known where nothing comparable was seen)
    "before.token_worked_ago": "Seconds since this very token last succeeded on this service.",
    "before.app_worked_ago": "Seconds since the app last succeeded with this operation, with whatever token.",
    "before.refusals_in_a_row": "Refusals of the same call (token, operation, mailbox) right before, with no success between.",
    "before.token_requests": "Requests of this app to the token endpoint within five minutes before this one.",
}

_FLAG: Final = {
    # the directory (known only where somebody had it asked: --ask-directory)
    "directory.app_exists": "Whether the tenant has a service principal for the token's app.",
    "directory.app_enabled": "Whether that service principal is enabled.",
    "directory.gained_opens": "Whether directory.gained holds what the call takes: by the service's own list, else by the permission table.",
    "token.audience_matches": "Whether the service accepts this audience (case and one trailing slash ignored); not known where only the service knows, as on-premises.",
    "token.tenant_matches_url": "Whether tid equals the tenant GUID of the URL.",
    "token.expired": "Whether the token was past exp at the response's Date; false for readable claims without exp. Not known where token.expired_by is not.",
    "token.has_permissions": "Whether the token carries any scp or roles.",
    "token.holds_required": "Whether scp or roles (error.held_permissions where the token cannot be read) hold at least one of error.required_permissions; absent where the service printed none.",
    "token.is_id_token": "Whether it looks like an ID token (aud is the client itself, nonce claim, no scp or roles).",
    "token.guest": "Whether the user is a guest here (acct 1; without acct, idp of another tenant).",
    "token.consumer": "Whether the token was issued to a personal Microsoft account at home (consumer tenant or compact token); a guest's is not.",
    "token.cae_capable": "Whether the client declared cp1 (xms_cc).",
    "token.bound": "Whether the token is bound to a key (cnf claim).",
    "token.older_than_challenge": "Whether the token was issued before the nbf a challenge demands.",
    "ews.addresses_other_mailbox": "Whether the SOAP body names another mailbox whose folders or delegates are meant; recipients and the impersonated mailbox do not count.",
    "request.is_app_anchor": "Whether X-AnchorMailbox starts with APP:.",
    "response.has_microsoft_ids": "Whether any header only Microsoft's servers set is present (request-id, X-FEServer, x-ms-ags-diagnostic ...).",
    "challenge.present": "Whether any WWW-Authenticate header came.",
    "challenge.in_handshake": "Whether an NTLM or Negotiate challenge carries a token: the handshake goes on.",
    "challenge.has_claims": "Whether a challenge carries claims.",
    "error.has_claims": "Whether an Entra error body carries claims.",
    "error.hidden": "Whether the failure was found inside a 200.",
    "before.token_worked": "Whether this very token succeeded earlier on this service.",
    "before.token_worked_for_other_mailbox": "Whether it was seen that this token opened another mailbox within 15 minutes before and was not refused there since (EWS: any operation, elsewhere the same). Always known.",
    "before.token_worked_for_this_mailbox": "Whether this token opened this mailbox within 15 minutes before (EWS: any operation, elsewhere the same).",
    "before.token_was_challenged": "Whether this token had been answered with a claims challenge by this service, completely, before it was sent again here.",
    "before.newer_token_issued": "Whether the client had a later issued token of the same app, user, tenant and service before this call.",
    "before.newer_token_worked": "Whether such a newer token succeeded with this operation; not known where there is none.",
    "before.gained_required": "Whether before.gained holds at least one of error.required_permissions; absent where the service printed none.",
    "before.app_worked": "Whether the app succeeded earlier with this operation, with whatever token. Never false: not known otherwise.",
    "permission.exact": "Whether the table names this very address, and not only another one of the same resource.",
    "permission.doubted": "Whether a success was seen that the table calls impossible for this operation and scheme.",
    "later.credentials_followed": "Whether the same client repeated this call with credentials; only known for a 401 or 407 without any, in a recording that goes on.",
}

_NAMES: Final = {
    "directory.granted": "Permissions the directory says are granted to the app on this API: app roles, or consented scopes for a user's token.",
    "directory.gained": "Those of them the token lacks.",
    "directory.roles": "Names of the directory roles the directory says are assigned to the token's holder.",
    "service.audiences": "Audiences this host accepts.",
    "request.body_keys": "Top-level keys of a JSON request body, lower case.",
    "ews.fields": "Properties the SOAP body names in FieldURI: folder:PermissionSet, item:Subject ...",
    "token.scopes": "Delegated permissions (scp).",
    "token.roles": "Application permissions (roles).",
    "token.permissions": "scp and roles together.",
    "token.wids": "Directory role template ids (wids), lower case; markers included.",
    "token.directory_roles": "Names of the directory roles among wids; markers such as the default member are left out.",
    "challenge.schemes": "Schemes offered, lower case, in order.",
    "challenge.claim_names": "Claims a claims challenge demands.",
    "error.codes": "Every code met, outermost first.",
    "error.required_permissions": "Permissions the service itself printed as needed.",
    "error.held_permissions": "Permissions the service itself printed as present.",
    "response.proxies": "Intermediaries named in Via.",
    "before.changed": "What differs from the app's last success with this operation: permissions, roles, audience, tenant, identity, user, mailbox, user-agent, host, path, url-tenant.",
    "before.lost": "Permissions of the token of that last success which this one lacks.",
    "before.lost_roles": "Directory roles of that token which this one lacks.",
    "before.gained": "Permissions the newest token of the same app, user, tenant and service has and this older one lacks; not known where there is none newer.",
    "before.gained_roles": "Directory roles it has and this older one lacks.",
    "permission.accepted": "Permissions the table accepts for this call and scheme, least privileged first; one of them is enough.",
    "permission.offered": "Schemes in which the table offers the call at all: delegated-work, delegated-personal, application.",
    "permission.missing": "Of these, what the token would have to gain, least first; empty where nothing is missing.",
    "permission.roles": "Directory roles one of which the call needs besides and the token does not show.",
    "before.requested_scopes": "Scopes asked for in the token request that brought this token.",
}

VOCABULARY: Final[dict[str, Word]] = {
    name: Word(name, kind, meaning)
    for kind, table in ((Kind.TEXT, _TEXT), (Kind.NUMBER, _NUMBER), (Kind.FLAG, _FLAG), (Kind.NAMES, _NAMES))
    for name, meaning in table.items()
}


def word_for(name: str) -> Word | None:
    """The word a fact's name belongs to, families included, or None where no rule may use the name."""
    exact = VOCABULARY.get(name)
    if exact is not None:
        return None if exact.is_family else exact
    families = (word for word in VOCABULARY.values() if word.is_family)
    return next((word for word in families if name.startswith(word.name[:-1]) and len(name) >= len(word.name)), None)
