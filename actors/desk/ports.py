"""What the desk reads: policies, answers of people, tables of calibration."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from actors.desk.marks import marking
from actors.desk.settings import DeskSettings
from actors.desk.tables import opened_tables
from actors.desk.waits import opened_signal_waits
from tradewind.contracts.risk.approvals import ApprovalAnswer
from tradewind.contracts.signals.model import SignalTerms
from tradewind.postgres import open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.signal_approvals.records import SignalWait
from tradewind.trading.signal_outcomes.isotonic import CalibrationTables
from tradewind.trading.signal_policy.file import load_signal_policies
from tradewind.trading.signal_policy.model import SignalPolicies
from tradewind.trading.submission.portfolios import StrategyPortfolios
from tradewind.trading.submission.tokens import token_problems
from tradewind.trading.tokens import TokenRegistry, load_tokens

DESK_ROLE: Final = "tradewind_desk"
"""The group role at PostgreSQL that its statements are made as."""
MAX_CONNECTIONS: Final = 1


class FindAnswer(Protocol):
    """Returns the answer of a person to a signal that waits; None while there is none."""

    async def __call__(self, wait: SignalWait, *, is_over: bool) -> ApprovalAnswer | None: ...


async def nobody_answers(wait: SignalWait, *, is_over: bool) -> None:
    """Find no answer; for decisions that are made without a database."""


async def no_calibration() -> CalibrationTables:
    """Find no tables."""
    return CalibrationTables()


def all_traded(_: SignalTerms) -> str | None:
    """Find nothing wrong with any token."""
    return None


@dataclass(frozen=True, slots=True)
class DeskPorts:
    """What the desk reads. All that changes is recorded in its conclusions."""

    policies: SignalPolicies
    now: Callable[[], datetime]
    portfolios: StrategyPortfolios = field(default_factory=StrategyPortfolios)
    find_answer: FindAnswer = nobody_answers
    find_calibration: Callable[[], Awaitable[CalibrationTables]] = no_calibration
    find_untraded: Callable[[SignalTerms], str | None] = all_traded
    """Returns what is wrong with the tokens of a signal; None where they are traded."""


@asynccontextmanager
async def open_ports(
    settings: DeskSettings, connection: NatsConnection
) -> AsyncIterator[DeskPorts]:
    """Open what the desk reads, and mark what became of earlier decisions while the role runs."""
    policies = load_signal_policies(settings.signal_policy_file)
    find_untraded = untraded_by(load_tokens(settings.tokens_file))
    dsn = settings.postgres_dsn.get_secret_value()
    pool = await open_pool(dsn, max_size=MAX_CONNECTIONS, role=DESK_ROLE, writes=True)
    try:
        async with (
            opened_signal_waits(dsn, DESK_ROLE) as waits,
            opened_tables(dsn, DESK_ROLE, settings.horizons_seconds) as tables,
            marking(pool, connection, settings),
        ):
            yield DeskPorts(
                policies,
                clock.now,
                settings.portfolios,
                waits.answer,
                tables.current,
                find_untraded,
            )
    finally:
        pool.terminate()


def untraded_by(registry: TokenRegistry) -> Callable[[SignalTerms], str | None]:
    """Return what says what is wrong with the tokens of a signal, by a registry."""

    def find(terms: SignalTerms) -> str | None:
        return "; ".join(map(str, token_problems(terms.assets, registry))) or None

    return find
