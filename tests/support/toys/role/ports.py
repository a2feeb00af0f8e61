"""What the toy role reads."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from tests.support.toys.role.settings import ToySettings
from tradewind.runtime import NatsConnection, clock


@dataclass(frozen=True, slots=True)
class ToyPorts:
    greeting: str
    now: Callable[[], datetime]


@asynccontextmanager
async def open_ports(settings: ToySettings, _: NatsConnection) -> AsyncIterator[ToyPorts]:
    yield ToyPorts(settings.toy_greeting, clock.now)
