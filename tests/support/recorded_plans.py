"""Puts plans into the ledger without their histories, for tests of what is signed afterwards."""

from typing import Final

from tradewind.postgres import Pool
from tradewind.trading.wallet.plan_event import PlanEvent

_INSERT: Final = """
WITH indexed AS (
    INSERT INTO event_index (event_id, correlation_id, sequence, body_sha256, global_seq)
    SELECT $2, $1, $3, $4, greatest(1000000000, 1 + max(global_seq)) FROM event_index
    ON CONFLICT DO NOTHING
)
INSERT INTO correlation_head (correlation_id, last_sequence, last_topic, is_open)
VALUES ($1, $3, 'plan.created', true)
ON CONFLICT DO NOTHING
"""


async def record_plans(owner: Pool, *plans: PlanEvent) -> None:
    """Record plans as the newest events of their histories; `owner` may write every table."""
    await owner.executemany(
        _INSERT,
        [(one.correlation_id, one.event_id, one.sequence, one.body_sha256) for one in plans],
    )
