"""Stores the transactions of the simulated venue, each written once before it takes effect."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple, Protocol

from actors.venues.contract import OutcomeUnknown
from tradewind.contracts.intents.cancellation import Cancellation
from tradewind.contracts.system.trading_states import Scope
from tradewind.errors import PermanentError, TradewindError
from tradewind.postgres import OUTAGE, Connection, Pool, abandonable, transaction
from tradewind.queries import load_queries
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.runtime.shared_calls import SharedCalls
from tradewind.trading.halts.errors import TradingStopped
from tradewind.trading.halts.gate import Gate, Guard, Passage
from tradewind.trading.wallet.plan_event import LedgerHead, PlanEvent, find_supersession
from tradewind.trading.wallet.step_decisions import columns_of_plans, read_ledger_heads

TIMEOUT_SECONDS: Final = 2.0
"""A handler may wait for the statements before its own, too, and both fit into its time limit."""

_QUERIES: Final = load_queries("actors.venues")
_CREATE: Final = _QUERIES["create_paper_transaction"]
_EXECUTE: Final = _QUERIES["create_executions"]
_GET: Final = _QUERIES["select_paper_transaction"]
_FOLLOW: Final = _QUERIES["select_followed"]


class Followed(NamedTuple):
    """A transaction as it is kept, and who wants its intent cancelled, both of one moment."""

    value: bytes | None
    cancellation: Cancellation | None


class _Execution(NamedTuple):
    """What is to be stored of one step, and what it depends on."""

    key: str
    value: bytes
    plan: PlanEvent
    passage: Passage


type _Outcome = bool | Exception
"""Whether an execution was stored, or what its caller is raised."""


class PlanSuperseded(PermanentError):
    """The ledger recorded that something else came of the intent. The plan is never executed."""

    code = "PLAN_SUPERSEDED"


class StoreUnavailable(OutcomeUnknown, DecisionUnavailable):
    """The store of paper transactions cannot be asked, and may have stored. Ask again later.

    What it has of a step is the decision about it, so this is retried as any journal that is away.
    """


class TransactionStore(Protocol):
    """A store of records by transaction hash."""

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one; return whether it was stored by this call."""
        ...

    async def execute(
        self, key: str, value: bytes, plan: PlanEvent, passage: Passage, is_told: bool = False
    ) -> bool:
        """Store an execution unless there is a value; return whether it was stored by this call.

        `is_told` says that the coordinator has the plan, so that one need not look before.
        Nothing is stored while there is a request to cancel the intent. Raises, and stores nothing:
        TradingStopped while a trading state forbids the step, PlanNotRecorded until the ledger has
        its plan, AnotherPlanRecorded when it has another, PlanSuperseded when it never will.
        """
        ...

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        ...

    async def follow(self, key: str, correlation_id: str) -> Followed:
        """Return the value, and the request to cancel the intent with this correlation."""
        ...


class MemoryTransactionStore:
    """A store that lasts as long as the process, for tests and trials."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self.cancelled: dict[str, Cancellation] = {}
        """The requests to cancel intents, by their correlations."""
        self.halted: set[Scope] = set()
        """The scopes in which nothing is executed."""

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one."""
        if key in self._values:
            return False
        self._values[key] = value
        return True

    async def execute(
        self, key: str, value: bytes, plan: PlanEvent, passage: Passage, is_told: bool = False
    ) -> bool:
        """Store the value unless there is one, or a reason not to. There is no ledger here."""
        if stopped := self.halted.intersection(passage.scopes):
            raise TradingStopped(f"{min(stopped)} is halted")
        return plan.correlation_id not in self.cancelled and await self.create(key, value)

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return self._values.get(key)

    async def follow(self, key: str, correlation_id: str) -> Followed:
        """Return the value, and the request to cancel the intent."""
        return Followed(await self.get(key), self.cancelled.get(correlation_id))


class DatabaseTransactionStore:
    """A table of the ledger's database. StoreUnavailable while it does not answer in time."""

    def __init__(self, pool: Pool, guard: Guard | None = None) -> None:
        self._pool = pool
        self._gate = Gate(guard)
        self._heads = SharedCalls(self._read_heads)
        self._executing = SharedCalls(self._execute_all)
        self._following = SharedCalls(self._follow_all)

    async def create(self, key: str, value: bytes) -> bool:
        """Store the value unless there is one."""
        async with self._session() as connection:
            return await connection.fetchval(_CREATE, key, value) is not None

    async def execute(
        self, key: str, value: bytes, plan: PlanEvent, passage: Passage, is_told: bool = False
    ) -> bool:
        """Store the value unless there is one, or a reason not to.

        There is none until the ledger has the plan, which a statement tells for all that wait and
        were not told. The one that stores asks in any case, for what ledger and person said since.
        Plans are recorded many at a time, so their steps come together and share a transaction.
        """
        if not is_told:
            _check_plan(plan, await self._heads.call(plan))
        outcome = await self._executing.call(_Execution(key, value, plan, passage))
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _read_heads(self, plans: Sequence[PlanEvent]) -> list[LedgerHead | None]:
        async with self._session() as connection:
            return await read_ledger_heads(connection, plans)

    async def _execute_all(self, asked: Sequence[_Execution]) -> list[_Outcome]:
        """Store all that pass in one transaction; what keeps one from it is no other's matter.

        Of two with one key the first alone is tried: the other one was not stored by its call.
        """
        first = {one.key: one for one in reversed(asked)}
        outcomes: dict[str, _Outcome] = {}
        async with self._session() as connection, transaction(connection):
            passages = [one.passage for one in first.values()]
            stops = await self._gate.enter(connection, passages)
            for one, stop in zip(first.values(), stops, strict=True):
                if stop is not None:
                    outcomes[one.key] = stop
            passed = [one for one in first.values() if one.key not in outcomes]
            if passed:
                outcomes |= await _store_all(connection, passed)
        return [outcomes.pop(one.key, False) for one in asked]

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        async with self._session() as connection:
            value: bytes | None = await connection.fetchval(_GET, key)
        return value

    async def follow(self, key: str, correlation_id: str) -> Followed:
        """Return the value and the request; those that ask at the same time share a statement."""
        return await self._following.call((key, correlation_id))

    async def _follow_all(self, asked: Sequence[tuple[str, str]]) -> list[Followed]:
        keys, correlation_ids = zip(*asked, strict=True)
        async with self._session() as connection:
            rows = await connection.fetch(_FOLLOW, keys, correlation_ids)
        return [
            Followed(value, None if request[0] is None else Cancellation(*request))
            for value, *request in rows
        ]

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Connection]:
        """Yield a connection for TIMEOUT_SECONDS: it ends before the handlers that wait for it.

        Stopped at its time limit a handler has failed, and a few failures make a dead letter.
        """
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS), abandonable(self._pool) as connection:
                yield connection
        except OUTAGE as error:
            reason = f"{type(error).__name__}: {error}"
            raise StoreUnavailable(f"paper transactions: {reason}") from error


async def _store_all(
    connection: Connection, executions: Sequence[_Execution]
) -> dict[str, _Outcome]:
    """Return the outcome of each execution by its key."""
    plans = [one.plan for one in executions]
    keys, values = [one.key for one in executions], [one.value for one in executions]
    rows = await connection.fetch(_EXECUTE, *columns_of_plans(plans), keys, values)
    outcomes: dict[str, _Outcome] = {key: True for (key,) in rows}
    others = [one for one in executions if one.key not in outcomes]
    if others:
        heads = await read_ledger_heads(connection, [one.plan for one in others])
        for one, head in zip(others, heads, strict=True):
            outcomes[one.key] = _why_not_stored(one.plan, head)
    return outcomes


def _why_not_stored(plan: PlanEvent, head: LedgerHead | None) -> _Outcome:
    try:
        _check_plan(plan, head)
    except TradewindError as error:
        return error
    return False


def _check_plan(plan: PlanEvent, head: LedgerHead | None) -> None:
    if superseded := find_supersession(plan, head):
        raise PlanSuperseded(superseded)
