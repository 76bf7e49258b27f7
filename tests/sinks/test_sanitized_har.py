import json
from dataclasses import replace

import pytest

from proxy_addons.evidence.exchange import Body, Exchange, Headers, Request, Response
from proxy_addons.sinks.last_check import UnsafeExportError
from proxy_addons.sinks.sanitized_har import Sanitized, sanitize
from tests.redaction.corpus.case import user_token
from tests.redaction.corpus.every import CASES
from tests.redaction.encodings import spelled_in
from tests.redaction.finished import PSEUDONYMS

ASKED = Exchange(
    Request("GET", "https://api.example/v1/me", Headers((("Authorization", f"Bearer {user_token()}"),))),
    Response(200, Headers((("request-id", "11111111-1111-4111-8111-111111111111"),)), Body(b'{"status": 5}')),
)


def entries(done: Sanitized) -> list[dict[str, object]]:
    found = json.loads(done.har)["log"]["entries"]
    assert isinstance(found, list)
    return found


def test_exchanges_without_a_failure_are_sanitized_too() -> None:
    done = sanitize([ASKED], PSEUDONYMS)
    assert done.entries == len(entries(done)) == 1
    assert b"11111111-1111-4111-8111-111111111111" in done.har
    assert spelled_in("w.ostrowski@kestrel-labs.example", done.har) == []
    assert done.removed["token"] == 1


def test_the_whole_corpus_in_one_archive_lets_nothing_through() -> None:
    done = sanitize([case.exchange for case in CASES], PSEUDONYMS)
    left = {value for case in CASES for value in (*case.secrets, *case.personal) if spelled_in(value, done.har)}
    assert left == set()


def test_a_person_gets_one_number_throughout_an_archive() -> None:
    done = sanitize([ASKED, ASKED], PSEUDONYMS)
    first, second = entries(done)
    assert first["_tokens"] == second["_tokens"]
    assert done.stand_ins["token"] == 1


def test_what_only_another_exchange_tells_to_be_private_costs_the_text_it_stands_in() -> None:
    # `Hopewell` of the second exchange is a word nobody vouches for in prose, but a product in a User-Agent.
    person = {"given_name": "Zyxwvu", "name": "Zyxwvu Qponml", "upn": "zyxwvu.qponml@a.example"}
    named = replace(ASKED, request=replace(ASKED.request, headers=Headers((("User-Agent", "zyxwvu.qponml/1.0"),))))
    told = Headers((("Authorization", f"Bearer {user_token(**person)}"),))
    done = sanitize([named, replace(ASKED, request=replace(ASKED.request, headers=told))], PSEUDONYMS)
    assert done.removed_late == 1
    assert b"zyxwvu" not in done.har.lower()


def test_an_empty_recording_is_an_empty_archive() -> None:
    assert entries(sanitize([], PSEUDONYMS)) == []


def test_a_telling_file_name_is_refused() -> None:
    with pytest.raises(UnsafeExportError, match="Choose another name"):
        sanitize([ASKED], PSEUDONYMS, "w.ostrowski@kestrel-labs.example.har")
