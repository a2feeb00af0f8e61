"""Lets the stock command run roles.

dramatiq actors.dramatiq_command:broker actors.planner actors.risk
"""

import asyncio

from actors.__main__ import serve
from actors.broker import broker
from tradewind.contracts.roles import ROLES
from tradewind.runtime import AsyncEngine
from tradewind.settings import Settings, load


async def _serve(stopped: asyncio.Event) -> None:
    names = broker.actors_by_queue
    roles = [
        role.name
        for role in ROLES.values()
        if any(group.name in names for group in role.queue_groups)
    ]
    await serve(roles, load(Settings), stopped)


broker.add_middleware(AsyncEngine(_serve))
