"""Reads ledger, event stream and journal without code of the platform."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
import nats
from nats.js.api import AckPolicy, ConsumerConfig

STREAM: Final = "EVENTS"
FETCH: Final = 500
HISTORIES: Final = """
SELECT correlation_id, sequence, event_id, causation_id, topic, payload FROM events
WHERE correlation_id = ANY($1) ORDER BY correlation_id, sequence
"""
TRANSACTIONS: Final = """
SELECT nonce, purpose, plan_id, state, mined_tx_hash, mined_block_number, reason
FROM slots WHERE address = $1 ORDER BY nonce
"""
ATTEMPTS: Final = """
SELECT nonce, generation, purpose, tx_hash, max_fee_per_gas_wei, max_priority_fee_per_gas_wei,
    signed_at
FROM generations WHERE address = $1 ORDER BY nonce, generation
"""

type Row = dict[str, Any]
type Histories = dict[str, list[Row]]


@dataclass(frozen=True)
class JournalRows:
    """The journal of one wallet."""

    next_nonce: int
    halted_reason: str | None
    transactions: dict[int, Row]
    attempts: dict[int, list[Row]]
    reorgs: list[Row]
    decisions: dict[str, Row]
    """Decisions by plan."""


async def read_histories(dsn: str, correlations: Iterable[str]) -> Histories:
    """Return the ledger's events by correlation, in order; payloads parsed."""
    rows = await _fetch(dsn, HISTORIES, list(correlations))
    histories: Histories = defaultdict(list)
    for row in rows:
        histories[row["correlation_id"]].append(row | {"payload": json.loads(row["payload"])})
    return histories


async def read_journal(dsn: str, address: str) -> JournalRows:
    """Return the rows of a wallet in the journal."""
    (wallet,) = await _fetch(dsn, "SELECT * FROM wallets WHERE address = $1", address)
    attempts: dict[int, list[Row]] = defaultdict(list)
    for row in await _fetch(dsn, ATTEMPTS, address):
        attempts[row["nonce"]].append(row)
    return JournalRows(
        wallet["next_nonce"],
        wallet["halted_reason"],
        {row["nonce"]: row for row in await _fetch(dsn, TRANSACTIONS, address)},
        attempts,
        await _fetch(dsn, "SELECT * FROM reorgs WHERE address = $1", address),
        {row["plan_id"]: row for row in await _fetch(dsn, "SELECT * FROM steps")},
    )


async def read_stream(nats_url: str) -> dict[str, list[Row]]:
    """Return every message of the stream by event id; a second copy is an error in itself."""
    messages: dict[str, list[Row]] = defaultdict(list)
    async with await nats.connect(nats_url) as client:
        subscription = await client.jetstream().pull_subscribe(
            "", stream=STREAM, config=ConsumerConfig(ack_policy=AckPolicy.NONE)
        )
        pending = (await subscription.consumer_info()).num_pending or 0
        while pending > 0:
            batch = await subscription.fetch(min(FETCH, pending), timeout=5)
            pending -= len(batch)
            for message in batch:
                event = json.loads(message.data)
                messages[event["eventId"]].append(event)
    return messages


async def count_set_aside(dsn: str) -> dict[str, int]:
    """Return how many rows the ledger could not take, by table."""
    tables = ("parked", "quarantine", "dead_letters")
    rows = [(await _fetch(dsn, f"SELECT count(*) AS n FROM {table}"))[0] for table in tables]
    return {table: row["n"] for table, row in zip(tables, rows, strict=True) if row["n"]}


async def _fetch(dsn: str, query: str, *arguments: object) -> list[Row]:
    connection = await asyncpg.connect(dsn)
    try:
        return [dict(row) for row in await connection.fetch(query, *arguments)]
    finally:
        await connection.close()
