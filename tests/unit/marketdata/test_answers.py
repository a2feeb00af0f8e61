"""Answers of the provider: read as they are, lenient about what is added, strict about the rest."""

from contextlib import suppress
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.facts import hyperliquid as facts
from tradewind.trading.marketdata.answers import (
    read_best,
    read_book,
    read_candles,
    read_context,
    read_contexts,
    sensible,
)
from tradewind.trading.marketdata.errors import ProviderUnavailable
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots

CLOSED_MS = 1_790_001_000_000
SIDES = {"levels": [[facts.LEVEL], [facts.LEVEL | {"px": "84212.0"}]]}


def test_every_fact_is_read() -> None:
    listed, contexts = read_contexts(facts.ANSWERS["metaAndAssetCtxs"])
    assert (listed["MATIC"].is_delisted, set(contexts)) == (True, {"BTC"})
    assert contexts["BTC"].funding_hourly == Decimal("0.0000125")
    book = read_book(facts.BOOK | SIDES, "BTC")
    assert book is not None
    assert (book.bids[0].price, book.asks[0].price) == (Decimal("84211.0"), Decimal("84212.0"))
    candles = read_candles(facts.ANSWERS["candleSnapshot"], "BTC", "15m", CLOSED_MS)
    assert candles is not None
    assert candles.close == (Decimal("84211.0"),)
    assert read_context(facts.FRAMES["activeAssetCtx"]) == contexts["BTC"]
    assert read_best(facts.FRAMES["bbo"] | {"unknown": 1}) is not None


def test_a_candle_that_is_still_open_is_left_out() -> None:
    candles = read_candles(facts.ANSWERS["candleSnapshot"], "BTC", "15m", CLOSED_MS - 1)
    assert candles is not None
    assert candles.close == ()


def test_one_odd_row_does_not_take_the_others_with_it() -> None:
    answer = deepcopy(facts.ANSWERS["metaAndAssetCtxs"])
    answer[0]["universe"].append(facts.LISTED | {"name": "ODD"})
    answer[0]["universe"].append(facts.LISTED | {"name": "xyz:TSLA"})
    answer[1] += [facts.CONTEXT | {"markPx": "0.0"}, facts.CONTEXT]
    listed, contexts = read_contexts(answer)
    assert (set(listed), set(contexts)) == ({"BTC", "MATIC", "ODD"}, {"BTC"})


@pytest.mark.parametrize(
    "read",
    [
        lambda: read_book(facts.BOOK | SIDES, "ETH"),
        lambda: read_book(facts.BOOK | {"levels": [[facts.LEVEL | {"px": 1.5}], [facts.LEVEL]]}),
        lambda: read_book(facts.BOOK | {"levels": SIDES["levels"][::-1]}),
        lambda: read_book(facts.BOOK | {"levels": [[facts.LEVEL] * 2, [facts.LEVEL]]}),
        lambda: read_book(facts.BOOK | {"time": "1"}),
        lambda: read_contexts([facts.META, []]),
        lambda: read_contexts({"universe": []}),
        lambda: read_context({"coin": "BTC", "ctx": facts.CONTEXT | {"markPx": "NaN"}}),
        lambda: read_context({"coin": "BTC", "ctx": facts.CONTEXT | {"openInterest": "-1"}}),
        lambda: read_candles([facts.CANDLE | {"s": "ETH"}], "BTC", "15m", CLOSED_MS),
        lambda: read_candles([facts.CANDLE | {"h": "1"}], "BTC", "15m", CLOSED_MS),
        lambda: read_candles([facts.CANDLE] * 2, "BTC", "15m", CLOSED_MS),
    ],
)
def test_what_is_no_answer_may_pass(read: Any) -> None:
    with pytest.raises(ProviderUnavailable, match="nonsense"):
        sensible(read)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coin", "ctx", "levels", "time", "universe", "px", "bbo", "t", "s"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_whatever_comes_is_read_or_refused(answer: Any) -> None:
    for read in (read_book, read_best, read_context, read_contexts):
        with suppress(ProviderUnavailable):
            sensible(lambda read=read: read(answer))  # type: ignore[misc]


def test_a_snapshot_that_is_poison_or_misplaced_is_nobodys() -> None:
    snapshots = PerpSnapshots()
    snapshots.apply("ctx.BTC", b"poison")
    snapshots.apply("feed.weight", b"{}")
    assert snapshots.context("BTC") is None
    assert snapshots.version == 1
    context = read_context(facts.FRAMES["activeAssetCtx"]).model_dump_json()
    kept = f'{{"context":{context},"observed_at":"2026-09-24T12:00:00Z","provider":"x"}}'.encode()
    snapshots.apply("ctx.ETH", kept)
    snapshots.apply("ctx.BTC", kept)
    assert snapshots.context("ETH") is None
    assert snapshots.context("BTC") is not None
    snapshots.remove("ctx.BTC")
    assert snapshots.context("BTC") is None
