"""Where a request ends, and that it does not depend on how its bytes were cut on their way."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.limits import MAX_CHUNK_LINE_BYTES, MAX_CHUNKS, MAX_HEAD_BYTES, MAX_HEADERS
from gateway.http.problems import Problem, ProblemCode
from gateway.http.protocols.bodies import ChunkedBody, body_of
from gateway.http.protocols.head import Head, HeadReader

START = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
Outcome = tuple[object, bytes]


def read_head(pieces: Sequence[bytes]) -> Outcome:
    """Return the head, or the code of the problem, and what was left over."""
    reader, unread = HeadReader(), bytearray()
    for number, piece in enumerate(pieces):
        unread += piece
        try:
            head = reader.take(unread)
        except Problem as problem:
            return problem.code, b""
        if head is not None:
            return head, bytes(unread) + b"".join(pieces[number + 1 :])
    return None, b"".join(pieces)


@pytest.mark.parametrize("character", [0x00, 0x01, 0x08, 0x0B, 0x1F, 0x7F])
@pytest.mark.parametrize("name", [b"Idempotency-Key", b"X-Other"])
def test_a_header_with_a_control_character_is_named(name: bytes, character: int) -> None:
    unread = bytearray(START + b"A: b\r\n" + name + b": a" + bytes([character]) + b"b\r\n\r\n")
    with pytest.raises(Problem) as refused:
        HeadReader().take(unread)
    assert refused.value.code is ProblemCode.INVALID_PARAMETER
    assert [error.field for error in refused.value.errors] == [name.decode()]


def read_chunked(pieces: Sequence[bytes], head_bytes: int = 0) -> Outcome:
    """Return the content, or the code of the problem, and what was left over."""
    body, unread, content = ChunkedBody(head_bytes), bytearray(), b""
    for number, piece in enumerate(pieces):
        unread += piece
        try:
            content += body.take(unread)
        except Problem as problem:
            return problem.code, b""
        if body.is_complete:
            return content, bytes(unread) + b"".join(pieces[number + 1 :])
    return None, b""


def padded(size_bytes: int) -> bytes:
    """Return a head of exactly so many bytes."""
    missing = size_bytes - len(START) - len(b"X: \r\n\r\n")
    return START + b"X: " + b"a" * missing + b"\r\n\r\n"


HEADS = [
    START + b"\r\nGET /next HTTP/1.1\r\n",
    b"\r\n\r\n" + START + b"\r\n",
    b"\r\n" * MAX_HEAD_BYTES,
    START + b"Value:   \t spaced \t \r\n\r\n",
    START + b"Value: a\x7fb\r\n\r\n",
    START + b"Bad : a\r\nValue: a\x7fb\r\n\r\n",
    START + b"Value: a\x01\r\nBad : 1\r\n\r\n",
    START + b" folded: 1\r\n\r\n",
    START + b"Space : 1\r\n\r\n",
    START + b"Bare: \n\r\n",
    b"GET / HTTP/1.1\nHost: a\n\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"CONNECT localhost:80 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET http://localhost/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://evil/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET http://localhost HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
    b"GET http://u@localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET ftp://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"GET /?\xff HTTP/1.1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    START + b"a: b\r\n" * (MAX_HEADERS - 1) + b"\r\n",
    START + b"a: b\r\n" * MAX_HEADERS + b"\r\n",
    START + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
    START + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    START + b"Content-Length: -1\r\n\r\n",
    START + b"Content-Length: 99999999999999999999999\r\n\r\n",
    START + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 3\r\n\r\nabcGET",
    padded(MAX_HEAD_BYTES),
    padded(MAX_HEAD_BYTES + 1),
    padded(100_000),
    b"GET /" + b"a" * (MAX_HEAD_BYTES + 10) + b" HTTP/1.1\r\n\r\n",
    b"GET /" + b"a" * 100_000,
]
CHUNKED = [
    b"3\r\nabc\r\n0\r\n\r\nGET",
    b'3;name=value;other="q"\r\nabc\r\n00\r\nX: a\r\nY: b\r\n\r\nGET',
    b"3 \r\nabc\r\n0\r\n\r\n",
    b"3\nabc\n0\n\n",
    b"3\r\nabcd\r\n0\r\n\r\n",
    b"3\r\nab\r\n0\r\n\r\n",
    b"\r\nabc",
    b"0x3\r\nabc\r\n0\r\n\r\n",
    b"-3\r\nabc\r\n0\r\n\r\n",
    b"+3\r\nabc\r\n0\r\n\r\n",
    b"ffffffffffffffff\r\nabc",
    b"3;\x00\r\nabc\r\n0\r\n\r\n",
    b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    b"3;" + b"e" * (MAX_CHUNK_LINE_BYTES - 2) + b"\r\nabc\r\n0\r\n\r\n",
    b"3;" + b"e" * (MAX_CHUNK_LINE_BYTES - 1) + b"\r\nabc\r\n0\r\n\r\n",
    b"3;" + b"e" * 100_000,
    b"0\r\nnot a trailer\r\n\r\n",
    b"0\r\n: nameless\r\n\r\n",
    b"0\r\nX: a\n\r\n",
    b"0\r\n" + b"X: a\r\n" * 10_000,
    b"0\r\nX: " + b"a" * 100_000,
    b"1\r\na\r\n" * (MAX_CHUNKS - 1) + b"0\r\n\r\n",
    b"1\r\na\r\n" * MAX_CHUNKS + b"0\r\n\r\n",
]


@pytest.mark.parametrize(
    ("read", "sent"),
    [(read_head, head) for head in HEADS] + [(read_chunked, body) for body in CHUNKED],
)
@given(cuts=st.lists(st.integers(0, 2**20), max_size=4))
def test_the_cuts_make_no_difference(
    read: Callable[[Sequence[bytes]], Outcome], sent: bytes, cuts: list[int]
) -> None:
    at = sorted({cut % len(sent) for cut in cuts})
    pieces = [sent[a:b] for a, b in zip([0, *at], [*at, len(sent)], strict=True)]
    assert read(pieces) == read([sent])


@pytest.mark.parametrize(
    ("read", "sent"),
    [(read_head, head) for head in HEADS if len(head) < 1_000]
    + [(read_chunked, body) for body in CHUNKED if len(body) < 1_000],
)
def test_one_byte_at_a_time_makes_no_difference(
    read: Callable[[Sequence[bytes]], Outcome], sent: bytes
) -> None:
    assert read([sent[at : at + 1] for at in range(len(sent))]) == read([sent])


def test_what_follows_a_head_is_not_touched() -> None:
    head, rest = read_head([START + b"\r\nGET /next HTTP/1.1\r\n"])
    assert isinstance(head, Head)
    assert (head.method, head.path, head.values(b"host")) == ("GET", b"/health", [b"localhost"])
    assert rest == b"GET /next HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (padded(MAX_HEAD_BYTES + 1), ProblemCode.HEAD_TOO_LARGE),
        (padded(MAX_HEAD_BYTES + 2)[:-1], ProblemCode.HEAD_TOO_LARGE),
        (b"GET /" + b"a" * MAX_HEAD_BYTES, ProblemCode.TARGET_TOO_LONG),
        (START + b"a: b\r\n" * MAX_HEADERS + b"\r\n", ProblemCode.HEAD_TOO_LARGE),
        (START + b"X:" + b" " * MAX_HEAD_BYTES, ProblemCode.HEAD_TOO_LARGE),
        (b"\r\n" * MAX_HEAD_BYTES, ProblemCode.BAD_REQUEST),
        (b"GET http://evil/ HTTP/1.1\r\nHost: localhost\r\n\r\n", ProblemCode.BAD_REQUEST),
        (b"GET /\r\n\r\n", ProblemCode.BAD_REQUEST),
    ],
)
def test_a_head_has_limits(sent: bytes, code: ProblemCode) -> None:
    assert read_head([sent]) == (code, b"")


def test_a_head_of_the_largest_size_is_read() -> None:
    head, _ = read_head([padded(MAX_HEAD_BYTES)])
    assert isinstance(head, Head)
    assert head.size_bytes == MAX_HEAD_BYTES


def test_chunks_are_put_together() -> None:
    sent = b'3;name="v"\r\nabc\r\n02\r\nde\r\n0\r\nX: a\r\n\r\nGET'
    assert read_chunked([sent]) == (b"abcde", b"GET")


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"0\r\nX: " + b"a" * MAX_HEAD_BYTES, ProblemCode.HEAD_TOO_LARGE),
        (b"0\r\n" + b"X: a\r\n" * MAX_HEAD_BYTES, ProblemCode.HEAD_TOO_LARGE),
        (b"1;" + b"e" * MAX_CHUNK_LINE_BYTES, ProblemCode.BAD_REQUEST),
        (b"1\r\na\r\n" * MAX_CHUNKS + b"0\r\n\r\n", ProblemCode.BODY_TOO_LARGE),
        (b"3\nabc\n", ProblemCode.BAD_REQUEST),
        (b"3\r\nabcd", ProblemCode.BAD_REQUEST),
        (b"100000000\r\n", ProblemCode.BAD_REQUEST),
    ],
)
def test_chunks_have_limits(sent: bytes, code: ProblemCode) -> None:
    assert read_chunked([sent]) == (code, b"")


@pytest.mark.parametrize(("more", "is_read"), [(0, True), (1, False)])
def test_trailers_count_as_a_part_of_the_head(more: int, is_read: bool) -> None:
    head_bytes = 1_000
    trailer = b"X: " + b"a" * (MAX_HEAD_BYTES - head_bytes - len(b"X: \r\n\r\n") + more)
    outcome = read_chunked([b"0\r\n" + trailer + b"\r\n\r\n"], head_bytes)
    assert outcome == ((b"", b"") if is_read else (ProblemCode.HEAD_TOO_LARGE, b""))


@pytest.mark.parametrize(
    ("version", "values", "code"),
    [
        ("1.1", [b"gzip, chunked"], ProblemCode.TRANSFER_ENCODING_UNKNOWN),
        ("1.1", [b"gzip", b"chunked"], ProblemCode.TRANSFER_ENCODING_UNKNOWN),
        ("1.1", [b"identity"], ProblemCode.TRANSFER_ENCODING_UNKNOWN),
        ("1.1", [b""], ProblemCode.TRANSFER_ENCODING_UNKNOWN),
        ("1.0", [b"chunked"], ProblemCode.BAD_REQUEST),
    ],
)
def test_the_only_transfer_encoding_is_chunked(
    version: str, values: list[bytes], code: ProblemCode
) -> None:
    headers = [(b"transfer-encoding", value) for value in values]
    with pytest.raises(Problem) as raised:
        body_of(version, headers, 0)
    assert raised.value.code is code
