"""Reads and makes the one decision about a step, inside a transaction of the journal."""

from collections.abc import Sequence

from tradewind.postgres import Connection
from tradewind.trading.halts.store import Fetching
from tradewind.trading.wallet import queries
from tradewind.trading.wallet.errors import TransactionLost
from tradewind.trading.wallet.plan_event import (
    SUPERSEDED,
    LedgerHead,
    PlanEvent,
    check_bytes,
    find_refusal,
)
from tradewind.trading.wallet.records import StepDecision, StepKey, StepOutcome
from tradewind.trading.wallet.rows import to_decision


async def read_decision(connection: Connection, key: StepKey) -> StepDecision | None:
    """Return the decision about a step, or None while there is none."""
    row = await connection.fetchrow(queries.DECISION, *key)
    return None if row is None else to_decision(row)


async def read_ledger_head(connection: Connection, event: PlanEvent) -> LedgerHead | None:
    """Return what the ledger has of a plan's history, or None when it has nothing of it."""
    row = await connection.fetchrow(
        queries.LEDGER_HEAD, event.correlation_id, event.event_id, event.body_sha256
    )
    return None if row is None else LedgerHead(*row)


async def read_ledger_heads(
    connection: Fetching, events: Sequence[PlanEvent]
) -> list[LedgerHead | None]:
    """Return the same of several plans, in one statement and in their order."""
    rows = await connection.fetch(queries.LEDGER_HEADS, *columns_of_plans(events))
    heads = {place: LedgerHead(*head) for place, *head in rows}
    return [heads.get(place) for place in range(1, len(events) + 1)]


def columns_of_plans(
    events: Sequence[PlanEvent],
) -> tuple[list[str], list[str], list[bytes]]:
    """Return histories, ids and hashes of plans, as statements take them."""
    return (
        [event.correlation_id for event in events],
        [event.event_id for event in events],
        [event.body_sha256 for event in events],
    )


async def read_decision_or_refuse(
    connection: Connection, key: StepKey, event: PlanEvent
) -> StepDecision | None:
    """Return the decision about a step, which is refused here if the ledger superseded its plan.

    It is cancelled here if its intent is to be. Who signs holds the gate before this: a request
    that is not seen here is kept, and answered, after the signature, and finds it.

    None when the step is undecided and may be signed. Raises as `find_refusal` does.
    """
    head = await read_ledger_head(connection, event)
    check_bytes(event, head)
    if decided := await read_decision(connection, key):
        return decided
    if refusal := find_refusal(event, head):
        return await decide_once(connection, key, StepOutcome.REFUSED, SUPERSEDED, refusal)
    if head is not None and head.cancellation_id and head.cancel_requested_by:
        by = head.cancel_requested_by
        return await decide_once(connection, key, StepOutcome.CANCELLED, head.cancellation_id, by)
    return None


async def decide_once(
    connection: Connection,
    key: StepKey,
    outcome: StepOutcome,
    reason: str,
    detail: str,
    chain_id: int | None = None,
    address: str | None = None,
    nonce: int | None = None,
) -> StepDecision:
    """Decide about a step unless that was done before; return the decision that stands.

    Raises TransactionLost when the ledger saw the step signed and the journal has no decision.
    """
    arguments: Sequence[object] = (*key, outcome, reason, detail, chain_id, address, nonce)
    row = await connection.fetchrow(queries.INSERT_STEP, *arguments)
    if row is None:
        return to_decision(await connection.fetchrow(queries.DECISION, *key))
    signature = await connection.fetchrow(queries.SIGNATURE, *key)
    if signature is not None:
        raise TransactionLost(f"nonce {signature['nonce']}, transaction {signature['tx_hash']}")
    return to_decision(row)
