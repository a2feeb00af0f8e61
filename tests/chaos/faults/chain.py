"""Faults of the chain's node: it refuses, forgets, lies, lags, or leads to another chain."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.chaos.chain import RehearsalChain
from tests.chaos.harness import PlatformHarness
from tests.integration.chainfaults.rpc_proxy import Misbehaviour

MIN_LASTS_SECONDS: Final = 0.5
MAX_LASTS_SECONDS: Final = 4.0
"""Shorter than the grace after which a nonce that seems taken halts the wallet."""
LIES: Final[Mapping[str, Misbehaviour]] = {
    "refuses everything": Misbehaviour(refuse_every=1),
    "refuses every second request": Misbehaviour(refuse_every=2),
    "is slow": Misbehaviour(delay_seconds=0.4),
    "takes transactions and drops them": Misbehaviour(drops_transactions=True),
    "answers another hash than it took": Misbehaviour(answers_wrong_hash=True),
    "hangs up after it took a transaction": Misbehaviour(after_sending="cut"),
    "says 502 after it took a transaction": Misbehaviour(after_sending="server_error"),
    "says nothing after it took a transaction": Misbehaviour(after_sending="time_out"),
    "hides receipts": Misbehaviour(hides_receipts=True),
    "is three blocks behind": Misbehaviour(blocks_behind=3),
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
        chain.proxy.wrong = LIES[self.lie]
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
