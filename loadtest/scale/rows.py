"""Measures how long a batch of events holds the writer row, from its lock to the commit."""

import itertools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop

from loadtest.bench.events import accepted_histories
from loadtest.bench.percentiles import median
from loadtest.scale.points import Append
from tradewind.contracts.envelope import AnyEvent
from tradewind.ledger.append.incarnation import StreamPosition
from tradewind.ledger.append.incoming import Incoming, read_message
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.migrations import upgrade
from tradewind.operations.embedded.servers import start_servers
from tradewind.postgres import open_pool

SIZES: Final = (1, 8, 40, 200, 500)
"""Events of a batch: what an idle ledger has, what loaded ones have, and the most."""
_ROUNDS: Final = 30
_SEED: Final = 19
_CREATED: Final = "2026-01-01T00:00:00Z"


def measured_appends(directory: Path) -> list[Append]:
    """Return how long batches of each size take, on a ledger of its own with fsync on."""
    with start_servers(directory, names=("postgres",)) as servers:
        upgrade(servers.postgres_dsn)
        return uvloop.run(_appends(servers.postgres_dsn))


async def _appends(postgres_dsn: str) -> list[Append]:
    pool = await open_pool(postgres_dsn)
    ledger, place = Ledger(pool), 0
    events = itertools.chain.from_iterable(accepted_histories(_SEED))
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    for number, size in itertools.product(range(_ROUNDS), SIZES):
        batch = _arrived(list(itertools.islice(events, size)), place)
        place += size
        started_at = time.perf_counter()
        await ledger.append(batch, reached=StreamPosition(_CREATED, place))
        # The first round finds an empty ledger, of which nothing is known.
        if number:
            taken[size].append((time.perf_counter() - started_at) * 1e3)
    await pool.close()
    return [Append(size, median(times)) for size, times in taken.items()]


def _arrived(events: Sequence[AnyEvent], place: int) -> list[Incoming]:
    arrived = []
    for number, event in enumerate(events, place + 1):
        read = read_message(event.subject, number, event.to_bytes())
        assert isinstance(read, Incoming)
        arrived.append(read)
    return arrived
