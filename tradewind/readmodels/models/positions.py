"""A strategy's positions: its fills at average cost, in the order of the chain. Pure; exact."""

import sys
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

import orjson

from tradewind.contracts import amounts
from tradewind.contracts.amounts import from_base_units
from tradewind.contracts.envelope import Event
from tradewind.contracts.execution import payloads, pool_fees
from tradewind.contracts.execution.payloads import StepFilled
from tradewind.contracts.instruments import assets
from tradewind.contracts.instruments.assets import Asset, instrument_key
from tradewind.contracts.intents.model import StrategyId
from tradewind.contracts.precision import EXACT
from tradewind.contracts.subjects import KEY_TOKEN
from tradewind.contracts.unchecked import builder
from tradewind.contracts.wire import DecimalString, Document, Timestamp
from tradewind.ledger.history.group_key import GroupKey
from tradewind.readmodels.folds import GroupFold, Keeping, code_of
from tradewind.readmodels.models.criteria import ratio
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.trading.accounting import bookings, holding, place, seen, series
from tradewind.trading.accounting import keys as accounting_keys
from tradewind.trading.accounting.bookings import exchanged, fill_place, key_of
from tradewind.trading.accounting.holding import Holding
from tradewind.trading.accounting.keys import PairKey, pair_key
from tradewind.trading.accounting.seen import Seen
from tradewind.trading.accounting.series import Chunk, PlacedTrade, Series


class Position(Document):
    """What a strategy holds of one instrument, at average cost. Whole tokens."""

    instrument: str
    base: str
    quote: str
    quantity: DecimalString
    """Base held; negative when more was sold than bought."""
    average_cost: DecimalString | None
    """Quote per base of what is held; None when nothing is."""
    realised_pnl: DecimalString
    """Quote gained by what was closed."""
    fills: int


class PositionsDocument(ReadModelDocument):
    """`positions:{strategy_id}`. `version` is the global_seq of the last fill recorded."""

    strategy_id: StrategyId
    last_event_time: Timestamp
    pnl: DecimalString | None
    """Realised, in the one quote token; None when the positions have several."""
    pnl_by_quote: dict[str, DecimalString]
    positions: tuple[Position, ...]


POSITIONS: Final = ReadModel(
    prefix="positions:",
    document=PositionsDocument,
    identifier="strategy_id",
    pattern=KEY_TOKEN,
    may_outgrow_schema=True,
)

build_position = builder(Position)
build_positions = builder(PositionsDocument)


class Positions(NamedTuple):
    """A strategy's trades, by pair and in the order of the chain.

    `version` is the global_seq of the last fill folded in.
    """

    strategy_id: str
    version: int = 0
    last_event_time: datetime | None = None
    series: Mapping[PairKey, Series] = {}
    told: Seen = Seen()


def evolve_positions(positions: Positions, event: Event[StepFilled], global_seq: int) -> Positions:
    """Fold a fill into the positions; one that is folded in already changes nothing.

    A history has the fill that stands first: another one of the same key counts for nothing. It
    raises Forgotten for a fill that belongs before all that is kept.
    """
    if global_seq <= positions.version:
        return positions
    name = ".".join(map(str, key_of(event.payload)))
    if positions.told.has(name):
        return positions._replace(version=global_seq)
    base, quote = event.payload.step.base, event.payload.step.quote
    key = pair_key(base, quote)
    series = positions.series.get(key) or Series(Holding(base, quote))
    series = series.insert(PlacedTrade(fill_place(event).key, *exchanged(event.payload)))
    last = positions.last_event_time
    return Positions(
        positions.strategy_id,
        global_seq,
        event.timestamp if last is None else max(last, event.timestamp),
        {**positions.series, key: series},
        positions.told.add(name),
    )


def trim_positions(positions: Positions) -> Positions:
    """Return the positions without the trades that nothing should come before any more."""
    return positions._replace(
        series={key: series.trimmed() for key, series in positions.series.items()}
    )


def to_document(positions: Positions, incarnation: str) -> PositionsDocument | None:
    """Make the document, sorted by pair; None before the first fill."""
    if positions.last_event_time is None:
        return None
    holdings = [positions.series[key].holding for key in sorted(positions.series)]
    return document_of(
        positions.strategy_id, incarnation, positions.version, positions.last_event_time, holdings
    )


def document_of(
    strategy_id: str,
    incarnation: str,
    version: int,
    last_event_time: datetime,
    holdings: Sequence[Holding],
) -> PositionsDocument:
    """Make the document of what is held, sorted by pair."""
    pnl_by_quote: dict[str, Decimal] = {}
    for one in holdings:
        gain = from_base_units(one.realised, one.quote.decimals)
        symbol = one.quote.symbol
        pnl_by_quote[symbol] = EXACT.add(pnl_by_quote.get(symbol, Decimal(0)), gain)
    return build_positions(
        incarnation=incarnation,
        version=version,
        strategy_id=strategy_id,
        last_event_time=last_event_time,
        pnl=next(iter(pnl_by_quote.values())) if len(pnl_by_quote) == 1 else None,
        pnl_by_quote=pnl_by_quote,
        positions=tuple(map(_position, holdings)),
    )


def _position(holding: Holding) -> Position:
    quantity = from_base_units(holding.quantity, holding.base.decimals)
    cost = from_base_units(holding.cost, holding.quote.decimals)
    return build_position(
        instrument=instrument_key(holding.base, holding.quote),
        base=holding.base.symbol,
        quote=holding.quote.symbol,
        quantity=quantity,
        average_cost=ratio(cost, quantity),
        realised_pnl=from_base_units(holding.realised, holding.quote.decimals),
        fills=holding.fills,
    )


def _documents(positions: Positions, incarnation: str) -> list[ReadModelDocument]:
    document = to_document(positions, incarnation)
    return [] if document is None else [document]


def pack_positions(positions: Positions) -> bytes:
    """Make JSON of trimmed positions; amounts are texts, as they may have more than 64 bits."""
    packed = {
        "version": positions.version,
        "time": positions.last_event_time,
        "told": b64encode(b"".join(positions.told.marks())).decode(),
        "series": [_pack_series(positions.series[key]) for key in sorted(positions.series)],
    }
    return orjson.dumps(packed)


def unpack_positions(strategy_id: str, packed: Any) -> Positions:
    """Return the positions that the JSON was made of."""
    every = [_unpack_series(one) for one in packed["series"]]
    return Positions(
        strategy_id,
        packed["version"],
        packed["time"] and datetime.fromisoformat(packed["time"]),
        {pair_key(one.start.base, one.start.quote): one for one in every},
        Seen.of(b64decode(packed["told"])),
    )


def _pack_series(series: Series) -> Any:
    start = series.start
    assets = [asset.model_dump(mode="json") for asset in (start.base, start.quote)]
    chunks = [
        [[[key, str(quantity), str(cost)] for key, quantity, cost in trades], _pack(after)]
        for _, trades, after in series.chunks
    ]
    return [assets, _pack(start), series.floor, chunks]


def _unpack_series(packed: Any) -> Series:
    assets, amounts, floor, chunks = packed
    base, quote = (Asset.model_validate_json(orjson.dumps(one)) for one in assets)
    start = before = Holding(base, quote, *map(int, amounts))
    every = []
    for trades, amounts in chunks:
        after = Holding(base, quote, *map(int, amounts))
        told = tuple(PlacedTrade(key, int(some), int(cost)) for key, some, cost in trades)
        every.append(Chunk(before, told, after))
        before = after
    return Series(start, floor, tuple(every))


def _pack(holding: Holding) -> list[str]:
    """Return the amounts of a holding as texts."""
    return [str(amount) for amount in holding[2:]]


FILLS_BY_STRATEGY: Final = GroupFold(
    read_models=(POSITIONS,),
    by=GroupKey.STRATEGY,
    payloads=(StepFilled,),
    begin=Positions,
    evolve=evolve_positions,
    documents=_documents,
    trim=trim_positions,
    keeping=Keeping(
        pack_positions,
        unpack_positions,
        code_of(
            *(sys.modules[__name__], bookings, holding, accounting_keys, place, seen, series),
            *(amounts, assets, payloads, pool_fees),
        ),
    ),
)
