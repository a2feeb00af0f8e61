"""One endpoint as it has shown itself: its chain, what it takes at once, and when it rests."""

import time
from collections.abc import Sequence
from typing import Final

from tradewind.trading.chain.batches import Batches
from tradewind.trading.chain.chain_proof import ChainProof, ExpectedChain
from tradewind.trading.chain.endpoint import Endpoint, EndpointFailure
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.log_ranges import Log, LogQuery, LogRanges

REST_SECONDS: Final = 30.0
NOT_FOUND_CODE: Final = -32_001
LIMIT_EXCEEDED_CODE: Final = -32_005
MISSING_BLOCK_TEXTS: Final = (
    "header not found",
    "header for hash not found",
    "block not found",
    "unknown block",
    "not currently canonical",
    "missing trie node",
)
LOGS: Final = "eth_getLogs"


class Node:
    """A node behind an endpoint. Every method raises EndpointFailure."""

    def __init__(
        self, endpoint: Endpoint, max_batch_calls: int, *, proves_every_batch: bool = False
    ) -> None:
        self.name = endpoint.name
        self.resting_until = 0.0
        """After a failure the node is asked last until this time of the monotonic clock."""
        self.paused_until = 0.0
        """Until this time the node does not want to be asked at all."""
        self._batches = Batches(endpoint, max_batch_calls)
        self._logs = LogRanges(self.read)
        self._proves_every_batch = proves_every_batch
        self._proof: ChainProof | None = None

    def expect(self, chain: ExpectedChain | None) -> None:
        """Let the node's answers count only while it leads to this chain; None: to any."""
        self._proof = None
        if chain is not None:
            every = self._proves_every_batch
            self._proof = ChainProof(self.name, chain, proves_every_batch=every)

    @property
    def wrong_chain(self) -> str:
        """The other chain that the node leads to; empty when none is known."""
        return "" if self._proof is None else self._proof.wrong

    async def prove(self) -> None:
        """Have the node prove its chain, unless it did so lately."""
        if self._proof is None:
            return
        calls = self._proof.calls()
        if not (self._proof.is_valid or self._proof.is_recent):
            self._proof.accept(await self._exchange(calls))

    async def exchange(self, calls: Sequence[Call]) -> list[Reply]:
        """Return the replies to calls that only a node of the right chain may get."""
        await self.prove()
        return await self._exchange(calls)

    async def read(self, calls: Sequence[Call]) -> list[Reply]:
        """Return replies that another node, or this one later, would not give differently.

        The proof of the chain, where it is due, and the chain's id come with the replies.
        """
        replies = await self._read_with_proof(calls)
        for call, reply in zip(calls, replies, strict=True):
            if isinstance(reply, Fault) and _is_passing(call, reply):
                raise EndpointFailure(f"{self.name}: {reply}", may_have_arrived=True)
        return replies

    async def _read_with_proof(self, calls: Sequence[Call]) -> list[Reply]:
        if self._proof is None:
            return await self._exchange(calls)
        proof = self._proof.calls()
        if self._proof.is_valid and len(calls) == 1:
            # The last proof is recent enough for what is not worth a batch.
            return await self._exchange(calls)
        replies = await self._exchange([*proof, *calls])
        self._proof.accept(replies[: len(proof)])
        return replies[len(proof) :]

    async def _exchange(self, calls: Sequence[Call]) -> list[Reply]:
        try:
            return await self._batches.exchange(calls)
        except EndpointFailure:
            self.doubt()
            raise

    async def logs(self, query: LogQuery, beside: Sequence[Call]) -> tuple[list[Log], list[Reply]]:
        """Return logs, and the replies to other calls in the same batch; RpcRefused for neither."""
        return await self._logs.read(query, beside)

    def rest(self, failure: EndpointFailure) -> None:
        """Let other nodes be asked first for a while, because this one failed."""
        now = time.monotonic()
        self.resting_until = now + REST_SECONDS
        self.paused_until = now + failure.pause_seconds
        self.doubt()

    def wake(self) -> None:
        """Let the node be asked in its turn again, because it answered."""
        self.resting_until = 0.0

    def doubt(self) -> None:
        """Have the node prove its chain again before its next answer."""
        if self._proof is not None:
            self._proof.void()


def _is_passing(call: Call, fault: Fault) -> bool:
    """Return whether another node, or the same one later, may answer instead.

    A limit on logs is none on the number of requests: a shorter range may pass it.
    """
    if fault.code == LIMIT_EXCEEDED_CODE:
        return call.method != LOGS
    return fault.code == NOT_FOUND_CODE or any(
        text in fault.message.lower() for text in MISSING_BLOCK_TEXTS
    )
