"""Imports histories of a file into a ledger that has none of its own, to inspect them there."""

from collections.abc import Iterable
from itertools import batched
from typing import Final, NamedTuple

from tradewind.errors import PermanentError
from tradewind.ledger.append.incoming import Incoming
from tradewind.ledger.append.writer import Ledger, LedgerUnavailable
from tradewind.ledger.history.reader import LedgerReader
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import OUTAGE, Pool

BATCH_EVENTS: Final = 500

_MARK = QUERIES["mark_imports"]
_OWN_HISTORIES = QUERIES["count_own_histories"]


class LedgerInUse(PermanentError):
    """The ledger has histories of its own. Import into a platform on another data directory.

    Imported fills beside real ones would change the positions of real portfolios.
    """

    code = "LEDGER_IN_USE"


class Imported(NamedTuple):
    """How many events an import appended, found in the ledger already, and quarantined."""

    appended: int
    duplicates: int
    quarantined: int


async def import_events(pool: Pool, events: Iterable[Incoming], source: str) -> Imported:
    """Append events under the present writer's epoch; repeating it changes nothing.

    The correlations are marked as imported first, so that the sweeper never continues one. It
    raises LedgerInUse, LedgerUnavailable, and StaleEpoch when the writer changes meanwhile, after
    which the import can be repeated.
    """
    try:
        own: int = await pool.fetchval(_OWN_HISTORIES)
    except OUTAGE as error:
        raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
    if own:
        raise LedgerInUse(
            f"the ledger has {own} histories of its own: import into a platform that is started on "
            "another data directory"
        )
    ledger = Ledger(pool, (await LedgerReader(pool).position()).epoch)
    total = Imported(0, 0, 0)
    for batch in batched(events, BATCH_EVENTS):
        correlations = sorted({incoming.event.correlation_id for incoming in batch})
        try:
            await pool.execute(_MARK, correlations, source)
        except OUTAGE as error:
            raise LedgerUnavailable(f"{type(error).__name__}: {error}") from error
        result = await ledger.append(batch)
        total = Imported(
            total.appended + len(result.appended),
            total.duplicates + result.duplicates,
            total.quarantined + len(result.quarantined),
        )
    return total
