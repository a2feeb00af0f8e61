"""Records events and writes the timeline, for the tests of what was."""

from collections.abc import Sequence
from typing import Final

from tests.support.arrivals import arrive, incoming
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool
from tradewind.readmodels.legality import legal_rows
from tradewind.timeline.historian import Historian
from tradewind.trading.accounting.keys import TokenKey
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.outbox import Outbox
from tradewind.trading.book.records import Observed
from tradewind.trading.book.settlement import Settlement
from tradewind.trading.book.telling import Teller

MANY: Final = 1_000
_NEXT: Final = "SELECT last_global_seq + 1 FROM writer"


class Proven(Fence):
    """A fence of a database of which nobody doubts that it has everything."""

    def holds(self, seen: Observed, known_commits: int) -> bool:
        """Return True."""
        return True


async def record(pool: Pool, events: Sequence[AnyEvent]) -> None:
    """Append events to the ledger."""
    first = await pool.fetchval(_NEXT)
    await Ledger(pool).append(arrive(events, first))


async def settle(pool: Pool, pegged: frozenset[TokenKey]) -> None:
    """Book what is recorded as the portfolio role does, and record what it tells of portfolios.

    What it tells is what the role publishes, to the byte; only the way to the ledger is shorter.
    """
    settlement = Settlement(pool, Proven(), Teller(pool, pegged), to_recorded, legal_rows)
    while True:
        while await settlement.settle():
            pass
        due = await Outbox(pool).take_due(MANY)
        if not due:
            return
        first = await pool.fetchval(_NEXT)
        told = [
            incoming(one.subject, bytes(one.body), place) for place, one in enumerate(due, first)
        ]
        await Ledger(pool).append(told)


async def follow(pool: Pool) -> None:
    """Write the timeline up to the head."""
    while not (await Historian(pool).advance()).is_whole:
        pass
