"""Finds the history that an id of something in it belongs to."""

import re
from collections.abc import Iterator
from typing import Final

from tradewind.contracts.ids import (
    ULID_PATTERN,
    CorrelationKind,
    derive_plan_id,
    make_correlation_id,
    parse_correlation_id,
    parse_ulid,
)
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Connection, Pool, outage_is_transient

TRANSACTION_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_TIME_CHARACTERS: Final = 10
_AFTER_EVERY_ULID: Final = "~"

_HAS = QUERIES["select_has_history"]
_EVENT = QUERIES["select_history_of_event"]
_SAME_TIME = QUERIES["select_histories_between"]
_SIGNED = QUERIES["select_plan_of_transaction"]
_SUBMITTED = QUERIES["select_history_of_transaction"]


def is_identifier(text: str) -> bool:
    """Return whether a text is written like any id that belongs to a history."""
    if ULID_PATTERN.fullmatch(text) or TRANSACTION_HASH.fullmatch(text):
        return True
    try:
        parse_correlation_id(text)
    except ValueError:
        return False
    return True


class Identifiers:
    """Looks ids up. It raises TransientError while PostgreSQL is unavailable."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def correlation_of(self, text: str) -> str | None:
        """Return the correlation of an intent, event, plan, transaction or correlation id.

        None means that nothing of that name is recorded.
        """
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                if TRANSACTION_HASH.fullmatch(text):
                    return await _of_transaction(connection, text.lower())
                for name in _named(text):
                    if await connection.fetchval(_HAS, name):
                        return name
                if ULID_PATTERN.fullmatch(text):
                    event = await connection.fetchval(_EVENT, text)
                    return event or await _of_plan(connection, text)
                return None


def _named(text: str) -> Iterator[str]:
    """Yield the correlations that a text may name as such."""
    if ULID_PATTERN.fullmatch(text):
        for kind in (CorrelationKind.INTENT, CorrelationKind.SIGNAL):
            yield make_correlation_id(kind, text)
    else:
        yield text


async def _of_plan(connection: Connection, plan_id: str) -> str | None:
    """Return the history a plan's id was derived from.

    The id begins with the time of the history's own, and goes on with the plan's sequence.
    """
    sequence = int.from_bytes(bytes(parse_ulid(plan_id))[6:8])
    first = make_correlation_id(CorrelationKind.INTENT, plan_id[:_TIME_CHARACTERS])
    rows = await connection.fetch(_SAME_TIME, first, first + _AFTER_EVERY_ULID)
    for row in rows:
        name = str(row["correlation_id"])
        if sequence and derive_plan_id(name, sequence) == plan_id:
            return name
    return None


async def _of_transaction(connection: Connection, tx_hash: str) -> str | None:
    """Return the history of a transaction of the wallet, or of the simulated venue."""
    plan_id = await connection.fetchval(_SIGNED, tx_hash)
    if plan_id is not None and (found := await _of_plan(connection, plan_id)):
        return found
    found = await connection.fetchval(_SUBMITTED, tx_hash)
    return None if found is None else str(found)
