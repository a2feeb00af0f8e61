"""A JSON-RPC proxy that misbehaves as nodes and their load balancers do.

It is between the orchestrator and the dev chain. Its misbehaviour is set while it runs; the checker
asks the chain itself.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

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
WRONG_HASH: Final = "0x" + "be" * 32
MAX_BODY_BYTES: Final = 16 * 1024 * 1024

type Call = dict[str, Any]
type AfterSending = Literal["answer", "time_out", "cut", "server_error"]


@dataclass
class Misbehaviour:
    """The misbehaviour of the proxy; by default there is none."""

    refuse_every: int = 0
    """Every n-th request is answered with 429: 1 refuses all, 2 every second one."""
    delay_seconds: float = 0.0
    after_sending: AfterSending = "answer"
    """The answer to a client after its transaction was forwarded."""
    drops_transactions: bool = False
    """Whether a transaction is answered with its hash but not forwarded."""
    answers_wrong_hash: bool = False
    nonce_shift: int = 0
    """A number added to every transaction count."""
    hides_receipts: bool = False
    blocks_behind: int = 0
    """The proxy shows the chain as of this many blocks ago."""


@dataclass
class RpcProxy:
    """A node that lies. `counts` counts calls by method, and misbehaviour by kind."""

    upstream: str
    session: aiohttp.ClientSession
    wrong: Misbehaviour = field(default_factory=Misbehaviour)
    counts: Counter[str] = field(default_factory=Counter)
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one HTTP request."""
        body = await request.read()
        self.counts["requests"] += 1
        document = json.loads(body)
        calls: list[Call] = document if isinstance(document, list) else [document]
        self.counts.update(call["method"] for call in calls)
        every = self.wrong.refuse_every
        if every and self.counts["requests"] % every == 0:
            self.counts["refused"] += 1
            return web.Response(status=429, text="slow down")
        await asyncio.sleep(self.wrong.delay_seconds)
        replies = await self._replies(calls)
        if self.wrong.after_sending != "answer" and any(call["method"] == SEND for call in calls):
            self.counts["unanswered"] += 1
            return await self._fail(request)
        answer = replies if isinstance(document, list) else replies[0]
        return web.json_response(answer)

    async def _fail(self, request: web.Request) -> web.StreamResponse:
        if self.wrong.after_sending == "server_error":
            return web.Response(status=502, text="bad gateway")
        if self.wrong.after_sending == "time_out":
            # The client gives up long before and hangs up, which cancels this.
            await asyncio.sleep(3_600)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _replies(self, calls: list[Call]) -> list[Call]:
        head = await self._shown_head() if self.wrong.blocks_behind else None
        kept = [call for call in calls if not self._is_dropped(call)]
        answered = await self._forward([_at(call, head) for call in kept]) if kept else []
        by_id = {reply["id"]: reply for reply in answered}
        return [self._distorted(call, by_id.get(call["id"]), head) for call in calls]

    def _is_dropped(self, call: Call) -> bool:
        return self.wrong.drops_transactions and call["method"] == SEND

    def _distorted(self, call: Call, reply: Call | None, head: int | None) -> Call:
        """Return the reply of the proxy in place of the node's reply."""
        if reply is None:
            return {"jsonrpc": "2.0", "id": call["id"], "result": _hash_of(call["params"][0])}
        if "error" in reply:
            return reply
        method, result = call["method"], reply["result"]
        if method == SEND and self.wrong.answers_wrong_hash:
            result = WRONG_HASH
        elif method == COUNT:
            result = hex(max(0, int(result, 16) + self.wrong.nonce_shift))
        elif method == RECEIPT and self.wrong.hides_receipts:
            result = None
        elif head is not None and method == HEAD:
            result = hex(head)
        elif head is not None and method in OF_A_BLOCK and _is_later(result, head):
            result = None
        return reply | {"result": result}

    async def _shown_head(self) -> int:
        (reply,) = await self._forward([{"jsonrpc": "2.0", "id": 0, "method": HEAD, "params": []}])
        return max(0, int(reply["result"], 16) - self.wrong.blocks_behind)

    async def _forward(self, calls: list[Call]) -> list[Call]:
        async with self.session.post(self.upstream, json=calls) as answer:
            replies: list[Call] = await answer.json()
            return replies


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
