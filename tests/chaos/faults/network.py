"""Faults of the network between roles and servers: delay, packet loss, resets, half-closes."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.harness import PlatformHarness
from tests.chaos.tcp_proxy import Moment, Side, TcpProxy, Trap
from tests.support.waiting import wait_until
from tradewind.contracts.roles import ServerName

MAX_DELAY_SECONDS: Final = 0.3
MAX_LASTS_SECONDS: Final = 3.0
MIN_LASTS_SECONDS: Final = 0.3
SIDES: Final[tuple[Side, ...]] = ("client", "server")


@dataclass(frozen=True)
class Slow:
    """All data between the roles and a server is delayed."""

    server: ServerName

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"delay {self.server}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Delay for a while."""
        seconds = chance.uniform(0.01, MAX_DELAY_SECONDS)

        def delay(line: TcpProxy) -> None:
            line.delay_seconds = seconds

        def hurry(line: TcpProxy) -> None:
            line.delay_seconds = 0.0

        await _for_a_while(harness.lines(self.server), chance, delay, hurry)
        return []


@dataclass(frozen=True)
class Silent:
    """Nothing gets through in either direction, and no connection is closed."""

    server: ServerName

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"silence {self.server}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Hold everything back for a while, for one process or for all."""
        lines = _some(harness.lines(self.server), chance)
        await _for_a_while(lines, chance, lambda line: line.flows.clear(), lambda x: x.flows.set())
        return []


@dataclass(frozen=True)
class Cut:
    """Connections are reset, and new ones refused for a while."""

    server: ServerName

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"cut {self.server}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Cut for one process or for all."""

        def cut(line: TcpProxy) -> None:
            line.is_closed = True
            line.cut()

        def mend(line: TcpProxy) -> None:
            line.is_closed = False

        await _for_a_while(_some(harness.lines(self.server), chance), chance, cut, mend)
        return []


@dataclass(frozen=True)
class HalfClose:
    """One side receives the end of the stream, while the other side keeps its connection open."""

    server: ServerName

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"half-close {self.server}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Half-close every connection, towards the role or towards the server."""
        towards = chance.choice(SIDES)
        for line in harness.lines(self.server):
            line.half_close(towards)
        await asyncio.sleep(MIN_LASTS_SECONDS)
        return []


@dataclass(frozen=True)
class CutAtCommit:
    """The writer's connection is lost during COMMIT: before the server had it, or after."""

    moment: Moment

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"cut {self.moment} COMMIT"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Wait for the writer's next COMMIT and cut there."""
        trap = Trap(self.moment)
        harness.proxies[await harness.writer()]["postgres"].trap = trap
        await wait_until(trap.sprung.is_set, "the writer commits something")
        return []


def _some(lines: list[TcpProxy], chance: Random) -> list[TcpProxy]:
    """Return all of them or one."""
    one = chance.choice(lines)
    return lines if chance.random() < 0.5 else [one]


async def _for_a_while(
    lines: list[TcpProxy],
    chance: Random,
    begin: Callable[[TcpProxy], None],
    end: Callable[[TcpProxy], None],
) -> None:
    for line in lines:
        begin(line)
    try:
        await asyncio.sleep(chance.uniform(MIN_LASTS_SECONDS, MAX_LASTS_SECONDS))
    finally:
        for line in lines:
            end(line)
