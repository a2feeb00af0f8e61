"""The calls about what was traded and what was refused: what is asked for, and the answer."""

from collections.abc import Mapping
from datetime import datetime

from tradewind_client.calls import Call, model_reader
from tradewind_client.resources import Page
from tradewind_client.rest_models import BlockEvent, BlockReasons, Fill

Query = Mapping[str, str | int | None]


def filters(
    portfolio_id: str | None,
    strategy_id: str | None,
    instrument: str | None,
    since: datetime | None,
    until: datetime | None,
) -> dict[str, str | int | None]:
    """Return the query that selects refusals or fills."""
    return {
        "portfolio_id": portfolio_id,
        "strategy_id": strategy_id,
        "instrument": instrument,
        "from": None if since is None else since.isoformat(),
        "to": None if until is None else until.isoformat(),
    }


def list_fills(query: Query) -> Call[Page[Fill]]:
    return Call("GET", "/live/fills", model_reader(Page[Fill]), query)


def list_blocks(query: Query) -> Call[Page[BlockEvent]]:
    return Call("GET", "/live/blocks", model_reader(Page[BlockEvent]), query)


def count_block_reasons(query: Query) -> Call[BlockReasons]:
    return Call("GET", "/live/block-reasons", model_reader(BlockReasons), query)
