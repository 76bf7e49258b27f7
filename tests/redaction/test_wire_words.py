from proxy_addons.redaction.wire_words import WireWords
from tests.support.wire import jwt


def said(*texts: str) -> WireWords:
    words = WireWords()
    for text in texts:
        words.add(text)
    return words


def test_a_word_is_said_only_as_a_whole() -> None:
    words = said("the reader of mail")
    assert "reader" in words
    assert "read" not in words
    assert "" not in words


def test_what_is_added_later_counts_as_well() -> None:
    words = said("first")
    assert "second" not in words
    words.add("Second")
    assert "second" in words


def test_words_are_found_behind_encodings() -> None:
    words = said("a%2520b", "&eacute;t&eacute;", "\\u0068idden\\nline")
    assert all(word in words for word in ("a", "b", "été", "hidden", "line"))


def test_a_token_says_no_words() -> None:
    assert "fl" not in said(f"Bearer {jwt({'a': 'b'}, signature='fl-' + 'c2ln' * 80)}")


def test_a_word_within_endless_others_counts_as_said() -> None:
    assert "ab" in said("xabx" * 600)
    assert "ab" not in said("xabx" * 400)


def test_words_that_are_asked_for_are_noted_and_those_that_stand_in_very_many_places() -> None:
    words = WireWords()
    words.add("xx " * 200 + "one")
    assert ["x" in words, "one" in words, "one" in words, "two" in words] == [False, True, True, False]
    assert words.asked == {"x", "one", "two"}
    assert words.frequent == {"x"}
