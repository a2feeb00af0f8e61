"""Fills orders on the markets they were decided on, with the cores of planner and venue."""

from collections.abc import Callable, Iterable, Mapping
from itertools import batched
from typing import Final, NamedTuple

from actors.planner.quoting import read_market
from research.redecide.markets import NotReRunnable, RecordedMarkets
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.instruments.pools import ContentId
from tradewind.contracts.intents.model import Intent
from tradewind.contracts.intents.payloads import IntentSubmitted
from tradewind.contracts.risk.limits import RiskInputs
from tradewind.contracts.risk.payloads import RiskRejected, RiskScreened
from tradewind.ledger.history.reader import LedgerReader
from tradewind.simulation.whatif.answer import Filled
from tradewind.trading.cores.fill import Sale, fill
from tradewind.trading.cores.plan_swap import NoSwap, SwapTerms, plan_swap
from tradewind.trading.pricing.pools.pool_view import PoolView

HISTORIES_AT_ONCE: Final = 200
_BILLION: Final = 10**9
_MILLION: Final = 10**6


class _Told(NamedTuple):
    """What a history tells of an order."""

    intent: Intent
    market: ContentId | None


def told(events: Iterable[AnyEvent]) -> _Told | None:
    """Return the intent of a history, and the market its instrument stage read."""
    intent = market = None
    for event in events:
        payload = event.payload
        if isinstance(payload, IntentSubmitted):
            intent = payload.intent
        elif isinstance(payload, RiskScreened | RiskRejected) and isinstance(
            payload.inputs, RiskInputs
        ):
            market = payload.inputs.market
    return None if intent is None else _Told(intent, market)


def filled(intent: Intent, view: PoolView) -> Filled | None:
    """Return what an intent would have yielded on these pools; None where it has no plan there.

    It is planned and filled on the same states: how prices move until a swap arrives is not known
    of one that was never sent.
    """
    reading = read_market(view, intent)
    is_acquire = intent.intent_type == "acquire"
    terms = SwapTerms(
        intent.base, intent.quote, is_acquire, intent.amount_base_units,
        intent.constraints.max_slippage,
    )  # fmt: skip
    planned = plan_swap(terms, reading.pools, reading.connecting)
    if isinstance(planned, NoSwap):
        return None
    by_address = {one.shape.pool: one for one in (*reading.pools, *reading.connecting)}
    quote = planned.route.quote
    wanted = [leg.pool for leg in quote.legs] or [quote.pool]
    made = fill(Sale.of(terms, planned), [by_address[one] for one in wanted])
    if made.revert is not None:
        return None
    base_units = made.amount_out if is_acquire else planned.amount_in
    quote_units = planned.amount_in if is_acquire else made.amount_out
    sign = 1 if is_acquire else -1
    return Filled(
        sign * _scaled(base_units, intent.base.decimals, _BILLION),
        sign * _scaled(quote_units, intent.quote.decimals, _MILLION),
    )


def _scaled(units: int, decimals: int, factor: int) -> int:
    whole: int = 10**decimals
    return units * factor // whole


async def fill_all(
    reader: LedgerReader,
    markets: RecordedMarkets,
    correlations: Mapping[int, str],
    progress: Callable[[int], object] = lambda done: None,
) -> dict[int, Filled | None]:
    """Return the fill of each order by its place; those whose market is not kept are left out."""
    fills: dict[int, Filled | None] = {}
    for some in batched(correlations.items(), HISTORIES_AT_ONCE):
        histories = await reader.histories([name for _, name in some])
        for place, name in some:
            found = told(one.event for one in histories.get(name, ()))
            if found is not None and found.market is not None:
                await _fill(fills, place, found, markets)
        progress(len(some))
    return fills


async def _fill(
    fills: dict[int, Filled | None], place: int, found: _Told, markets: RecordedMarkets
) -> None:
    assert found.market is not None
    try:
        market = await markets.get(found.market)
    except NotReRunnable:
        return
    fills[place] = filled(found.intent, market.as_recorded)
