"""What made-up exchanges are made of: names, values, bodies and targets no honest parser minds."""

import gzip
from hashlib import sha256

from hypothesis import HealthCheck, Phase, settings, strategies as st

TOKEN = st.text("abcXYZ019-_.!#$%&'*+^`|~", min_size=1, max_size=12).map(str.encode)
VISIBLE = bytes(range(0x21, 0x7F)) + bytes(range(0x80, 0x100))
WORD = st.lists(st.sampled_from(VISIBLE), min_size=1, max_size=20).map(bytes)
VALUE = st.one_of(
    st.just(b""),
    st.lists(WORD, min_size=1, max_size=3).map(b" ".join),
    st.just(b"x" * 20_000),
    st.sampled_from([b"a, b;q=0.5", b'"quoted \\" text"', b"=?utf-8?q?x?=", b"\xc3\xa9\xff", b"a\tb"]),
)
TAKEN = {b"host", b"content-length", b"transfer-encoding", b"connection", b"expect", b"upgrade", b"te", b"trailer"}
NAMES = st.one_of(
    TOKEN.map(lambda token: b"X-" + token),
    st.sampled_from([b"ACCEPT", b"cookie", b"Cookie", b"Authorization", b"user-agent", b"X-AnchorMailbox", b"Via"]),
    st.sampled_from([b"Set-Cookie", b"set-cookie", b"WWW-Authenticate", b"Date", b"Server", b"ETag", b"Warning"]),
).filter(lambda name: name.lower() not in TAKEN)
BODY = st.one_of(
    st.just(b""),
    st.binary(min_size=1, max_size=50),
    st.just(b"".join(sha256(b"%d" % number).digest() for number in range(2200))),
    st.just(gzip.compress(b"packed" * 5000)),
    st.just(b"0\r\n\r\nGET /case/0 HTTP/1.1\r\n\r\n"),
)
TAIL = st.sampled_from([b"", b"?a=b&&c", b"/%zz//../x", b"?q=\xc3\xa9\xff", b";p=1", b"?x=%0d%0a", b"/" + b"y" * 8000])


def drawn(examples: int) -> settings:
    """The same examples in every run, and none made smaller: to shrink one that hangs would cost its patience again."""
    return settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[*HealthCheck],
        phases=[Phase.generate],
    )
