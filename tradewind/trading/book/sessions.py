"""Sessions at the book's database that are given up in time, and what their errors mean."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from tradewind.errors import NotYet, PermanentError
from tradewind.postgres import OUTAGE, Connection, Pool, abandonable
from tradewind.runtime.decisions import DecisionUnavailable

TIMEOUT_SECONDS: Final = 1.25
"""Less than an actor's time limit: the session ends, rather than the handler in the middle."""
LOCK_TIMEOUT_SECONDS: Final = 0.75
BUSY_MS: Final = 200


class BookBusy(NotYet):
    """Somebody else holds the portfolio. It is asked again shortly."""

    code = "BOOK_BUSY"

    def __init__(self) -> None:
        super().__init__(BUSY_MS)


class BookRefuses(PermanentError):
    """PostgreSQL refuses the statements about this intent, which is then rejected."""

    code = "BOOK_REFUSES"


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """Give up after TIMEOUT_SECONDS. It raises BookBusy, BookRefuses, DecisionUnavailable."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            yield
    except asyncpg.LockNotAvailableError as error:
        raise BookBusy from error
    except OUTAGE as error:
        reason = str(error) or type(error).__name__
        raise DecisionUnavailable(f"PostgreSQL: {reason}") from error
    except asyncpg.PostgresError as error:
        raise BookRefuses(f"{type(error).__name__}: {error}") from error


@asynccontextmanager
async def session(pool: Pool) -> AsyncIterator[Connection]:
    """Yield a connection for TIMEOUT_SECONDS. It raises as `in_time`."""
    async with in_time(), abandonable(pool) as connection:
        yield connection
