"""JSON-RPC with fail-over: endpoints are tried in order, those that failed lately come last."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from tradewind.errors import ConfigurationError
from tradewind.trading.chain.broadcast import BroadcastAnswer, broadcast
from tradewind.trading.chain.chain_proof import ExpectedChain
from tradewind.trading.chain.contract_interface import LATEST, Read
from tradewind.trading.chain.endpoint import Endpoint, EndpointFailure
from tradewind.trading.chain.errors import (
    ExecutionReverted,
    RpcAnswerLost,
    RpcRefused,
    RpcUnavailable,
)
from tradewind.trading.chain.hexadecimal import parse_quantity
from tradewind.trading.chain.json_rpc import Call, Fault, Json, Reply
from tradewind.trading.chain.log_ranges import Log, LogQuery
from tradewind.trading.chain.node import Node
from tradewind.trading.chain.reverts import is_revert, revert_reason

TIMEOUT_SECONDS: Final = 10.0
CONNECT_TIMEOUT_SECONDS: Final = 2.0
MAX_BATCH_CALLS: Final = 1_000
MAX_ENDPOINTS: Final = 16
MIN_ATTEMPTS: Final = 2
NONSENSE: Final = (
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    OverflowError,
)
"""What a function raises that is given another answer than the protocol promises."""


class RpcClient:
    """A client of several nodes, and an async context manager.

    `call`, `batch`, `ask`, `logs` and `read` go to another node after a failure, so they must
    change nothing. With a `chain_id`, a node that leads to another chain is never used. Every
    batch asks for that id; whoever decides for good by an answer has it prove the whole chain.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_batch_calls: int = MAX_BATCH_CALLS,
        chain_id: int | None = None,
        proves_every_batch: bool = False,
    ) -> None:
        if not 1 <= len(urls) <= MAX_ENDPOINTS:
            raise ValueError(f"between 1 and {MAX_ENDPOINTS} endpoints are needed")
        self._urls = tuple(urls)
        self._timeout = aiohttp.ClientTimeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS)
        self._max_batch_calls = max_batch_calls
        self._proves_every_batch = proves_every_batch
        self._chain = None if chain_id is None else ExpectedChain(chain_id)
        self._session: aiohttp.ClientSession | None = None
        self._nodes: tuple[Node, ...] = ()

    async def __aenter__(self) -> Self:
        session = self._session = aiohttp.ClientSession(timeout=self._timeout)
        self._nodes = tuple(
            Node(
                Endpoint(url, session),
                self._max_batch_calls,
                proves_every_batch=self._proves_every_batch,
            )
            for url in self._urls
        )
        self._expect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def call(self, method: str, *params: Json) -> Any:
        """Return the result of a read; RpcUnavailable, RpcRefused or ExecutionReverted."""
        (reply,) = await self.batch([Call(method, params)])
        return result_of(reply)

    async def command(self, method: str, *params: Json) -> Any:
        """Return the result of a method that changes something; only one node is asked, once.

        RpcAnswerLost when it may have happened; otherwise as for `call`.
        """
        node = self._ordered()[0]
        try:
            (reply,) = await node.exchange([Call(method, params)])
        except EndpointFailure as failure:
            kind = RpcAnswerLost if failure.may_have_arrived else RpcUnavailable
            raise kind(f"{method}: {failure}") from None
        return result_of(reply)

    async def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Return results and faults in the order of the calls; RpcUnavailable when none came.

        One node answers all of them, in as many requests as it needs.
        """
        return await self._first(lambda node: node.read(calls))

    async def ask[T](self, calls: Sequence[Call], parse: Callable[[list[Reply]], T]) -> T:
        """Return what `parse` makes of the replies; RpcUnavailable when no node's make sense."""

        async def work(node: Node) -> T:
            return parse(await node.read(calls))

        return await self._first(work)

    async def logs(
        self,
        query: LogQuery,
        beside: Sequence[Call] = (),
        check: Callable[[list[Reply]], None] = lambda replies: None,
    ) -> list[Log]:
        """Return logs in their order; RpcRefused when a node gives not even those of one block.

        `check` raises ValueError when the same node's replies to the calls beside contradict them.
        """

        async def work(node: Node) -> list[Log]:
            logs, replies = await node.logs(query, beside)
            check(replies)
            return logs

        return await self._first(work)

    async def read(self, read: Read, block: Json = LATEST) -> tuple[Any, ...]:
        """Return the outputs of a view function; ExecutionReverted when it reverts."""
        (outputs,) = await self.read_all([read], block)
        return outputs

    async def read_all(self, reads: Sequence[Read], block: Json = LATEST) -> list[tuple[Any, ...]]:
        """Return the outputs of view functions in one batch; raises for the first that fails."""
        replies = await self.batch([read.call(block) for read in reads])
        return [read.result(result_of(reply)) for read, reply in zip(reads, replies, strict=True)]

    async def chain_id(self) -> int:
        """Return the id that signatures on this chain carry."""
        return parse_quantity(await self.call("eth_chainId"))

    def doubt_chain(self) -> None:
        """Have every node prove its chain again before its next answer."""
        for node in self._nodes:
            node.doubt()

    async def check_chain(self, chain_id: int, first_block_hash: str = "") -> None:
        """Use only nodes of this chain from now on; return when one has proven that it is.

        Those of other chains are named. ConfigurationError when all of them are, and the client
        goes on as before; RpcUnavailable when some might be right.
        """
        before, self._chain = self._chain, ExpectedChain(chain_id, first_block_hash)
        self._expect()
        # Of several chains with the same id, the first node's is believed.
        failures: list[EndpointFailure] = []
        for node in self._nodes:
            failure = await _failure_of(node)
            if failure is None:
                await asyncio.gather(*map(_failure_of, self._nodes))
                return
            failures.append(failure)
        if all(node.wrong_chain for node in self._nodes):
            leads_to = ", ".join(f"{node.wrong_chain} at {node.name}" for node in self._nodes)
            self._chain = before
            self._expect()
            raise ConfigurationError(f"CHAIN_ID is {chain_id}, but ETH_RPC_URL leads to {leads_to}")
        raise RpcUnavailable(f"no RPC endpoint proves its chain: {'; '.join(map(str, failures))}")

    async def broadcast(self, raw_transaction: bytes) -> BroadcastAnswer:
        """Send a signed transaction to the nodes; return what is known about it. Never raises."""
        return await broadcast(self._ordered(), raw_transaction)

    async def every_answer(self, call: Call) -> AsyncIterator[Reply]:
        """Yield what each node answers, the preferred one first; one that fails is left out.

        It is for answers that make no sense although they are answers: another node may know.
        """
        for node in self._ordered():
            try:
                (reply,) = await node.exchange([call])
            except EndpointFailure:
                continue
            yield reply

    def one_by_one(self) -> list["RpcClient"]:
        """Return a client of each node alone, for what is not believed on one node's word.

        They share their nodes with this one, and last as long.
        """
        return [self._alone(url, node) for url, node in zip(self._urls, self._nodes, strict=True)]

    def _alone(self, url: str, node: Node) -> "RpcClient":
        alone = RpcClient([url], max_batch_calls=self._max_batch_calls)
        alone._nodes = (node,)
        return alone

    async def _first[T](self, work: Callable[[Node], Awaitable[T]]) -> T:
        """Return the first usable answer; nonsense is a failure of the node that gave it."""
        ordered = self._ordered()
        failures: list[str] = []
        for attempt in range(max(MIN_ATTEMPTS, len(ordered))):
            node = ordered[attempt % len(ordered)]
            if node.paused_until > time.monotonic():
                failures.append(f"{node.name}: asked for a pause")
                continue
            try:
                answer = await work(node)
            except EndpointFailure as error:
                failure = error
            except NONSENSE as error:
                reason = f"{node.name}: a node answers nonsense: {type(error).__name__}: {error}"
                failure = EndpointFailure(reason, may_have_arrived=True)
            else:
                node.wake()
                return answer
            failures.append(str(failure))
            node.rest(failure)
        raise RpcUnavailable(f"no RPC endpoint answered: {'; '.join(dict.fromkeys(failures))}")

    def _expect(self) -> None:
        for node in self._nodes:
            node.expect(self._chain)

    def _ordered(self) -> list[Node]:
        """Return the nodes in the configured order, those that failed lately last."""
        if not self._nodes:
            raise RuntimeError("use the client as an async context manager")
        now = time.monotonic()
        return sorted(self._nodes, key=lambda node: node.resting_until > now)


async def _failure_of(node: Node) -> EndpointFailure | None:
    """Return why a node does not prove its chain, or None when it does."""
    try:
        await node.prove()
    except EndpointFailure as failure:
        return failure
    return None


def result_of(reply: Reply) -> Any:
    """Return a result; ExecutionReverted or RpcRefused for a fault."""
    if not isinstance(reply, Fault):
        return reply
    if is_revert(reply):
        raise ExecutionReverted(revert_reason(reply))
    raise RpcRefused(f"{reply.message} ({reply.code})")
