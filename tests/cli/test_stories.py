"""What one exchange does not tell: recordings explained as a whole, by the command, with the rules that ship."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from ruamel.yaml import YAML

from proxy_addons.diagnosis.example_defaults import DATE
from proxy_addons.diagnosis.example_exchange import RequestExample, ResponseExample, build_earlier
from tests.cli.command import why403
from tests.cli.recorded import RECORDINGS, har

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from proxy_addons.evidence.exchange import Exchange

STORIES: Final[dict[str, list[dict[str, Any]]]] = YAML(typ="safe").load(
    (RECORDINGS / "stories.yaml").read_text("utf-8")
)
HOUR: Final = 3600


def told() -> Iterator[Exchange]:
    """Every exchange of every story; the first story begins at noon."""
    for number, story in enumerate(STORIES.values()):
        end = DATE + timedelta(hours=number + 1)
        for part in story:
            request, response = (kind.model_validate(part[name]) for kind, name in _PARTS)
            assert isinstance(request, RequestExample)
            assert isinstance(response, ResponseExample)
            yield build_earlier(request, response, end, HOUR - part["at"])


_PARTS: Final = ((RequestExample, "request"), (ResponseExample, "response"))


@pytest.fixture(scope="module")
def failures() -> Mapping[str, list[dict[str, Any]]]:
    """The failures of every story, in order."""
    ended = why403("explain", "-", "--format", "json", given=har(*told()))
    assert (ended.returncode, ended.stderr) == (0, "")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for failure in json.loads(ended.stdout)["failures"]:
        hour = (datetime.fromisoformat(failure["exchange"]["time"]) - DATE) // timedelta(hours=1)
        found[list(STORIES)[hour]].append(failure)
    return found


def leading(failure: Mapping[str, Any]) -> tuple[str, str]:
    first = failure["findings"][0]
    return first["cause"], first["certainty"]


def test_a_call_that_worked_before_its_role_was_removed_says_what_is_gone(
    failures: Mapping[str, list[dict[str, Any]]],
) -> None:
    (failure,) = failures["role removed"]
    assert leading(failure) == ("graph-permission-missing-app", "likely")
    assert failure["notes"][0] == (
        "The same app succeeded with GET /users/{id}/messages 12 min earlier. Different since then: permissions. "
        "The token no longer carries Mail.Read."
    )


def test_a_cached_token_older_than_the_grant_is_certain_where_a_newer_one_was_handed_out(
    failures: Mapping[str, list[dict[str, Any]]],
) -> None:
    (failure,) = failures["old token in a cache"]
    assert leading(failure) == ("token-older-than-grant", "certain")
    assert {"fact": "before.gained", "value": "full_access_as_app", "supports": True}.items() <= next(
        seen for seen in failure["findings"][0]["evidence"] if seen["fact"] == "before.gained"
    ).items()
    assert failure["notes"] == [
        "The client had a newer token before it sent this one, which carries full_access_as_app as well."
    ]


def test_a_revoked_token_is_the_cause_once_and_the_client_that_sends_it_again_is_the_next(
    failures: Mapping[str, list[dict[str, Any]]],
) -> None:
    assert [leading(failure) for failure in failures["revoked token sent again"]] == [
        ("graph-cae-revoked", "certain"),
        ("graph-client-not-cae-capable", "certain"),
    ]


def test_a_refusal_exchangelib_repeats_as_busy_is_told_with_how_often(
    failures: Mapping[str, list[dict[str, Any]]],
) -> None:
    story = failures["exchangelib repeats a refusal"]
    assert len({leading(failure) for failure in story}) == 1
    assert "client-exchangelib-masks-status" in [finding["cause"] for finding in story[-1]["findings"]]
    assert [len(failure["notes"]) for failure in story] == [0, 2, 2]
    assert "refused 2 times in a row" in story[-1]["notes"][0]
    assert story[-1]["notes"][1].startswith('exchangelib takes an answer with "Connection: close" for a busy server')


def test_a_first_hop_followed_by_success_is_not_reported(failures: Mapping[str, list[dict[str, Any]]]) -> None:
    assert "first hop" not in failures


def test_one_mailbox_refused_beside_another_that_opened_points_to_that_mailbox(
    failures: Mapping[str, list[dict[str, Any]]],
) -> None:
    (failure,) = failures["one mailbox of two"]
    assert leading(failure) == ("ews-app-access-policy", "likely")
    assert failure["notes"][0].startswith("The same app succeeded with EWS FindItem 5 s earlier.")
    assert "The same token opened another mailbox within the last 15 minutes." in failure["notes"]


def test_no_secret_of_the_stories_is_printed(failures: Mapping[str, list[dict[str, Any]]]) -> None:
    printed = json.dumps(failures)
    for secret in ("not-for-you", "eyJ0eXAi", "adele@", "alex@"):
        assert secret not in printed
