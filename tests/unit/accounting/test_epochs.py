"""A portfolio's history goes on in epochs, each of which begins with everything."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.factories import USDC, WETH
from tests.support.trades import FIRST_DAY
from tradewind.contracts.envelope import AnyEvent, parse_event
from tradewind.contracts.ids import MAX_SEQUENCE, parse_correlation_id
from tradewind.contracts.instruments.assets import Asset
from tradewind.contracts.portfolio.histories import (
    MAX_EPOCH_EVENTS,
    Epoch,
    portfolio_correlation_id,
)
from tradewind.contracts.portfolio.payloads import MAX_PARTS, PortfolioOpened, PortfolioUpdated
from tradewind.contracts.registry import resting_topics, terminal_topics
from tradewind.contracts.system.trading_states import TradingState
from tradewind.readmodels.models.portfolio import PORTFOLIOS, Portfolio, evolve_portfolio
from tradewind.trading.accounting.accounts import Accounts, Balance, Position
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import pair_key, token_key
from tradewind.trading.accounting.publish import Told, updated_payload

PEGGED = (token_key(USDC),)


def accounts_of(quantity: int = 10**18) -> Accounts:
    held = Position(Holding(WETH, USDC, quantity, 3_000 * 10**6, 0, 1))
    return Accounts(
        "fund",
        balances={
            token_key(WETH): Balance(WETH, quantity, Decimal(3_000)),
            token_key(USDC): Balance(USDC, 7_000 * 10**6, Decimal(1)),
        },
        positions={pair_key(WETH, USDC): held},
    )


def told(as_of: int, **changes: Any) -> Told:
    values: dict[str, Any] = {
        "reserved_usd": Decimal(100),
        "used_usd": Decimal(50),
        "state": TradingState.ACTIVE,
        "as_of": as_of,
        "at": FIRST_DAY,
        "cause": None,
    }
    return Told(**values | changes)


def document_of(events: Iterable[AnyEvent]) -> str:
    portfolio = Portfolio("fund")
    for place, event in enumerate(events, 1):
        portfolio = evolve_portfolio(portfolio, event, place)
    return PORTFOLIOS.documents(portfolio, "first")[0].model_dump_json(exclude={"version"})


def test_the_first_event_opens_and_tells_everything() -> None:
    epoch, (event,) = updated_payload(accounts_of(), Epoch(), told(7), PEGGED)
    assert epoch == Epoch(1, 1, FIRST_DAY)
    assert (event.topic, event.correlation_id) == (PortfolioOpened.topic, "portfolio-fund-1")
    assert event.subject == "portfolio.opened._.fund"
    assert [one.quantity for one in event.payload.positions] == [1]
    assert {one.symbol for one in event.payload.balances} == {"WETH", "USDC"}
    figures = event.payload.figures
    assert (figures.gross, figures.net) == (3_000, 3_000)
    assert (figures.cash, figures.equity) == (7_000, 10_000)
    assert (figures.reserved, figures.used, figures.unrealised) == (100, 50, 0)
    assert parse_event(event.to_bytes()) == event


def test_later_ones_tell_what_changed() -> None:
    epoch, events = updated_payload(accounts_of(), Epoch(), told(1), PEGGED)
    epoch, (event,) = updated_payload(
        accounts_of(2 * 10**18), epoch, told(2, tokens=[token_key(WETH)]), PEGGED
    )
    assert epoch.last_sequence == event.sequence == 2
    assert event.causation_id == events[0].event_id
    assert event.payload.positions == ()
    assert [one.symbol for one in event.payload.balances] == ["WETH"]
    assert parse_event(event.to_bytes()) == event


def test_a_full_epoch_is_followed_by_one_that_needs_nothing_of_it() -> None:
    epoch, recorded = Epoch(), []
    for place in range(1, 11):
        accounts = accounts_of(place * 10**18)
        news = told(place, pairs=[pair_key(WETH, USDC)], tokens=[token_key(WETH)])
        epoch, events = updated_payload(accounts, epoch, news, PEGGED, max_epoch_events=4)
        recorded += events
    assert [(one.payload.epoch, one.sequence) for one in recorded] == [
        *((1, number) for number in range(1, 5)),
        *((2, number) for number in range(1, 5)),
        *((3, number) for number in range(1, 3)),
    ]
    newest = [one for one in recorded if one.payload.epoch == 3]
    assert document_of(newest) == document_of(recorded)


def test_an_epoch_that_is_recorded_late_changes_nothing() -> None:
    epoch, first = updated_payload(accounts_of(), Epoch(), told(1), PEGGED, max_epoch_events=2)
    epoch, late = updated_payload(accounts_of(), epoch, told(2), PEGGED, max_epoch_events=2)
    _, second = updated_payload(accounts_of(5), epoch, told(3), PEGGED, max_epoch_events=2)
    assert document_of([*first, *second, *late]) == document_of([*first, *late, *second])


@pytest.mark.parametrize(("hours", "is_over"), [(0, False), (2, False), (25, False), (26, True)])
def test_an_epoch_ends_with_the_utc_day_in_which_it_is_older_than_a_day(
    hours: int, is_over: bool
) -> None:
    """It was opened at ten in the evening: young at the first midnight, old at the second one."""
    epoch = Epoch(1, 2, FIRST_DAY)
    assert epoch.is_over(FIRST_DAY + timedelta(hours=hours)) is is_over


def test_seventy_thousand_updates_fit_two_histories() -> None:
    epoch, opened = Epoch(), 0
    for _ in range(70_000):
        if epoch.is_over(FIRST_DAY):
            epoch, opened = Epoch(epoch.number + 1, 0, FIRST_DAY), opened + 1
        epoch = epoch._replace(last_sequence=epoch.last_sequence + 1)
        assert epoch.last_sequence <= MAX_EPOCH_EVENTS < MAX_SEQUENCE
    assert (opened, epoch) == (2, Epoch(2, 20_000, FIRST_DAY))


def test_what_exceeds_an_event_follows_in_the_next_one() -> None:
    tokens = [
        Asset(symbol=f"T{number}", chain="ethereum", address=f"0x{number:040x}", decimals=18)
        for number in range(1, MAX_PARTS + 6)
    ]
    accounts = Accounts(
        "fund",
        balances={token_key(one): Balance(one, 10**30) for one in tokens},
        positions={
            pair_key(one, USDC): Position(Holding(one, USDC, 10**30, 10**30, 0, 1))
            for one in tokens
        },
    )
    epoch, events = updated_payload(accounts, Epoch(), told(1), PEGGED)
    assert [one.topic for one in events] == [PortfolioOpened.topic, PortfolioUpdated.topic]
    assert epoch.last_sequence == 2
    assert sum(len(one.payload.positions) for one in events) == MAX_PARTS + 5
    assert all(parse_event(one.to_bytes()) == one for one in events)


def test_what_has_no_price_is_absent() -> None:
    accounts = accounts_of()
    balances = {**accounts.balances, token_key(WETH): Balance(WETH, 1)}
    _, (event,) = updated_payload(accounts._replace(balances=balances), Epoch(), told(1), PEGGED)
    figures = event.payload.figures
    assert figures.gross is figures.net is figures.equity is figures.unrealised is None
    assert figures.cash == 7_000
    assert "equity" not in event.to_bytes().decode()


@pytest.mark.parametrize("portfolio_id", ["a", "A" * 48, "B" * 49, "C" * 64, "d-1"])
def test_histories_of_any_portfolio_are_named(portfolio_id: str) -> None:
    names = {portfolio_correlation_id(portfolio_id, epoch) for epoch in (1, 2, 10**6)}
    assert len(names) == 3
    assert all(len(parse_correlation_id(name)[1]) <= 64 for name in names)


def test_no_portfolio_can_be_called_like_the_hash_of_another() -> None:
    _, name = parse_correlation_id(portfolio_correlation_id("B" * 64, 1))
    assert name.startswith("_")


def test_nobody_has_to_act_on_what_a_portfolio_tells() -> None:
    told = {PortfolioOpened.topic, PortfolioUpdated.topic}
    assert told <= resting_topics()
    assert not told & terminal_topics()
