"""Lets the command of dramatiq itself run roles.

dramatiq actors.dramatiq_command:broker actors.planner actors.risk
"""

import asyncio

from actors.__main__ import load_settings, serve
from actors.broker import broker
from tradewind.contracts.roles import ROLES
from tradewind.runtime import AsyncEngine


async def _serve(stopped: asyncio.Event) -> None:
    names = broker.actors_by_queue
    roles = [
        role.name
        for role in ROLES.values()
        if any(group.name in names for group in role.queue_groups)
    ]
    await serve(roles, load_settings(roles), stopped)


broker.add_middleware(AsyncEngine(_serve))
