"""A gateway in memory that asks for keys, and whatever may be wrong with a request to it."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

from gateway.authentication.authenticator import KeyAuthenticator
from gateway.authentication.first_message import TicketAuthenticator
from gateway.authentication.key_ring import KeyRing
from gateway.authentication.nonces import SINCE_KEY, Nonces
from gateway.authentication.service import Authentication
from gateway.authentication.sessions import Sessions
from gateway.authentication.tickets import StreamTickets
from gateway.authentication.window import Window
from gateway.limits.limiter import RateLimiter
from gateway.limits.policy import Policy
from gateway.limits.refusals import Refusals
from tests.support.keys import SEAL, MemoryKeys, OwnedKey
from tests.unit.gateway.memory_ports import MemoryBuckets
from tests.unit.gateway.memory_redis import MemoryRedis
from tests.unit.gateway.support import GatewayHarness
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated

WINDOW = Window(back_seconds=5, ahead_seconds=1)
MAX_AGE_SECONDS = 60.0


@dataclass
class KeyedGateway:
    """The gateway, and the stores it knows keys and nonces from."""

    gateway: GatewayHarness
    keys: MemoryKeys
    redis: MemoryRedis
    authentication: Authentication
    ring: KeyRing


@asynccontextmanager
async def keyed_gateway(
    *owned: OwnedKey,
    keys: MemoryKeys | None = None,
    redis: MemoryRedis | None = None,
    now: Callable[[], float] = time.time,
    refusals_per_minute: int | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    **options: Any,
) -> AsyncIterator[KeyedGateway]:
    """Yield a gateway that knows these keys; several may share `keys` and `redis`."""
    keys, redis = keys or MemoryKeys(*owned), redis or MemoryRedis()
    redis.held.setdefault(SINCE_KEY, "0")
    ring = KeyRing(keys, max_age_seconds=MAX_AGE_SECONDS)
    client, refusals = cast(Any, redis), make_refusals(refusals_per_minute, clock)
    nonces = Nonces(client, WINDOW, now=now)
    authenticator = KeyAuthenticator(
        ring, nonces, window=WINDOW, seal=SEAL, refusals=refusals, now=now
    )
    tickets = StreamTickets(client, authenticator)
    authentication = Authentication(
        tickets, authenticator, Sessions(keys, ring), TicketAuthenticator(tickets, refusals)
    )
    await ring.load()
    async with repeated(0, ring.follow, Outage("keys", max_seconds=0.01)):
        yield KeyedGateway(
            GatewayHarness(authentication=authentication, **options),
            keys,
            redis,
            authentication,
            ring,
        )


def make_refusals(per_minute: int | None, clock: Callable[[], float]) -> Refusals:
    """Return a count of refusals in memory; None counts nothing."""
    policy = None if per_minute is None else Policy("refusals", per_minute)
    return Refusals(RateLimiter(MemoryBuckets(clock), clock=clock), policy, clock)
