"""Fills a ledger with millions of events by SQL: flows of an intent, thousands open at a time.

The events have the bytes and hashes of real ones, with other ids, so that everything that reads a
ledger reads this one. Nothing wrote it: what a writer, a book or Redis would have beside is absent.
"""

from datetime import UTC, datetime
from typing import Final

import orjson

from loadtest.queries import QUERIES
from tests.support.histories import History
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.registry import resting_topics
from tradewind.postgres import Connection, Pool

STRATEGIES: Final = 24
REJECTED_EVERY: Final = 10
"""Every so many flows, risk refuses one."""
OPEN_FLOWS: Final = 512
"""How many flows run at the same time."""
FLOWS_AT_ONCE: Final = 8_192
"""How many flows one statement writes."""
EVENTS_OF_A_FLOW: Final = 9
STATEMENT_SECONDS: Final = 600.0
_DIGITS: Final = "@NNNNNNNNNNN@"
"""Stands for the number of a flow; before it stands the time at which the flow began."""
_TIME: Final = "@TTTTTTTT@"

_TEMPLATES: Final = QUERIES["create_templates"]
_FILL: Final = QUERIES["fill_ledger"]
START: Final = datetime(2026, 1, 1, tzinfo=UTC)


async def fill(pool: Pool, events: int) -> int:
    """Append about so many events to an empty ledger, and return how many there are."""
    await pool.execute(_TEMPLATES)
    await pool.executemany(
        "INSERT INTO generated_templates VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", _rows()
    )
    resting, flow, last = sorted(resting_topics()), 0, 0
    while last < events:
        async with pool.acquire() as connection:
            await _fill(connection, flow, last, resting)
            last = await connection.fetchval("SELECT last_global_seq FROM writer")
        flow += FLOWS_AT_ONCE
    await pool.execute("DROP TABLE generated_templates")
    await pool.execute("VACUUM ANALYZE", timeout=STATEMENT_SECONDS)
    return int(last)


async def _fill(connection: Connection, flow: int, last: int, resting: list[str]) -> None:
    await connection.execute(
        _FILL, flow, OPEN_FLOWS, FLOWS_AT_ONCE, STRATEGIES, EVENTS_OF_A_FLOW, _DIGITS,
        REJECTED_EVERY, last, resting, _TIME, START, timeout=STATEMENT_SECONDS,
    )  # fmt: skip


def _rows() -> list[tuple[int, bool, int, str]]:
    rows = []
    for strategy in range(STRATEGIES):
        history = History(
            7,
            strategy_id=f"strategy{strategy}",
            intent_type="acquire" if strategy % 2 else "dispose",
        )
        rejected = history.events(history.screened(), history.rejected())
        for is_rejected, events in ((False, history.completed()), (True, rejected)):
            rows += [
                (strategy, is_rejected, one.sequence, _template(history, events, one))
                for one in events
            ]
    return rows


def _template(history: History, events: list[AnyEvent], event: AnyEvent) -> str:
    """Return the bytes of an event, with digits in its ids that a flow's number replaces."""
    body = event.to_bytes().decode()
    assert orjson.dumps(orjson.loads(body)).decode() == body
    names = [history.intent_id, history.plan_id, *(one.event_id for one in events)]
    for number, name in enumerate(names):
        body = body.replace(name, f"{_TIME}{number:03}{_DIGITS}")
    return body
