"""Whom the gateway believes while it cannot know: for a while, and reading only."""

import time
from dataclasses import replace

import pytest

from tests.support.keys import MemoryKeys, OwnedKey, owned_key
from tests.unit.gateway.keyed import keyed_gateway
from tests.unit.gateway.memory_redis import MemoryRedis
from tests.unit.gateway.support import check_problem
from tests.unit.gateway.test_authentication import CONTENT, PATH, ask, now_ms
from tradewind.errors import TransientError
from tradewind.keys.model import KeyKind


async def test_without_redis_reading_goes_on_and_nothing_is_changed() -> None:
    owned = owned_key()
    async with keyed_gateway(owned) as keyed:
        keyed.redis.error = ConnectionError("away")
        header = owned.authorization("GET", PATH)
        assert (await ask(keyed, "GET", PATH, Authorization=header)).status_code == 200
        again = await ask(keyed, "GET", PATH, Authorization=header)
        check_problem(again, 401, "UNAUTHENTICATED")
        header = owned.authorization("POST", "/intents", CONTENT)
        answer = await ask(keyed, "POST", "/intents", CONTENT, Authorization=header)
        check_problem(answer, 503, "AUTHENTICATION_UNAVAILABLE")
        assert answer.headers["retry-after"]
        assert keyed.gateway.publisher.published == []


async def test_a_redis_that_forgot_does_not_let_a_request_count_twice() -> None:
    owned, keys, redis = owned_key(), MemoryKeys(), MemoryRedis()
    keys.change(owned.key)
    async with (
        keyed_gateway(keys=keys, redis=redis) as one,
        keyed_gateway(keys=keys, redis=redis) as other,
    ):
        header = owned.authorization("POST", "/intents", CONTENT)
        assert (
            await ask(one, "POST", "/intents", CONTENT, Authorization=header)
        ).status_code == 201
        redis.held.clear()
        answer = await ask(other, "POST", "/intents", CONTENT, Authorization=header)
        check_problem(answer, 503, "AUTHENTICATION_UNAVAILABLE")
        later = owned.authorization("POST", "/intents", CONTENT, timestamp_ms=now_ms() + 900)
        redis.held["nonce:since"] = repr(time.time() - 1)
        answer = await ask(other, "POST", "/intents", CONTENT, Authorization=later)
        assert answer.status_code == 201


async def test_while_the_database_is_away_known_keys_go_on_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owned, unknown = owned_key(), owned_key()
    async with keyed_gateway(owned) as keyed:
        keyed.keys.error = TransientError("away")
        header = owned.authorization("GET", PATH)
        assert (await ask(keyed, "GET", PATH, Authorization=header)).status_code == 200
        header = unknown.authorization("GET", PATH)
        answer = await ask(keyed, "GET", PATH, Authorization=header)
        check_problem(answer, 401, "UNAUTHENTICATED")
        late = keyed.ring._clock() + 61
        monkeypatch.setattr(keyed.ring, "_clock", lambda: late)
        header = owned.authorization("GET", PATH)
        answer = await ask(keyed, "GET", PATH, Authorization=header)
        check_problem(answer, 503, "AUTHENTICATION_UNAVAILABLE")
        keyed.keys.error = None
        await keyed.ring.renewed()
        header = owned.authorization("GET", PATH)
        assert (await ask(keyed, "GET", PATH, Authorization=header)).status_code == 200


async def test_a_secret_of_another_seal_is_no_reason_to_refuse_its_owner() -> None:
    owned = owned_key(KeyKind.HMAC)
    broken = replace(owned.key, verifier=bytes(100))
    async with keyed_gateway(OwnedKey(broken, owned.text)) as keyed:
        answer = await ask(keyed, "GET", PATH, Authorization=owned.authorization("GET", PATH))
        check_problem(answer, 503, "AUTHENTICATION_UNAVAILABLE")
