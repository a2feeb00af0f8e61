"""Screens intents, decides them against a cap, carries them out, and looks into the book."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from functools import partial
from typing import Any, Final

import asyncpg

from actors.portfolio.decide import decide
from actors.portfolio.ports import PORTFOLIO_ROLE
from actors.portfolio.settlement import settling
from tests.integration.ledger.harness import LedgerHarness, wait_despite_outages
from tests.support.factories import WETH, screened, submitted
from tradewind.contracts.envelope import AnyEvent, Event, next_events, parse_event
from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionStarted,
    StepFilled,
    StepSubmitted,
)
from tradewind.contracts.ids import derive_plan_id
from tradewind.contracts.intents.payloads import IntentAccepted, IntentExpired
from tradewind.contracts.risk.limits import PortfolioInputs
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.contracts.risk.reasons import RiskRejectionReason
from tradewind.contracts.roles import Role
from tradewind.contracts.streams import EVENTS_STREAM
from tradewind.ledger.records import to_recorded
from tradewind.postgres import Pool, open_pool
from tradewind.runtime import NatsConnection, clock
from tradewind.trading.book.claims import LOCK_TIMEOUT_SECONDS, Claims
from tradewind.trading.book.fence import Fence
from tradewind.trading.book.seams import Market

PORTFOLIO: Final = "demo"
NO_MARKET: Final = Market(lambda _: None)
