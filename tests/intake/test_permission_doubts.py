from __future__ import annotations

import json

import pytest

from proxy_addons.diagnosis.permissions.doubt import Doubt
from proxy_addons.intake.permission_doubts import DoubtsDamagedError, pack_doubts, unpack_doubts
from tests.support.permission_tables import APP, WORK

DOUBTS = frozenset({Doubt("/me", "GET", WORK, ("Mail.Read",), "built-in"), Doubt("/a", "PATCH", APP, (), "imported")})


def test_doubts_come_back_as_they_went() -> None:
    assert unpack_doubts(pack_doubts(DOUBTS)) == DOUBTS


def test_equal_doubts_make_equal_files() -> None:
    assert pack_doubts(sorted(DOUBTS)) == pack_doubts(sorted(DOUBTS, reverse=True))


def test_a_file_holds_nothing_but_templates_methods_schemes_and_names() -> None:
    (first, _) = json.loads(pack_doubts(DOUBTS))["doubts"]
    assert first.keys() == {"template", "method", "scheme", "permissions", "table"}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "file"),
        (b'{"form": "why403.doubts/9", "doubts": []}', "form"),
        (pack_doubts(DOUBTS).replace(b"delegated-work", b"nobody"), "doubts.1.scheme"),
    ],
)
def test_a_file_that_holds_no_doubts_is_refused_with_the_place(content: bytes, place: str) -> None:
    with pytest.raises(DoubtsDamagedError, match=f"{place} is wrong"):
        unpack_doubts(content)
