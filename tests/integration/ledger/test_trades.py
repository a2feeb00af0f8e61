"""Refusals and fills are found by whatever they are filtered by, and counted by their reasons."""

from collections.abc import Sequence

import pytest

from tests.integration.ledger.test_search import FILL, LARGE, TOUCHED
from tests.support.arrivals import arrive
from tests.support.histories import History
from tests.support.waiting import PATIENCE_SECONDS
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.plans.payloads import PlanRejected
from tradewind.contracts.plans.reasons import PlanRejectionReason
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history import trades
from tradewind.ledger.history.trades import FILLS, REFUSALS, Trade, TradeFilter, Trades
from tradewind.ledger.queries import QUERIES
from tradewind.postgres import Pool
from tradewind.timeline.historian import Historian

REJECTED = History(1, strategy_id="alpha", portfolio_id="fund")
UNPLANNED = History(2, strategy_id="beta", portfolio_id="fund")
EXPIRED = History(3, strategy_id="beta")
NOT_SUBMITTED = History(4, strategy_id="alpha")
REVERTED = History(5, strategy_id="alpha")
FILLED = History(6, strategy_id="alpha", portfolio_id="fund")
SOLD = History(7, strategy_id="a_b", intent_type="dispose")

MAX_BLOCKS_A_PLACE = 10


def histories() -> Sequence[Sequence[AnyEvent]]:
    no_pool = PlanRejected(
        intent_id=UNPLANNED.intent_id, reason=PlanRejectionReason.NO_POOL, detail="none"
    )
    failed, unsent = REVERTED, NOT_SUBMITTED
    return [
        REJECTED.events(REJECTED.rejected()),
        UNPLANNED.events(UNPLANNED.approved(), UNPLANNED.accepted(), no_pool),
        EXPIRED.events(EXPIRED.expiry()),
        unsent.events(*unsent.until_planned(), unsent.started(), unsent.failure("not_submitted")),
        failed.events(*failed.until_submitted(), failed.failure("reverted")),
        FILLED.completed(2),
        SOLD.completed(),
    ]


@pytest.fixture
async def found(pool: Pool, ledger: Ledger) -> Trades:
    """Record an intent of every end; return what finds them."""
    for history in histories():
        await ledger.append(arrive(history))
    return Trades(pool)


async def walk(found: Trades, topics: Sequence[str], wanted: TradeFilter) -> list[Trade]:
    """Return all pages, one after the other."""
    items: list[Trade] = []
    before: int | None = None
    while True:
        page = await found.page(topics, wanted, before, 1)
        items += page.items
        if page.following is None:
            return items
        before = page.following


def ids(items: Sequence[Trade]) -> list[str]:
    return [one.recorded.event.payload.intent_id for one in items]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TradeFilter(), [NOT_SUBMITTED, EXPIRED, UNPLANNED, REJECTED]),
        (TradeFilter(portfolio_id="fund"), [UNPLANNED, REJECTED]),
        (TradeFilter(strategy_id="beta"), [EXPIRED, UNPLANNED]),
        (TradeFilter(portfolio_id="fund", strategy_id="beta"), [UNPLANNED]),
        (TradeFilter(reason="EXPIRED"), [EXPIRED]),
        (TradeFilter(reason="NO_POOL"), [UNPLANNED]),
        (TradeFilter(instrument=REJECTED.key.instrument, reason="NOTIONAL_LIMIT"), [REJECTED]),
        (TradeFilter(instrument="ethereum-LINK-USDC"), []),
        (TradeFilter(strategies=["al%"]), [NOT_SUBMITTED, REJECTED]),
        (TradeFilter(strategies=["alpha", "beta"], portfolios=["fu%"]), [UNPLANNED, REJECTED]),
        (TradeFilter(strategies=[r"a\_b"]), []),
    ],
)
async def test_refusals_are_what_was_never_executed(
    found: Trades, wanted: TradeFilter, expected: list[History]
) -> None:
    items = await walk(found, REFUSALS, wanted)
    assert ids(items) == [one.intent_id for one in expected]
    assert [one.intent["strategy_id"] for one in items] == [
        one.intent.strategy_id for one in expected
    ]
    reasons = await found.reasons(wanted)
    assert sum(one.refusals for one in reasons.counts) == len(expected)
    assert not reasons.is_truncated


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (TradeFilter(), [SOLD, FILLED, FILLED]),
        (TradeFilter(portfolio_id="fund"), [FILLED, FILLED]),
        (TradeFilter(strategy_id="alpha"), [FILLED, FILLED]),
        (TradeFilter(strategy_id="alpha", portfolio_id="alpha"), []),
        (TradeFilter(strategies=[r"a\_b"]), [SOLD]),
        (TradeFilter(portfolios=["f%"]), [FILLED, FILLED]),
    ],
)
async def test_fills_are_found_by_strategy_and_portfolio(
    found: Trades, wanted: TradeFilter, expected: list[History]
) -> None:
    assert ids(await walk(found, FILLS, wanted)) == [one.intent_id for one in expected]


async def test_a_page_without_anything_says_where_it_ended(
    found: Trades, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given more others than a page looks at, then all that fit come, and no page is endless."""
    monkeypatch.setattr(trades, "MAX_PLACES", 2)
    page = await found.page(REFUSALS, TradeFilter(strategy_id="beta"), None, 50)
    assert page.items == []
    assert page.following is not None
    monkeypatch.setattr(trades, "MAX_PLACES", 1)
    assert ids(await walk(found, REFUSALS, TradeFilter(strategy_id="beta"))) == [
        EXPIRED.intent_id,
        UNPLANNED.intent_id,
    ]
    monkeypatch.setattr(trades, "MAX_COUNTED", 3)
    counts = await found.reasons(TradeFilter())
    assert counts.is_truncated
    assert {one.reason: one.refusals for one in counts.counts} == {"REVERTED": 1, "EXPIRED": 1}


async def everything(found: Trades) -> list[object]:
    """Return what is found and counted by each of many filters, and filters together."""
    filters = [
        *(TradeFilter(strategy_id=one) for one in ("alpha", "beta", "a_b", "nobody")),
        *(TradeFilter(portfolio_id=one) for one in ("fund", "alpha", "nobody")),
        *(TradeFilter(reason=one) for one in ("EXPIRED", "NO_POOL", "REVERTED")),
        TradeFilter(),
        TradeFilter(strategies=["al%"], symbol="WETH-USDC"),
        TradeFilter(portfolios=["fu%"], producer="test"),
        TradeFilter(strategy_id="alpha", portfolio_id="fund", instrument=FILLED.key.instrument),
        TradeFilter(correlation_id=REJECTED.correlation_id),
        TradeFilter(correlation_id=FILLED.correlation_id),
    ]
    return [
        (topics, wanted, await walk(found, topics, wanted), await found.reasons(wanted))
        for wanted in filters
        for topics in (FILLS, REFUSALS)
    ]


async def test_wherever_the_historian_is_the_same_is_found(found: Trades, pool: Pool) -> None:
    """Given none, some or all of the narrow rows, then what is found is what the ledger says."""
    said, historian, is_whole = await everything(found), Historian(pool), False
    while not is_whole:
        is_whole = (await historian.advance(6)).is_whole
        assert await everything(found) == said
    await pool.execute("UPDATE timeline.trades SET strategy_id = 'gone'")
    assert await everything(found) != said
    await pool.execute("UPDATE timeline.watermark SET event_id = 'of a history that is no more'")
    assert await everything(found) == said


async def test_times_bound_a_count(found: Trades, pool: Pool) -> None:
    (at,) = await pool.fetchrow("SELECT recorded_at FROM events WHERE topic = 'plan.rejected'")
    since = await found.reasons(TradeFilter(since=at))
    until = await found.reasons(TradeFilter(until=at))
    assert {one.reason for one in since.counts} == {"NO_POOL", "EXPIRED", "REVERTED"}
    assert {one.reason for one in until.counts} == {"NOTIONAL_LIMIT"}


async def test_no_page_scans_the_ledger(pool: Pool) -> None:
    """Given 200,000 events, whatever is asked for is found by indexes, and so are the counts."""
    await pool.execute(FILL, LARGE, timeout=PATIENCE_SECONDS)
    await pool.execute("VACUUM ANALYZE events", timeout=PATIENCE_SECONDS)
    all_places = (0, 2**63 - 1)
    looked_at = {"select_fitting": trades.MAX_PLACES, "select_reasons": trades.MAX_COUNTED}
    asked: list[tuple[str, Sequence[str], TradeFilter]] = [
        ("select_fitting", FILLS, TradeFilter()),
        ("select_fitting", REFUSALS, TradeFilter()),
        ("select_fitting", FILLS, TradeFilter(portfolio_id="p7")),
        ("select_fitting", REFUSALS, TradeFilter(portfolio_id="rare")),
        ("select_fitting", FILLS, TradeFilter(strategy_id="rare")),
        ("select_reasons", REFUSALS, TradeFilter()),
        ("select_reasons", FILLS, TradeFilter()),
    ]
    for mode in ("force_custom_plan", "force_generic_plan"):
        async with pool.acquire() as connection:
            await connection.execute(f"SET plan_cache_mode = {mode}")
            for name, topics, wanted in asked:
                for patterns in (None, ["nobody%"]):
                    query, key = trades.by_index(QUERIES[name], topics, wanted)
                    plan = await connection.fetch(
                        "EXPLAIN (ANALYZE, BUFFERS, TIMING off) " + query,
                        *all_places, looked_at[name], key, wanted.portfolio_id, 51, None, None,
                        wanted.strategy_id, patterns, None, patterns is not None, None, None,
                    )  # fmt: skip
                    text = "\n".join(row[0] for row in plan)
                    assert "Seq Scan on events" not in text, (mode, text)
                    touched = TOUCHED.search(text)
                    assert touched is not None, text
                    blocks = sum(int(part or 0) for part in touched.groups())
                    assert blocks < MAX_BLOCKS_A_PLACE * looked_at[name], text
