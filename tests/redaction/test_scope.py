import pytest

from proxy_addons.redaction.scope import Scope, UnreadableError


def scope() -> Scope:
    return Scope(lambda _text, _scope, _ledger: None)


def test_one_level_down_is_one_level_deeper() -> None:
    inner = scope().inside(in_error=True)
    assert (inner.depth, inner.in_error) == (1, True)


def test_a_document_within_a_document_starts_at_the_top_again() -> None:
    inner = scope().inside(in_error=True).another_document()
    assert (inner.depth, inner.documents, inner.in_error) == (0, 1, True)


def test_documents_do_not_nest_forever() -> None:
    inner = scope()
    for _ in range(4):
        inner = inner.another_document()
    with pytest.raises(UnreadableError, match="nested too deep"):
        inner.another_document()
