"""The state of a Uniswap V3 pool at a block, as the router needs it."""

from typing import Annotated

from pydantic import Field

from tradewind.contracts.instruments.assets import Address, Asset
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import BaseUnits, Timestamp, WireModel

MIN_TICK = -887_272
MAX_TICK = 887_272
"""Beyond these, 1.0001^tick does not fit into the 160 bits of a square root price."""
MAX_INITIALIZED_TICKS = 20_000
MAX_POOLS = 10_000
MAX_CHAINS = 64


class TickLiquidity(WireModel):
    """An initialised tick and the liquidity that enters when price crosses it upwards."""

    index: int = Field(ge=MIN_TICK, le=MAX_TICK)
    liquidity_net: str = Field(pattern=r"^-?\d{1,39}$")
    """int128 as digits."""


class PoolSnapshot(WireModel):
    """slot0, liquidity and ticks of one pool (Uniswap V3 whitepaper section 6.2)."""

    chain: str
    pool: Address
    token0: Asset
    token1: Asset
    fee_pips: int = Field(ge=0, le=1_000_000)
    tick_spacing: int = Field(ge=1, le=16_384)
    sqrt_price_x96: BaseUnits
    tick: int = Field(ge=MIN_TICK, le=MAX_TICK)
    liquidity: BaseUnits
    ticks: tuple[TickLiquidity, ...] = Field(max_length=MAX_INITIALIZED_TICKS)
    """Sorted by index, ascending."""
    block_number: int = Field(ge=0)
    block_time: Timestamp


ContentId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of an observation; its history has the correlation id `instrument-<this>`."""


class ObservedPool(WireModel):
    """The part of a pool's state that changes with every swap."""

    shape: ContentId
    """The content id of the instrument.pool_observed with the rest of its state."""
    sqrt_price_x96: BaseUnits
    tick: int = Field(ge=MIN_TICK, le=MAX_TICK)
    liquidity: BaseUnits
    block_number: int = Field(ge=0)
    block_time: Timestamp
    past_tick: int | None = Field(None, exclude_if=is_absent)
    """The median tick of the last ten minutes, in steps of 100; absent for a shorter past."""


class ChainHead(WireModel):
    """The newest block the pools' states are known for, and the price of gas in the next one."""

    chain: str
    chain_id: int = Field(ge=1)
    block_number: int = Field(ge=0)
    block_hash: str = Field(pattern=r"^0x[0-9a-f]{64}$")
    block_time: Timestamp
    base_fee_per_gas_wei: BaseUnits
    """The base fee of this block per unit of gas, which is burnt (EIP-1559)."""
    priority_fee_per_gas_wei: BaseUnits
    """The priority fee per unit of gas that the node suggests."""
