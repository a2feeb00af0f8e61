"""Stores the transactions of the simulated venue, each written once before it takes effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from actors.venues.contract import OutcomeUnknown
from tradewind.postgres import OUTAGE, Pool
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("actors.venues")
_CREATE: Final = _QUERIES["create_paper_transaction"]
_GET: Final = _QUERIES["select_paper_transaction"]


class TransactionStore(Protocol):
    """A store of records by transaction hash."""

    async def create(self, key: str, value: bytes, unless_cancelled: str | None = None) -> bool:
        """Store the value unless there is one; return whether it was stored by this call.

        Nothing is stored while there is a request to cancel the intent of this correlation.
        """
        ...

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        ...


class MemoryTransactionStore:
    """A store that lasts as long as the process, for tests and trials."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self.cancelled: set[str] = set()
        """The correlations of intents that are to be cancelled."""

    async def create(self, key: str, value: bytes, unless_cancelled: str | None = None) -> bool:
        """Store the value unless there is one."""
        if key in self._values or unless_cancelled in self.cancelled:
            return False
        self._values[key] = value
        return True

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._values.get(key)


class DatabaseTransactionStore:
    """A table of the ledger's database. While it cannot be reached the outcome is unknown."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def create(self, key: str, value: bytes, unless_cancelled: str | None = None) -> bool:
        """Store the value unless there is one; OutcomeUnknown when the database does not answer."""
        with _outage_is_unknown():
            return await self._pool.fetchval(_CREATE, key, value, unless_cancelled) is not None

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None; OutcomeUnknown when the database does not answer."""
        with _outage_is_unknown():
            value: bytes | None = await self._pool.fetchval(_GET, key)
            return value


@contextmanager
def _outage_is_unknown() -> Iterator[None]:
    try:
        yield
    except OUTAGE as error:
        raise OutcomeUnknown(f"paper transactions: {type(error).__name__}: {error}") from error
