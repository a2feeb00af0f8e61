"""One WebSocket of a client: its subscriptions, and the frames they bring (signals.md 1.4)."""

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect

from simulators.hyperliquid.answers import DELISTED, UnknownCoin, Unprocessable
from simulators.hyperliquid.faults import Fault
from simulators.hyperliquid.market import INTERVALS

if TYPE_CHECKING:
    from simulators.hyperliquid.app import Exchange

SILENCE_SECONDS: Final = 60.0
"""A client that says nothing for so long is hung up on."""
TICK_SECONDS: Final = 0.5
BOOK_TICKS: Final = 11
"""A book comes every 5.5 s."""
EVERY_TICKS: Final = {
    "activeAssetCtx": 2,
    "l2Book": BOOK_TICKS,
    "bbo": 1,
    "allMids": 10,
    "candle": 2,
}
MAX_SUBSCRIPTIONS: Final = 1_000


class HangUp(Exception):
    """The real service closes the connection here, without a word."""


class Session:
    """Runs until the client goes, or is hung up on."""

    def __init__(self, websocket: WebSocket, exchange: "Exchange") -> None:
        self._socket = websocket
        self._exchange = exchange
        self._subscribed: dict[str, dict[str, Any]] = {}
        self._ticks = 0

    async def run(self) -> None:
        """Serve the client."""
        await self._socket.accept()
        self._exchange.sockets += 1
        sending = asyncio.create_task(self._send())
        receiving = asyncio.create_task(self._receive())
        try:
            await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, receiving):
                task.cancel()
            results = await asyncio.gather(sending, receiving, return_exceptions=True)
        if any(isinstance(one, HangUp | TimeoutError) for one in results):
            client = self._socket.client
            self._exchange.abort(None if client is None else (client.host, client.port))

    async def _receive(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                async with asyncio.timeout(SILENCE_SECONDS):
                    text = await self._socket.receive_text()
                await self._take(text)

    async def _take(self, text: str) -> None:
        try:
            message = json.loads(text)
            method = message["method"]
        except (ValueError, KeyError, TypeError):
            return await self._error(
                f"Error parsing JSON into valid websocket request: {text[:99]}"
            )
        if method == "ping":
            return await self._say({"channel": "pong"})
        if method == "subscribe":
            return await self._subscribe(message.get("subscription"))
        if method == "unsubscribe":
            self._subscribed.pop(json.dumps(message.get("subscription"), sort_keys=True), None)
            return None
        if method == "post":
            return await self._post(message)
        return await self._error(f"Unknown method {method}")

    async def _subscribe(self, wanted: Any) -> None:
        key = json.dumps(wanted, sort_keys=True)
        if key in self._subscribed:
            return await self._error(f"Already subscribed: {key}")
        if not self._is_right(wanted) or len(self._subscribed) >= MAX_SUBSCRIPTIONS:
            raise HangUp
        self._subscribed[key] = wanted
        self._exchange.subscriptions[f"{wanted['type']} {wanted.get('coin', '')}".strip()] += 1
        await self._say(
            {
                "channel": "subscriptionResponse",
                "data": {"method": "subscribe", "subscription": wanted},
            }
        )
        await self._frame(wanted)

    def _is_right(self, wanted: Any) -> bool:
        if not isinstance(wanted, dict) or wanted.get("type") not in EVERY_TICKS:
            return False
        coins = (*self._exchange.market.coins, DELISTED)
        if wanted["type"] != "allMids" and wanted.get("coin") not in coins:
            return False
        if wanted["type"] == "candle" and wanted.get("interval") not in INTERVALS:
            return False
        return wanted.get("nSigFigs") in (None, 2, 3, 4, 5)

    async def _send(self) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                if self._is_on(Fault.CUT_SOCKETS) or self._is_on(Fault.AWAY):
                    raise HangUp
                await asyncio.sleep(TICK_SECONDS)
                self._ticks += 1
                for wanted in list(self._subscribed.values()):
                    if self._ticks % EVERY_TICKS[wanted["type"]] == 0:
                        await self._frame(wanted)

    def _is_on(self, fault: Fault) -> bool:
        return self._exchange.faults.is_on(fault, "ws")

    async def _frame(self, wanted: dict[str, Any]) -> None:
        if self._is_on(Fault.SILENT_SOCKETS):
            return
        kind, coin = wanted["type"], wanted.get("coin", "")
        data = self._data(kind, coin, wanted)
        if self._is_on(Fault.WRONG_FRAMES):
            data = {"unexpected": data}
        await self._say({"channel": kind, "data": data})

    def _data(self, kind: str, coin: str, wanted: dict[str, Any]) -> Any:
        answers = self._exchange.answers
        if kind == "activeAssetCtx":
            return {"coin": coin, "ctx": answers.context(coin)}
        if kind == "l2Book":
            return answers.book(coin, wanted.get("nSigFigs"))
        if kind == "bbo":
            return answers.best(coin)
        if kind == "allMids":
            return {"mids": answers.all_mids()}
        seconds = INTERVALS[wanted["interval"]]
        opened = int(self._exchange.market.clock() // seconds) * seconds
        return answers.candle(coin, wanted["interval"], opened)

    async def _post(self, message: dict[str, Any]) -> None:
        request = message.get("request")
        if not isinstance(request, dict) or request.get("type") != "info":
            return await self._error("only info requests are answered here")
        payload = request.get("payload")
        try:
            if not isinstance(payload, dict):
                raise Unprocessable
            answer = self._exchange.answers.of(payload)
            response = {"type": "info", "payload": {"type": payload["type"], "data": answer}}
        except (Unprocessable, UnknownCoin):
            response = {"type": "error", "payload": "422 Unprocessable Entity"}
        data = {"id": message.get("id"), "response": response}
        return await self._say({"channel": "post", "data": data})

    async def _error(self, text: str) -> None:
        await self._say({"channel": "error", "data": text})

    async def _say(self, message: dict[str, Any]) -> None:
        if not self._is_on(Fault.SILENT_SOCKETS):
            await self._socket.send_text(json.dumps(message))
