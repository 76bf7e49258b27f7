import pytest

from proxy_addons.admin.waiting_time import longest_wait


@pytest.mark.parametrize(
    ("sentence", "seconds"),
    [
        ("Up to 90 minutes if nothing is refreshed, up to 28 hours with continuous access evaluation.", 28 * 3600),
        ("30 minutes to 2 hours (Exchange caches role assignments).", 7200),
        ("Up to two hours has been reported.", 7200),
        ("Minutes, and only in a new token.", 600),
        ("Up to an hour; about a day for managed identities.", 86_400),
        ("Seconds after consent, but only in a new token.", 1),
        ("At once, in a new token.", 0),
        ("", 0),
    ],
)
def test_the_longest_time_a_sentence_names_is_what_may_have_to_be_waited(sentence: str, seconds: int) -> None:
    assert longest_wait(sentence) == seconds
