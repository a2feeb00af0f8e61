"""Cancels what is in flight at once, while the next block has not taken it yet.

The request is kept in the journal already, so whoever watches the wallet does the same at its next
pass if this fails: in the process that took the request it only happens earlier.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog

from actors.venues.uniswap_v3.transaction_manager import TransactionManager
from tradewind.trading.chain.errors import RpcRefused, RpcUnavailable

PATIENCE_SECONDS: Final = 2.0

logger = structlog.get_logger("wallet")


async def cancel_soon(manager: TransactionManager, nonces: Sequence[int]) -> None:
    """Replace the transactions at these nonces by transfers of nothing, if a node answers soon."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await manager.cancel_requested(nonces)
    except (RpcUnavailable, RpcRefused, TimeoutError) as error:
        logger.warning("a cancellation is left to the watcher", nonces=nonces, error=str(error))
