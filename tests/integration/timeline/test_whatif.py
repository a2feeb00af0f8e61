"""What-ifs and parity over recorded histories, through ledger, timeline and cores."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from gateway.http.problems import Problem, ProblemCode
from gateway.whatif import ProcessWhatIfs
from research.parity.__main__ import Parity
from research.redecide.markets import RecordedMarkets
from research.redecide.sources import LedgerSource
from research.whatif.asking import WhatIf
from tests.support.arrivals import arrive
from tests.support.recorded import events_of
from tradewind.ledger.append.writer import Ledger
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, open_pool
from tradewind.simulation.whatif.changes import ChangedLimits
from tradewind.simulation.whatif.documents import WhatIfDocument, WhatIfRequest
from tradewind.timeline.historian import Historian
from tradewind.timeline.rebuild import verify
from tradewind.trading.pricing.swap.python_router import PythonRouter

ACCEPTED = (
    *("staged_paper_acquire", "staged_paper_dispose", "staged_paper_split"),
    *("staged_paper_two_hop", "paper_acquire"),
)
REFUSED = (
    *("staged_risk_notional_limit", "staged_risk_slippage_limit", "staged_portfolio_daily_budget"),
)
SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@pytest.fixture
async def pool(database_dsn: str) -> AsyncIterator[Pool]:
    """Return a database with these histories and their timeline."""
    pool = await open_pool(database_dsn)
    found = {one.event_id: one for name in (*ACCEPTED, *REFUSED) for one in events_of(name)}
    await Ledger(pool).append(arrive(list(found.values())))
    while not (await Historian(pool).advance()).is_whole:
        pass
    yield pool
    await pool.close()


async def asked(pool: Pool, *, exact: int = 100, **limits: str) -> WhatIfDocument:
    request = WhatIfRequest.model_construct(
        from_=SINCE, to=UNTIL, strategy_id=None, limits=ChangedLimits.model_validate(limits)
    )
    return await WhatIf(pool, PythonRouter()).answer(request, exact)


async def test_other_limits_flip_what_risk_run_again_would(pool: Pool) -> None:
    assert (await verify(pool)).wrong == 0
    decided = len(ACCEPTED) + len(REFUSED)

    tighter = await asked(pool, max_notional_usd="0")
    assert (tighter.decisions, tighter.same + tighter.flips_total) == (decided, decided)
    assert tighter.flips_total == len(ACCEPTED)
    assert {(one.after, one.reason) for one in tighter.flips} == {("refused", "NOTIONAL_LIMIT")}
    assert all(one.confirmed for one in tighter.flips)
    assert tighter.profit_before != 0 == tighter.profit_after

    looser = await asked(pool, max_notional_usd="1000000000", max_slippage="1")
    assert {(one.before, one.reason) for one in looser.flips} == {
        ("refused", "NOTIONAL_LIMIT"),
        ("refused", "SLIPPAGE_LIMIT"),
    }
    assert all(one.confirmed for one in looser.flips)
    assert (looser.filled_exactly, looser.sampled) == (2, False)
    assert looser.profit_after != looser.profit_before
    sampled = await asked(pool, exact=1, max_notional_usd="1000000000", max_slippage="1")
    assert (sampled.filled_exactly, sampled.sampled) == (1, True)

    budget = await asked(pool, max_daily_notional_usd="1000000000")
    assert [(one.reason, one.confirmed) for one in budget.flips] == [("DAILY_BUDGET", None)]
    assert (await asked(pool, max_slippage="0.5", exact=0)).flips_total == 1


async def test_recorded_decisions_and_fills_are_what_the_code_makes_of_them(pool: Pool) -> None:
    reader = LedgerReader(pool)
    parity = Parity(pool, RecordedMarkets(LedgerSource(reader), PythonRouter()))
    days = (await parity.of(reader, SINCE, UNTIL)).by_date.values()
    assert all(one.equal_millionths == 1_000_000 for one in days)
    assert sum(one.plans for one in days) == len(ACCEPTED)
    assert sum(one.verdicts for one in days) >= len(ACCEPTED) + len(REFUSED)
    fills = [fill for one in days for fill in one.fills]
    assert len(fills) == len(ACCEPTED)
    # Staged histories say which market the venue met: the plan's. Prices did not move before it,
    # and what the venue's draws move them by, 0.05 % at most, is what no market explains.
    assert sum(one.price_moved == 0 for one in fills) == len(fills) - 1, "one venue recorded none"
    assert all(abs(one.total) <= 510 for one in fills)
    parts = [(one.price_moved, one.model, one.total) for one in fills]
    assert all(moved is None or moved + (model or 0) == total for moved, model, total in parts)


async def test_the_gateway_has_it_answered_by_a_process(pool: Pool, database_dsn: str) -> None:
    request = b'{"from":"2025-11-01T00:00:00Z","to":"2026-11-30T00:00:00Z",'
    request += b'"limits":{"max_notional_usd":"0"}}'
    whatifs = ProcessWhatIfs(database_dsn)
    running = asyncio.create_task(whatifs.answer("key", request))
    await asyncio.sleep(0)
    with pytest.raises(Problem) as second:
        await whatifs.answer("key", request)
    assert second.value.code is ProblemCode.WHATIF_RUNS
    answer = WhatIfDocument.model_validate_json(await running)
    assert answer.decisions == answer.flips_total + answer.same > 0

    slow = ProcessWhatIfs(database_dsn, time_limit_seconds=0.01)
    with pytest.raises(Problem) as late:
        await slow.answer("key", request)
    assert late.value.code is ProblemCode.WHATIF_UNAVAILABLE
