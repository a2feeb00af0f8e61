"""The planner and trading states: what waits in front of it is planned once it may be signed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from actors.planner.actors import plan_intent
from actors.planner.obstacles import Obstacles, opened_obstacles
from actors.planner.ports import PLANNER_ROLE, PlannerPorts
from tests.integration.halts.conftest import change, put
from tests.support.factories import LINK, NOW, USDC, WETH, accepted, market_view
from tests.support.limits import PLAN_LIMITS
from tradewind.contracts.envelope import AnyEvent, Event
from tradewind.contracts.intents.payloads import IntentAccepted
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.errors import NotYet
from tradewind.postgres import Pool
from tradewind.trading.venue_settings import VenueChoice

IN_FLIGHT = 40
MARKET = market_view()
OTHER_PAIR = (LINK, USDC)


@pytest.fixture
async def obstacles(database_dsn: str) -> AsyncIterator[Obstacles]:
    """Return what a planner sees of trading states."""
    venues = VenueChoice(UNISWAP_V3, ("paper-*",))
    async with opened_obstacles(database_dsn, PLANNER_ROLE, venues) as obstacles:
        yield obstacles


async def plan(event: Event[IntentAccepted], obstacles: Obstacles) -> list[AnyEvent] | None:
    """Return what the planner says of an intent; None while it waits."""
    ports = PlannerPorts(MARKET, PLAN_LIMITS, lambda: NOW, find_obstacle=obstacles.find)
    try:
        planned: list[AnyEvent] = await plan_intent(event, ports)
    except NotYet:
        return None
    return planned


async def test_what_is_in_flight_at_a_halt_is_planned_once_after_it(
    pool: Pool, obstacles: Obstacles
) -> None:
    """Given messages under way, then none that comes after the answer is planned until it ends."""
    events = [accepted(number) for number in range(1, IN_FLIGHT + 1)]
    before = [asyncio.create_task(plan(event, obstacles)) for event in events]
    await put(pool, change("everything"))
    after = await asyncio.gather(*(plan(event, obstacles) for event in events))
    assert after == [None] * IN_FLIGHT
    await put(pool, change("everything", TradingState.ACTIVE))
    resumed = await asyncio.gather(*(plan(event, obstacles) for event in events))
    topics = Counter(planned[0].topic for planned in resumed if planned)
    assert topics == {"plan.created": IN_FLIGHT}
    for one, again in zip(await asyncio.gather(*before), resumed, strict=True):
        assert one is None or one == again


async def test_states_and_requests_to_cancel_are_read_in_one_statement(
    pool: Pool, obstacles: Obstacles
) -> None:
    """Given messages under way, then each has its own answers, of what is asked for all of them."""
    queries: list[str] = []
    events = [accepted(1, portfolio_id="fund"), accepted(2, portfolio_id="other")]
    await put(pool, change("portfolio:fund"))
    assert (await obstacles.find(events[1])).stop is None
    held = obstacles._connection._held
    assert held is not None
    held.add_query_logger(lambda one: queries.append(one.query))
    halted, free = [one.stop for one in await asyncio.gather(*map(obstacles.find, events))]
    assert halted is not None
    assert (halted.state, free) == (TradingState.HALTED, None)
    assert len(queries) == 1


@pytest.mark.parametrize(
    "scope",
    [
        "account:fund",
        "portfolio:fund",
        "strategy:demo",
        "instrument:ethereum-WETH-USDC",
        "chain:ethereum",
        "venue:uniswap_v3",
    ],
)
async def test_a_halt_of_anything_that_concerns_it_keeps_an_intent(
    pool: Pool, obstacles: Obstacles, scope: str
) -> None:
    concerned = accepted(1, portfolio_id="fund")
    other = accepted(2, portfolio_id="other", strategy_id="paper-other", assets=OTHER_PAIR)
    await put(pool, change(scope))
    assert (await obstacles.find(concerned)).stop is not None
    if not scope.startswith("chain"):
        assert (await obstacles.find(other)).stop is None


async def test_while_a_portfolio_is_reducing_a_sale_of_what_it_holds_is_planned(
    pool: Pool, owner: Pool, obstacles: Obstacles
) -> None:
    await put(pool, change("portfolio:fund", TradingState.REDUCING))
    purchase = accepted(1, portfolio_id="fund")
    sale = accepted(2, portfolio_id="fund", intent_type="dispose")
    assert [(await obstacles.find(one)).stop is None for one in (purchase, sale)] == [False, False]
    await owner.execute(
        "INSERT INTO entries (event_id, number, portfolio_id, kind, counter_account, chain, token, "
        "symbol, decimals, amount, place, time, global_seq) VALUES ('e', 1, 'fund', 'FILL', "
        "'market', 'ethereum', $1, 'WETH', 18, $2, 'p', now(), 1)",
        *(WETH.address, sale.payload.intent.amount_base_units),
    )
    assert [(await obstacles.find(one)).stop is None for one in (purchase, sale)] == [False, True]
