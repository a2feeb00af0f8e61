"""Manifests of datasets in PostgreSQL: operators and the recorder write, everybody reads."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tradewind.contracts.wire import format_timestamp, parse_time
from tradewind.datasets.errors import UnknownDataset
from tradewind.datasets.model import Dataset, DatasetKind
from tradewind.postgres import Pool, outage_is_transient
from tradewind.queries import load_queries

_QUERIES: Final = load_queries("tradewind.datasets")
MAX_PAGE: Final = 200


class Filter(NamedTuple):
    """Which datasets are asked for; None for all."""

    kind: DatasetKind | None = None
    instrument: str | None = None
    interval: str | None = None


class DatasetStore:
    """The table of datasets. Every method raises DatabaseUnavailable while PostgreSQL is away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, dataset: Dataset) -> bool:
        """Keep a manifest; False when its content is known, whose first manifest stays."""
        with outage_is_transient():
            added = await self._pool.fetchval(
                _QUERIES["insert_dataset"],
                *(dataset.dataset_id, dataset.kind.value, dataset.instrument, dataset.interval),
                *(dataset.from_, dataset.to, dataset.rows, dataset.sha256, dataset.bytes),
                *(dataset.model_dump_json(by_alias=True), dataset.created_at),
            )
        return added is not None

    async def find(self, dataset_id: str) -> Dataset | None:
        """Return a manifest, or None."""
        with outage_is_transient():
            text = await self._pool.fetchval(_QUERIES["select_dataset"], dataset_id)
        return None if text is None else Dataset.model_validate_json(text)

    async def get(self, dataset_id: str) -> Dataset:
        """Return a manifest; UnknownDataset when there is none."""
        found = await self.find(dataset_id)
        if found is None:
            raise UnknownDataset(f"{dataset_id} is not known")
        return found

    async def page(
        self, wanted: Filter = Filter(), *, after: str | None = None, limit: int = 50
    ) -> Sequence[Dataset]:
        """Return at most `limit` of 200 manifests, newest first, after a cursor of `cursor_of`.

        ValueError for a cursor that is none.
        """
        moment, dataset_id = (None, None) if after is None else _parsed(after)
        with outage_is_transient():
            rows = await self._pool.fetch(
                _QUERIES["select_datasets"],
                *(None if wanted.kind is None else wanted.kind.value, wanted.instrument),
                *(wanted.interval, moment, dataset_id, min(limit, MAX_PAGE)),
            )
        return [Dataset.model_validate_json(row["manifest"]) for row in rows]


def cursor_of(dataset: Dataset) -> str:
    """Return the cursor of the page after a dataset."""
    return f"{format_timestamp(dataset.created_at)}~{dataset.dataset_id}"


def _parsed(cursor: str) -> tuple[datetime, str]:
    moment, _, dataset_id = cursor.partition("~")
    return parse_time(moment), dataset_id
