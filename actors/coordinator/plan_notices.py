"""Says which plans have just been recorded, so that whoever executes them need not look for it."""

import contextlib
from collections.abc import Awaitable, Callable

from nats.errors import Error as NatsError

from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.streams import RECORDED_PLANS
from tradewind.ledger.append.writer import AppendResult
from tradewind.runtime import NatsConnection

Tell = Callable[[AppendResult], Awaitable[None]]


def telling(connection: NatsConnection) -> Tell:
    """Return what says it of a batch, once it is committed. Nobody waits for it to arrive."""

    async def tell(result: AppendResult) -> None:
        plans = [
            one.event.event_id for one in result.appended if one.event.topic == PlanCreated.topic
        ]
        if plans and connection.is_connected:
            with contextlib.suppress(NatsError):  # who is not told looks for it
                await connection.client.publish(RECORDED_PLANS, "\n".join(plans).encode())

    return tell
