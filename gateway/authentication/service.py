"""Wires what finds out whose a request is, and refuses to run where nobody could be known."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog
from redis.asyncio import Redis

from gateway.authentication.authenticator import KeyAuthenticator
from gateway.authentication.first_message import TicketAuthenticator
from gateway.authentication.key_ring import SPACING_SECONDS, KeyRing
from gateway.authentication.nonces import Nonces
from gateway.authentication.sessions import Sessions
from gateway.authentication.settings import AuthenticationSettings, asks_for_keys
from gateway.authentication.tickets import StreamTickets
from gateway.authentication.window import Window
from gateway.limits.refusals import Refusals
from tradewind.errors import ConfigurationError, TransientError
from tradewind.keys.seal import load_seal
from tradewind.keys.store import KeySnapshot, KeyStore
from tradewind.postgres import Pool, open_impatient_pool
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import repeated

MAX_CONNECTIONS: Final = 2
DEADLINE_SECONDS: Final = 1.0
"""How long PostgreSQL may take over a statement about keys."""

OnKeys = Callable[[KeySnapshot], None]

logger = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Authentication:
    """What a gateway that asks for keys has; one that does not has tickets alone."""

    tickets: StreamTickets
    authenticator: KeyAuthenticator | None = None
    sessions: Sessions | None = None
    first_message: TicketAuthenticator | None = None


@asynccontextmanager
async def open_authentication(
    settings: AuthenticationSettings,
    redis: Redis,
    refusals: Refusals,
    on_keys: OnKeys = lambda _: None,
) -> AsyncIterator[Authentication]:
    """Yield what tells callers; ConfigurationError for a gateway that must not run like this.

    `on_keys` hears of the keys that are usable whenever they were read.
    """
    host, dsn = settings.gateway_host, settings.postgres_dsn.get_secret_value()
    if not asks_for_keys(settings):
        yield Authentication(StreamTickets(redis, None))
        return
    seal = load_seal(settings.key_seal_file)
    pool = await _open_pool(dsn)
    try:
        store = KeyStore(pool)
        ring = _ring_of(store, settings.keys_max_age_seconds, on_keys)
        await _load_first(ring, host)
        window = Window(settings.signature_window_seconds, settings.signature_ahead_seconds)
        nonces = Nonces(redis, window)
        await nonces.begin()
        authenticator = KeyAuthenticator(ring, nonces, window=window, seal=seal, refusals=refusals)
        tickets = StreamTickets(redis, authenticator)
        outage = Outage("keys", max_seconds=DEADLINE_SECONDS)
        async with repeated(SPACING_SECONDS, ring.follow, outage):
            yield Authentication(
                tickets,
                authenticator,
                Sessions(store, ring),
                TicketAuthenticator(tickets, refusals),
            )
    finally:
        # Closing would wait for a server that is silent, and nobody uses the pool any more.
        pool.terminate()


async def _open_pool(dsn: str) -> Pool:
    return await open_impatient_pool(
        dsn,
        max_size=MAX_CONNECTIONS,
        writes=False,
        acquire_seconds=DEADLINE_SECONDS,
        deadline_seconds=DEADLINE_SECONDS,
    )


def _ring_of(store: KeyStore, max_age_seconds: float, on_keys: OnKeys) -> KeyRing:
    """Return the ring of a store, which says what keys there are whenever it has read them."""
    ring = KeyRing(
        store,
        max_age_seconds=max_age_seconds,
        on_refresh=lambda: None if ring.is_stale else on_keys(ring.snapshot),
    )
    return ring


async def _load_first(ring: KeyRing, host: str) -> None:
    """Read the keys before anybody asks; ConfigurationError where there are certainly none.

    While PostgreSQL is away nobody can know, and requests are answered 503 until it is back.
    """
    try:
        known = await ring.load()
    except TransientError as error:
        logger.warning("keys are not known yet", error=str(error))
        return
    if not known.keys:
        raise ConfigurationError(
            f"the gateway on {host} asks every caller for a key, and there is none: create one "
            "with `tradewind keys create NAME --scope read --scope trade`; on 127.0.0.1 it asks "
            "for none, unless TRADEWIND_GATEWAY_AUTH is on"
        )
