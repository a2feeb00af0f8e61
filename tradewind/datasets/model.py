"""What is known about a dataset: its manifest, a row of `backtest.datasets`."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from tradewind.contracts.backtests.model import DatasetId, Instrument, Sha256
from tradewind.contracts.instruments.assets import Address
from tradewind.contracts.market.model import Interval
from tradewind.contracts.payload import is_absent
from tradewind.contracts.wire import Document, Timestamp

MAX_ROWS: Final = 20_000_000
MAX_GAPS: Final = 100
"""That are kept with their times; more are counted."""
MAX_NOTES: Final = 64
MAX_NOTE_CHARACTERS: Final = 300
MAX_POOLS: Final = 64
ROW_GROUP: Final = 131_072
ID_DIGITS: Final = 16

Count = Annotated[int, Field(ge=0)]


class DatasetKind(StrEnum):
    """What the rows of a dataset are."""

    CANDLES = "candles"
    SIGNALS = "signals"
    POOL_EVENTS = "pool_events"


class Gap(Document):
    """A stretch without candles, from the first missing one to before the next one there is."""

    from_: Timestamp = Field(alias="from")
    to: Timestamp
    missing: int = Field(ge=1)


class Note(Document):
    """Something that was changed or left out when the dataset was made."""

    code: str = Field(pattern=r"^[a-z][a-z_]{0,31}$")
    rows: Count
    """How many rows it was about."""
    text: str = Field(max_length=MAX_NOTE_CHARACTERS)


class Provenance(Document):
    """Where a dataset comes from."""

    source: str = Field(max_length=64)
    """`binance_vision`, `ccxt`, `freqtrade_feather`, `hyperliquid`, `chain`, `recorder`, ..."""
    detail: str = Field("", max_length=MAX_NOTE_CHARACTERS)
    """Names of files, without their folders, or what a provider was asked."""
    source_sha256: Annotated[tuple[Sha256, ...], Field(max_length=1_024)] = ()
    """Of the files, in the order in which they were given."""
    from_dataset: DatasetId | None = Field(None, exclude_if=is_absent)
    """Of finer candles it was made from."""


class Dataset(Document):
    """An immutable file of history. Equal contents have equal ids, wherever they come from."""

    dataset_id: DatasetId
    kind: DatasetKind
    instrument: Instrument | None = Field(None, exclude_if=is_absent)
    """Absent where rows name their own, as signals do."""
    interval: Interval | None = Field(None, exclude_if=is_absent)
    """Of candles."""
    from_: Timestamp = Field(alias="from")
    """The first row's time; candles count from their opening."""
    to: Timestamp
    """The end of the last row: a candle's close, one millisecond after anything else."""
    rows: int = Field(ge=1, le=MAX_ROWS)
    sha256: Sha256
    """Of the file's bytes."""
    bytes: Count
    gaps: Annotated[tuple[Gap, ...], Field(max_length=MAX_GAPS)] = ()
    gaps_total: Count = 0
    missing: Count = 0
    """Candles, in all gaps."""
    pools: Annotated[tuple[Address, ...], Field(max_length=MAX_POOLS)] = ()
    repairs: Annotated[tuple[Note, ...], Field(max_length=MAX_NOTES)] = ()
    provenance: Provenance
    created_at: Timestamp
    created_by: str = Field(max_length=64)


def id_of(sha256: str) -> str:
    """Return the id of the dataset whose file has this hash."""
    return f"ds-{sha256[:ID_DIGITS]}"
