from proxy_addons.redaction.words.prose import PROSE


def test_the_words_of_error_messages_are_public() -> None:
    message = "the caller is not allowed to perform this operation because the required permission is missing"
    assert [word for word in message.split() if len(word) > 2 and word not in PROSE] == []


def test_no_word_holds_anything_but_lower_case_letters() -> None:
    assert [word for word in PROSE if not (word.isascii() and word.isalpha() and word.islower())] == []


def test_first_names_and_family_names_are_not_public() -> None:
    names = "adele alex anna bianca christie diego emily grady henrietta isaiah jane joni lee lidia lynne megan miriam nestor"
    surnames = "doe smith miller johnson garcia nguyen schmidt mueller rossi novak kowalski ivanov tanaka kim wang"
    assert [name for name in f"{names} {surnames}".split() if name in PROSE] == []  # read as words
