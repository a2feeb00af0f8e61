"""Lets the stock command run roles: `dramatiq actors.dramatiq_command:broker actors.planner actors.risk`."""

import asyncio

from actors.__main__ import load_settings, serve
from actors.broker import broker
from tradewind.contracts.roles import QueueGroup
from tradewind.runtime import AsyncEngine


async def _serve(stopped: asyncio.Event) -> None:
    roles = [QueueGroup(name).name.lower() for name in broker.actors_by_queue]
    await serve(roles, load_settings(roles), stopped)


broker.add_middleware(AsyncEngine(_serve))
