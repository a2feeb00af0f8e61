"""Stores the transactions of the simulated venue, each written once before it takes effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Final, Protocol

from actors.venues.contract import OutcomeUnknown
from tradewind.contracts.system.trading_states import Scope
from tradewind.errors import PermanentError
from tradewind.postgres import OUTAGE, Pool
from tradewind.queries import load_queries
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.gate import Gate, Guard, Passage
from tradewind.trading.wallet.plan_event import PlanEvent, find_supersession
from tradewind.trading.wallet.step_decisions import read_ledger_head, read_ledger_heads

_QUERIES: Final = load_queries("actors.venues")
_CREATE: Final = _QUERIES["create_paper_transaction"]
_GET: Final = _QUERIES["select_paper_transaction"]


class PlanSuperseded(PermanentError):
    """The ledger recorded that something else came of the intent. The plan is never executed."""

    code = "PLAN_SUPERSEDED"


class TransactionStore(Protocol):
    """A store of records by transaction hash."""

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one; return whether it was stored by this call."""
        ...

    async def execute(self, key: str, value: bytes, plan: PlanEvent, passage: Passage) -> bool:
        """Store an execution unless there is a value; return whether it was stored by this call.

        Nothing is stored while there is a request to cancel the intent. Raises, and stores nothing:
        TradingStopped while a trading state forbids the step, PlanNotRecorded until the ledger has
        its plan, AnotherPlanRecorded when it has another, PlanSuperseded when it never will.
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
        self.halted: set[Scope] = set()
        """The scopes in which nothing is executed."""

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one."""
        if key in self._values:
            return False
        self._values[key] = value
        return True

    async def execute(self, key: str, value: bytes, plan: PlanEvent, passage: Passage) -> bool:
        """Store the value unless there is one, or a reason not to. There is no ledger here."""
        if stopped := self.halted.intersection(passage.scopes):
            raise TradingStopped(f"{min(stopped)} is halted")
        return plan.correlation_id not in self.cancelled and await self.create(key, value)

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._values.get(key)


class DatabaseTransactionStore:
    """A table of the ledger's database. While it cannot be reached the outcome is unknown."""

    def __init__(self, pool: Pool, guard: Guard | None = None) -> None:
        self._pool = pool
        self._gate = Gate(guard)
        self._heads = SharedCalls(partial(read_ledger_heads, pool))

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one; OutcomeUnknown when the database does not answer."""
        with _outage_is_unknown():
            return await self._pool.fetchval(_CREATE, key, value, None) is not None

    async def execute(self, key: str, value: bytes, plan: PlanEvent, passage: Passage) -> bool:
        """Store the value unless there is one, or a reason not to, in one transaction.

        There is none until the ledger has the plan, which a statement tells for all that wait.
        """
        with _outage_is_unknown():
            find_supersession(plan, await self._heads.call(plan))
            async with self._pool.acquire() as connection, connection.transaction():
                head = await read_ledger_head(connection, plan)
                if superseded := find_supersession(plan, head):
                    raise PlanSuperseded(superseded)
                await self._gate.enter(connection, passage)
                created = await connection.fetchval(_CREATE, key, value, plan.correlation_id)
            return created is not None

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
