"""Whom the gateway believes, and that everybody else hears the same whatever is wrong."""

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx2
import pytest

from tests.support.keys import MemoryKeys, OwnedKey, Signing, new_nonce, owned_key
from tests.unit.gateway.asgi import raw_answer
from tests.unit.gateway.keyed import KeyedGateway, keyed_gateway
from tests.unit.gateway.memory_redis import MemoryRedis
from tests.unit.gateway.support import BODY, JSON, check_problem
from tradewind.keys.model import KeyKind, KeyScope

SIGNING = (KeyKind.ED25519, KeyKind.HMAC)
PATH = "/intents?limit=1"
REQUEST_ID = {"X-Request-ID": "request-1"}
CONTENT = json.dumps(BODY).encode()
ORDER = 2**252 + 27742317777372353535851937790883648493


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def ask(
    keyed: KeyedGateway, method: str, target: str, content: bytes = b"", **headers: str
) -> httpx2.Response:
    async with keyed.gateway.client() as client:
        sent = REQUEST_ID | (JSON if content else {}) | headers
        return await client.request(method, target, content=content, headers=sent)


@pytest.mark.parametrize("kind", list(KeyKind))
async def test_a_key_may_read(kind: KeyKind) -> None:
    owned = owned_key(kind)
    async with keyed_gateway(owned) as keyed:
        answer = await ask(keyed, "GET", PATH, Authorization=owned.authorization("GET", PATH))
        assert answer.status_code == 200


@pytest.mark.parametrize("kind", SIGNING)
async def test_a_signed_body_arrives_as_it_was_signed(kind: KeyKind) -> None:
    owned = owned_key(kind)
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        for target in ("/intents", "/%69ntents"):
            answer = await client.post(target, content=CONTENT, headers=JSON, auth=Signing(owned))
            assert answer.status_code == 201, answer.text
        assert len(keyed.gateway.publisher.published) == 2


async def test_the_path_is_signed_as_it_is_sent() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        sent, read = "/%69ntents", "/intents"
        right = owned.authorization("GET", sent)
        assert (await ask(keyed, "GET", sent, Authorization=right)).status_code == 200
        wrong = owned.authorization("GET", read)
        assert (await ask(keyed, "GET", sent, Authorization=wrong)).status_code == 401


def signature_of(header: str) -> bytes:
    return bytes.fromhex(header.partition("sig=")[2])


def with_signature(header: str, signature: bytes) -> str:
    return header.partition("sig=")[0] + f"sig={signature.hex()}"


def rewritten(header: str) -> str:
    """Return the header with the other number that stands for the same signature."""
    given = signature_of(header)
    if len(given) == 32:
        return with_signature(header, given[::-1])
    scalar = int.from_bytes(given[32:], "little") + ORDER
    return with_signature(header, given[:32] + scalar.to_bytes(32, "little"))


def other_key_id(header: str) -> str:
    return header.replace("key=", "key=0000000000000000, key=", 1)


type Attack = Callable[[OwnedKey], dict[str, Any]]


def header(change: Callable[[str], str]) -> Attack:
    return lambda owned: {"header": change(owned.authorization("POST", "/intents", CONTENT))}


def request_of(**parts: Any) -> Attack:
    return lambda owned: parts


ATTACKS: dict[str, Attack] = {
    "another query": request_of(target="/intents?force=1"),
    "another path": request_of(target="/intents/"),
    "an encoded path": request_of(target="/intent%73"),
    "another body": request_of(content=CONTENT + b" "),
    "no body": request_of(content=b""),
    "another method": request_of(method="PUT"),
    "no header": header(lambda _: ""),
    "another time": header(lambda text: text.replace("ts=", "ts=1", 1)),
    "another nonce": header(lambda text: text.replace("nonce=", "nonce=0", 1)),
    "a signature of zeros": header(
        lambda text: with_signature(text, bytes(len(signature_of(text))))
    ),
    "a signature that is rewritten": header(rewritten),
    "a signature in capitals": header(
        lambda text: text.partition("sig=")[0] + "sig=" + text.partition("sig=")[2].upper()
    ),
    "half a signature": header(lambda text: text[: -len(text.partition("sig=")[2]) // 2]),
    "an unknown key": header(
        lambda text: text.replace(text[text.index("key=") + 4 :][:16], "0" * 16)
    ),
    "two keys": header(other_key_id),
    "another scheme": header(lambda text: text.replace("TW1-", "TW2-")),
    "the other scheme": header(
        lambda text: (
            text.replace("ED25519", "X")
            .replace("HMAC-SHA256", "ED25519")
            .replace("X", "HMAC-SHA256")
        )
    ),
    "basic": header(lambda _: "Basic dHc6dHc="),
    "a huge time": header(lambda text: text.replace("ts=", "ts=" + "9" * 300, 1)),
    "a line feed": header(lambda text: text.replace(", ts", ",\tts", 1)),
    "latin letters": header(lambda text: text.replace("nonce=", "nonce=\xe9", 1)),
    "the key as a bearer token": lambda owned: {"header": f"Bearer {owned.text.text}"},
}


@pytest.mark.parametrize("kind", SIGNING)
@pytest.mark.parametrize("name", ATTACKS)
async def test_an_altered_request_is_refused_with_the_same_words(name: str, kind: KeyKind) -> None:
    owned = owned_key(kind)
    parts: dict[str, Any] = {
        "method": "POST",
        "target": "/intents",
        "content": CONTENT,
        "header": owned.authorization("POST", "/intents", CONTENT),
    } | ATTACKS[name](owned)
    async with keyed_gateway(owned) as keyed:
        answer = await sent(keyed, **parts)
        document = check_problem(answer, 401, "UNAUTHENTICATED")
        assert without_place(document) == await refusal_of_nobody(keyed)
        assert keyed.gateway.publisher.published == []
        assert answer.headers["www-authenticate"] == "TW1-ED25519, TW1-HMAC-SHA256, Bearer"


async def sent(
    keyed: KeyedGateway, method: str, target: str, content: bytes, header: str
) -> httpx2.Response:
    headers = {name.encode(): text.encode() for name, text in (JSON | REQUEST_ID).items()}
    if header:
        headers[b"Authorization"] = header.encode("latin-1")
    async with keyed.gateway.client() as client:
        return await client.request(method, target, content=content, headers=headers)


async def refusal_of_nobody(keyed: KeyedGateway) -> dict[str, Any]:
    async with keyed.gateway.client() as client:
        return without_place((await client.get("/intents", headers=REQUEST_ID)).json())


def without_place(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name != "instance"}


async def test_two_headers_are_none() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed, keyed.gateway.client() as client:
        one, two = (owned.authorization("GET", PATH) for _ in range(2))
        headers = [("Authorization", one), ("Authorization", two)]
        check_problem(await client.get(PATH, headers=headers), 401, "UNAUTHENTICATED")
        check_problem(
            await client.get(PATH, headers={"Authorization": f"{one}, {two}"}),
            401,
            "UNAUTHENTICATED",
        )


@pytest.mark.parametrize("kind", SIGNING)
async def test_a_request_counts_once(kind: KeyKind) -> None:
    """Given two processes of one gateway, then neither takes what the other has taken."""
    owned, keys, redis = owned_key(kind), MemoryKeys(), MemoryRedis()
    keys.change(owned.key)
    async with (
        keyed_gateway(keys=keys, redis=redis) as one,
        keyed_gateway(keys=keys, redis=redis) as other,
    ):
        header = owned.authorization("POST", "/intents", CONTENT)
        first = await ask(one, "POST", "/intents", CONTENT, Authorization=header)
        assert first.status_code == 201
        for process in (one, other):
            again = await ask(process, "POST", "/intents", CONTENT, Authorization=header)
            check_problem(again, 401, "UNAUTHENTICATED")
        assert len(one.gateway.publisher.published) == 1
        assert other.gateway.publisher.published == []


async def test_a_nonce_is_of_one_key() -> None:
    owned = [owned_key(), owned_key()]
    nonce = new_nonce()
    async with keyed_gateway(*owned) as keyed:
        for one in owned:
            header = one.authorization("GET", PATH, nonce=nonce)
            assert (await ask(keyed, "GET", PATH, Authorization=header)).status_code == 200


@pytest.mark.parametrize(
    ("ahead_ms", "is_taken"),
    [(0, True), (-4_999, True), (-5_001, False), (999, True), (1_001, False), (10**14, False)],
)
async def test_a_signature_is_of_now(ahead_ms: int, is_taken: bool) -> None:
    owned, at = owned_key(), time.time()
    async with keyed_gateway(owned, now=lambda: at) as keyed:
        header = owned.authorization("GET", PATH, timestamp_ms=int(at * 1_000) + ahead_ms)
        answer = await ask(keyed, "GET", PATH, Authorization=header)
        if is_taken:
            assert answer.status_code == 200
        else:
            document = check_problem(answer, 401, "TIMESTAMP_OUTSIDE_WINDOW")
            assert document["server_time"].endswith("Z")


async def test_a_wrong_time_is_told_to_the_owner_alone() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        header = owned.authorization("GET", PATH, timestamp_ms=now_ms() - 60_000)
        forged = header.partition("sig=")[0] + "sig=" + "0" * 128
        answer = await ask(keyed, "GET", PATH, Authorization=forged)
        check_problem(answer, 401, "UNAUTHENTICATED")


def revoked(owned: OwnedKey) -> OwnedKey:
    return OwnedKey(replace(owned.key, revoked_at=datetime.now(UTC), revoked_by="me"), owned.text)


USELESS: dict[str, Callable[[KeyKind], OwnedKey]] = {
    "revoked": lambda kind: revoked(owned_key(kind)),
    "expired": lambda kind: owned_key(kind, expires_at=datetime.now(UTC) - timedelta(seconds=1)),
    "of another address": lambda kind: owned_key(kind, networks=(ip_network("10.0.0.0/8"),)),
}


@pytest.mark.parametrize("kind", list(KeyKind))
@pytest.mark.parametrize("name", USELESS)
async def test_a_key_that_may_not_be_used_is_no_key(name: str, kind: KeyKind) -> None:
    owned = USELESS[name](kind)
    async with keyed_gateway(owned) as keyed:
        answer = await ask(keyed, "GET", PATH, Authorization=owned.authorization("GET", PATH))
        document = check_problem(answer, 401, "UNAUTHENTICATED")
        assert without_place(document) == await refusal_of_nobody(keyed)


async def test_a_new_key_is_good_at_once_and_a_revoked_one_no_more() -> None:
    owned = owned_key()
    async with keyed_gateway() as keyed:
        keyed.keys.change(owned.key)
        answer = await ask(keyed, "GET", PATH, Authorization=owned.authorization("GET", PATH))
        assert answer.status_code == 200
        keyed.keys.change(revoked(owned).key)
        await keyed.ring.renewed()
        answer = await ask(keyed, "GET", PATH, Authorization=owned.authorization("GET", PATH))
        check_problem(answer, 401, "UNAUTHENTICATED")


async def test_a_forged_bearer_token_is_refused() -> None:
    owned, other = owned_key(KeyKind.BEARER), owned_key(KeyKind.BEARER)
    forged = replace(other.text, key_id=owned.key_id)
    async with keyed_gateway(owned) as keyed:
        answer = await ask(keyed, "GET", PATH, Authorization=f"Bearer {forged.text}")
        check_problem(answer, 401, "UNAUTHENTICATED")


async def test_a_bearer_token_reads_even_if_the_store_says_that_it_may_trade() -> None:
    owned = owned_key(KeyKind.BEARER)
    grant = replace(owned.key.grant, scopes=frozenset(KeyScope))
    async with keyed_gateway(OwnedKey(replace(owned.key, grant=grant), owned.text)) as keyed:
        header = owned.authorization("POST", "/intents")
        answer = await ask(keyed, "POST", "/intents", CONTENT, Authorization=header)
        check_problem(answer, 403, "SCOPE_MISSING")


async def test_who_shows_nothing_reaches_what_is_public_alone() -> None:
    async with keyed_gateway(owned_key()) as keyed:
        assert (await ask(keyed, "GET", "/health")).status_code == 200
        for method, path in (("DELETE", "/health"), ("GET", "/nothing"), ("POST", "/intents")):
            check_problem(await ask(keyed, method, path), 401, "UNAUTHENTICATED")
        for more in ({"Authorization": "Bearer nonsense"}, {"Cookie": "tw=old"}):
            assert (await ask(keyed, "GET", "/health", b"", **more)).status_code == 200


async def test_a_public_route_knows_who_shows_a_key() -> None:
    admin, reader = owned_key(), owned_key(KeyKind.ED25519, KeyScope.READ)
    async with keyed_gateway(admin, reader) as keyed:
        for owned, is_told in ((None, False), (reader, False), (admin, True)):
            shown = {"Authorization": owned.authorization("GET", "/ready")} if owned else {}
            document = (await ask(keyed, "GET", "/ready", b"", **shown)).json()
            assert ("dependencies" in document) == is_told


async def test_nobody_unknown_makes_the_gateway_read_a_body() -> None:
    async with keyed_gateway(owned_key()) as keyed:
        status, _, _ = await raw_answer(keyed.gateway.app, "http", "/intents", [], JSON)
        assert status == 401


async def test_a_body_that_is_too_large_is_not_read_to_be_judged() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        content = b" " * 65_537
        header = owned.authorization("POST", "/intents", content)
        answer = await ask(keyed, "POST", "/intents", content, Authorization=header)
        check_problem(answer, 413, "BODY_TOO_LARGE")


async def test_an_address_that_is_refused_too_often_is_heard_no_more() -> None:
    owned, clock = owned_key(), [0.0]
    async with keyed_gateway(owned, refusals_per_minute=3, clock=lambda: clock[0]) as keyed:
        for _ in range(3):
            answer = await ask(keyed, "GET", PATH, Authorization="Bearer nonsense")
            check_problem(answer, 401, "UNAUTHENTICATED")
        answer = await ask(keyed, "GET", PATH, Authorization="Bearer nonsense")
        check_problem(answer, 429, "RATE_LIMITED")
        header = owned.authorization("GET", PATH)
        answer = await ask(keyed, "GET", PATH, Authorization=header)
        check_problem(answer, 429, "RATE_LIMITED")
        clock[0] += int(answer.headers["retry-after"])
        assert (await ask(keyed, "GET", PATH, Authorization=header)).status_code == 200
