"""Single requests of kinds that have hurt servers: each gets its answers, and the connection ends.

What is expected is the statuses of all answers on the connection, in order. Several are pieces of
one request, sent as segments of their own.
"""

import asyncio

from tests.hostile.flood import AttackedGateway

HOST = b"Host: localhost\r\n"
CLOSE = b"Connection: close\r\n"
GET = b"GET /health HTTP/1.1\r\n" + HOST
LAST = GET + CLOSE + b"\r\n"
POST = b"POST /intents HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
WEBSOCKET = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
STREAM = b"GET /stream HTTP/1.1\r\n" + HOST + WEBSOCKET
CLOSE_FRAME = b"\x88\x80\0\0\0\0"


def host(value: bytes) -> bytes:
    return LAST.replace(b"localhost", value)


REQUESTS: dict[str, tuple[list[bytes], list[int]]] = {
    "another host": ([host(b"evil.example")], [421]),
    "another host of a handshake": (
        [STREAM.replace(b"localhost", b"evil.example") + b"\r\n"],
        [421],
    ),
    "another host with our port": ([host(b"evil.example:8080")], [421]),
    "a host with a user": ([host(b"localhost@evil.example")], [400]),
    "a host that begins like ours": ([host(b"localhost.evil.example")], [421]),
    "an empty host": ([host(b"")], [400]),
    "no host": ([LAST.replace(HOST, b"")], [400]),
    "no host in HTTP/1.0": ([b"GET /health HTTP/1.0\r\n\r\n"], [400]),
    "two hosts": ([LAST.replace(HOST, HOST * 2)], [400]),
    "two hosts in one": ([host(b"localhost, evil.example")], [400]),
    "a foreign host in the target": (
        [LAST.replace(b"/health", b"http://evil.example/health")],
        [400],
    ),
    "our host in the target": ([LAST.replace(b"/health", b"http://localhost/health")], [200]),
    "an origin of another scheme": (
        [POST + b"Origin: https://localhost\r\n" + CLOSE + b"Content-Length: 0\r\n\r\n"],
        [403],
    ),
    "an extension as origin": (
        [POST + b"Origin: chrome-extension://localhost\r\n" + CLOSE + b"Content-Length: 0\r\n\r\n"],
        [403],
    ),
    "length and chunks": ([POST + CHUNKED + b"Content-Length: 3\r\n\r\n"], [400]),
    "chunks and length": ([POST + b"Content-Length: 3\r\n" + CHUNKED + b"\r\n"], [400]),
    "two lengths": ([POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"], [400]),
    "a list of lengths": ([POST + b"Content-Length: 3, 3\r\n\r\nabc"], [400]),
    "a signed length": ([POST + b"Content-Length: +3\r\n\r\nabc"], [400]),
    "a hexadecimal length": ([POST + b"Content-Length: 0x3\r\n\r\nabc"], [400]),
    "a length of 2^64": ([POST + b"Content-Length: 18446744073709551616\r\n\r\n"], [400]),
    "a length with a space in it": ([POST + b"Content-Length: 1 0\r\n\r\n"], [400]),
    "a folded header": ([GET + b"X: a\r\n b\r\n\r\n"], [400]),
    "a space before the colon": ([POST + b"Transfer-Encoding : chunked\r\n\r\n"], [400]),
    "a vertical tab in an encoding": ([POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n"], [400]),
    "an encoding between other spaces": (
        [POST + b"Transfer-Encoding: \x85\xa0chunked\xa0\r\n\r\n0\r\n\r\n"],
        [400],
    ),
    "another space behind a name": ([POST + b"Transfer-Encoding\xa0: chunked\r\n\r\n"], [400]),
    "bare line feeds": ([b"GET /health HTTP/1.1\nHost: localhost\n\n"], [400]),
    "a bare carriage return": ([GET + b"X: a\rY: b\r\n\r\n"], [400]),
    "a zero in a header": ([GET + b"X: a\0b\r\n\r\n"], [400]),
    "an empty name": ([GET + b": a\r\n\r\n"], [400]),
    "HTTP/0.9": ([b"GET /health\r\n\r\n"], [400]),
    "HTTP/2 with its preface": ([b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"], [400]),
    "TLS": ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)], [400]),
    "an unknown method": ([b"BREW /health HTTP/1.1\r\n" + HOST + b"\r\n"], [400]),
    "CONNECT": ([b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n"], [400]),
    "gzip and chunked": ([POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n"], [501]),
    "chunked twice": ([POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n"], [400]),
    "chunked and then identity": ([POST + CHUNKED + b"Transfer-Encoding: identity\r\n\r\n"], [400]),
    "chunks in HTTP/1.0": ([POST.replace(b"1.1", b"1.0") + CHUNKED + b"\r\n0\r\n\r\n"], [400]),
    "a chunk without a size": ([POST + CHUNKED + b"\r\n;a\r\n"], [400]),
    "a chunk with a sign": ([POST + CHUNKED + b"\r\n+1\r\na\r\n"], [400]),
    "a chunk size of 2^64": ([POST + CHUNKED + b"\r\n10000000000000000\r\n"], [400]),
    "a chunk that is longer": ([POST + CHUNKED + b"\r\n1\r\nab\r\n0\r\n\r\n"], [400]),
    "a bare line feed behind a chunk": ([POST + CHUNKED + b"\r\n1\n", b"a\n0\n\n"], [400]),
    "a trailer that smuggles": (
        [POST + CLOSE + CHUNKED + b"\r\n0\r\nHost: evil.example\r\nContent-Length: 9\r\n\r\n"],
        [400],
    ),
    "a target of 60 KB": ([GET.replace(b"/health", b"/" + b"a" * 60_000) + b"\r\n"], [414]),
    "the same in pieces": ([b"GET /", *[b"a" * 6_000] * 10, b" HTTP/1.1\r\n\r\n"], [414]),
    "5,000 headers": ([GET + b"a: b\r\n" * 5_000 + b"\r\n"], [431]),
    "the same in pieces, of which one is too many": (
        [GET, *[b"a: b\r\n" * 50] * 4, b"\r\n"],
        [431],
    ),
    "a header of 60 KB": ([GET + b"X: " + b"a" * 60_000 + b"\r\n\r\n"], [431]),
    "a handshake with a body": ([STREAM + b"Content-Length: 5\r\n\r\nabcde"], [400]),
    "a chunked handshake": ([STREAM + CHUNKED + b"\r\n0\r\n\r\n"], [400]),
    "a handshake of HTTP/1.0": ([STREAM.replace(b"1.1", b"1.0") + b"\r\n"], [426]),
    "a handshake by POST": ([STREAM.replace(b"GET", b"POST", 1) + b"\r\n"], [400]),
    "a handshake with 200 headers": ([STREAM + b"a: b\r\n" * 200 + b"\r\n"], [431]),
    "a handshake with a long cookie": (
        [STREAM + b"Cookie: " + b"a" * 20_000 + b"\r\n\r\n" + CLOSE_FRAME],
        [101],
    ),
    "a handshake behind a request": ([GET + b"\r\n" + STREAM + b"\r\n" + CLOSE_FRAME], [200, 101]),
    "requests behind each other": ([(GET + b"\r\n") * 20 + LAST], [200] * 21),
    "an upgrade to what nobody speaks": (
        [POST + b"Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 3\r\n\r\nabc" + LAST],
        [400, 200],
    ),
    "a second line of Accept": (
        [GET + b"Accept: text/html\r\nAccept: */*\r\n" + CLOSE + b"\r\n"],
        [200],
    ),
    "a second Content-Type": (
        [POST + b"Content-Type: text/plain\r\n" + CLOSE + b"Content-Length: 0\r\n\r\n"],
        [415],
    ),
}


async def test_every_request_gets_its_answers(attacked: AttackedGateway) -> None:
    asked = [asyncio.to_thread(attacked.ask, *pieces) for pieces, _ in REQUESTS.values()]
    found = {
        name: [answer.status for answer in answers]
        for name, answers in zip(REQUESTS, await asyncio.gather(*asked), strict=True)
    }
    assert found == {name: statuses for name, (_, statuses) in REQUESTS.items()}
