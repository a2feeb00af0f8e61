"""What payloads name is found in the bytes that roles publish."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.integration.book.harness import apply_limits
from tests.integration.timeline.support import follow, record, settle
from tests.support.histories import START, TX_HASH, USDC, WALLET, History
from tests.support.signal_histories import submitted_signal
from tradewind.contracts.decisions.payloads import DecisionMade
from tradewind.contracts.envelope import AnyEvent, next_events
from tradewind.contracts.execution.payloads import ExecutionCompleted, StepSubmitted
from tradewind.contracts.intents.cancellation import Cancellation, cancel_request, cancelled
from tradewind.contracts.plans.payloads import PlanCreated
from tradewind.contracts.risk.payloads import RiskApproved
from tradewind.contracts.signals.payloads import SignalEvaluated
from tradewind.ledger.history.graph import CorrelationGraphs
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool
from tradewind.timeline.moments import Moments
from tradewind.timeline.portfolios import PortfoliosAsOf
from tradewind.timeline.rebuild import verify
from tradewind.trading.accounting.keys import token_key
from tradewind.trading.portfolios.documents import (
    balances_of,
    position_of,
    positions_of,
    summary_of,
)
from tradewind.trading.portfolios.reader import BEFORE_ALL, PortfolioReader, Seen
from tradewind.trading.portfolios.views import PortfolioView
from tradewind.trading.treasury.announced import settled_event

PEGGED = frozenset({token_key(USDC)})
EVERYBODY = Seen()
NOT_KEPT = frozenset({"version", "claimed_usd", "budget_used_usd", "open_intents"})
"""What is known of the present only, or counted in another way of the past."""
JOURNAL_ROW = {
    "wallet_id": f"1-{WALLET.lower()}",
    "chain_id": 1,
    "address": WALLET,
    "nonce": 7,
    "purpose": "swap",
    "state": "reverted",
    "step_index": 0,
    "mined_tx_hash": TX_HASH,
    "mined_block_number": 2,
    "mined_block_hash": TX_HASH,
    "gas_used": 21_000,
    "effective_gas_price_wei": 10**9,
    "fee_wei": 21_000 * 10**9,
    "block_time": START + timedelta(seconds=5),
    "transaction_index": 0,
    "reason": "STF",
}


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a pool of connections to a fresh, migrated database."""
    pool = await open_pool(database_dsn)
    yield pool
    await pool.close()


def chain() -> tuple[list[AnyEvent], set[tuple[str, str, str]]]:
    """Return a signal, a trade, a cancelled intent and a transaction, and how they are linked."""
    signal = submitted_signal(strategy_id="alpha", portfolio_id="fund")
    trade = History(1, strategy_id="alpha", portfolio_id="fund")
    bought = trade.events(*trade.until_planned())
    approved = next(one for one in bought if isinstance(one.payload, RiskApproved))
    submitted = trade.step_submitted().model_copy(update={"approval": approved.event_id})
    rest = [trade.started(), submitted, trade.fill(), trade.completion()]
    bought += next_events(
        bought[-1], rest, producer="orchestrator", at=START + timedelta(seconds=2)
    )
    stopped = History(2, strategy_id="alpha", portfolio_id="fund")
    opening = stopped.events()[0]
    request = cancel_request(opening, "operator", START + timedelta(seconds=1))
    wanted = Cancellation(request.event_id, "operator", request.timestamp)
    ended = next_events(
        opening, [cancelled(stopped.intent_id, wanted, "before risk")], producer="risk", at=START
    )
    settled = settled_event(JOURNAL_ROW | {"plan_id": trade.plan_id})
    votes = [one.event_id for one in signal if isinstance(one.payload, DecisionMade)]
    evaluated = next(one for one in signal if isinstance(one.payload, SignalEvaluated))
    plan = next(one for one in bought if isinstance(one.payload, PlanCreated))
    step = next(one for one in bought if isinstance(one.payload, StepSubmitted))
    return [*signal, *bought, opening, request, *ended, settled], {
        *((vote, evaluated.event_id, "voted") for vote in votes),
        (approved.event_id, step.event_id, "approved"),
        (request.event_id, ended[0].event_id, "cancelled"),
        (plan.event_id, settled.event_id, "planned"),
    }


async def test_what_payloads_name_is_linked(pool: Pool) -> None:
    events, expected = chain()
    await apply_limits(pool, max_open_intents=5)
    await record(pool, events)
    await settle(pool, PEGGED)
    await follow(pool)
    rows = await pool.fetch("SELECT cause_event_id, effect_event_id, kind FROM timeline.links")
    found = {tuple(row) for row in rows}
    told = {one for one in found if one[2] == "settled"}
    assert found - told == expected
    recorded = [one.event for one in await LedgerReader(pool).events_after(0)]
    portfolio = {one.event_id for one in recorded if one.topic.startswith("portfolio.")}
    last = next(one for one in reversed(events) if isinstance(one.payload, ExecutionCompleted))
    assert {one[1] for one in told} == portfolio
    assert {one[0] for one in told} <= {one.event_id for one in recorded}
    graph = await CorrelationGraphs(pool).graph(last.correlation_id)
    assert graph is not None
    assert portfolio & {node.event_id for node in graph.linked}
    assert (await verify(pool)).wrong == 0


def documents(view: PortfolioView) -> dict[str, Any]:
    """Return all that is shown of a portfolio."""
    return {**summary_of(view), "positions": positions_of(view), "balances": balances_of(view)}


def trades() -> list[AnyEvent]:
    """Return trades of two portfolios, mixed, some of which are not over."""
    chosen, queues = random.Random(23), []
    for number in range(1, 13):
        one = History(
            number,
            strategy_id="alpha",
            portfolio_id=("fund", "rest")[number % 2],
            intent_type="acquire" if number % 3 else "dispose",
        )
        queues.append(one.completed(1 + number % 2) if number % 4 else one.events(one.screened()))
    mixed: list[AnyEvent] = []
    while queues:
        mixed.append(chosen.choice(queues).pop(0))
        queues = [one for one in queues if one]
    return mixed


async def test_portfolios_are_what_was_shown_then(pool: Pool) -> None:
    await apply_limits(pool, max_open_intents=50)
    live, shown, events = PortfolioReader(pool, PEGGED), {}, trades()
    chosen = random.Random(31)
    while events:
        size = chosen.randint(3, 12)
        await record(pool, events[:size])
        del events[:size]
        await settle(pool, PEGGED)
        head = await pool.fetchval("SELECT last_global_seq FROM writer")
        views = await live.page("", 10, EVERYBODY)
        shown[head] = (
            [documents(one) for one in views],
            await live.positions(BEFORE_ALL, 10, EVERYBODY),
        )
    await follow(pool)
    assert len(shown) > 8
    for sequence, (then, positions) in shown.items():
        reader = PortfoliosAsOf(pool, PEGGED, await Moments(pool).at(sequence))
        found = [documents(one) for one in await reader.page("", 10, EVERYBODY)]
        ignored = frozenset() if sequence == max(shown) else NOT_KEPT
        assert [without(one, ignored) for one in found] == [without(one, ignored) for one in then]
        held = await reader.positions(BEFORE_ALL, 10, EVERYBODY)
        assert [(place, position_of(one)) for place, one in held] == [
            (place, position_of(one)) for place, one in positions
        ]


def without(document: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """Return a document without some of its fields."""
    return {name: value for name, value in document.items() if name not in names}
