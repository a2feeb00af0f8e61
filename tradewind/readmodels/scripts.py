"""The Lua scripts of the read models; they share what `documents.lua` defines."""

from importlib import resources
from typing import Any

from redis.asyncio import Redis


def register(redis: Redis, name: str) -> Any:
    """Return `lua/<name>.lua` as something to call with keys and args."""
    folder = resources.files("tradewind.readmodels").joinpath("lua")
    parts = [folder.joinpath(f"{part}.lua").read_text() for part in ("documents", name)]
    return redis.register_script("\n".join(parts))
