"""The RPC client against nodes that misbehave: real HTTP, scripted answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tradewind.trading.chain.broadcast import BroadcastOutcome
from tradewind.trading.chain.errors import (
    ExecutionReverted,
    RpcAnswerLost,
    RpcRefused,
    RpcUnavailable,
)
from tradewind.trading.chain.hexadecimal import keccak256, to_data
from tradewind.trading.chain.json_rpc import Call, Fault
from tradewind.trading.chain.rpc_client import RpcClient

NOBODY_LISTENS = "http://127.0.0.1:9"
RAW = b"\x02signed"
HASH = to_data(keccak256(RAW))

type Answer = Callable[[Any], Any]


class ScriptedNode:
    """Answers each request by a function of its JSON; a Response goes out as it is."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.answer: Answer = lambda request: {"result": "0x1"}
        self.url = ""
        self.delay: asyncio.Event | None = None

    async def handle(self, request: web.Request) -> web.StreamResponse:
        document = await request.json()
        self.requests.append(document)
        if self.delay is not None:
            await self.delay.wait()
        if isinstance(document, list):
            return web.json_response([self._reply(item) for item in document])
        reply = self._reply(document)
        return reply if isinstance(reply, web.Response) else web.json_response(reply)

    def _reply(self, request: Any) -> Any:
        reply = self.answer(request)
        return reply if isinstance(reply, web.Response) else {"id": request["id"], **reply}


@pytest.fixture
async def nodes() -> AsyncIterator[list[ScriptedNode]]:
    """Run two nodes."""
    scripted = [ScriptedNode(), ScriptedNode()]
    servers = []
    for node in scripted:
        application = web.Application()
        application.router.add_post("/{key}", node.handle)
        server = TestServer(application)
        await server.start_server()
        node.url = str(server.make_url("/secret-key"))
        servers.append(server)
    yield scripted
    for server in servers:
        await server.close()


def fault(code: int, message: str, data: str | None = None) -> Answer:
    return lambda request: {"error": {"code": code, "message": message, "data": data}}


def status(code: int) -> Answer:
    return lambda request: web.Response(status=code, text="no")


async def test_a_batch_is_one_request_and_large_ones_are_cut(nodes: list[ScriptedNode]) -> None:
    nodes[0].answer = lambda request: {"result": request["params"][0]}
    async with RpcClient([nodes[0].url], max_batch_calls=3) as client:
        replies = await client.batch([Call("echo", (number,)) for number in range(7)])
    assert replies == list(range(7))
    assert [len(request) for request in nodes[0].requests[:2]] == [3, 3]
    assert len(nodes[0].requests) == 3


@pytest.mark.parametrize(
    "broken",
    [status(429), status(502), status(404), fault(-32005, "limit exceeded")],
    ids=["429", "502", "404", "limit"],
)
async def test_reads_go_on_at_the_next_endpoint_and_the_first_gets_a_rest(
    nodes: list[ScriptedNode], broken: Answer
) -> None:
    nodes[0].answer = broken
    async with RpcClient([nodes[0].url, nodes[1].url]) as client:
        assert await client.call("eth_blockNumber") == "0x1"
        assert await client.call("eth_blockNumber") == "0x1"
    assert (len(nodes[0].requests), len(nodes[1].requests)) == (1, 2)


async def test_a_lagging_node_is_passed_over(nodes: list[ScriptedNode]) -> None:
    nodes[0].answer = fault(-32000, "header not found")
    async with RpcClient([nodes[0].url, nodes[1].url]) as client:
        assert await client.chain_id() == 1


async def test_when_nobody_answers_the_error_names_hosts_and_no_keys(
    nodes: list[ScriptedNode],
) -> None:
    nodes[0].answer = status(503)
    async with RpcClient([nodes[0].url, NOBODY_LISTENS]) as client:
        with pytest.raises(RpcUnavailable) as caught:
            await client.call("eth_blockNumber")
    assert "127.0.0.1" in str(caught.value)
    assert "HTTP 503" in str(caught.value)
    assert "secret-key" not in str(caught.value)


async def test_a_refusal_is_final_and_not_asked_elsewhere(nodes: list[ScriptedNode]) -> None:
    nodes[0].answer = fault(-32601, "Method not found")
    async with RpcClient([nodes[0].url, nodes[1].url]) as client:
        with pytest.raises(RpcRefused, match="Method not found"):
            await client.call("nonsense")
        nodes[0].answer = fault(3, "execution reverted: STF")
        with pytest.raises(ExecutionReverted) as caught:
            await client.call("eth_call")
    assert caught.value.reason == "STF"
    assert nodes[1].requests == []


async def test_a_command_is_sent_once_and_a_lost_answer_is_unknown(
    nodes: list[ScriptedNode],
) -> None:
    async with RpcClient([nodes[0].url, nodes[1].url]) as client:
        nodes[0].answer = status(502)
        with pytest.raises(RpcAnswerLost, match=r"evm_mine: .*HTTP 502"):
            await client.command("evm_mine")
        nodes[0].answer = status(429)
        with pytest.raises(RpcUnavailable):
            await client.command("evm_mine")
    assert (len(nodes[0].requests), len(nodes[1].requests)) == (2, 0)


async def test_an_error_with_an_http_status_is_still_the_nodes_answer(
    nodes: list[ScriptedNode],
) -> None:
    body = '{"id": 0, "error": {"code": -32000, "message": "nonce too low"}}'
    nodes[0].answer = lambda request: web.Response(status=400, text=body)
    async with RpcClient([nodes[0].url]) as client:
        assert await client.batch([Call("any")]) == [Fault(-32000, "nonce too low")]
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.NONCE_TOO_LOW


async def test_a_node_that_takes_it_and_never_answers_leaves_doubt(
    nodes: list[ScriptedNode],
) -> None:
    nodes[0].answer = status(504)
    nodes[1].answer = fault(-32000, "replacement transaction underpriced")
    async with RpcClient([nodes[0].url, nodes[1].url]) as client:
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.UNKNOWN
        nodes[0].answer = status(429)
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.UNDERPRICED
        nodes[1].answer = lambda request: {"result": HASH}
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.ACCEPTED


async def test_a_node_with_too_many_requests_is_asked_once_more(nodes: list[ScriptedNode]) -> None:
    def refuse_once(request: Any) -> Any:
        return status(429)(request) if len(nodes[0].requests) == 1 else {"result": HASH}

    nodes[0].answer = refuse_once
    async with RpcClient([nodes[0].url]) as client:
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.ACCEPTED
        nodes[0].answer = status(429)
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.UNKNOWN
    assert len(nodes[0].requests) == 4


async def test_a_slow_node_is_given_up(nodes: list[ScriptedNode]) -> None:
    nodes[0].delay = asyncio.Event()
    async with RpcClient([nodes[0].url, nodes[1].url], timeout_seconds=0.2) as client:
        assert await client.call("eth_blockNumber") == "0x1"
    async with RpcClient([nodes[0].url], timeout_seconds=0.2) as client:
        assert (await client.broadcast(RAW)).outcome is BroadcastOutcome.UNKNOWN
    nodes[0].delay.set()


def test_at_least_one_endpoint_is_needed() -> None:
    with pytest.raises(ValueError, match="between 1 and 16"):
        RpcClient([])
