"""Keeps requests to cancel intents, each with its event in the ingress journal."""

import hashlib
from typing import Final

from tradewind.contracts.envelope import Event
from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.contracts.intents.payloads import IntentCancelRequested
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool, outage_is_transient

_CLOSE_GATE: Final = QUERIES["close_gate_to_cancel"]
_ACCEPT: Final = QUERIES["accept_cancellation"]


class CancelRequests:
    """Any number of processes may keep requests. They raise DatabaseUnavailable.

    A request that may have been kept is simply made again: an intent has one.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def accept(self, request: Event[IntentCancelRequested]) -> bool:
        """Keep a request and its event; return False when the intent has a request already.

        It waits for the signatures under way, so that from the answer on nothing is signed that did
        not see the request.
        """
        payload, body = request.payload, request.to_bytes()
        intent = make_correlation_id(CorrelationKind.INTENT, payload.intent_id)
        with outage_is_transient():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(_CLOSE_GATE)
                kept = await connection.fetchval(
                    _ACCEPT,
                    *(intent, request.event_id, payload.requested_by, request.timestamp),
                    *(request.correlation_id, request.subject, body, hashlib.sha256(body).digest()),
                )
        return kept is not None
