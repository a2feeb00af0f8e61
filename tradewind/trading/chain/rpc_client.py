"""JSON-RPC with fail-over: endpoints are tried in order, those that failed lately come last."""

import time
from collections.abc import AsyncIterator, Sequence
from itertools import batched
from types import TracebackType
from typing import Any, Final, Self

import aiohttp

from tradewind.trading.chain.broadcast import BroadcastAnswer, broadcast
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
from tradewind.trading.chain.reverts import is_revert, revert_reason

TIMEOUT_SECONDS: Final = 10.0
CONNECT_TIMEOUT_SECONDS: Final = 2.0
MAX_BATCH_CALLS: Final = 1_000
MAX_ENDPOINTS: Final = 16
REST_SECONDS: Final = 30.0
MIN_ATTEMPTS: Final = 2
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


class RpcClient:
    """A client of several nodes, and an async context manager.

    `call`, `batch` and `read` go to another node after a failure, so they must change nothing.
    """

    def __init__(
        self,
        urls: Sequence[str],
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_batch_calls: int = MAX_BATCH_CALLS,
    ) -> None:
        if not 1 <= len(urls) <= MAX_ENDPOINTS:
            raise ValueError(f"between 1 and {MAX_ENDPOINTS} endpoints are needed")
        self._urls = tuple(urls)
        self._timeout = aiohttp.ClientTimeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS)
        self._max_batch_calls = max_batch_calls
        self._session: aiohttp.ClientSession | None = None
        self._endpoints: tuple[Endpoint, ...] = ()
        self._resting_until: dict[Endpoint, float] = {}

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=self._timeout)
        self._endpoints = tuple(Endpoint(url, self._session) for url in self._urls)
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
        endpoint = self._ordered()[0]
        try:
            (reply,) = await endpoint.exchange([Call(method, params)])
        except EndpointFailure as failure:
            kind = RpcAnswerLost if failure.may_have_arrived else RpcUnavailable
            raise kind(f"{method}: {failure}") from None
        return result_of(reply)

    async def batch(self, calls: Sequence[Call]) -> list[Reply]:
        """Return results and faults in the order of the calls; RpcUnavailable when none came.

        One request, and one node, per `max_batch_calls` calls.
        """
        replies: list[Reply] = []
        for part in batched(calls, self._max_batch_calls):
            replies += await self._ask(part)
        return replies

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

    async def broadcast(self, raw_transaction: bytes) -> BroadcastAnswer:
        """Send a signed transaction to the nodes; return what is known about it. Never raises."""
        return await broadcast(self._ordered(), raw_transaction)

    async def every_answer(self, call: Call) -> AsyncIterator[Reply]:
        """Yield what each node answers, the preferred one first; one that fails is left out.

        It is for answers that make no sense although they are answers: another node may know.
        """
        for endpoint in self._ordered():
            try:
                (reply,) = await endpoint.exchange([call])
            except EndpointFailure:
                continue
            yield reply

    async def _ask(self, calls: Sequence[Call]) -> list[Reply]:
        ordered = self._ordered()
        failures: list[str] = []
        for attempt in range(max(MIN_ATTEMPTS, len(ordered))):
            endpoint = ordered[attempt % len(ordered)]
            try:
                replies = await endpoint.exchange(calls)
            except EndpointFailure as failure:
                failures.append(str(failure))
            else:
                limit = next(filter(_is_passing, replies), None)
                if limit is None:
                    self._resting_until.pop(endpoint, None)
                    return replies
                failures.append(f"{endpoint.name}: {limit}")
            self._resting_until[endpoint] = time.monotonic() + REST_SECONDS
        raise RpcUnavailable(f"no RPC endpoint answered: {'; '.join(dict.fromkeys(failures))}")

    def _ordered(self) -> list[Endpoint]:
        """Return the endpoints in the configured order, those that failed lately last."""
        if not self._endpoints:
            raise RuntimeError("use the client as an async context manager")
        now = time.monotonic()
        return sorted(
            self._endpoints, key=lambda endpoint: self._resting_until.get(endpoint, 0.0) > now
        )


def result_of(reply: Reply) -> Any:
    """Return a result; ExecutionReverted or RpcRefused for a fault."""
    if not isinstance(reply, Fault):
        return reply
    if is_revert(reply):
        raise ExecutionReverted(revert_reason(reply))
    raise RpcRefused(f"{reply.message} ({reply.code})")


def _is_passing(reply: Reply) -> bool:
    """Return whether another node, or the same one later, may answer instead."""
    if not isinstance(reply, Fault):
        return False
    return reply.code in (NOT_FOUND_CODE, LIMIT_EXCEEDED_CODE) or any(
        text in reply.message.lower() for text in MISSING_BLOCK_TEXTS
    )
