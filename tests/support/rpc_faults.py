"""The ways in which nodes, gateways and providers were seen to be wrong, one row each.

A row is used by its name: `proxy.misbehave(FAULTS["batch limit 100"])`. Codes and texts are those
of real software; what a row is about is its kind.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from tests.support.rpc_proxy import (
    BLOCK,
    COUNT,
    HEAD,
    RECEIPT,
    SEND,
    Answer,
    Call,
    Misbehaviour,
    Reply,
)

CHAIN_ID: Final = "eth_chainId"
LOGS: Final = "eth_getLogs"
PRIORITY_FEE: Final = "eth_maxPriorityFeePerGas"
SIMULATE: Final = "eth_simulateV1"
TRACE: Final = "debug_traceTransaction"
WRONG_HASH: Final = "0x" + "be" * 32
CHUNK: Final = b" " * 1024 * 1024
FOR_EVER_SECONDS: Final = 3_600.0
DRIP_SECONDS: Final = 0.2

type Refusal = Callable[[int, list[Call]], Answer | None]
type Distortion = Callable[[Call, Reply], Reply | None]


def error(code: int, message: str, call_id: object = None) -> Reply:
    return {"jsonrpc": "2.0", "id": call_id, "error": {"code": code, "message": message}}


# ── How an answer is sent ──


def http(status: int, body: str = "", **headers: str) -> Answer:
    """Send this answer; `Retry_After` stands for the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    async def send(request: web.Request, honest: bytes) -> web.StreamResponse:
        return web.Response(status=status, text=body, content_type="text/html", headers=named)

    return send


def document(body: Any, status: int = 200) -> Answer:
    async def send(request: web.Request, honest: bytes) -> web.StreamResponse:
        return web.json_response(body, status=status)

    return send


async def hang_up(request: web.Request, honest: bytes) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def never_answer(request: web.Request, honest: bytes) -> web.StreamResponse:
    # The client gives up long before and hangs up, which cancels this.
    await asyncio.sleep(FOR_EVER_SECONDS)
    return web.Response()


async def truncate(request: web.Request, honest: bytes) -> web.StreamResponse:
    return web.Response(body=honest[: len(honest) // 2], content_type="application/json")


async def drip(request: web.Request, honest: bytes) -> web.StreamResponse:
    """Send a byte now and then, so that something always arrives."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    for byte in honest:
        await answer.write(bytes([byte]))
        await asyncio.sleep(DRIP_SECONDS)
    return answer


async def send_too_much(request: web.Request, honest: bytes) -> web.StreamResponse:
    """Send spaces, which JSON allows, until the client has enough."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while request.transport is not None and not request.transport.is_closing():
        await answer.write(CHUNK)
    return answer


async def lie_about_gzip(request: web.Request, honest: bytes) -> web.StreamResponse:
    return web.Response(body=honest, headers={"Content-Encoding": "gzip"})


# ── What is refused ──


def always(answer: Answer) -> Refusal:
    return lambda number, calls: answer


def batches_over(limit: int, answer: Answer) -> Refusal:
    return lambda number, calls: answer if len(calls) > limit else None


def with_method(method: str, answer: Answer) -> Refusal:
    """Refuse every request that holds a method, whatever else it holds."""
    return lambda number, calls: answer if any(call["method"] == method for call in calls) else None


def with_logs_over(blocks: int, answer: Answer) -> Refusal:
    """Refuse every request for logs of more blocks than these."""
    return lambda number, calls: (
        answer if any(call["method"] == LOGS and _span(call) > blocks for call in calls) else None
    )


def truncated_batch(limit: int) -> Callable[[list[Reply]], Any]:
    """Answer the first calls of a batch only, the way geth cuts off long answers."""
    return lambda replies: replies[:limit]


# ── What is replied ──


def instead_of(method: str, code: int, message: str) -> Distortion:
    """Give an error for a method."""
    return lambda call, reply: (
        error(code, message, call["id"]) if call["method"] == method else reply
    )


def result_of(method: str, result: Any) -> Distortion:
    """Give a result for a method."""
    return lambda call, reply: _with_result(call, result) if call["method"] == method else reply


def changed(*methods: str, by: Callable[[Any], Any]) -> Distortion:
    """Change a method's result where there is one."""

    def distort(call: Call, reply: Reply) -> Reply:
        if call["method"] not in methods or reply.get("result") is None:
            return reply
        return reply | {"result": by(reply["result"])}

    return distort


def logs_over(blocks: int, code: int, message: str) -> Distortion:
    """Refuse logs of more blocks than these."""

    def distort(call: Call, reply: Reply) -> Reply:
        if call["method"] != LOGS:
            return reply
        return error(code, message, call["id"]) if _span(call) > blocks else reply

    return distort


def block_field(
    name: str, value: Callable[[str], Any] | None, number: str = "latest"
) -> Distortion:
    """Change a field of a block, or leave it out."""

    def distort(call: Call, reply: Reply) -> Reply:
        if call["method"] != BLOCK or call["params"][0] != number or not reply.get("result"):
            return reply
        block = dict(reply["result"])
        old = block.pop(name, None)
        return reply | {"result": block if value is None else block | {name: value(old)}}

    return distort


def _span(call: Call) -> int:
    query = call["params"][0]
    return int(query["toBlock"], 16) - int(query["fromBlock"], 16) + 1


def _with_result(call: Call, result: Any) -> Reply:
    return {"jsonrpc": "2.0", "id": call["id"], "result": result}


def _each_log(**fields: Any) -> Distortion:
    return changed(LOGS, by=lambda logs: [log | fields for log in logs])


def _upper(value: Any) -> Any:
    """Spell every hexadecimal text of a result in upper case."""
    if isinstance(value, str) and value.startswith("0x"):
        return "0x" + value[2:].upper()
    if isinstance(value, list):
        return [_upper(one) for one in value]
    return {name: _upper(one) for name, one in value.items()} if isinstance(value, dict) else value


def _no_first_block(call: Call, reply: Reply) -> Reply:
    """Show a chain of the same id that began with another block."""
    if call["method"] == BLOCK and call["params"][0] in ("0x0", "0x1") and reply.get("result"):
        return reply | {"result": reply["result"] | {"hash": WRONG_HASH}}
    return reply


def shift_counts(by: int) -> Distortion:
    return changed(COUNT, by=lambda count: hex(max(0, int(count, 16) + by)))


BATCH_TEXT: Final = "batch limit exceeded (can increase by --rpc.batch.limit)"
HTML: Final = "<html><body>Service</body></html>"

ROWS: Final = (
    # The whole answer
    Misbehaviour("HTTP 429", refuses=always(http(429, "slow down"))),
    Misbehaviour("HTTP 429 at every second request", refuses=always(http(429)), every=2),
    Misbehaviour("HTTP 429 with Retry-After", refuses=always(http(429, Retry_After="20"))),
    Misbehaviour("HTTP 403", refuses=always(http(403, "forbidden"))),
    Misbehaviour("HTTP 503", refuses=always(http(503, HTML))),
    Misbehaviour("redirect", refuses=always(http(307, Location="http://127.0.0.1:9/"))),
    Misbehaviour("HTML", refuses=always(http(200, HTML))),
    Misbehaviour("empty body", refuses=always(http(200))),
    Misbehaviour("null", refuses=always(document(None))),
    Misbehaviour("truncated body", answers=truncate),
    Misbehaviour("huge body", answers=send_too_much),
    Misbehaviour("slow drip", answers=drip),
    Misbehaviour("gzip nonsense", answers=lie_about_gzip),
    Misbehaviour("hang", answers=never_answer),
    Misbehaviour("hang up", answers=hang_up),
    Misbehaviour("hang up at every second request", answers=hang_up, every=2),
    Misbehaviour("slow", delay_seconds=0.05),
    Misbehaviour("very slow", delay_seconds=0.4),
    # Batches
    Misbehaviour("batch limit 100", refuses=batches_over(100, document(error(-32000, BATCH_TEXT)))),
    Misbehaviour("batch limit 3", refuses=batches_over(3, document(error(-32000, BATCH_TEXT)))),
    Misbehaviour("no batches", refuses=batches_over(1, document(error(-32600, "Invalid request")))),
    Misbehaviour(
        "batch limit 3 in a list", refuses=batches_over(3, document([error(-32000, BATCH_TEXT)]))
    ),
    Misbehaviour("batch limit 3, HTTP 413", refuses=batches_over(3, http(413, HTML))),
    Misbehaviour("batch limit 3, HTTP 400", refuses=batches_over(3, http(400))),
    Misbehaviour("batch limit 3, hanging up", refuses=batches_over(3, hang_up)),
    Misbehaviour("batch limit 3, the rest missing", arranges=truncated_batch(3)),
    Misbehaviour("batch in another order", arranges=lambda replies: replies[::-1]),
    Misbehaviour("batch answered twice", arranges=lambda replies: replies * 2),
    Misbehaviour(
        "tracing refuses the batch",
        refuses=with_method(TRACE, document(error(-32600, "debug_ needs a paid plan"))),
    ),
    Misbehaviour("tracing hangs", answers=never_answer, answers_to=TRACE),
    # The form of a reply
    Misbehaviour("wrong id", replies=lambda call, reply: reply | {"id": 4_711}),
    Misbehaviour("no id", replies=lambda call, reply: reply | {"id": None}),
    Misbehaviour("no result", replies=lambda call, reply: {"jsonrpc": "2.0", "id": call["id"]}),
    Misbehaviour(
        "result and error",
        replies=lambda call, reply: reply | {"error": {"code": -32000, "message": "and yet"}},
    ),
    Misbehaviour("upper case", replies=changed(BLOCK, LOGS, "eth_call", CHAIN_ID, by=_upper)),
    Misbehaviour(
        "integers", replies=changed(CHAIN_ID, HEAD, PRIORITY_FEE, by=lambda text: int(text, 16))
    ),
    # Methods a node does not have
    *(
        Misbehaviour(f"no simulation, {code}", replies=instead_of(SIMULATE, code, text))
        for code, text in (
            (-32601, "the method eth_simulateV1 does not exist/is not available"),
            (-32600, "Unsupported method: eth_simulateV1 on ETH_MAINNET"),
            (-32004, "Method eth_simulateV1 is not supported"),
            (-32000, "eth_simulateV1 is not available on your plan"),
            (-32005, "limit exceeded: eth_simulateV1"),
            (-32603, "Internal error"),
        )
    ),
    Misbehaviour("no simulation, null", replies=result_of(SIMULATE, None)),
    Misbehaviour("no simulation, []", replies=result_of(SIMULATE, [])),
    Misbehaviour("no simulation, HTTP 400", refuses=with_method(SIMULATE, http(400, HTML))),
    Misbehaviour("no simulation, HTTP 503", refuses=with_method(SIMULATE, http(503, HTML))),
    # Logs
    *(
        Misbehaviour(f"logs of 10 blocks, {code}", replies=logs_over(10, code, text))
        for code, text in (
            (-32600, "You can make eth_getLogs requests with up to a 10 block range."),
            (-32602, "range 500 exceeds limit of 10"),
            (-32005, "query returned more than 10000 results"),
            (-32614, "eth_getLogs is limited to a 10 range"),
            (35, "ranges over 10 blocks are not supported on freetier"),
        )
    ),
    Misbehaviour("logs of 10 blocks, HTTP 413", refuses=with_logs_over(10, http(413, HTML))),
    Misbehaviour("logs of 10 blocks, hanging up", refuses=with_logs_over(10, hang_up)),
    Misbehaviour("longer logs time out", refuses=with_logs_over(10, never_answer)),
    Misbehaviour("no logs", replies=instead_of(LOGS, -32601, "eth_getLogs is not available")),
    Misbehaviour("no logs, HTTP 413", refuses=with_method(LOGS, http(413, HTML))),
    Misbehaviour("no logs, HTTP 503", refuses=with_method(LOGS, http(503, HTML))),
    Misbehaviour("removed logs", replies=_each_log(removed=True)),
    Misbehaviour("logs of other blocks", replies=_each_log(blockNumber="0x1")),
    # Blocks
    Misbehaviour("no newest block", replies=result_of(BLOCK, None)),
    Misbehaviour("no base fee", replies=block_field("baseFeePerGas", None)),
    Misbehaviour(
        "base fee 900 gwei", replies=block_field("baseFeePerGas", lambda _: hex(9 * 10**11))
    ),
    Misbehaviour("no timestamp", replies=block_field("timestamp", None)),
    Misbehaviour("3 blocks behind", blocks_behind=3),
    Misbehaviour("2 blocks behind", blocks_behind=2),
    Misbehaviour("1 block behind", blocks_behind=1),
    Misbehaviour("3 blocks behind at every second request", blocks_behind=3, every=2),
    # Another chain
    Misbehaviour("wrong chain", replies=result_of(CHAIN_ID, "0x7a6a")),
    Misbehaviour(
        "another chain at every second request", replies=result_of(CHAIN_ID, "0x7a6a"), every=2
    ),
    Misbehaviour("another first block", replies=_no_first_block),
    # Transactions
    Misbehaviour("sent and cut", answers=hang_up, answers_to=SEND),
    Misbehaviour("sent and timed out", answers=never_answer, answers_to=SEND),
    Misbehaviour("sent and HTTP 502", answers=http(502, "bad gateway"), answers_to=SEND),
    Misbehaviour("transactions dropped", drops=lambda call: bool(call["method"] == SEND)),
    Misbehaviour("wrong transaction hash", replies=result_of(SEND, WRONG_HASH)),
    Misbehaviour("count 2 too high", replies=shift_counts(2)),
    Misbehaviour("count 3 too high", replies=shift_counts(3)),
    Misbehaviour("count 2 too low", replies=shift_counts(-2)),
    Misbehaviour("receipts hidden", replies=result_of(RECEIPT, None)),
)

FAULTS: Final = {row.name: row for row in ROWS}
assert len(FAULTS) == len(ROWS), "two rows have the same name"
