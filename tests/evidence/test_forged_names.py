"""What a client or server names like one of our facts stays what it is: a claim, a header or a field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from proxy_addons.evidence.vocabulary import VOCABULARY
from tests.support.wire import GRAPH, TOKEN_ENDPOINT, answered, asked, bearer, facts_of

if TYPE_CHECKING:
    from proxy_addons.evidence.facts import Facts

NAMES: Final = [name for name in VOCABULARY if not name.endswith("*")]
FORGED: Final = dict.fromkeys(NAMES, "forged")
SIZES: Final = frozenset({"token.length", "request.body_size", "response.body_size"})
OWN: Final = ("token.claim.", "request.header.", "response.header.", "request.form.")


def told(facts: Facts) -> dict[str, object]:
    """Every fact that does not stand in a place of the sender's own, and is no size."""
    return {fact.name: fact.value for fact in facts if not fact.name.startswith(OWN) and fact.name not in SIZES}


def test_a_claim_named_like_a_fact_is_a_claim() -> None:
    claims = {"aud": "https://graph.microsoft.com", "scp": "User.Read", "exp": 1}
    plain = facts_of(asked(GRAPH, bearer(**claims)), answered(403))
    forged = facts_of(asked(GRAPH, bearer(**claims, **FORGED)), answered(403))

    assert told(forged) == told(plain)
    assert forged.text("token.claim.response.status") == "forged"


def test_a_header_named_like_a_fact_is_a_header() -> None:
    fields = tuple(FORGED.items())
    plain, forged = (facts_of(asked(GRAPH, more), answered(403, more)) for more in ((), fields))

    assert told(forged) == told(plain)


def test_a_field_of_a_body_named_like_a_fact_is_a_field() -> None:
    error = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}
    bodies = (
        (urlencode({"grant_type": "x"}), json.dumps(error)),
        (urlencode({"grant_type": "x", **FORGED}), json.dumps({**error, **FORGED})),
    )
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    plain, forged = (
        facts_of(asked(TOKEN_ENDPOINT, form, sent.encode()), answered(401, (), got.encode())) for sent, got in bodies
    )

    assert told(forged) == told(plain)
