"""Values drawn by chance, and every place of an exchange where one can be planted."""

import gzip
import json
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.redaction.field_rules import RULES, fold
from proxy_addons.redaction.lexicon import is_public_name, is_public_text
from tests.redaction.corpus.case import NOON, TENANT, basic, graph_answer, graph_error, soap
from tests.support.wire import jwt


def tells_something(value: str) -> bool:
    """Whether a value holds a word that is not public: nobody can tell `error 22` in a text from the text around it."""
    if is_public_name(value) or fold(value) in RULES:
        return False
    words = re.findall(r"[^\W\d_]{4,}|(?=[a-zA-Z]*\d)(?=\d*[a-zA-Z])[a-zA-Z0-9]{9,}", value)
    return any(not is_public_text(word) and not is_public_name(word) for word in words)


_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_OTHER_LETTERS = "äöüßéèçñøåłřăђжλב名前日本"
_MARKS = "!#$%&*+-./:;=?@^_~ €'\"<>\\"
_names = st.text(_ALPHABET + _OTHER_LETTERS, min_size=4, max_size=14).map(str.title)
_passwords = st.text(_ALPHABET + _ALPHABET.upper() + "23456789" + _MARKS + _OTHER_LETTERS, min_size=10, max_size=60)
_random = st.text(_ALPHABET + _ALPHABET.upper() + "0123456789+/_-", min_size=12, max_size=200)
_hexadecimal = st.binary(min_size=8, max_size=32).map(bytes.hex)
secrets = st.one_of(_passwords.map(str.strip), _random, _hexadecimal).filter(
    lambda value: len(value) > 9 and tells_something(value)
)
addresses = st.builds(
    "{}@{}.example".format,
    st.from_regex(r"[a-z]{3,10}[._-][a-z]{4,12}", fullmatch=True),
    st.from_regex(r"[a-z]{5,12}", fullmatch=True),
).filter(tells_something)
people = st.builds("{} {}".format, _names, _names).filter(tells_something)
values = st.one_of(secrets, addresses, people)

_KEYS = (
    "note",
    "subject",
    "apiKey",
    "displayName",
    "x",
    "content",
    "payload",
    "id",
    "value",
    "url",
    "amount",
    "comment",
)
_CLAIMS = ("upn", "name", "foo", "ipaddr", "sub", "nonce", "appid", "tid", "ver", "acr", "xms_x")
_HEADERS = (
    "client-request-id",
    "Date",
    "Retry-After",
    "X-AnchorMailbox",
    "Prefer",
    "Accept",
    "Content-Type",
    "Referer",
)
_ELEMENTS = ("EmailAddress", "Subject", "Value", "Name", "Foo")
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    lambda value: quote(value, safe=""),
    escape,
    lambda value: b64encode(value.encode()).decode(),
)


@dataclass
class Draft:
    """An exchange while a value is being planted into it."""

    draw: st.DrawFn
    value: str
    url: str = "https://graph.microsoft.com/v1.0/me"
    sent: dict[str, str] = field(default_factory=lambda: {"Date": NOON})
    received: dict[str, str] = field(default_factory=graph_answer)
    body: bytes = b""
    answer: bytes = field(default_factory=lambda: graph_error("ErrorAccessDenied", "Access is denied.").encode())
    status: int = 403

    @property
    def quoted(self) -> str:
        """The value with percent encoding."""
        return quote(self.value, safe="")

    def key(self) -> str:
        """A name nobody has a special rule for, or one of those everybody uses."""
        return self.draw(st.sampled_from(_KEYS))

    def json(self) -> bytes:
        """A JSON document with the value somewhere inside, at times in a string that is itself a document."""
        tree: object = self.draw(st.sampled_from([self.value, f"before {self.value} after", [self.value]]))
        for _ in range(self.draw(st.integers(0, 4))):
            inner = json.dumps(tree)
            based = b64encode(inner.encode()).decode()
            tree = self.draw(st.sampled_from([{self.key(): tree}, [tree, True, 5], {self.key(): inner}, {"x": based}]))
        tree = tree if isinstance(tree, dict | list) else {self.key(): tree}
        return json.dumps(tree, ensure_ascii=self.draw(st.booleans())).encode()

    def exchange(self) -> Exchange:
        """The exchange."""
        request = Request("POST", self.url, Headers(tuple(self.sent.items())), Body(self.body))
        return Exchange(request, Response(self.status, Headers(tuple(self.received.items())), Body(self.answer)))


def _in_claim(draft: Draft) -> None:
    claims = {"tid": TENANT, draft.draw(st.sampled_from(_CLAIMS)): draft.value}
    draft.sent["Authorization"] = f"Bearer {jwt(claims)}"


def _in_challenge(draft: Draft) -> None:
    draft.value = draft.value.replace('"', "").replace("\\", "")
    said = f'error="invalid_token", error_description="{draft.value}", nonce="{draft.quoted}"'
    draft.received["WWW-Authenticate"] = f"Bearer {said}"


def _in_json_body(draft: Draft) -> None:
    encoding = draft.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    draft.body = draft.json().decode().encode(encoding)


def _in_success(draft: Draft) -> None:
    draft.answer, draft.status = draft.json(), 200


def _in_soap(draft: Draft) -> None:
    name, text = draft.draw(st.sampled_from(_ELEMENTS)), escape(draft.value)
    draft.body = soap(f'<m:GetItem><t:{name} Id="{text}">{text}</t:{name}></m:GetItem>').encode()


def _in_fault(draft: Draft) -> None:
    text = escape(draft.value)
    fault = f"<s:Fault><faultstring>No {text} here</faultstring><detail><x>{text}</x></detail></s:Fault>"
    draft.answer = soap(fault).encode()


def _in_html(draft: Draft) -> None:
    text = escape(draft.value)
    draft.answer = f"<html><body><!-- {text} --><p title='{text}'>For {text}</p></body></html>".encode()


def _in_message(draft: Draft) -> None:
    spelled = draft.draw(st.sampled_from(_SPELLINGS))(draft.value)
    draft.answer = graph_error("ErrorAccessDenied", f"The item of {spelled} was not found").encode()


def _in_text(draft: Draft) -> None:
    draft.answer = f"Sorry {draft.draw(st.sampled_from(_SPELLINGS))(draft.value)} no".encode()


def _in_multipart(draft: Draft) -> None:
    head = f'--b\r\nContent-Disposition: form-data; name="{draft.key()}"\r\n\r\n'
    draft.body = f"{head}{draft.value}\r\n--b--\r\n".encode()


def _url(text: str) -> Callable[[Draft], None]:
    def plant(draft: Draft) -> None:
        draft.url = text.format(value=draft.quoted, key=draft.key(), doubled=draft.quoted.replace("%27", "%27%27"))

    return plant


def _sent(name: str, text: str) -> Callable[[Draft], None]:
    def plant(draft: Draft) -> None:
        draft.sent[name.format(value=draft.quoted)] = text.format(value=draft.value, quoted=draft.quoted)

    return plant


def _received(name: str, text: str) -> Callable[[Draft], None]:
    def plant(draft: Draft) -> None:
        draft.received[name] = text.format(quoted=draft.quoted)

    return plant


def _known_header(draft: Draft) -> None:
    draft.sent[draft.draw(st.sampled_from(_HEADERS))] = draft.value


def _form(draft: Draft) -> None:
    draft.body = urlencode({draft.key(): draft.value, "grant_type": "password"}).encode()


def _body(build: Callable[[Draft], bytes]) -> Callable[[Draft], None]:
    def plant(draft: Draft) -> None:
        draft.body = build(draft)

    return plant


def _answer(draft: Draft) -> None:
    draft.answer = draft.json()


def _basic(draft: Draft) -> None:
    draft.sent["Authorization"] = basic("x", draft.value)


PLACES: dict[str, Callable[[Draft], None]] = {
    "person in a path": _url("https://graph.microsoft.com/v1.0/users/{value}/messages"),
    "any path": _url("https://contoso.sharepoint.com/{value}/_api/web"),
    "query": _url("https://graph.microsoft.com/v1.0/me?{key}={value}"),
    "bare query": _url("https://graph.microsoft.com/v1.0/me?{value}"),
    "filter": _url("https://graph.microsoft.com/v1.0/users?$filter=mail eq '{doubled}'"),
    "fragment": _url("https://graph.microsoft.com/v1.0/me#{value}"),
    "user info": _url("https://{value}:x@mail.contoso.com/EWS/Exchange.asmx"),
    "unknown header": _sent("X-Whatever", "{value}"),
    "name of a header": _sent("{value}", "1"),
    "bearer": _sent("Authorization", "Bearer {value}"),
    "cookie": _sent("Cookie", "a=b; sid={quoted}"),
    "basic": _basic,
    "known header": _known_header,
    "claim": _in_claim,
    "set-cookie": _received("Set-Cookie", "sid={quoted}; path=/{quoted}"),
    "location": _received("Location", "https://app.example/cb?code={quoted}"),
    "challenge": _in_challenge,
    "form": _form,
    "JSON sent": _in_json_body,
    "JSON received": _answer,
    "JSON of a success": _in_success,
    "gzip": _body(lambda draft: gzip.compress(draft.json(), mtime=0)),
    "SOAP": _in_soap,
    "SOAP fault": _in_fault,
    "HTML": _in_html,
    "plain text": _in_text,
    "error message": _in_message,
    "multipart": _in_multipart,
    "broken JSON": _body(lambda draft: f'{{"x":"{draft.value}'.encode()),
}


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, Exchange]:
    """A value and an exchange with it in one of the places."""
    draft = Draft(draw, draw(values))
    PLACES[draw(st.sampled_from(sorted(PLACES)))](draft)
    return draft.value, draft.exchange()
