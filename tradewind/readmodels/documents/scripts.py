"""Loads the Lua scripts of the read models; `documents.lua` comes first in each of them."""

from importlib import resources
from typing import Any

from redis.asyncio import Redis

from tradewind.readmodels.registry import ReadModelRegistry


def register(redis: Redis, name: str, registry: ReadModelRegistry) -> Any:
    """Return the script `lua/<name>.lua`, to be called with `keys` and `args`."""
    folder = resources.files("tradewind.readmodels.documents").joinpath("lua")
    parts = [folder.joinpath(f"{part}.lua").read_text() for part in ("documents", name)]
    return redis.register_script("\n".join([_indexes(registry), *parts]))


def _indexes(registry: ReadModelRegistry) -> str:
    """Render the indexes as a Lua table, by the prefix of the documents they list."""
    entries = (
        f"['{one.prefix}'] = {{prefix = '{index.prefix}', id = '{one.identifier}', "
        f"values = {{{', '.join(f"'{name}'" for name in index.names)}}}}}"
        for one, index in registry.indexes
    )
    return f"local INDEXES = {{{', '.join(entries)}}}"
