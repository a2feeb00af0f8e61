"""The application: `/info`, `/ws`, and `/control`, which only this machine may use."""

import asyncio
import contextlib
import ipaddress
import json
import math
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from simulators.hyperliquid.answers import Answers, UnknownCoin, Unprocessable
from simulators.hyperliquid.faults import Fault, Faults, Switched, parse
from simulators.hyperliquid.market import SimulatedMarket
from simulators.hyperliquid.sockets import Session

LOOK_SECONDS: Final = 1.0
WEIGHT_A_MINUTE: Final = 1_200
LIGHT: Final = frozenset(
    {"allMids", "l2Book", "exchangeStatus", "clearinghouseState", "orderStatus"}
)
MAX_BODY_BYTES: Final = 64 * 1024
REFUSAL: Final = "Failed to deserialize the JSON body into the target type"
HTML: Final = "<html><body>Bad gateway</body></html>"

type Abort = Callable[[tuple[str, int] | None], None]
"""Cuts the connection of a client, by its address and port."""


class Exchange:
    """What the routes share: the market, its faults, and what was asked."""

    def __init__(self, market: SimulatedMarket) -> None:
        self.market = market
        self.faults = Faults(market.clock)
        self.abort: Abort = lambda client: None
        self.requests: Counter[str] = Counter()
        self.weights: deque[tuple[float, int]] = deque()
        """When which weight was spent, of the last hour."""
        self.subscriptions: Counter[str] = Counter()
        self.sockets = 0
        """How many were opened."""
        self.weight_limit = WEIGHT_A_MINUTE
        self._stale_since: float | None = None
        self.answers = Answers(market, self._book_at)

    def _book_at(self) -> float:
        now = self.market.clock()
        if not self.faults.is_on(Fault.STALE_BOOK, "l2Book"):
            self._stale_since = None
            return now
        if self._stale_since is None:
            self._stale_since = now
        return self._stale_since

    def weigh(self, request_type: str, answer: Any) -> None:
        """Count the weight of a request that was answered."""
        weight = 2 if request_type in LIGHT else 20
        if request_type == "candleSnapshot" and isinstance(answer, list):
            weight += math.ceil(len(answer) / 60)
        if request_type == "fundingHistory" and isinstance(answer, list):
            weight += math.ceil(len(answer) / 20)
        now = self.market.clock()
        self.weights.append((now, weight))
        while self.weights and self.weights[0][0] < now - 3_600:
            self.weights.popleft()

    def weight_of_last_minute(self) -> int:
        """Return what was spent in the last minute."""
        since = self.market.clock() - 60
        return sum(weight for at, weight in self.weights if at > since)

    def heaviest_minute(self) -> int:
        """Return the most that was spent within any minute."""
        return max(
            (sum(w for at, w in self.weights if end - 60 < at <= end) for end, _ in self.weights),
            default=0,
        )


def hyperliquid_app(exchange: Exchange) -> Starlette:
    """Return the application of an exchange."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        looking = asyncio.create_task(_look(exchange.market))
        try:
            yield
        finally:
            looking.cancel()

    async def info(request: Request) -> Response:
        return await _info(exchange, request)

    async def control(request: Request) -> Response:
        return await _control(exchange, request)

    async def socket(websocket: WebSocket) -> None:
        await Session(websocket, exchange).run()

    return Starlette(
        routes=[
            Route("/info", info, methods=["POST"]),
            Route("/control", control, methods=["GET", "POST", "DELETE"]),
            WebSocketRoute("/ws", socket),
        ],
        lifespan=lifespan,
    )


async def _look(market: SimulatedMarket) -> None:
    while True:
        market.look()
        await asyncio.sleep(LOOK_SECONDS)


async def _info(exchange: Exchange, request: Request) -> Response:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return PlainTextResponse("Expected request with `Content-Type: application/json`", 415)
    content = await request.body()
    try:
        body = json.loads(content[: MAX_BODY_BYTES + 1])
    except (ValueError, RecursionError):
        return PlainTextResponse("Failed to parse the request body as JSON", 400)
    request_type = body.get("type") if isinstance(body, dict) else None
    name = request_type if isinstance(request_type, str) else ""
    exchange.requests[name] += 1
    switched = exchange.faults.take(name)
    early = await _early(exchange, request, switched)
    if early is not None:
        return early
    if exchange.weight_of_last_minute() >= exchange.weight_limit:
        return _raw("null", 429)
    try:
        answer = exchange.answers.of(body)
    except Unprocessable:
        return PlainTextResponse(REFUSAL, 422)
    except UnknownCoin:
        return _raw("null", 500)
    exchange.weigh(name, answer)
    return await _spoiled(exchange, request, {one.fault for one in switched}, answer)


async def _early(exchange: Exchange, request: Request, switched: list[Switched]) -> Response | None:
    """Return what is answered without a look at the request, or None."""
    for one in switched:
        match one.fault:
            case Fault.SLOW:
                await asyncio.sleep(one.delay_seconds)
            case Fault.AWAY:
                exchange.abort(_client(request))
                return Response()
            case Fault.UNPROCESSABLE:
                return PlainTextResponse(REFUSAL, 422)
            case Fault.SERVER_ERROR:
                return _raw("null", 500)
            case Fault.BAD_GATEWAY:
                return Response(HTML, 502, media_type="text/html")
            case Fault.BUSY:
                return _raw("null", 429)
            case Fault.NOTHING:
                return _raw("null", 200)
            case Fault.NOT_JSON:
                return Response(HTML, 200, media_type="text/html")
            case Fault.NONSENSE:
                return JSONResponse({"unexpected": [1, {"shape": None}]})
    return None


async def _spoiled(exchange: Exchange, request: Request, on: set[Fault], answer: Any) -> Response:
    """Return the answer, as far as faults leave it whole."""
    if Fault.EMPTY_BOOK in on and isinstance(answer, dict) and "levels" in answer:
        answer = answer | {"levels": [[], []]}
    if isinstance(answer, list) and answer and isinstance(answer[0], dict) and "T" in answer[0]:
        if Fault.LATE_CANDLE in on:
            answer = answer[:-2] + answer[-1:]
        if Fault.GAP in on:
            answer = answer[:-3] + answer[-2:]
    if Fault.FLOATS in on:
        answer = _with_floats(answer)
    if Fault.CUT in on:
        return _CutResponse(json.dumps(answer).encode(), lambda: exchange.abort(_client(request)))
    return JSONResponse(answer)


class _CutResponse(Response):
    """Sends half of the content it announced, and cuts the connection."""

    def __init__(self, content: bytes, cut: Callable[[], None]) -> None:
        super().__init__(content, media_type="application/json")
        self._cut = cut

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.01)
        self._cut()


def _with_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_floats(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_floats(one) for one in value]
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _raw(content: str, status: int) -> Response:
    return Response(content, status, media_type="application/json")


def _client(request: Request) -> tuple[str, int] | None:
    return None if request.client is None else (request.client.host, request.client.port)


async def _control(exchange: Exchange, request: Request) -> Response:
    """Show or change the faults. A page in a browser of this machine is somebody else's."""
    if not _is_local(request) or "origin" in request.headers:
        return PlainTextResponse("only for programs of this machine", 403)
    if request.method == "DELETE":
        exchange.faults.clear()
    if request.method == "POST":
        try:
            document = json.loads((await request.body())[:MAX_BODY_BYTES])
            exchange.faults.switch_on(parse(document, exchange.market.clock()))
        except (ValueError, RecursionError) as error:
            return PlainTextResponse(str(error), 422)
    return JSONResponse(
        {
            "faults": [one.fault for one in exchange.faults.on],
            "requests": exchange.requests,
            "sockets": exchange.sockets,
            "subscriptions": exchange.subscriptions,
            "weight_of_last_minute": exchange.weight_of_last_minute(),
            "heaviest_minute": exchange.heaviest_minute(),
        }
    )


def _is_local(request: Request) -> bool:
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
