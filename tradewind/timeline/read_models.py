"""Documents as they were after an event of the ledger, folded from what was recorded until then."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, cast

from tradewind.contracts.instruments.assets import Asset
from tradewind.ledger.history.reader import LedgerReader
from tradewind.postgres import Pool, outage_is_transient
from tradewind.readmodels.models.positions import (
    POSITIONS,
    PositionsDocument,
    document_of,
)
from tradewind.readmodels.read_model import ReadModel, ReadModelDocument
from tradewind.readmodels.reader import (
    DEFAULT_PAGE_SIZE,
    NO_FILTER,
    FoldedReadModels,
    FoldTurns,
    Page,
)
from tradewind.timeline.cut_ledger import CutLedger
from tradewind.timeline.moments import AsOf
from tradewind.timeline.queries import QUERIES
from tradewind.trading.accounting.holding import Holding

MAX_KEYS: Final = 10_000
BEFORE_ALL_TIME: Final = datetime.min.replace(tzinfo=UTC)

_POSITIONS = QUERIES["select_positions"]
_LAST_FILL = QUERIES["select_last_fill"]


class ReadModelsAsOf:
    """Reads documents as a gateway does, but as they were; errors as in ReadModelReader."""

    def __init__(self, pool: Pool, as_of: AsOf, turns: FoldTurns | None = None) -> None:
        self._pool = pool
        self._as_of = as_of
        at = as_of.recorded_at or BEFORE_ALL_TIME
        self.ledger: LedgerReader = CutLedger(pool, as_of.incarnation, as_of.sequence, at)
        self._folded = FoldedReadModels(self.ledger, turns=turns)

    async def read[D: ReadModelDocument](
        self, read_model: ReadModel[D], identifier: str
    ) -> D | None:
        """Return a document, or None when there was none yet."""
        if cast(object, read_model) is POSITIONS:
            return cast("D | None", await self._positions(identifier))
        return await self._folded.read(read_model, identifier)

    async def page[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Mapping[str, str | None] = NO_FILTER,
        cursor: str | None = None,
        limit: int = DEFAULT_PAGE_SIZE,
    ) -> Page[D]:
        """Return documents by the fields of their index, newest first, older than `cursor` only."""
        return await self._folded.page(read_model, where, cursor, limit)

    async def count[D: ReadModelDocument](
        self,
        read_model: ReadModel[D],
        where: Sequence[Mapping[str, str | None]],
        lowest: str | None,
        highest: str | None,
    ) -> int | None:
        """Return None: nothing counts what was."""
        return None

    async def _positions(self, strategy_id: str) -> PositionsDocument | None:
        if not POSITIONS.pattern.fullmatch(strategy_id):
            return None
        sequence = self._as_of.sequence
        with outage_is_transient():
            async with self._pool.acquire() as connection:
                rows = await connection.fetch(_POSITIONS, sequence, strategy_id, None, MAX_KEYS)
                version = await connection.fetchval(_LAST_FILL, sequence, strategy_id)
        if not rows:
            return None
        return document_of(
            strategy_id,
            self._as_of.incarnation,
            version,
            max(row["last_at"] for row in rows),
            [holding_of(row) for row in rows],
        )


def holding_of(row: Mapping[str, Any]) -> Holding:
    """Return what was held, from a row of `select_positions`."""
    base, quote = (
        Asset(
            symbol=row[f"{name}_symbol"],
            chain=row["chain"],
            address=row[name],
            decimals=row[f"{name}_decimals"],
        )
        for name in ("base", "quote")
    )
    numbers = (int(row[name]) for name in ("quantity", "cost", "realised", "fills"))
    return Holding(base, quote, *numbers)
