"""A portfolio as its own history tells it: what it has, and what that is worth. Pure."""

import sys
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple

import orjson
from pydantic import Field

from tradewind.contracts.envelope import AnyEvent
from tradewind.contracts.intents.model import PortfolioId
from tradewind.contracts.portfolio import payloads
from tradewind.contracts.portfolio.payloads import (
    PortfolioFigures,
    PortfolioOpened,
    PortfolioPayload,
    PortfolioPosition,
    PortfolioUpdated,
    TokenBalance,
)
from tradewind.contracts.precision import EXACT
from tradewind.contracts.risk import limits
from tradewind.contracts.risk.limits import is_empty
from tradewind.contracts.subjects import KEY_TOKEN
from tradewind.contracts.system import trading_states
from tradewind.contracts.system.trading_states import TradingState
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import (
    IN_STORED_ORDER,
    DecimalString,
    Document,
    Timestamp,
    in_stored_order,
)
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.folds import GroupFold, Keeping, code_of
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument


class PortfolioDocument(ReadModelDocument):
    """`portfolio:{portfolio_id}`. `version` is the global_seq of the last event of its history."""

    portfolio_id: PortfolioId
    last_event_time: Timestamp
    epoch: int
    """Which of its histories is the newest."""
    as_of: int
    """The global_seq up to which fills, claims and capital are in here."""
    day: Timestamp
    """Midnight of the UTC day that `used` and `day_profit` are of."""
    state: TradingState
    figures: PortfolioFigures
    positions: tuple[PortfolioPosition, ...]
    balances: tuple[TokenBalance, ...]
    fees: Annotated[dict[str, DecimalString], IN_STORED_ORDER] = Field({}, exclude_if=is_empty)
    """What pools kept, in quote by its symbol; it is a part of what was paid and received."""


PORTFOLIO: Final = ReadModel(
    prefix="portfolio:",
    document=PortfolioDocument,
    identifier="portfolio_id",
    pattern=KEY_TOKEN,
    may_outgrow_schema=True,
)

build_portfolio = builder(PortfolioDocument)

_KNOWN: Final = {"positions", "balances", "cause", "strategies"}
"""Fields of the newest event that no document is made of, or only with those of events before."""

type _Place = tuple[int, int]


class Portfolio(NamedTuple):
    """What is known of a portfolio. `version` is the global_seq of the last event folded in."""

    portfolio_id: str
    version: int = 0
    place: _Place = (0, 0)
    """Epoch and sequence of the newest event: those of two epochs may be recorded mixed."""
    time: datetime | None = None
    newest: PortfolioPayload | None = None
    positions: Mapping[Any, PortfolioPosition] = {}
    balances: Mapping[Any, TokenBalance] = {}


def evolve_portfolio(portfolio: Portfolio, event: AnyEvent, global_seq: int) -> Portfolio:
    """Fold an event in; an older one than is known counts for nothing, as newer ones have it."""
    if global_seq <= portfolio.version:
        return portfolio
    told: PortfolioPayload = event.payload
    place = (told.epoch, event.sequence)
    if place <= portfolio.place:
        return portfolio._replace(version=global_seq)
    known = Portfolio(portfolio.portfolio_id) if isinstance(told, PortfolioOpened) else portfolio
    positions = {(one.chain, one.base, one.quote): one for one in told.positions}
    balances = {(one.chain, one.address): one for one in told.balances}
    return Portfolio(
        portfolio.portfolio_id,
        global_seq,
        place,
        event.timestamp,
        told,
        {**known.positions, **positions},
        {**known.balances, **balances},
    )


def _documents(portfolio: Portfolio, incarnation: str) -> list[ReadModelDocument]:
    newest, time = portfolio.newest, portfolio.time
    if newest is None or time is None:
        return []
    document = build_portfolio(
        incarnation=incarnation,
        version=portfolio.version,
        portfolio_id=portfolio.portfolio_id,
        last_event_time=time,
        epoch=newest.epoch,
        as_of=newest.as_of,
        day=newest.day,
        state=newest.state,
        figures=newest.figures,
        positions=tuple(portfolio.positions[key] for key in sorted(portfolio.positions)),
        balances=tuple(portfolio.balances[key] for key in sorted(portfolio.balances)),
        fees=_fees(portfolio),
    )
    return [document]


def _fees(portfolio: Portfolio) -> dict[str, Decimal]:
    """Return what pools kept by the symbol of the quote, with which a pair's name ends."""
    fees: dict[str, Decimal] = {}
    for _, one in sorted(portfolio.positions.items()):
        if one.fees is not None:
            symbol = one.instrument.rpartition("-")[2]
            fees[symbol] = EXACT.add(fees.get(symbol, Decimal(0)), one.fees)
    return in_stored_order(fees)


def pack_portfolio(portfolio: Portfolio) -> bytes:
    """Make JSON of what is known; the newest event without what the rest has anyway."""
    newest = portfolio.newest
    packed = {
        "version": portfolio.version,
        "place": portfolio.place,
        "time": portfolio.time,
        "newest": newest and newest.model_dump(mode="json", exclude=_KNOWN),
        "positions": [_pack(portfolio.positions, key) for key in sorted(portfolio.positions)],
        "balances": [_pack(portfolio.balances, key) for key in sorted(portfolio.balances)],
    }
    return orjson.dumps(packed)


def unpack_portfolio(portfolio_id: str, packed: Any) -> Portfolio:
    """Return what the JSON was made of."""
    newest, time = packed["newest"], packed["time"]
    positions = [PortfolioPosition.model_validate_json(text) for text in packed["positions"]]
    balances = [TokenBalance.model_validate_json(text) for text in packed["balances"]]
    return Portfolio(
        portfolio_id,
        packed["version"],
        tuple(packed["place"]),
        time and datetime.fromisoformat(time),
        newest and PortfolioUpdated.model_validate_json(orjson.dumps(newest)),
        {(one.chain, one.base, one.quote): one for one in positions},
        {(one.chain, one.address): one for one in balances},
    )


def _pack(known: Mapping[Any, Document], key: Any) -> str:
    return known[key].model_dump_json()


PORTFOLIOS: Final = GroupFold(
    read_models=(PORTFOLIO,),
    by=GroupKey.PORTFOLIO,
    payloads=(PortfolioOpened, PortfolioUpdated),
    begin=Portfolio,
    evolve=evolve_portfolio,
    documents=_documents,
    opens_epoch=PortfolioOpened,
    keeping=Keeping(
        pack_portfolio,
        unpack_portfolio,
        code_of(sys.modules[__name__], payloads, limits, trading_states),
    ),
)
