"""Makes the events that tell what a portfolio has: `portfolio.opened` and `portfolio.updated`."""

from collections.abc import Collection, Iterator
from datetime import datetime
from decimal import Decimal
from itertools import batched, zip_longest
from typing import NamedTuple

from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import AnyEvent, event_after, first_event
from tradewind.contracts.instruments.assets import instrument_key
from tradewind.contracts.portfolio.histories import (
    MAX_EPOCH_EVENTS,
    Epoch,
    portfolio_correlation_id,
)
from tradewind.contracts.portfolio.payloads import (
    MAX_PARTS,
    EventReference,
    PortfolioFigures,
    PortfolioOpened,
    PortfolioPosition,
    PortfolioUpdated,
    TokenBalance,
)
from tradewind.contracts.roles import Role
from tradewind.contracts.subjects import portfolio_key
from tradewind.contracts.system.trading_states import TradingState
from tradewind.trading.accounting.accounts import Accounts, Balance, Position
from tradewind.trading.accounting.fold import midnight_of
from tradewind.trading.accounting.keys import PairKey, TokenKey
from tradewind.trading.accounting.valuation import recorded_marks, rounded_usd, value_accounts


class Told(NamedTuple):
    """What the book has to say of a portfolio, beside its accounts."""

    reserved_usd: Decimal
    used_usd: Decimal
    state: TradingState
    as_of: int
    at: datetime
    """The time of the last settled event, which dates what is published."""
    cause: EventReference | None
    pairs: Collection[PairKey] = ()
    """The pairs whose position changed."""
    tokens: Collection[TokenKey] = ()
    """The tokens of which there is another amount."""
    strategies: tuple[str, ...] = ()
    """Whose the portfolio is."""


def updated_payload(
    accounts: Accounts,
    epoch: Epoch,
    told: Told,
    pegged: Collection[TokenKey],
    max_epoch_events: int = MAX_EPOCH_EVENTS,
) -> tuple[Epoch, list[AnyEvent]]:
    """Return the next events of a portfolio's history, and how far it goes then.

    It is one portfolio.updated, or the portfolio.opened of another epoch with everything. What
    exceeds MAX_PARTS follows in further portfolio.updated.
    """
    if epoch.is_over(told.at, max_epoch_events):
        epoch = Epoch(epoch.number + 1, 0, told.at)
        told = told._replace(pairs=accounts.positions.keys(), tokens=accounts.balances.keys())
    figures = _figures(accounts, told, pegged)
    events: list[AnyEvent] = []
    for positions, balances in _parts(accounts, told):
        kind = PortfolioUpdated if epoch.last_sequence else PortfolioOpened
        payload = kind(
            portfolio_id=accounts.portfolio_id,
            epoch=epoch.number,
            as_of=told.as_of,
            day=midnight_of(told.at),
            state=told.state,
            figures=figures,
            positions=positions,
            balances=balances,
            cause=told.cause,
            strategies=told.strategies,
        )
        events.append(_event(accounts.portfolio_id, epoch, payload, told.at))
        epoch = epoch._replace(last_sequence=epoch.last_sequence + 1)
    return epoch, events


def _event(
    portfolio_id: str, epoch: Epoch, payload: PortfolioOpened | PortfolioUpdated, at: datetime
) -> AnyEvent:
    correlation_id = portfolio_correlation_id(portfolio_id, epoch.number)
    key = portfolio_key(portfolio_id)
    if not epoch.last_sequence:
        return first_event(
            payload, correlation_id=correlation_id, key=key, producer=Role.PORTFOLIO, at=at
        )
    return event_after(
        payload,
        correlation_id=correlation_id,
        last_sequence=epoch.last_sequence,
        last_topic=(PortfolioOpened if epoch.last_sequence == 1 else PortfolioUpdated).topic,
        key=key,
        producer=Role.PORTFOLIO,
        at=at,
    )


type _Part = tuple[tuple[PortfolioPosition, ...], tuple[TokenBalance, ...]]


def _parts(accounts: Accounts, told: Told) -> Iterator[_Part]:
    """Return positions and balances in parts that fit an event; one part even of nothing."""
    positions = [
        _position(accounts.positions[key], key)
        for key in sorted(told.pairs)
        if key in accounts.positions
    ]
    balances = [
        _balance(accounts.balances[key]) for key in sorted(told.tokens) if key in accounts.balances
    ]
    parts = zip_longest(batched(positions, MAX_PARTS), batched(balances, MAX_PARTS), fillvalue=())
    yield from list(parts) or [((), ())]


def _position(position: Position, key: PairKey) -> PortfolioPosition:
    base, quote, *_ = holding = position.holding
    unpriced = from_base_units(position.unpriced, quote.decimals) if position.unpriced else None
    return PortfolioPosition(
        instrument=instrument_key(base, quote),
        chain=key.chain,
        base=key.base,
        quote=key.quote,
        quantity=from_base_units(holding.quantity, base.decimals),
        cost=from_base_units(holding.cost, quote.decimals),
        realised_pnl=from_base_units(holding.realised, quote.decimals),
        realised_usd=rounded_usd(position.realised_usd),
        unpriced_pnl=unpriced,
        fees=None if position.fee is None else from_base_units(position.fee, quote.decimals),
        fills=holding.fills,
    )


def _balance(balance: Balance) -> TokenBalance:
    token = balance.token
    return TokenBalance(
        chain=token.chain,
        address=token.address,
        symbol=token.symbol,
        amount=from_base_units(balance.amount, token.decimals),
    )


def _figures(accounts: Accounts, told: Told, pegged: Collection[TokenKey]) -> PortfolioFigures:
    worth = value_accounts(accounts, recorded_marks(accounts), pegged, told.at)
    return PortfolioFigures(
        reserved=rounded_usd(told.reserved_usd),
        used=rounded_usd(told.used_usd),
        gross=_known(worth.gross_usd),
        net=_known(worth.net_usd),
        cash=rounded_usd(worth.cash_usd),
        equity=_known(worth.equity_usd),
        realised=rounded_usd(accounts.realised_usd),
        unrealised=_known(worth.unrealised_usd),
        gas=rounded_usd(accounts.gas_usd),
        fees=_known(accounts.fee_usd),
        day_profit=_known(worth.day_profit_usd),
    )


def _known(value: Decimal | None) -> Decimal | None:
    return None if value is None else rounded_usd(value)
