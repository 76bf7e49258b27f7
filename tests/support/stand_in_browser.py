"""A browser without windows: opens a sign-in address on the lab, and posts what comes back where the page says.

As a program (`BROWSER="python stand_in_browser.py ... %s &"`) it does so for whoever starts it.
"""

from __future__ import annotations

import ssl
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

SECONDS = 60


class _Form(HTMLParser):
    """The form of a page: where it is sent, and its fields."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = given["action"]
        elif tag == "input" and "name" in given:
            self.fields[given["name"]] = given["value"]


def sign_in(address: str, lab_port: int, authority: str) -> str:
    """Sign in as the lab does without asking; what the waiting program then shows in the browser."""
    parts = urlsplit(address)
    with httpx.Client(verify=ssl.create_default_context(cafile=authority), trust_env=False, timeout=SECONDS) as client:
        url = parts._replace(netloc=f"127.0.0.1:{lab_port}").geturl()
        # The lab knows a host by its name, as every Microsoft 365 front door does.
        headers, names = {"Host": str(parts.hostname)}, {"sni_hostname": str(parts.hostname)}
        answer = client.get(url, headers=headers, extensions=names)
        assert answer.status_code == httpx.codes.OK, answer.text
        form = _Form(answer.text)
    return _post(form.action, form.fields)


def decline(address: str) -> str:
    """Say no on the page that asks for consent, as Entra tells the program then."""
    asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    described = "AADSTS65004: User adele@contoso.com declined to consent to access the app."
    fields = {"error": "access_denied", "error_description": described, "state": asked["state"]}
    return _post(asked["redirect_uri"], fields)


def _post(address: str, fields: dict[str, str]) -> str:
    with httpx.Client(trust_env=False, timeout=SECONDS) as client:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        # MSAL listens on IPv4; "localhost" may be both.
        url = urlsplit(address)._replace(netloc=f"127.0.0.1:{urlsplit(address).port}").geturl()
        return client.post(url, content=urlencode(fields), headers=headers).text


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "decline":
        decline(rest[-1])
    else:
        sign_in(rest[-1], int(rest[0]), rest[1])
