"""What a run reads of the ledger, as the backtester hands it to its child process."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Final

from pydantic import Field

from actors.slice_process.frames import Frame, Tag
from tradewind.contracts.backtests.model import MAX_FLOWS, Instrument
from tradewind.contracts.instruments.payloads import PoolObserved
from tradewind.contracts.instruments.pools import ContentId, ObservedPool, PoolSnapshot
from tradewind.contracts.market.model import UnixMilliseconds
from tradewind.contracts.wire import BaseUnits, DecimalString, Document
from tradewind.simulation.inputs import RecordedFlow, Side
from tradewind.simulation.loop.flows import price_at
from tradewind.simulation.records import Pair
from tradewind.trading.tokens import NATIVE_SYMBOL, TokenRegistry

FLOWS_A_FRAME: Final = 2_000
MARKETS_A_FRAME: Final = 1_000
MAX_PARTS: Final = 10_000

type Market = tuple[ObservedPool, ...]


class FlowDocument(Document):
    """An intent of the platform; markets are named by their content ids."""

    decided_ms: UnixMilliseconds
    instrument: Instrument
    side: Side
    amount: BaseUnits
    max_slippage: DecimalString
    decision: ContentId | None
    """None where nothing was decided, or the market was too large to be recorded."""
    arrival: ContentId | None
    arrived_ms: UnixMilliseconds
    gas_price_wei: BaseUnits | None
    correlation_id: str = Field(max_length=80)


class RecordedPart(Document):
    """A part of what is read; all parts together are the whole."""

    shapes: Annotated[dict[ContentId, PoolObserved], Field(max_length=MAX_PARTS)] = Field(
        default_factory=dict
    )
    markets: Annotated[dict[ContentId, Market], Field(max_length=MAX_PARTS)] = Field(
        default_factory=dict
    )
    """Of each market the pools that the run can use."""
    flows: Annotated[tuple[FlowDocument, ...], Field(max_length=MAX_FLOWS)] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """All parts."""

    shapes: dict[str, PoolObserved] = field(default_factory=dict)
    markets: dict[str, Market] = field(default_factory=dict)
    flows: list[FlowDocument] = field(default_factory=list)

    def frames(self) -> Iterator[Frame]:
        """Yield the frames that `recorded_of` reads."""
        for name, shape in self.shapes.items():
            yield _frame(RecordedPart(shapes={name: shape}))
        for names in _cut(list(self.markets), MARKETS_A_FRAME):
            yield _frame(RecordedPart(markets={name: self.markets[name] for name in names}))
        for flows in _cut(self.flows, FLOWS_A_FRAME):
            yield _frame(RecordedPart(flows=tuple(flows)))


def recorded_of(frames: Iterable[Frame]) -> Recorded:
    """Return what frames say together; ValidationError for what is no such part."""
    whole = Recorded()
    for one in frames:
        if one.tag is Tag.RECORDED:
            part = RecordedPart.model_validate_json(one.data)
            whole.shapes.update(part.shapes)
            whole.markets.update(part.markets)
            whole.flows.extend(part.flows)
    return whole


def flows_of(recorded: Recorded, tokens: TokenRegistry) -> list[RecordedFlow]:
    """Return the flows with the pools they met; one without a recorded market has none."""
    pools = _Pools(recorded)
    return [_flow_of(one, pools, tokens) for one in recorded.flows]


class _Pools:
    """The pools of recorded markets, made once."""

    def __init__(self, recorded: Recorded) -> None:
        self._recorded = recorded
        self._made: dict[str, list[PoolSnapshot]] = {}

    def of(self, market: str | None) -> Sequence[PoolSnapshot]:
        if market is None or market not in self._recorded.markets:
            return ()
        if market not in self._made:
            states = self._recorded.markets[market]
            self._made[market] = [
                _snapshot(one, self._recorded.shapes[one.shape]) for one in states
            ]
        return self._made[market]


def _flow_of(flow: FlowDocument, pools: _Pools, tokens: TokenRegistry) -> RecordedFlow:
    chain, base, quote = flow.instrument.split("-")
    decision = pools.of(flow.decision)
    pair = _of_pair(decision, {base, quote})
    arrival = _of_pair(pools.of(flow.arrival), {base, quote})
    native = None
    if NATIVE_SYMBOL not in (base, quote):
        native = _native_price(decision, chain, quote, tokens)
    return RecordedFlow(
        decided_ms=flow.decided_ms,
        instrument=flow.instrument,
        side=flow.side,
        amount=flow.amount,
        max_slippage=flow.max_slippage,
        decision_pools=pair,
        # A venue that is a chain records no market: its orders meet the one they were decided on.
        arrival_pools=arrival if len(arrival) == len(pair) else pair,
        arrived_ms=flow.arrived_ms,
        gas_price_wei=flow.gas_price_wei,
        native_price=native,
        correlation_id=flow.correlation_id,
    )


def _native_price(
    pools: Sequence[PoolSnapshot], chain: str, quote: str, tokens: TokenRegistry
) -> Decimal | None:
    """Return what the deepest pool of the native coin and quote says; None without one."""
    found = _of_pair(pools, {NATIVE_SYMBOL, quote})
    known = [tokens.by_symbol(chain, one) for one in (NATIVE_SYMBOL, quote)]
    if not found or None in known:
        return None
    pair = Pair(*(one.asset for one in known if one is not None))
    return price_at(max(found, key=lambda one: one.liquidity).sqrt_price_x96, pair)


def _of_pair(pools: Sequence[PoolSnapshot], symbols: set[str]) -> list[PoolSnapshot]:
    return [one for one in pools if {one.token0.symbol, one.token1.symbol} == symbols]


def _snapshot(state: ObservedPool, shape: PoolObserved) -> PoolSnapshot:
    return PoolSnapshot(
        chain=shape.chain,
        pool=shape.pool,
        token0=shape.token0,
        token1=shape.token1,
        fee_pips=shape.fee_pips,
        tick_spacing=shape.tick_spacing,
        sqrt_price_x96=state.sqrt_price_x96,
        tick=state.tick,
        liquidity=state.liquidity,
        ticks=shape.ticks,
        block_number=state.block_number,
        block_time=state.block_time,
    )


def _frame(part: RecordedPart) -> Frame:
    return Frame(Tag.RECORDED, part.model_dump_json(by_alias=True).encode())


def _cut[T](whole: Sequence[T], length: int) -> Iterator[Sequence[T]]:
    return (whole[start : start + length] for start in range(0, len(whole), length))


def shapes_of(frames: Iterable[Frame]) -> Mapping[str, PoolObserved]:
    """Return the recorded pools that frames have, by content id."""
    return recorded_of(frames).shapes
