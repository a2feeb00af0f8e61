"""Follows coins over the provider's WebSocket: one connection, until it is silent or cut.

The provider closes the socket without a word for a coin it does not list, so whoever subscribes has
checked the coins against its list. Every frame is whole; none has a number, so what was missed
while the connection was away is of no interest.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from tradewind.contracts.market.model import OrderBook, PerpContext
from tradewind.runtime.loops import beat
from tradewind.trading.marketdata.answers import read_best, read_book, read_context, sensible
from tradewind.trading.marketdata.errors import ProviderUnavailable
from tradewind.trading.marketdata.models import BestPrices

SILENT_SECONDS: Final = 60.0
"""After so long without a frame the connection counts as lost, whatever TCP says."""
PING_SECONDS: Final = 20.0
"""The provider closes a connection on which nothing came for a minute."""
OPEN_SECONDS: Final = 5.0
MAX_FRAME_BYTES: Final = 1024 * 1024
BOOK_FIGURES: Final = 3
"""Of BTC, 20 levels of every price by itself end 0.02 % from the mid."""
PING: Final = '{"method":"ping"}'
CHANNELS: Final = ("activeAssetCtx", "l2Book", "bbo")

type Frame = PerpContext | OrderBook | BestPrices


async def frames(
    url: str,
    coins: Sequence[str],
    *,
    silent_seconds: float = SILENT_SECONDS,
    ping_seconds: float = PING_SECONDS,
) -> AsyncGenerator[Frame]:
    """Yield what comes of these coins, until ProviderUnavailable says why nothing more will."""
    name = urlsplit(url).netloc.rpartition("@")[2]
    try:
        async with (
            connect(
                socket_url(url),
                open_timeout=OPEN_SECONDS,
                close_timeout=1.0,
                max_size=MAX_FRAME_BYTES,
                ping_interval=None,
                proxy=None,
            ) as socket,
            _pinging(socket, ping_seconds),
        ):
            for coin in coins:
                for channel in CHANNELS:
                    await socket.send(orjson.dumps(subscription(channel, coin)).decode())
            while True:
                async with asyncio.timeout(silent_seconds):
                    message = await socket.recv()
                frame = read_frame(message)
                if frame is not None:
                    yield frame
    except TimeoutError:
        raise ProviderUnavailable(f"{name}: silent") from None
    except (WebSocketException, OSError) as error:
        raise ProviderUnavailable(f"{name}: {type(error).__name__}") from None


def socket_url(url: str) -> str:
    """Return the address of the WebSocket beside that of `/info`."""
    return f"ws{url.rstrip('/').removeprefix('http')}/ws"


def subscription(channel: str, coin: str) -> dict[str, Any]:
    """Return the message that subscribes to a channel of a coin."""
    wanted: dict[str, Any] = {"type": channel, "coin": coin}
    if channel == "l2Book":
        wanted["nSigFigs"] = BOOK_FIGURES
    return {"method": "subscribe", "subscription": wanted}


def read_frame(message: str | bytes) -> Frame | None:
    """Return what a frame says; None where it has no data, such as a `pong`.

    ProviderUnavailable for what is not the protocol, and for an error of the provider's own.
    """
    return sensible(lambda: _read(orjson.loads(message)))


def _read(frame: Any) -> Frame | None:
    channel, data = frame["channel"], frame.get("data")
    if channel == "activeAssetCtx":
        return read_context(data)
    if channel == "l2Book":
        return read_book(data)
    if channel == "bbo":
        return read_best(data)
    return None


@contextlib.asynccontextmanager
async def _pinging(socket: ClientConnection, seconds: float) -> AsyncIterator[None]:
    """Ask for a `pong` now and then, so that neither side takes the other for gone."""

    async def ping() -> None:
        with contextlib.suppress(WebSocketException, OSError):
            while True:
                await asyncio.sleep(seconds)
                await socket.send(PING)
                # A provider that says nothing is no loop that hangs.
                beat()

    task = asyncio.create_task(ping())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
