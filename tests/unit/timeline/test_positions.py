"""Totals after each fill are what a fold over the ledger says that is cut after that fill."""

from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.examples import examples
from tests.support.trades import all_fills, trades
from tradewind.contracts.envelope import AnyEvent
from tradewind.readmodels.models.positions import Positions, evolve_positions
from tradewind.timeline.positions import ToldFill, Total, fill_of, totals
from tradewind.trading.accounting.keys import pair_key


def row_of(event: AnyEvent, global_seq: int) -> dict[str, Any]:
    """Return what `select_fills` returns of an event."""
    payload = orjson.loads(event.to_bytes())["payload"]
    step = payload["step"]
    return {
        "global_seq": global_seq,
        "event_id": event.event_id,
        "time": event.timestamp,
        "strategy_id": payload.get("strategyId", event.key.portfolio),
        "plan_id": payload["planId"],
        "step_index": payload["stepIndex"],
        "fill_index": payload["fillIndex"],
        "amount_in": payload["amountIn"],
        "amount_out": payload["amountOut"],
        "block_time": payload.get("blockTime"),
        "block_number": payload["blockNumber"],
        "transaction_index": payload.get("transactionIndex"),
        "log_index": payload.get("logIndex"),
        "base": orjson.dumps(step["base"]).decode(),
        "quote": orjson.dumps(step["quote"]).decode(),
        "token_in": step["token_in"],
    }


@st.composite
def told(draw: st.DrawFn) -> list[AnyEvent]:
    """Return fills in any order of recording."""
    return draw(st.permutations(list(all_fills(draw(trades())))))


def continued(known: Sequence[Total], fill: ToldFill, window: int) -> Total:
    """Return the next total from the last few, or from more where the fill is later than those."""
    while (made := totals(known[-window:], [fill], is_whole=window >= len(known))) is None:
        window *= 2
    return made[0]


@settings(max_examples=examples(60), deadline=None)
@given(told(), st.integers(1, 4))
def test_a_total_is_what_the_ledger_cut_there_says(events: list[AnyEvent], window: int) -> None:
    folds: dict[str, Positions] = {}
    known: dict[object, list[Total]] = {}
    for place, event in enumerate(events, 1):
        fill = fill_of(row_of(event, place))
        folded = folds.get(fill.strategy_id) or Positions(fill.strategy_id)
        folds[fill.strategy_id] = folded = evolve_positions(folded, event, place)
        before = known.setdefault(fill.key, [])
        before.append(continued(before, fill, window))
        holding = folded.series[pair_key(fill.base, fill.quote)].holding
        total = before[-1]
        assert (total.quantity, total.cost, total.realised, total.fills) == (
            *(holding.quantity, holding.cost, holding.realised),
            holding.fills,
        )
