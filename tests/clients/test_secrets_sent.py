"""The search for leaks finds leaks."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from proxy_addons.lab.signing import SigningKey
from tests.clients.secrets_sent import SecretsSent

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = SigningKey.generate().sign({"upn": "adele@contoso.com", "aud": "https://graph.microsoft.com"}, "")
SEARCH = SecretsSent(secrets={TOKEN, "k3+Jw/=secret~"}, persons={"adele@contoso.com"}).searched()


@pytest.mark.parametrize("secret", ["adele@contoso.com", "k3+Jw/=secret~"])
@pytest.mark.parametrize(
    "hide",
    [
        str.encode,
        lambda text: text.upper().encode(),
        lambda text: quote(quote(text, safe=""), safe="").encode(),
        lambda text: json.dumps({"said": json.dumps({"user": text})}).encode(),
        lambda text: text.encode().hex().encode(),
        lambda text: text.encode("utf-16-le"),
        lambda text: base64.b64encode(f"{{'user': '{text}', 'more': 1}}".encode()),
        lambda text: base64.urlsafe_b64encode(f"ab{text}yz".encode()),
        lambda text: base64.b64encode(f"a{text}z".encode()),
    ],
)
def test_a_short_value_is_found_in_every_encoding(secret: str, hide: Callable[[str], bytes]) -> None:
    assert SEARCH.found_in(b'{"before": 1, ' + hide(secret) + b"}")


@pytest.mark.parametrize("start", [0, 1, 77, 120])
def test_forty_characters_of_a_token_are_found_wherever_they_come_from(start: int) -> None:
    assert SEARCH.found_in(f'"error": "token {TOKEN[start : start + 40]} is bad"'.encode())


def test_text_that_leaks_nothing_is_clean() -> None:
    assert (
        SEARCH.found_in(b'{"user": "<user:1>", "aud": "https://graph.microsoft.com", "id": "f-0123456789ab"}') == set()
    )
