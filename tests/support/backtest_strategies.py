"""Hypothesis strategies for what back-tests are asked."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from tradewind.contracts.backtests.model import Run

STARTS = st.datetimes(datetime(2001, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
PARAMETERS = st.dictionaries(NAMES, st.booleans() | st.integers(-99, 99) | st.just("0.5"))


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """Return runs of installed strategies over candles."""
    start = draw(STARTS)
    fields: dict[str, Any] = {
        "strategy": {"kind": "strategy", "name": draw(NAMES), "params": draw(PARAMETERS)},
        "instruments": ("ethereum-WETH-USDC",),
        "from": start,
        "to": start + timedelta(days=draw(st.integers(1, 900))),
        "data": {"kind": "candles", "dataset": "ds-0123456789abcdef", "interval": "1m"},
        "market": {"kind": "constant", "pools": ({"fee_pips": 500, "depth_usd": "4000000"},)},
        "portfolio": {"USDC": draw(st.decimals(1, 10**6, places=2)), "WETH": Decimal(0)},
        "seed": draw(st.integers(0, 2**63 - 1)),
        "record": draw(st.sampled_from(["trades", "summary", "events"])),
    }
    return Run(**fields)
