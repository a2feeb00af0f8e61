"""The calls about the platform itself, its market, and what became of intents."""

from datetime import datetime
from typing import Final

from tradewind_client.calls import Call, model_reader, path_part
from tradewind_client.rest_models import (
    PlatformDocument,
    PoolList,
    RoleList,
    SearchResult,
    StatsDocument,
    TokenList,
)

JSON_LINES: Final = "application/jsonl"


def show_platform() -> Call[PlatformDocument]:
    return Call("GET", "/platform", model_reader(PlatformDocument))


def show_stats(since: datetime | None) -> Call[StatsDocument]:
    query = {"since": None if since is None else since.isoformat()}
    return Call("GET", "/stats", model_reader(StatsDocument), query)


def list_tokens() -> Call[TokenList]:
    return Call("GET", "/tokens", model_reader(TokenList))


def list_pools() -> Call[PoolList]:
    return Call("GET", "/market/pools", model_reader(PoolList))


def search(text: str) -> Call[SearchResult]:
    return Call("GET", "/search", model_reader(SearchResult), {"q": text})


def list_roles() -> Call[RoleList]:
    return Call("GET", "/roles", model_reader(RoleList))


def export_history(correlation_id: str) -> Call[bytes]:
    path = f"/correlations/{path_part(correlation_id)}/history"
    return Call("GET", path, bytes, accept=JSON_LINES)
