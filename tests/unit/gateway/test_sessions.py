"""Cookies and tickets: what stands for a key where a key must not be."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from gateway.http.caller import LOCAL_CALLER
from gateway.stream.messages import InvalidMessage
from tests.support.keys import OwnedKey, owned_key
from tests.unit.gateway.keyed import KeyedGateway, keyed_gateway
from tests.unit.gateway.support import GatewayHarness, check_problem
from tradewind.keys.model import KeyKind, KeyScope

LOOPBACK, ELSEWHERE = {"Host": "127.0.0.1"}, {"Host": "gateway.example"}
OURS = {"Sec-Fetch-Site": "same-origin"}


async def call(
    keyed: KeyedGateway, method: str, path: str, headers: dict[str, str], **more: str
) -> httpx2.Response:
    async with keyed.gateway.client() as client:
        return await client.request(method, path, headers=headers | more)


async def sign_in(
    keyed: KeyedGateway, owned: OwnedKey, host: dict[str, str] = LOOPBACK
) -> tuple[str, dict[str, Any]]:
    """Return the header of the cookie, and the answer."""
    header = owned.authorization("POST", "/sessions")
    answer = await call(keyed, "POST", "/sessions", host, Authorization=header)
    assert answer.status_code == 201, answer.text
    assert owned.text.text not in answer.text
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    return cookie.partition(";")[0], answer.json()


@pytest.mark.parametrize("kind", list(KeyKind))
async def test_who_signed_in_may_do_what_the_key_may(kind: KeyKind) -> None:
    owned = owned_key(kind)
    async with keyed_gateway(owned) as keyed:
        cookie, document = await sign_in(keyed, owned)
        assert cookie.startswith("tw=")
        assert document["key_id"] == owned.key_id
        assert document["scopes"] == sorted(owned.key.grant.scopes)
        answer = await call(keyed, "GET", "/intents", LOOPBACK, Cookie=cookie)
        assert answer.status_code == 200
        answer = await call(keyed, "POST", "/intents", LOOPBACK | OURS, Cookie=cookie)
        expected = 415 if kind is not KeyKind.BEARER else 403
        assert answer.status_code == expected


async def test_the_cookie_of_other_machines_is_of_https_alone() -> None:
    owned = owned_key()
    async with keyed_gateway(owned, gateway_hosts="https://gateway.example") as keyed:
        header = owned.authorization("POST", "/sessions")
        answer = await call(keyed, "POST", "/sessions", ELSEWHERE, Authorization=header)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-tw=")
        assert "Secure" in cookie.split("; ")
        pair = cookie.partition(";")[0]
        answer = await call(keyed, "GET", "/intents", ELSEWHERE, Cookie=pair)
        assert answer.status_code == 200
        planted = pair.removeprefix("__Host-")
        answer = await call(keyed, "GET", "/intents", ELSEWHERE, Cookie=planted)
        check_problem(answer, 401, "UNAUTHENTICATED")


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, 200),
        ("GET", {"Sec-Fetch-Site": "none"}, 200),
        ("GET", {"Sec-Fetch-Site": "cross-site"}, 401),
        ("GET", {"Sec-Fetch-Site": "same-site"}, 401),
        ("POST", {}, 401),
        ("POST", {"Sec-Fetch-Site": "none"}, 401),
        ("POST", {"Sec-Fetch-Site": "cross-site"}, 401),
        ("POST", {"Origin": "http://127.0.0.1"}, 415),
        ("POST", {"Origin": "https://evil.example"}, 403),
        ("POST", OURS, 415),
    ],
)
async def test_a_cookie_counts_from_our_own_pages_alone(
    method: str, headers: dict[str, str], status: int
) -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        cookie, _ = await sign_in(keyed, owned)
        answer = await call(keyed, method, "/intents", LOOPBACK | headers, Cookie=cookie)
        assert answer.status_code == status, answer.text


async def test_who_signed_out_is_nobody() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        cookie, _ = await sign_in(keyed, owned)
        answer = await call(keyed, "DELETE", "/sessions", LOOPBACK | OURS, Cookie=cookie)
        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["set-cookie"]
        answer = await call(keyed, "GET", "/intents", LOOPBACK, Cookie=cookie)
        check_problem(answer, 401, "UNAUTHENTICATED")


async def test_a_session_ends_with_its_key() -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    owned = owned_key(expires_at=soon)
    async with keyed_gateway(owned) as keyed:
        cookie, document = await sign_in(keyed, owned)
        assert document["expires_at"] == soon.isoformat(timespec="milliseconds").replace(
            "+00:00", "Z"
        )
        keyed.keys.change(replace(owned.key, revoked_at=soon, revoked_by="me"))
        await keyed.ring.renewed()
        answer = await call(keyed, "GET", "/intents", LOOPBACK, Cookie=cookie)
        check_problem(answer, 401, "UNAUTHENTICATED")


async def test_a_session_ends_after_half_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        cookie, document = await sign_in(keyed, owned)
        left = datetime.fromisoformat(document["expires_at"]) - datetime.now(UTC)
        assert timedelta(hours=11) < left <= timedelta(hours=12)
        late = (datetime.now(UTC) + timedelta(hours=12)).timestamp()
        authenticator = keyed.authentication.authenticator
        monkeypatch.setattr(authenticator, "_now", lambda: late)
        answer = await call(keyed, "GET", "/intents", LOOPBACK, Cookie=cookie)
        check_problem(answer, 401, "UNAUTHENTICATED")


async def test_a_cookie_opens_no_further_session_and_a_trading_key_none() -> None:
    owned, trader = owned_key(), owned_key(KeyKind.ED25519, KeyScope.TRADE)
    async with keyed_gateway(owned, trader) as keyed:
        cookie, _ = await sign_in(keyed, owned)
        answer = await call(keyed, "POST", "/sessions", LOOPBACK | OURS, Cookie=cookie)
        check_problem(answer, 400, "INVALID_PARAMETER")
        header = trader.authorization("POST", "/sessions")
        answer = await call(keyed, "POST", "/sessions", LOOPBACK, Authorization=header)
        check_problem(answer, 403, "SCOPE_MISSING")


async def test_two_cookies_of_one_name_are_none() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        cookie, _ = await sign_in(keyed, owned)
        answer = await call(keyed, "GET", "/intents", LOOPBACK, Cookie=f"{cookie}; tw=x")
        check_problem(answer, 401, "UNAUTHENTICATED")
        answer = await call(keyed, "GET", "/intents", LOOPBACK, Cookie=f"a=b; {cookie}; tw2=x")
        assert answer.status_code == 200


def first_message(**fields: Any) -> str:
    return json.dumps({"action": "authenticate"} | fields)


async def ticket_of(keyed: KeyedGateway, owned: OwnedKey) -> str:
    header = owned.authorization("POST", "/stream-tickets")
    answer = await call(keyed, "POST", "/stream-tickets", LOOPBACK, Authorization=header)
    assert answer.status_code == 201, answer.text
    ticket: str = answer.json()["ticket"]
    return ticket


async def test_a_ticket_is_good_once() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        first = keyed.authentication.first_message
        assert first is not None
        text = first_message(ticket=await ticket_of(keyed, owned))
        caller = await first.authenticate(text, "127.0.0.1")
        assert (caller.key_id, caller.scopes) == (owned.key_id, owned.key.grant.scopes)
        with pytest.raises(InvalidMessage):
            await first.authenticate(text, "127.0.0.1")
        [(name, kept_ms)] = [item for item in keyed.redis.kept_ms.items() if "ticket" in item[0]]
        assert kept_ms == 30_000
        assert json.loads(text)["ticket"] not in name


async def test_a_ticket_is_of_one_address_and_ends_with_its_key() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        first = keyed.authentication.first_message
        assert first is not None
        text = first_message(ticket=await ticket_of(keyed, owned))
        with pytest.raises(InvalidMessage):
            await first.authenticate(text, "10.0.0.1")
        text = first_message(ticket=await ticket_of(keyed, owned))
        keyed.keys.change(replace(owned.key, revoked_at=datetime.now(UTC), revoked_by="me"))
        await keyed.ring.renewed()
        with pytest.raises(InvalidMessage):
            await first.authenticate(text, "127.0.0.1")


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "\ud800", first_message(), first_message(ticket="x" * 65)),
        *(first_message(ticket=1), first_message(ticket="x", more=1)),
        '{"action":"subscribe","topics":["*"]}',
        '{"action":"authenticate","action":"authenticate","ticket":"x"}',
    ],
)
async def test_any_other_first_message_proves_nothing(text: str) -> None:
    async with keyed_gateway(owned_key()) as keyed:
        first = keyed.authentication.first_message
        assert first is not None
        with pytest.raises(InvalidMessage) as refused:
            await first.authenticate(text, "127.0.0.1")
        assert refused.value.code == "NOT_AUTHENTICATED"


async def test_without_redis_there_are_no_tickets() -> None:
    owned = owned_key(KeyKind.BEARER)
    async with keyed_gateway(owned) as keyed:
        keyed.redis.error = ConnectionError("away")
        header = owned.authorization("POST", "/stream-tickets")
        answer = await call(keyed, "POST", "/stream-tickets", LOOPBACK | OURS, Authorization=header)
        check_problem(answer, 503, "AUTHENTICATION_UNAVAILABLE")


async def test_a_gateway_without_keys_has_nothing_to_sign_in_to() -> None:
    async with GatewayHarness().client() as client:
        answer = await client.post("/sessions")
        assert answer.status_code == 201
        assert answer.json()["key_id"] == LOCAL_CALLER.key_id
        assert answer.json()["expires_at"] is None
        assert "set-cookie" not in answer.headers
        assert (await client.delete("/sessions")).status_code == 204
