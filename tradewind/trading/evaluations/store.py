"""Keeps questions to models and their answers in PostgreSQL, and what each model may still cost.

Any number of processes may judge the same signal: one of them claims its questions, all at once.
An answer is kept as it comes, and never changes. All methods raise DecisionUnavailable while
PostgreSQL cannot do it; what was asked for may have been done then.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Final

import asyncpg

from tradewind.contracts.decisions.model import DecisionStatus, ModelRole
from tradewind.postgres import OUTAGE, Connection, Pool
from tradewind.runtime.decisions import DecisionUnavailable
from tradewind.trading.evaluations.queries import QUERIES
from tradewind.trading.evaluations.records import (
    MAX_DETAIL_CHARACTERS,
    AttemptKey,
    DayOfModel,
    Ending,
    Evaluation,
    Question,
    Said,
)

TIMEOUT_SECONDS: Final = 2.0
LOST: Final = "lost"
"""The detail of a question whose process went away before it had an answer."""
MAY_BE_BILLED: Final = frozenset({DecisionStatus.TIMEOUT, DecisionStatus.OVERSIZED})
"""What a vendor worked for, although nothing of it came back."""
NO_BUDGET: Final = "the budget of the day is used up"

_SELECT: Final = QUERIES["select_evaluations"]
_CLAIM: Final = QUERIES["claim_evaluations"]
_ANSWER: Final = QUERIES["answer_evaluation"]
_ANSWER_LATE: Final = QUERIES["answer_late"]
_SETTLE: Final = QUERIES["settle_budget"]
_COUNT_SECOND: Final = QUERIES["count_second_call"]
_CLAIM_SECOND: Final = QUERIES["claim_second_attempt"]
_END_LOST: Final = QUERIES["end_lost"]
_FORGET: Final = QUERIES["forget_answers"]
_BUDGETS: Final = QUERIES["select_budgets"]


class EvaluationStore:
    """The rows of evaluations and budgets; `claimant` names this process in them.

    Every method raises DecisionUnavailable when PostgreSQL has not done it in `timeout_seconds`.
    """

    def __init__(
        self, pool: Pool, claimant: str, *, timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._pool = pool
        self._claimant = claimant
        self._timeout_seconds = timeout_seconds

    async def claim(
        self, signal_id: str, deadline: datetime, now: datetime, questions: Sequence[Question]
    ) -> frozenset[str] | None:
        """Claim all questions about a signal; return the models that are to be asked now.

        None where somebody claimed the signal before. A model without budget has its end already.
        """
        ordered = sorted(questions, key=lambda one: one.place)
        columns = zip(*map(_columns_of, ordered), strict=True)
        arguments = (signal_id, deadline, now, self._claimant, now.date(), *map(list, columns))
        async with self._connection() as connection:
            rows = await connection.fetch(_CLAIM, *arguments, NO_BUDGET)
        if not rows:
            return None
        return frozenset(row["model"] for row in rows if row["status"] is None)

    async def read(self, signal_id: str) -> tuple[Evaluation, ...]:
        """Return the rows of a signal, by place and attempt."""
        async with self._connection() as connection:
            return tuple(map(_evaluation, await connection.fetch(_SELECT, [signal_id])))

    async def answer(self, key: AttemptKey, ending: Ending, again_at: datetime | None) -> bool:
        """Keep how a question ended; return whether it was claimed again, for a second attempt.

        It is where `again_at` says when, and a call of the day's budget is left. An answer to what
        was given up meanwhile is kept beside that.
        """
        async with self._connection() as connection, connection.transaction():
            reserved = await connection.fetchrow(_ANSWER, *key, *_ending_columns(ending))
            if reserved is None:
                if ending.said is not None:
                    late = (*key, ending.answered_at, *_said_columns(ending.said))
                    await connection.execute(_ANSWER_LATE, *late)
                return False
            day, amount = reserved
            if again_at is not None and await self._claim_again(connection, key, day, again_at):
                return True
            if day is not None:
                spent = _spent_of(ending, amount)
                uncounted = 0 if ending.was_asked else 1
                await connection.execute(_SETTLE, key.model, day, amount, spent, uncounted)
            return False

    async def _claim_again(
        self, connection: Connection, key: AttemptKey, day: date | None, at: datetime
    ) -> bool:
        if day is not None and await connection.fetchval(_COUNT_SECOND, key.model, day) is None:
            return False
        await connection.execute(_CLAIM_SECOND, key.signal_id, key.model, at, self._claimant)
        return True

    async def end_lost(self, signal_id: str, now: datetime) -> None:
        """End the questions about a signal that nobody answered before their deadline."""
        async with self._connection() as connection:
            await connection.execute(_END_LOST, signal_id, now, LOST)

    async def budgets(self, day: date) -> list[DayOfModel]:
        """Return what models were asked on a day, in UTC."""
        async with self._connection() as connection:
            return await read_budgets(connection, day)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with asyncio.timeout(self._timeout_seconds), self._pool.acquire() as connection:
                yield connection
        except (*OUTAGE, asyncpg.PostgresError) as error:
            reason = str(error) or type(error).__name__
            raise DecisionUnavailable(f"PostgreSQL: {reason}") from error


async def read_budgets(connection: Pool | Connection, day: date) -> list[DayOfModel]:
    """Return what models were asked on a day, in UTC; it raises what the driver raises."""
    return [DayOfModel(*row) for row in await connection.fetch(_BUDGETS, day)]


async def forget_answers(pool: Pool, before: datetime, now: datetime, limit: int) -> int:
    """Forget the text of at most `limit` answers given before a time; return how many."""
    return int(await pool.fetchval(_FORGET, before, limit, now))


async def read_evaluations(
    pool: Pool, signal_ids: Sequence[str]
) -> dict[str, tuple[Evaluation, ...]]:
    """Return the rows of signals, by place and attempt; a signal without any is left out."""
    found: dict[str, list[Evaluation]] = {}
    for row in await pool.fetch(_SELECT, list(signal_ids)):
        found.setdefault(row["signal_id"], []).append(_evaluation(row))
    return {signal_id: tuple(rows) for signal_id, rows in found.items()}


def _columns_of(question: Question) -> tuple[Any, ...]:
    return (
        question.model,
        question.place,
        question.role.value,
        question.vendor,
        question.vendor_model,
        question.prompt_version,
        question.prompt_sha256,
        question.request_sha256,
        question.is_counted,
        question.reserved_microusd,
        question.max_calls,
        question.max_microusd,
        question.status,
        question.detail,
        question.answer,
    )


def _ending_columns(ending: Ending) -> tuple[Any, ...]:
    said, detail = ending.said, ending.detail
    nothing = (None, None, None, ending.vendor_request_id, *[None] * 6)
    told = nothing if said is None else _said_columns(said)
    return (
        ending.status.value,
        None if detail is None else detail[:MAX_DETAIL_CHARACTERS],
        ending.was_asked,
        ending.answered_at,
        ending.latency_ms,
        *told,
    )


def _said_columns(said: Said) -> tuple[Any, ...]:
    return (
        said.kept,
        said.sha256,
        len(said.text),
        said.vendor_request_id,
        said.vendor_model_version,
        said.tokens_in,
        said.tokens_cached,
        said.tokens_out,
        said.tokens_reasoning,
        said.cost_microusd,
    )


def _spent_of(ending: Ending, reserved_microusd: int) -> int:
    """Return what a question cost; where the vendor may have billed and did not say, the most."""
    if not ending.was_asked:
        return 0
    if ending.said is not None and ending.said.cost_microusd is not None:
        return ending.said.cost_microusd
    is_free = ending.said is None and ending.status not in MAY_BE_BILLED
    return 0 if is_free else reserved_microusd


def _evaluation(row: asyncpg.Record) -> Evaluation:
    status = row["status"]
    return Evaluation(
        **{
            **row,
            "role": ModelRole(row["role"]),
            "status": None if status is None else DecisionStatus(status),
        }
    )
