"""Makes HTTP requests: well-formed ones of odd parts, those with wrong bytes, and mere bytes."""

import json
from random import Random
from typing import Final

from tests.hostile.fuzz.case import Case, cut, mutate
from tests.unit.gateway.support import BODY

METHODS: Final = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND")
TARGETS: Final = (
    "/health", "/intents", "/intents?limit=1", "/intents?limit=0", "/intents?limit=1&limit=2",
    "/intents/01J5S3Y4PEJHBJ5A7FYHBXQRFG", "/intents/%00", "/intents/%ff%fe", "/intents/..%2f..",
    "/intents/01J5S3Y4PEJHBJ5A7FYHBXQRFG/events?cursor=-1", "/plans/x", "/positions/demo", "/ready",
    "/intents:preview", "/portfolios", "/portfolios?cursor=a.b", "/portfolios/demo",
    "/portfolios/%00",
    "/portfolios/demo/close", "/portfolios/demo/flatten", "/portfolios/demo/flatten?force=1",
    "/live/positions", "/live/positions?instrument=%ff", "/live/fills?from=x",
    "/live/blocks?limit=0",
    "/live/fills?from=2026-11-28&to=2026-11-27", "/live/block-reasons?reason=a&reason=b",
    "/live/portfolio?portfolio_id=", "/live/risk-budget?portfolio_id=..", "/risk/limits",
    "/risk/limits?version=-1", "/risk/limits?version=99999999999999999999", "/risk/limits/tighten",
    "/risk/limits:compare", "/risk/limits/history?cursor=x", "/risk/states?past=true&past=true",
    "/risk/states", "/risk/states/everything", "/risk/states/everything/tighten",
    "/risk/states/portfolio:demo", "/risk/states/lock:a:b:c", "/risk/states/%00", "/risk/states/:",
    "/risk/states/wallet:ethereum:0x" + "f" * 40, "/instruments", "/instruments?cursor=%7f",
    "/instruments/ethereum-WETH-USDC", "/instruments/" + "x" * 101, "/instruments/a%2fb",
    "/instruments/ethereum-WETH-USDC?version=0", "/wallets", "/wallets/1-0x" + "1" * 40,
    "/wallets/reconcile", "/wallets/reconcile/history?cursor=1",
    "/wallets/x/transactions?cursor=-1",
    "/intents?state=failed,failed,x", "/intents?text=%00&reason=A", "/intents?from=0001-01-01",
    "/intents?to=9999-12-31T23:59:59.999999Z&pair=A/B", "/stats", "/stats?since=0001-01-01",
    "/tokens", "/market/pools?x=1", "/platform", "/roles", "/search", "/search?q=%00",
    "/search?q=" + "%27" * 100, "/search?q=0x" + "F" * 64, "/search?q=01J5S3Y4PEJHBJ5A7FYHBXQRFG",
    "/wallets/1-0x" + "1" * 40 + "/slots?cursor=99999999999999999999",
    "/correlations/intent-01J5S3Y4PEJHBJ5A7FYHBXQRFG/history", "/correlations/%00/history",
    "/events?topics=*.*.*", "/correlations/a-", "/quarantine/-1", "/dead-letters/x/retry",
    "/stream", "/streams", "/openapi.json", "/docs", "//", "/./..", "*", "/?a=%", "/" + "a" * 3_000,
    "http://localhost/health", "http://evil.example/health", "/health#fragment", "/intents;a=b",
)  # fmt: skip
HOSTS: Final = (
    "localhost",
    "127.0.0.1:80",
    "[::1]",
    "localhost.",
    "evil.example",
    "",
    "a b",
    "\xff",
)
HEADERS: Final = (
    "Accept: application/json", "Accept: text/html", "Accept: */*;q=0", "Accept: ,;=\"",
    "Content-Type: text/plain", "Content-Type: application/json; charset=utf-16",
    "Content-Encoding: gzip", "Expect: 100-continue", "Expect: 200-maybe", "Connection: close",
    "Connection: keep-alive, upgrade", "Connection: ,", "Upgrade: websocket", "Upgrade: h2c",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Key: short",
    "Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 99", "Sec-WebSocket-Protocol: a,,b",
    "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
    "Origin: http://localhost", "Origin: null", "Origin: https://evil.example", "Origin: \xfc",
    "Idempotency-Key: fuzz", "Idempotency-Key: " + "k" * 200, "X-Request-ID: fuzz-1234",
    "Authorization: Bearer x", "Authorization: TW1-ED25519 key=a, ts=1, nonce=b, sig=c",
    "Cookie: tw=a; tw=b", "Cookie: " + "c" * 9_000, "Traceparent: 00-0-0-00", "Range: bytes=0-1",
    "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Content-Length: 5",
    "Content-Length: 18446744073709551615", "Content-Length: +1", "TE: trailers", "X:", "X: \t",
)  # fmt: skip
_DOCUMENTS: Final = tuple(
    json.dumps(one).encode()
    for one in (
        BODY,
        {"instrument": "ethereum-WETH-USDC", "max_slippage": "0.01", "time_window": 60},
        {"max_slippage": "0.01", "strategy_id": "demo"},
        {"state": "halted", "reason": "drill", "until": "2030-01-01T00:00:00Z"},
        {"base": "DAI", "quote": "WETH", "lot": "0.1", "aliases": ["DAI-ETH"], "venues": None},
        {"status": "reduce_only", "max_position": "5", "fee_tiers": [500, 3000], "tick": None},
        {"threshold": "0.0001"},
        {
            "hard": {"max_notional_usd": "1000", "max_open_intents": 3},
            "defaults": {"max_notional_usd": None},
            "portfolios": {"demo": {"instruments": {"ethereum-A-B": {"lot_amount": "0.1"}}}},
            "instruments": {"ethereum-A-B": {"max_order_amount": "1"}},
        },
    )
)
"""A document for every operation that takes one; most come to another one than their own."""


def random_request(random: Random) -> Case:
    """Return a request; the next ones of the same source of randomness are others."""
    if random.random() < 0.05:
        return Case(cut(random, random.randbytes(random.randint(1, 400))), is_whole=False)
    sent, is_whole = _well_formed(random)
    if random.random() < 0.5:
        return Case(cut(random, mutate(random, sent)), is_whole=False)
    return Case(cut(random, sent), is_whole)


def _well_formed(random: Random) -> tuple[bytes, bool]:
    """Return a request that ends where it says, unless one of its headers says otherwise."""
    method = random.choice(METHODS)
    version = random.choices(("1.1", "1.0", "2.0"), (20, 2, 1))[0]
    host = random.choices(HOSTS, (20, *[1] * (len(HOSTS) - 1)))[0]
    lines = [f"{method} {random.choice(TARGETS)} HTTP/{version}", f"Host: {host}"]
    odd = random.choices(HEADERS, k=random.randint(0, 5))
    framing, body = random.choice(_FRAMINGS)(random, _body(random))
    if method in ("POST", "PUT", "PATCH") and random.random() < 0.7:
        lines.append("Content-Type: application/json")
    lines += odd + framing
    head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
    is_framed_once = not any(line.startswith(("Content-L", "Transfer-E")) for line in odd)
    return head + body, is_framed_once


def _body(random: Random) -> bytes:
    kind = random.randrange(5)
    if kind == 0:
        return random.choice(_DOCUMENTS)
    if kind == 1:
        return mutate(random, random.choice(_DOCUMENTS))
    if kind == 2:
        return random.randbytes(random.randint(0, 200))
    return b" " * 70_000 if kind == 3 and random.random() < 0.1 else b""


def _unframed(_: Random, __: bytes) -> tuple[list[str], bytes]:
    return [], b""


def _sized(_: Random, body: bytes) -> tuple[list[str], bytes]:
    return [f"Content-Length: {len(body)}"], body


def _chunked(random: Random, body: bytes) -> tuple[list[str], bytes]:
    sent, size = b"", random.choice((1, 7, 4_000)) if len(body) < 1_000 else 4_000
    for start in range(0, len(body), size):
        piece = body[start : start + size]
        extension = b";a=b" if random.random() < 0.1 else b""
        sent += b"%x%b\r\n%b\r\n" % (len(piece), extension, piece)
    trailer = b"X: a\r\n" if random.random() < 0.2 else b""
    return ["Transfer-Encoding: chunked"], sent + b"0\r\n" + trailer + b"\r\n"


_FRAMINGS: Final = (_unframed, _sized, _chunked)
