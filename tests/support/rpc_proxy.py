"""A JSON-RPC proxy that misbehaves as nodes and their load balancers do.

It stands before a chain, and its misbehaviour is set while it runs: `proxy.misbehave(FAULTS["…"])`
with rows of tests/support/rpc_faults.py. Whoever checks the outcome asks the chain itself.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from Crypto.Hash import keccak

SEND: Final = "eth_sendRawTransaction"
COUNT: Final = "eth_getTransactionCount"
RECEIPT: Final = "eth_getTransactionReceipt"
BLOCK: Final = "eth_getBlockByNumber"
HEAD: Final = "eth_blockNumber"
OF_A_BLOCK: Final = (BLOCK, "eth_getBlockByHash", "eth_getTransactionByHash", RECEIPT)
MAX_BODY_BYTES: Final = 16 * 1024 * 1024

type Call = dict[str, Any]
type Reply = dict[str, Any]
type Answer = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]
"""Sends an answer; the bytes are those of the honest one, or empty where nobody was asked."""


@dataclass(frozen=True)
class Misbehaviour:
    """A way to be wrong; every part that is not set is honest."""

    name: str
    refuses: Callable[[int, list[Call]], Answer | None] = lambda number, calls: None
    """Answers the `number`th request, counted from 1, in place of the node."""
    drops: Callable[[Call], bool] = lambda call: False
    """Whether a transaction is answered with its hash and not forwarded."""
    replies: Callable[[Call, Reply], Reply | None] = lambda call, reply: reply
    """The reply in place of the node's; None leaves it out."""
    arranges: Callable[[list[Reply]], Any] = lambda replies: replies
    """The document in place of the replies to a batch."""
    answers: Answer | None = None
    """Sends the answer in place of an honest server."""
    answers_to: str = ""
    """Only requests with this method are answered so; empty for all."""
    delay_seconds: float = 0.0
    blocks_behind: int = 0
    """The proxy shows the chain as of this many blocks ago."""
    every: int = 1
    """Only every so manyth request is treated so."""


@dataclass
class RpcProxy:
    """A node that lies.

    `counts` counts calls by method, and HTTP requests as `requests`, `refused` and `unanswered`.
    """

    upstream: str
    session: aiohttp.ClientSession
    counts: Counter[str] = field(default_factory=Counter)
    url: str = ""
    _wrong: tuple[Misbehaviour, ...] = ()

    def misbehave(self, *wrong: Misbehaviour) -> None:
        """Be wrong in these ways, and in no other, from the next request on."""
        self._wrong = wrong

    def behave(self) -> None:
        """Be honest from the next request on."""
        self._wrong = ()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request."""
        document = json.loads(await request.read())
        self.counts["requests"] += 1
        calls: list[Call] = document if isinstance(document, list) else [document]
        self.counts.update(call["method"] for call in calls)
        number = self.counts["requests"]
        wrong = [one for one in self._wrong if number % one.every == 0]
        for one in wrong:
            refusal = one.refuses(number, calls)
            if refusal is not None:
                self.counts["refused"] += 1
                return await refusal(request, b"")
        await asyncio.sleep(sum(one.delay_seconds for one in wrong))
        replies = await self._replies(calls, wrong)
        for one in wrong:
            replies = one.arranges(replies) if isinstance(document, list) else replies
        answer = replies if isinstance(document, list) else (replies[0] if replies else {})
        return await self._send(request, calls, wrong, json.dumps(answer).encode())

    async def _send(
        self, request: web.Request, calls: list[Call], wrong: list[Misbehaviour], body: bytes
    ) -> web.StreamResponse:
        methods = {call["method"] for call in calls}
        for one in wrong:
            if one.answers is not None and (not one.answers_to or one.answers_to in methods):
                self.counts["unanswered"] += 1
                return await one.answers(request, body)
        return web.Response(body=body, content_type="application/json")

    async def _replies(self, calls: list[Call], wrong: list[Misbehaviour]) -> list[Reply]:
        behind = max((one.blocks_behind for one in wrong), default=0)
        head = await self._shown_head(behind) if behind else None
        kept = [call for call in calls if not any(one.drops(call) for one in wrong)]
        answered = await self._forward([_at(call, head) for call in kept]) if kept else []
        by_id = {reply["id"]: reply for reply in answered}
        replies = [_shown(call, by_id.get(call["id"]), head) for call in calls]
        return [
            changed
            for call, reply in zip(calls, replies, strict=True)
            if (changed := _changed(call, reply, wrong)) is not None
        ]

    async def _shown_head(self, behind: int) -> int:
        (reply,) = await self._forward([{"jsonrpc": "2.0", "id": 0, "method": HEAD, "params": []}])
        return max(0, int(reply["result"], 16) - behind)

    async def _forward(self, calls: list[Call]) -> list[Reply]:
        async with self.session.post(self.upstream, json=calls) as answer:
            replies: list[Reply] = await answer.json()
            return replies


def _changed(call: Call, reply: Reply | None, wrong: list[Misbehaviour]) -> Reply | None:
    for one in wrong:
        reply = None if reply is None else one.replies(call, reply)
    return reply


def _shown(call: Call, reply: Reply | None, head: int | None) -> Reply:
    """Return the reply of a node whose newest block is `head`, which may have dropped the call."""
    if reply is None:
        return {"jsonrpc": "2.0", "id": call["id"], "result": _hash_of(call["params"][0])}
    if head is None or "error" in reply:
        return reply
    if call["method"] == HEAD:
        return reply | {"result": hex(head)}
    is_hidden = call["method"] in OF_A_BLOCK and _is_later(reply["result"], head)
    return reply | {"result": None} if is_hidden else reply


def _at(call: Call, head: int | None) -> Call:
    """Return the call for a node whose newest block is `head`."""
    if head is None:
        return call
    params = [hex(head) if param == "latest" else param for param in call.get("params", ())]
    return call | {"params": params}


def _is_later(result: Any, head: int) -> bool:
    if not result:
        return False
    number = result.get("blockNumber") or result.get("number")
    return number is not None and int(number, 16) > head


def _hash_of(raw: str) -> str:
    return "0x" + keccak.new(digest_bits=256, data=bytes.fromhex(raw[2:])).hexdigest()


@asynccontextmanager
async def rpc_proxy(upstream: str) -> AsyncIterator[RpcProxy]:
    """Run a proxy in this event loop on a free port."""
    async with aiohttp.ClientSession() as session:
        proxy = RpcProxy(upstream, session)
        application = web.Application(client_max_size=MAX_BODY_BYTES)
        application.router.add_post("/", proxy.handle)
        server = TestServer(application)
        # A request that waits for ever ends when its client hangs up.
        await server.start_server(shutdown_timeout=0.1)
        proxy.url = str(server.make_url("/"))
        try:
            yield proxy
        finally:
            await server.close()
