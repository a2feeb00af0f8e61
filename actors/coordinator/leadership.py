"""Waits for the lease of the ledger, and renews it."""

import asyncio
import os
import socket
import time
from typing import Final

import structlog

from actors.coordinator import metrics
from tradewind.errors import TransientError
from tradewind.ledger.append.lease import Lease
from tradewind.ledger.records import WriterPosition
from tradewind.runtime.loops import pulse
from tradewind.runtime.outage import Outage
from tradewind.runtime.periodic import is_set_within

POLL_SECONDS: Final = 0.5
RENEWALS_PER_LEASE: Final = 4
LOOP: Final = "ledger lease"

logger = structlog.get_logger("coordinator")


def holder_name() -> str:
    """Return host and process id, which the ledger records as the lease's holder."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def take_lease(lease: Lease, stopped: asyncio.Event) -> WriterPosition | None:
    """Return the term once this process has the lease, or None when stopped before that."""
    outage, waiting = Outage("postgres"), False
    with pulse(LOOP) as alive:
        while not stopped.is_set():
            pause = POLL_SECONDS
            try:
                alive.beat()
                if (position := await _try_to_lead(lease)) is not None:
                    return position
                outage.succeeded()
                if not waiting:
                    logger.info("stands by, another coordinator writes the ledger")
                waiting = True
            except TransientError as error:
                alive.fail()
                pause = outage.failed(error)
            await is_set_within(stopped, pause)
    return None


async def _try_to_lead(lease: Lease) -> WriterPosition | None:
    asked_at = time.monotonic()
    position = await lease.acquire()
    if position is not None:
        logger.info("writes the ledger", epoch=position.epoch)
        metrics.LEASE.take(position.epoch, asked_at + lease.seconds)
    return position


async def keep_lease(lease: Lease, epoch: int) -> None:
    """Renew the lease until cancelled; StaleEpoch once another coordinator has it.

    While PostgreSQL is away it goes on: no other process can take the lease meanwhile.
    """
    outage = Outage(LOOP)
    with pulse(LOOP) as alive:
        while True:
            await asyncio.sleep(lease.seconds / RENEWALS_PER_LEASE)
            alive.beat()
            try:
                asked_at = time.monotonic()
                await lease.renew(epoch)
                metrics.LEASE.renew(asked_at + lease.seconds)
                outage.succeeded()
            except TransientError as error:
                alive.fail()
                outage.failed(error)
