"""Faults of the chain's node: it refuses, forgets, lies, lags, or leads to another chain."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.chain import RehearsalChain
from tests.chaos.harness import PlatformHarness
from tests.support.rpc_faults import FAULTS
from tests.support.rpc_proxy import Misbehaviour

MIN_LASTS_SECONDS: Final = 0.5
MAX_LASTS_SECONDS: Final = 4.0
"""Shorter than the grace after which a nonce that seems taken halts the wallet."""
LIES: Final[Mapping[str, Misbehaviour]] = {
    "refuses everything": FAULTS["HTTP 429"],
    "refuses every second request": FAULTS["HTTP 429 at every second request"],
    "is slow": FAULTS["very slow"],
    "takes transactions and drops them": FAULTS["transactions dropped"],
    "answers another hash than it took": FAULTS["wrong transaction hash"],
    "hangs up after it took a transaction": FAULTS["sent and cut"],
    "says 502 after it took a transaction": FAULTS["sent and HTTP 502"],
    "says nothing after it took a transaction": FAULTS["sent and timed out"],
    "hides receipts": FAULTS["receipts hidden"],
    "is three blocks behind": FAULTS["3 blocks behind"],
    "takes no batch of more than three": FAULTS["batch limit 3"],
    "cannot simulate": FAULTS["no simulation, -32600"],
    "answers in HTML": FAULTS["HTML"],
    "says that it is another chain": FAULTS["wrong chain"],
}


@dataclass(frozen=True)
class LyingNode:
    """The node misbehaves for a while, in one way."""

    lie: str

    @property
    def name(self) -> str:
        """The name of the fault in the report."""
        return f"node {self.lie}"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Misbehave, and be honest again."""
        chain = _chain(harness)
        chain.proxy.misbehave(LIES[self.lie])
        await _until_it_behaves(chain, chance)
        return []


@dataclass(frozen=True)
class WrongChain:
    """The node's address leads to another chain with the same id for a while."""

    name: str = "node of another chain"

    async def inject(self, harness: PlatformHarness, chance: Random) -> list[str]:
        """Lead there and back."""
        chain = _chain(harness)
        chain.lead_elsewhere()
        await _until_it_behaves(chain, chance)
        return []


def _chain(harness: PlatformHarness) -> RehearsalChain:
    assert harness.chain is not None
    return harness.chain


async def _until_it_behaves(chain: RehearsalChain, chance: Random) -> None:
    try:
        await asyncio.sleep(chance.uniform(MIN_LASTS_SECONDS, MAX_LASTS_SECONDS))
    finally:
        chain.behave()
