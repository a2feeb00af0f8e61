"""Sends calls to one endpoint in batches as large as it takes.

Nodes and providers limit a batch by its calls, by the bytes of its answer, or by methods they do
not have, and say so in as many ways as there are of them. So any refusal of a whole batch is
answered by two batches of half its size, and what worked is remembered.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from tradewind.trading.chain.endpoint import Endpoint, EndpointFailure
from tradewind.trading.chain.json_rpc import Call, Fault, Reply
from tradewind.trading.chain.portion import Portion
from tradewind.trading.chain.reverts import is_revert

MAX_REFUSED_CALLS: Final = 3
"""When so many calls are refused one by one, it is the endpoint that fails and not the batch."""
MIN_CALLS_AFTER_SLOWNESS: Final = 50
"""An endpoint that is slow for other reasons must not be asked call by call for minutes."""


class Batches:
    """The calls to one endpoint. Raises EndpointFailure."""

    def __init__(self, endpoint: Endpoint, max_calls: int) -> None:
        self._endpoint = endpoint
        self._portion = Portion(max_calls)

    async def exchange(self, calls: Sequence[Call]) -> list[Reply]:
        """Return the replies in the order of the calls."""
        replies: list[Reply] = []
        while len(replies) < len(calls):
            replies += await self._part(calls[len(replies) :][: self._portion.size])
        return replies

    async def _part(self, calls: Sequence[Call]) -> list[Reply]:
        try:
            return await self._once_more_if_cut(calls)
        except EndpointFailure as failure:
            if failure.is_slow and len(calls) > MIN_CALLS_AFTER_SLOWNESS:
                self._portion.learn(max(MIN_CALLS_AFTER_SLOWNESS, len(calls) // 2))
            if not failure.is_refusal or len(calls) == 1:
                raise
            return await self._halved(calls, failure)

    async def _once_more_if_cut(self, calls: Sequence[Call]) -> list[Reply]:
        """Ask again where a batch was cut off, which is no word about its size yet.

        A single call is not repeated, because it may be a transaction.
        """
        try:
            return await self._endpoint.exchange(calls)
        except EndpointFailure as failure:
            if not failure.was_cut or len(calls) == 1:
                raise
        return await self._endpoint.exchange(calls)

    async def _halved(self, calls: Sequence[Call], failure: EndpointFailure) -> list[Reply]:
        halving = _Halving(self._endpoint, failure, len(calls))
        replies = await halving.ask(calls)
        if not halving.largest_answered:
            raise failure
        if not halving.refused_calls:
            # Otherwise it was a method that the endpoint refused, and not the size of the batch.
            self._portion.learn(halving.largest_answered)
        return replies


@dataclass
class _Halving:
    """One refused batch that is asked again in parts."""

    endpoint: Endpoint
    failure: EndpointFailure
    """Why the whole batch was refused."""
    smallest_refused: int
    largest_answered: int = 0
    refused_calls: list[Fault] = field(default_factory=list)

    async def ask(self, calls: Sequence[Call]) -> list[Reply]:
        """Return the replies; a call that is refused by itself gets a fault in place of one."""
        if len(calls) == 1:
            return [await self._ask_single(calls[0])]
        if len(calls) < self.smallest_refused:
            try:
                replies = await self.endpoint.exchange(calls)
            except EndpointFailure as failure:
                if not failure.is_refusal:
                    raise
                self.smallest_refused = len(calls)
            else:
                self.largest_answered = max(self.largest_answered, len(calls))
                return replies
        middle = (len(calls) + 1) // 2
        return [*await self.ask(calls[:middle]), *await self.ask(calls[middle:])]

    async def _ask_single(self, call: Call) -> Reply:
        try:
            (reply,) = await self.endpoint.exchange([call])
        except EndpointFailure as failure:
            if not failure.is_refusal:
                raise
            reply = Fault(0, str(failure))
            self._count(reply)
        else:
            if self._is_refused_alike(reply):
                self._count(reply)
            else:
                self.largest_answered = max(self.largest_answered, 1)
        return reply

    def _is_refused_alike(self, reply: Reply) -> bool:
        whole = self.failure.fault
        return (
            isinstance(reply, Fault)
            and whole is not None
            and reply.code == whole.code
            and not is_revert(reply)
        )

    def _count(self, reply: Reply) -> None:
        if isinstance(reply, Fault):
            self.refused_calls.append(reply)
        if len(self.refused_calls) >= MAX_REFUSED_CALLS:
            raise self.failure
