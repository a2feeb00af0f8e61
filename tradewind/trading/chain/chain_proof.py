"""Has an endpoint prove which chain it leads to, before its answers count.

A list of addresses may hold a wrong one, and a provider may route to another network after a
while. Chains of the same id, such as two development chains, differ by their first blocks.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import structlog
from prometheus_client import Gauge

from tradewind.trading.chain.endpoint import EndpointFailure
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Reply

PROOF_SECONDS: Final = 10.0
"""How long a proof counts; an endpoint that failed has to prove its chain again at once."""
CHAIN_ID: Final = Call("eth_chainId")
RECENT_SECONDS: Final = 1.0
"""A proof that came just before a failure is good enough to send a transaction again."""
GENESIS: Final = 0
FIRST: Final = 1
PROOF_CALLS: Final = (
    CHAIN_ID,
    *(Call("eth_getBlockByNumber", (hex(number), False)) for number in (GENESIS, FIRST)),
)

WRONG_CHAIN: Final = Gauge(
    "tradewind_rpc_endpoint_wrong_chain",
    "Whether an RPC endpoint leads to another chain, so that it is not used.",
    ["endpoint"],
)

logger = structlog.get_logger("chain")


class FoundChain(NamedTuple):
    """The chain an endpoint leads to: its id, and the hashes of the first two blocks it has."""

    chain_id: int
    first_hashes: dict[int, str]


class ExpectedChain:
    """The chain that all endpoints of a client have to lead to.

    The first endpoint with the right id says what the first blocks are, unless block 1 is known.
    """

    def __init__(self, chain_id: int, first_block_hash: str = "") -> None:
        self.chain_id = chain_id
        self._hashes = {FIRST: first_block_hash.lower()} if first_block_hash else {}

    def difference(self, found: FoundChain) -> str:
        """Return what tells a chain from the expected one; empty when it is the same."""
        if found.chain_id != self.chain_id:
            return f"chain {found.chain_id}"
        for number in (FIRST, GENESIS):
            expected, there = self._hashes.get(number), found.first_hashes.get(number)
            if expected and there:
                if expected != there:
                    return f"a chain {found.chain_id} whose block {number} is another ({there})"
                break
        self._hashes = found.first_hashes | self._hashes
        return ""


class ChainProof:
    """The proof of one endpoint. `wrong` says which other chain it led to when last asked."""

    def __init__(
        self,
        name: str,
        expected: ExpectedChain,
        *,
        proves_every_batch: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._expected = expected
        self._proves_every_batch = proves_every_batch
        self._now = now
        self._valid_until = 0.0
        self._proven_at = float("-inf")
        self.wrong = ""

    def void(self) -> None:
        """Let the endpoint prove its chain again with its next answer, because it failed."""
        if not self.wrong:
            self._valid_until = 0.0

    def calls(self) -> tuple[Call, ...]:
        """Return what to ask in the same request as something else; EndpointFailure while wrong.

        A gateway that spreads requests over several networks is found by nothing less.
        """
        if not self.is_valid:
            return PROOF_CALLS
        if self.wrong:
            raise self._failure()
        return PROOF_CALLS if self._proves_every_batch else (CHAIN_ID,)

    @property
    def is_valid(self) -> bool:
        """Whether what was last found still counts."""
        return self._now() < self._valid_until

    @property
    def is_recent(self) -> bool:
        """Whether the chain was proven a moment ago, whatever happened since.

        Without that, a node that fails every second request would prove its chain for ever.
        """
        return not self.wrong and self._now() < self._proven_at + RECENT_SECONDS

    def accept(self, replies: Sequence[Reply]) -> None:
        """Take the replies to the calls; EndpointFailure when they are of another chain."""
        chain_id, *blocks = replies
        if isinstance(chain_id, Fault) and not blocks:
            return
        try:
            found = FoundChain(_number(chain_id), _hashes(blocks))
        except ValueError as error:
            raise EndpointFailure(
                f"{self._name}: does not say which chain it leads to: {error}",
                may_have_arrived=True,
            ) from None
        self._note(self._expected.difference(found))
        if blocks or self.wrong:
            self._valid_until = self._now() + PROOF_SECONDS
        if self.wrong:
            raise self._failure()
        if blocks:
            self._proven_at = self._now()

    def _failure(self) -> EndpointFailure:
        return EndpointFailure(
            f"{self._name}: leads to {self.wrong}, not to chain {self._expected.chain_id}",
            may_have_arrived=False,
        )

    def _note(self, wrong: str) -> None:
        if wrong and wrong != self.wrong:
            logger.error(
                "an RPC endpoint leads to another chain, so that it is not used",
                endpoint=self._name,
                leads_to=wrong,
                expected_chain_id=self._expected.chain_id,
            )
        elif self.wrong and not wrong:
            logger.warning("an RPC endpoint is back on its chain", endpoint=self._name)
        self.wrong = wrong
        WRONG_CHAIN.labels(self._name).set(bool(wrong))


def _number(reply: Reply) -> int:
    if isinstance(reply, Fault):
        raise ValueError(f"{reply.message} ({reply.code})")
    return parse_quantity(reply)


def _hashes(blocks: Sequence[Any]) -> dict[int, str]:
    """Return the hashes of the first blocks, as far as the endpoint has them."""
    return {
        number: block["hash"].lower()
        for number, block in enumerate(blocks)
        if isinstance(block, dict) and isinstance(block.get("hash"), str)
    }
