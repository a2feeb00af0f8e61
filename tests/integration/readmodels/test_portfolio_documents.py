"""A portfolio's document follows from its newest epoch, positions from the chain's order."""

from decimal import Decimal

import pytest

from tests.integration.readmodels.harness import ReadModelHarness
from tests.support.factories import USDC, WETH
from tests.support.histories import History
from tests.support.trades import FIRST_DAY
from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.portfolio.histories import Epoch
from tradewind.contracts.system.trading_states import TradingState
from tradewind.readmodels.models.portfolio import PORTFOLIO
from tradewind.readmodels.models.positions import POSITIONS
from tradewind.readmodels.rebuild.rebuild import Rebuild
from tradewind.trading.accounting import series
from tradewind.trading.accounting.accounts import Accounts, Balance, Position
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import pair_key, token_key
from tradewind.trading.accounting.publish import Told, updated_payload

PAIR = pair_key(WETH, USDC)
EPOCH_EVENTS = 3


def updates(count: int) -> list[AnyEvent]:
    """Return what a portfolio says of as many settlements, in epochs of three events."""
    epoch, events = Epoch(), []
    for number in range(1, count + 1):
        accounts = Accounts(
            "fund",
            balances={token_key(WETH): Balance(WETH, number * 10**18, Decimal(3_000))},
            positions={PAIR: Position(Holding(WETH, USDC, number * 10**18, 1, 0, number))},
        )
        told = Told(
            *(Decimal(number), Decimal(0), TradingState.ACTIVE, number, FIRST_DAY, None),
            pairs=[PAIR],
        )
        epoch, more = updated_payload(accounts, epoch, told, (), EPOCH_EVENTS)
        events += more
    return events


async def test_a_portfolio_is_shown_and_the_ledger_says_the_same(
    harness: ReadModelHarness,
) -> None:
    for event in updates(8):
        assert await harness.write([event])
    document = await harness.reader.read(PORTFOLIO, "fund")
    assert document is not None
    assert (document.epoch, document.as_of, document.version) == (3, 8, 8)
    assert [one.quantity for one in document.positions] == [8]
    assert document.figures.gross == 24_000
    before = await harness.snapshot()
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical
    await harness.redis.flushall()
    assert await harness.reader.read(PORTFOLIO, "fund") == document
    await harness.new_projector().catch_up()
    assert await harness.snapshot() == before


async def test_only_the_newest_epoch_is_read(
    harness: ReadModelHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.append(updates(8))
    read: list[int] = []
    group = harness.recorded.group

    async def counting(*arguments: object) -> object:
        page = await group(*arguments)  # type: ignore[arg-type]
        read.extend(one.global_seq for one in page)
        return page

    monkeypatch.setattr(harness.recorded, "group", counting)
    await harness.redis.flushall()
    assert await harness.reader.read(PORTFOLIO, "fund") is not None
    assert read == [7, 8]


async def test_positions_whose_fills_come_late_are_folded_again(
    harness: ReadModelHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "CHUNK_TRADES", 1)
    monkeypatch.setattr(series, "KEPT_CHUNKS", 1)
    histories = [History(number) for number in range(1, 7)]
    for history in reversed(histories):
        assert await harness.write(history.completed(fills=2))
    before = await harness.snapshot()
    assert (await Rebuild(harness.recorded, harness.redis).verify()).is_identical
    await harness.redis.flushall()
    await harness.new_projector().catch_up()
    assert await harness.snapshot() == before
    document = await harness.reader.read(POSITIONS, "demo")
    assert document is not None
    assert document.positions[0].fills == 12
