from typing import TYPE_CHECKING

import pytest

from proxy_addons.redaction.originals import Originals
from proxy_addons.redaction.pseudonyms import Kind
from proxy_addons.sinks.last_check import Leak, UnsafeExportError, refuse_leaks, search_for, without_leaks

if TYPE_CHECKING:
    from proxy_addons.redaction.har_entry import Json

SEARCH = search_for([Originals({"Zwiebelkuchen77": Kind.SECRET}), Originals({"Tove Lindqvist": Kind.NAME})])


def test_what_was_taken_out_of_any_exchange_is_searched_for_in_every_member() -> None:
    with pytest.raises(UnsafeExportError) as caught:
        refuse_leaks("a.zip", {"one": b"by TOVE LINDQVIST", "two": b"fine"}, SEARCH)
    assert caught.value.leaks == (Leak("one", "plain", "name"),)
    assert "Tove" not in str(caught.value)


def test_a_name_of_a_file_that_tells_has_its_own_remedy() -> None:
    with pytest.raises(UnsafeExportError, match="Choose another name for the file"):
        refuse_leaks("Zwiebelkuchen77.zip", {"one": b"fine"}, SEARCH)


def test_clean_members_pass() -> None:
    refuse_leaks("a.zip", {"one": b"fine"}, SEARCH)


def test_only_the_texts_that_leak_are_taken_out() -> None:
    tree: Json = {"a": ["fine", "Zwiebelkuchen77"], "b": {"Tove Lindqvist": 1, "c": None}}
    assert without_leaks(tree, SEARCH) == ({"a": ["fine", "<removed>"], "b": {"c": None}}, 2)
