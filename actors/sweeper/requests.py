"""Carries out what operators asked the gateway to do with dead letters."""

from typing import Final

import structlog

from actors.sweeper import metrics
from tradewind.contracts.streams import MESSAGE_ID_HEADER
from tradewind.ledger.upkeep.dead_letters import DeadLetterRequests
from tradewind.runtime import Publisher

MAX_PER_PASS: Final = 50

logger = structlog.get_logger("sweeper")


class RequestedActions:
    """Sends dead letters again and closes them.

    Several processes may do it at once, and one may do it twice: message ids and events are the
    same, and copies are discarded by them.
    """

    def __init__(self, requests: DeadLetterRequests, publisher: Publisher) -> None:
        self._requests = requests
        self._publisher = publisher

    async def carry_out(self) -> int:
        """Do what is asked for; return how much it was."""
        pending = await self._requests.pending(MAX_PER_PASS)
        for one in pending:
            if one.action == "retry":
                headers = {MESSAGE_ID_HEADER: one.message_id}
                await self._publisher.publish_raw(one.subject, one.body, headers)
            await self._publisher.publish(one.event())
            await self._requests.finish(one)
            metrics.REQUESTED.labels(one.action).inc()
            logger.info(
                "dead letter",
                action=one.action,
                dead_letter_id=one.dead_letter_id,
                requested_by=one.requested_by,
            )
        return len(pending)
