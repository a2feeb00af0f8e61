"""The Parquet files of datasets: columns, what a file says of itself, writing and reading.

A file says all that its rows do not: kind, instrument, interval, pools. Equal contents are equal
bytes, as long as the version of polars is the same.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import polars as pl
from pydantic import Field, ValidationError

from tradewind.contracts.backtests.model import Instrument
from tradewind.contracts.instruments.assets import Address, Asset
from tradewind.contracts.market.model import Interval
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import Document
from tradewind.datasets.columns import PoolFacts
from tradewind.datasets.errors import DatasetDamaged
from tradewind.datasets.model import MAX_POOLS, ROW_GROUP, DatasetKind

PRICE_SCALE: Final = 18
PRICE: Final = pl.Decimal(38, PRICE_SCALE)
TIME: Final = pl.Datetime("ms", "UTC")
HEADER_KEY: Final = "tradewind"
PRICES: Final = ("open", "high", "low", "close")
COMPRESSION_LEVEL: Final = 3

type Schema = Mapping[str, pl.DataType]

CANDLES: Final[Schema] = {"time": TIME, **dict.fromkeys(PRICES, PRICE), "volume": pl.Float64()}
SIGNALS: Final[Schema] = {
    "time": TIME,
    "instrument": pl.String(),
    "side": pl.String(),
    "size": PRICE,
    "limit_price": PRICE,
    "id": pl.String(),
}
POOL_EVENTS: Final[Schema] = {
    "block_number": pl.Int64(),
    "time": TIME,
    "log_index": pl.Int32(),
    "pool": pl.String(),
    "event": pl.String(),
    "sqrt_price_x96": pl.String(),
    "liquidity": pl.String(),
    "tick": pl.Int32(),
    "tick_lower": pl.Int32(),
    "tick_upper": pl.Int32(),
    "amount": pl.String(),
}
"""Integers beyond 64 bits are digits. Which columns an event has says `pool_events.py`."""
SCHEMAS: Final[Mapping[DatasetKind, Schema]] = {
    DatasetKind.CANDLES: CANDLES,
    DatasetKind.SIGNALS: SIGNALS,
    DatasetKind.POOL_EVENTS: POOL_EVENTS,
}


class PoolHeader(Document):
    """What a file says of a pool."""

    address: Address
    token0: Asset
    token1: Asset
    fee_pips: int = Field(ge=0, le=1_000_000)
    tick_spacing: int = Field(ge=1, le=16_384)

    @classmethod
    def of(cls, facts: PoolFacts) -> "PoolHeader":
        """Return the same as a document."""
        return cls(**facts._asdict())

    def facts(self) -> PoolFacts:
        """Return the same as columns have it."""
        return PoolFacts(
            self.address, self.token0, self.token1, self.fee_pips, self.tick_spacing
        )


class Header(Document):
    """What a file says of itself."""

    kind: DatasetKind = Field(strict=False)
    instrument: Instrument | None = Field(None, exclude_if=is_absent)
    interval: Interval | None = Field(None, exclude_if=is_absent)
    price_decimals: int = Field(0, ge=0, le=PRICE_SCALE)
    """As many as the prices of candles need: they are read as integers times ten to this power."""
    pools: Annotated[tuple[PoolHeader, ...], Field(max_length=MAX_POOLS)] = ()


def write(frame: pl.DataFrame, header: Header, path: Path) -> None:
    """Write a file of a dataset. The frame has the schema of its kind and ascends in time."""
    frame.select(SCHEMAS[header.kind].keys()).rechunk().write_parquet(
        path,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        row_group_size=ROW_GROUP,
        statistics=True,
        metadata={HEADER_KEY: header.model_dump_json()},
    )


def header_of(path: Path) -> Header | None:
    """Return what one of our files says of itself; None for any other Parquet."""
    text = pl.read_parquet_metadata(path).get(HEADER_KEY)
    if text is None:
        return None
    try:
        return Header.model_validate_json(text)
    except ValidationError:
        return None


def own_header(path: Path) -> Header:
    """Return what a dataset's file says of itself; DatasetDamaged when it does not."""
    try:
        header = header_of(path)
    except (pl.exceptions.PolarsError, OSError):
        header = None
    if header is None:
        raise DatasetDamaged(f"{path.name} is no file of a dataset")
    return header


def scan(path: Path, since_ms: int | None, until_ms: int | None) -> pl.LazyFrame:
    """Return the rows with `since_ms <= time < until_ms`; only their row groups are read."""
    frame = pl.scan_parquet(path)
    if since_ms is not None:
        frame = frame.filter(pl.col("time") >= _moment(since_ms))
    if until_ms is not None:
        frame = frame.filter(pl.col("time") < _moment(until_ms))
    return frame


def _moment(milliseconds: int) -> pl.Expr:
    return pl.lit(milliseconds, dtype=pl.Int64).cast(TIME)


def empty(kind: DatasetKind) -> pl.DataFrame:
    """Return a frame without rows."""
    schema: dict[str, Any] = dict(SCHEMAS[kind])
    return pl.DataFrame(schema=schema)
