"""Run the simulated exchange: `python -m simulators.hyperliquid --port 18180`."""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from simulators.hyperliquid.app import Exchange
from simulators.hyperliquid.market import REFERENCE_PRICES, Prices, SimulatedMarket
from simulators.hyperliquid.serving import LOOPBACK, server_of
from tradewind.errors import TradewindError
from tradewind.telemetry import configure_logging
from tradewind.trading.marketdata.perpetuals import load_perpetuals

DEFAULT_PORT: Final = 18_180
FIRST_PRICES_SECONDS: Final = 15.0
"""How long to wait for the pools, so that the past ends at their prices; then it starts anyway."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT."""
    options = _parse(arguments)
    configure_logging("simulated-hyperliquid", "INFO", None)
    try:
        asyncio.run(_run(options))
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 0
    except TradewindError as error:
        print(f"simulators.hyperliquid: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m simulators.hyperliquid", description=__doc__)
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=42, help="of the walk of the prices")
    parser.add_argument(
        "--prices", type=_prices, default={}, help="where walks end: ETH=3000,BTC=60000"
    )
    parser.add_argument(
        "--follow-pools",
        action="store_true",
        help="take prices from the platform's pools, at TRADEWIND_NATS_URL",
    )
    parser.add_argument("--perpetuals-file", type=Path, help="which coins there are")
    return parser.parse_args(arguments)


def _prices(text: str) -> Mapping[str, float]:
    pairs = (part.partition("=") for part in text.split(",") if part)
    return {coin: float(price) for coin, _, price in pairs}


async def _run(options: argparse.Namespace) -> None:
    from simulators.hyperliquid.pool_prices import pool_prices

    perpetuals = load_perpetuals(options.perpetuals_file)
    references = dict.fromkeys(perpetuals.coins, 1.0) | REFERENCE_PRICES | options.prices
    async with contextlib.AsyncExitStack() as stack:
        prices: Prices = dict
        if options.follow_pools:
            pools = await stack.enter_async_context(pool_prices(perpetuals))
            await pools.wait(FIRST_PRICES_SECONDS)
            prices = pools
        market = SimulatedMarket(options.seed, time.time, prices, references)
        await server_of(Exchange(market), options.port, options.host).serve()


if __name__ == "__main__":
    sys.exit(main())
