"""What becomes of a named value: one table for query strings, forms, JSON members, XML elements and attributes.

A name that is not in here gets its value masked. Names are compared folded (no case, no `-`, `_`, `.`, `$`, `@`), so
that `client_id`, `clientId` and `Client-ID` are one. Sources: RFC 6749 and 8628, Microsoft's OAuth pages, Graph's and
EWS's schema, the Admin API's reference; what the services were seen to send.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote

from proxy_addons.redaction.lexicon import PUBLIC


class Treatment(Enum):
    """How a value is treated."""

    CODE = auto()
    """An error code or another word of a protocol: kept where it looks like one."""
    WORD = auto()
    """A choice out of a published list: kept where it is made of public words."""
    FACT_ID = auto()
    """An id support asks for, an application, a tenant: kept where it has the form of an id."""
    NUMBER = auto()
    TIME = auto()
    URL = auto()
    HOST = auto()
    SERVER = auto()
    """The name of a machine: kept where Microsoft named it."""
    TENANT = auto()
    """GUID or domain of an organisation."""
    SCOPES = auto()
    """Permissions, audiences and the like, separated by blanks or commas."""
    FILTER = auto()
    """OData expression: names stay, literals are masked."""
    PROSE = auto()
    USER = auto()
    NAME = auto()
    PERSON = auto()
    IP = auto()
    OBJECT_ID = auto()
    OPAQUE_ID = auto()
    TOKEN = auto()
    SECRET = auto()
    CLAIMS = auto()
    """A claims request: JSON, or base64 of it, whose members are claims."""
    CONTENT = auto()
    """Nobody vouches for it: masked, with what sort of value it is and a class of its length."""


def fold(name: str) -> str:
    """A name as it is compared."""
    return _MARKS.sub("", unquote(name).casefold())


_MARKS: Final = re.compile(r"[-_.$@:\s]+")

_T = Treatment
_TABLE: Final[dict[Treatment, str]] = {
    _T.CODE: """
    errorcode errorsubcode suberror responsecode faultcode faultactor errortype innererrorresponsecode odatatype
    failurecategory peopleadminerrorcode errorcategory errornumber error
    """,
    _T.WORD: """
    type granttype responsetype responsemode requestedtokenuse clientassertiontype subjecttokentype
    requestedtokentype tokentype prompt codechallengemethod apiversion select expand orderby format consistencylevel
    method cmdletname servicename surface usertype accounttype recipienttype recipienttypedetails
    recipienttypedetailsvalue ewsapplicationaccesspolicy capabilitystatus provisioningstatus service serviceplanname
    skupartnumber appliesto creationtype accessright accessrights routingtype mailboxtype exchangeversion version
    schemaversion responseclass baseshape traversal fielduri distinguishedfolderid containmentmode
    containmentcomparison messagedisposition savedispositions deletetype disposaltype affectedtaskoccurrences
    sendmeetinginvitations conflictresolution bodytype protocol cmd signinaudience servicetype consenttype
    namespacetype federationprotocol cloudinstancename cloudaudienceurn propset sortorder allow psversion lang
    sdkversion clientver xclientsku xclientver xclientos xclientcpu xmslibcapability xclientcurrenttelemetry
    xclientlasttelemetry serializationlevel resultsize operationname workload devicetype servertype role
    directoryrole membershiptype grouptypes visibility contenttype instanceannotations detectedserviceplans aadrole
    requestedauthcontext
    """,
    _T.FACT_ID: """
    clientid appid applicationid resourceid resourceappid requestid clientrequestid correlationid traceid
    xmsrequestid xmscorrelationid activityid operationid xmsclientrequestid oautheventoperationid oautheventcv
    sprequestguid skuid serviceplanid roledefinitionid roletemplateid approleid templateid wids policyid polids
    serviceprincipalid appownerorganizationid uti uniquetokenidentifier disabledplans msappid
    xmscorrelationrequestid subscriptionskuid mscv
    """,
    _T.NUMBER: """
    status statuscode httpstatuscode errorcodes expiresin extexpiresin interval top skip count odatacount retryafter
    majorversion minorversion majorbuildnumber minorbuildnumber maxentriesreturned offset indexedpagingoffset
    totalitemsinview maxitems backoffmilliseconds httpcode responsestatuscode foci refreshin totalcount pagesize
    protocolversion hresult linenumber lineposition
    """,
    _T.TIME: """
    timestamp date expireson notbefore exp nbf iat expiresonutc lastmodifieddatetime createddatetime consentdatetime
    """,
    _T.URL: """
    resource redirecturi errorurl erroruri odatacontext odatanextlink odatadeltalink url uri href requesturi
    authorizationuri replyurl verificationuri verificationurl helplink moreinfo audience aud iss issuer endpoint
    tokenendpoint authorizationendpoint jwksuri ewsurl relayto nextlink postlogoutredirecturi devicecodeendpoint
    userinfoendpoint endsessionendpoint federationmetadataurl authurl redirecturl
    """,
    _T.HOST: "cloudinstance msgraphhost cloudgraphhostname rbacurl serverinfoname",
    _T.TENANT: """
    tenant tenantid tid organization realm domainhint delegatedorg utid whr domainname organizationid tenantname
    verifieddomain targettenantid
    """,
    _T.SCOPES: """
    scope scopes scp roles permissions requiredpermissions granted requiredscopes acr acrs amr acrvalues
    grantedscopes heldpermissions
    """,
    _T.FILTER: "filter",
    _T.PROSE: """
    errordescription errormessage faultstring messagetext innererrormessagetext messagexml responsetext errorreason
    """,
    _T.USER: """
    userprincipalname upn mail email emailaddress emailaddresses username loginhint uniquename preferredusername
    primarysmtpaddress smtpaddress principalname sid securityidentifier address proxyaddresses othermails user
    userid useridentity samaccountname onpremisessamaccountname onpremisessecurityidentifier
    onpremisesuserprincipalname mailnickname alias legacydn legacyexchangedn sipproxyaddress imaddresses
    anchormailbox xanchormailbox login impersonateduser mailboxguid externaldirectoryobjectid owner ownerid puid
    netid useremail emailaddr recipient mailboxid oid immutableid onpremisesimmutableid sub
    """,
    _T.PERSON: "givenname surname familyname middlename firstname lastname nickname fullname",
    _T.NAME: "name displayname initials identity appdisplayname anchor companyname filename",
    _T.IP: "ip ipaddress ipaddr clientip xmsrpipaddr clientipaddress sourceip remoteip",
    _T.OBJECT_ID: "id objectid principalid deviceid groupid directoryobjectid targetid memberid managedby",
    _T.OPAQUE_ID: """
    itemid folderid changekey attachmentid conversationid parentfolderid syncstate skiptoken deltatoken
    internetmessageid immutableentryid watermark subscriptionid messageid threadid uniqueid rootitemid
    referenceitemid parentitemid etag odataetag session
    """,
    _T.TOKEN: """
    accesstoken idtoken refreshtoken clientassertion assertion subjecttoken actortoken idtokenhint requestedtoken
    token binarysecuritytoken logintoken jwt samlresponse samlassertion encryptedpassword serializedsecuritycontext
    bearertoken
    """,
    _T.SECRET: """
    clientsecret password passwd pwd code codeverifier codechallenge devicecode usercode state nonce sessionstate
    sig signature se sp sv clientinfo newpassword currentpassword secrettext secret passphrase pin otp apikey
    accesskey sharedkey cookie canary flowtoken ctx key xowacanary hmac pfx privatekey x5c hash thumbprint
    customkeyidentifier sessionid sessionkey csrf xsrf captcha answer hint
    """,
    _T.CLAIMS: "claims",
}
RULES: Final[dict[str, Treatment]] = {name: treatment for treatment, names in _TABLE.items() for name in names.split()}

_ERROR_RULES: Final[dict[str, Treatment]] = {
    name: treatment
    for treatment, names in {
        _T.CODE: "code type errorcode target error category",
        _T.PROSE: """
    message value description detail details reason title hint messagedetail exceptionmessage text summary
    developermessage usermessage localizedmessage internalmessage action errors info errormsg msg
    """,
        _T.CONTENT: "stacktrace stack",
        _T.WORD: "lang severity level scenario",
    }.items()
    for name in names.split()
}
"""Rules which hold inside an error only: `message` is a sentence there and somebody's mail elsewhere."""

_FORM_RULES: Final[dict[str, Treatment]] = {
    "code": _T.SECRET,
    "error": _T.CODE,
    "id": _T.FACT_ID,
    "action": _T.WORD,
    "wa": _T.WORD,
    "aspxerrorpath": _T.URL,
    "returnurl": _T.URL,
}
"""Rules of query strings and forms: `code` is an authorization code there, in an error body it is the fact of facts."""

_SECRET_WORDS: Final = frozenset(
    """
    password passwd pwd passphrase passcode pass secret secrets token tokens credential credentials assertion cookie
    cookies signature sig apikey auth authorization otp pin private jwt bearer saml nonce csrf xsrf canary key keys
    """.split()
)
_WORDS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PUBLIC_ID_WORDS: Final = frozenset(
    """
    app application client tenant request correlation trace resource sku plan role policy operation activity
    template definition permission organization
    """.split()
)


def rule_for(name: str, *, in_error: bool = False, in_form: bool = False) -> Treatment | None:
    """The rule for a name, None where no rule knows it. `in_form` counts query strings as forms."""
    folded = fold(name)
    if in_form and folded in _FORM_RULES:
        return _FORM_RULES[folded]
    if in_error and folded in _ERROR_RULES:
        return _ERROR_RULES[folded]
    rule = RULES.get(folded)
    if rule is not None:
        return rule
    words = [word.casefold() for word in _WORDS.findall(name)]
    if any(word in _SECRET_WORDS for word in words):
        return _T.SECRET
    if len(words) > 1 and words[-1] in {"id", "guid", "ids"} and words[-2] in PUBLIC:
        return _T.FACT_ID if words[-2] in _PUBLIC_ID_WORDS else _T.OBJECT_ID
    return _T.PROSE if in_error else None
