from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings, strategies as st

from proxy_addons.evidence.exchange import Exchange
from proxy_addons.intake.saz import DIRECTORY_BYTES, MESSAGE_BYTES, read_saz
from proxy_addons.intake.unreadable import RecordingError, UnreadableEntry

ASKED: Final = b"GET https://graph.microsoft.com/v1.0/me HTTP/1.1\r\nHost: graph.microsoft.com\r\n\r\n"
REFUSED: Final = b"HTTP/1.1 403 Forbidden\r\nX-A: 1\r\n\r\n"
FIDDLERS: Final = (Path(__file__).parent / "recordings" / "fiddler.saz").read_bytes()


def saz(packing: int = zipfile.ZIP_DEFLATED, **files: bytes) -> bytes:
    """An archive of one session; further files by their letter and number, `c2` for `raw/2_c.txt`."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", packing) as archive:
        for name, content in {"c1": ASKED, "s1": REFUSED, **files}.items():
            archive.writestr(f"raw/{name[1:]}_{name[0]}.{'xml' if name[0] == 'm' else 'txt'}", content)
    return raw.getvalue()


def read(raw: bytes) -> list[Exchange | UnreadableEntry]:
    return list(read_saz(io.BytesIO(raw)))


def first(raw: bytes) -> Exchange:
    exchange = read(raw)[0]
    assert isinstance(exchange, Exchange)
    return exchange


def test_sessions_come_in_the_order_of_their_numbers() -> None:
    later = ASKED.replace(b"/me", b"/later")

    found = read(saz(c10=later, s10=REFUSED, c9=ASKED, s9=REFUSED))

    assert [item.request.url[-5:] for item in found if isinstance(item, Exchange)] == [".0/me", ".0/me", "later"]


def test_a_session_without_an_answer_has_none() -> None:
    exchange = first(saz(s1=b""))

    assert (exchange.response, exchange.transport_error) == (None, "the recording holds no response")


def test_metadata_that_say_http_make_it_http() -> None:
    asked = ASKED.replace(b"https://graph.microsoft.com", b"")

    assert first(saz(c1=asked)).request.url == "https://graph.microsoft.com/v1.0/me"
    assert first(saz(c1=asked, m1=b'<Session BitFlags="10"/>')).request.url == "http://graph.microsoft.com/v1.0/me"


@pytest.mark.parametrize(
    "metadata",
    [
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><Session>&a;</Session>',
        b"<Session",
        b'<Session BitFlags="?"/>',
        b"\xff\xfe",
    ],
    ids=["entity", "cut off", "no number", "no text"],
)
def test_metadata_nobody_can_read_cost_only_the_time(metadata: bytes) -> None:
    found = read(saz(m1=metadata))

    problem = "is no XML of Fiddler's, so the session has no time"
    assert found[0] == UnreadableEntry("raw/1_m.xml", problem, lost=False)
    assert isinstance(found[1], Exchange)
    assert found[1].started is None


def test_a_file_of_a_session_that_is_damaged_costs_only_that_session() -> None:
    raw = bytearray(saz(zipfile.ZIP_STORED, c2=ASKED, s2=REFUSED))
    raw[raw.index(REFUSED)] ^= 0xFF

    found = read(bytes(raw))

    assert found[0] == UnreadableEntry("raw/1_s.txt", "cannot be unpacked")
    assert isinstance(found[1], Exchange)


def test_a_packing_fiddler_never_uses_is_not_unpacked() -> None:
    assert read(saz(zipfile.ZIP_LZMA)) == [UnreadableEntry("raw/1_c.txt", "cannot be unpacked")]


def test_a_bomb_is_unpacked_to_its_bound_and_no_further() -> None:
    exchange = first(saz(s1=REFUSED + b"\0" * (4 * MESSAGE_BYTES)))

    assert exchange.response is not None
    assert len(exchange.response.body.content or b"") == MESSAGE_BYTES - len(REFUSED)
    assert exchange.response.body.truncated


def test_many_small_bombs_end_where_the_allowance_does() -> None:
    reading = read_saz(io.BytesIO(saz(c2=ASKED, s2=REFUSED + b"\0" * 10_000)), allowance=10_000)

    assert isinstance(next(reading), Exchange)
    with pytest.raises(RecordingError, match=r"raw/2_s\.txt: the archive unpacks to more .* Save fewer sessions"):
        next(reading)


@pytest.mark.parametrize("comment", [b"", b"Fiddler (v5) Session Archive"], ids=["no comment", "a comment"])
def test_a_table_of_contents_without_end_is_not_read(comment: bytes) -> None:
    raw = bytearray(saz()[:-2] + len(comment).to_bytes(2, "little") + comment)
    end = raw.rindex(b"PK\x05\x06")
    raw[end + 12 : end + 16] = (DIRECTORY_BYTES + 1).to_bytes(4, "little")

    with pytest.raises(RecordingError, match="lists more files than can be read"):
        read(bytes(raw))


def test_an_encrypted_archive_is_refused_with_the_remedy() -> None:
    raw = bytearray(saz())
    entry = raw.index(b"PK\x01\x02")
    raw[entry + 8] |= 1

    with pytest.raises(RecordingError, match=r"is encrypted\. Save it in Fiddler as a SAZ without a password"):
        read(bytes(raw))


def test_an_archive_that_is_cut_off_is_refused_with_the_remedy() -> None:
    with pytest.raises(RecordingError, match=r"broken or cut off\. Copy the file again"):
        read(saz()[:-30])


def test_a_zip_of_something_else_was_never_a_recording() -> None:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("traffic.har", "{}")

    with pytest.raises(RecordingError, match="holds no sessions") as caught:
        read(raw.getvalue())

    assert caught.value.foreign


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(FIDDLERS) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, 40),
)
def test_whatever_happens_to_an_archive_the_reader_says_so_itself(changes: list[tuple[int, int]], cut: int) -> None:
    raw = bytearray(FIDDLERS)
    for place, value in changes:
        raw[place] = value
    with suppress(RecordingError):
        read(bytes(raw[: len(raw) - cut]))
