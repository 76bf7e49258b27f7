import pytest

from proxy_addons.intake.body_tee import KEPT_BYTES, BodyTee


def test_every_piece_goes_on_as_it_is() -> None:
    tee = BodyTee()
    assert [tee(piece) for piece in (b"one", b"two", b"")] == [b"one", b"two", b""]
    assert (tee.kept, tee.complete) == (b"onetwo", True)


def test_a_body_that_has_not_ended_is_not_complete() -> None:
    tee = BodyTee()
    tee(b"one")
    assert (tee.kept, tee.complete) == (b"one", False)


def test_no_more_than_the_limit_is_kept() -> None:
    tee = BodyTee()
    pieces = [b"x" * 100_000] * 10
    assert [tee(piece) for piece in [*pieces, b""]] == [*pieces, b""]
    assert (len(tee.kept), tee.length, tee.complete) == (KEPT_BYTES, 1_000_000, False)


def test_a_body_exactly_as_long_as_the_limit_is_complete() -> None:
    tee = BodyTee(limit=3)
    tee(b"abc")
    tee(b"")
    assert (tee.kept, tee.complete) == (b"abc", True)


def test_what_is_forgotten_stays_forgotten() -> None:
    tee = BodyTee()
    tee(b"secret")
    tee.forget()
    assert tee(b"more") == b"more"
    assert (tee.kept, tee.complete) == (b"", False)


def test_a_tee_that_can_keep_no_more_goes_on_handing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise MemoryError

    tee = BodyTee()
    with monkeypatch.context() as tight:
        tight.setattr(BodyTee, "_keep", no_room)
        assert tee(b"first") == b"first"
    assert (tee(b"second"), tee(b"")) == (b"second", b"")
    assert (tee.kept, tee.complete) == (b"", False)
