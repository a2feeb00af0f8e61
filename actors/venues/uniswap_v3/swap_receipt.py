"""Reads what a swap moved from its logs, never from a quote.

The wallet's Transfer logs say what it paid and received. The Swap logs of the pools say what the
swap should have moved: a token that keeps a part of every transfer makes the two disagree.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from eth_abi.exceptions import DecodingError

from actors.venues.uniswap_v3.receipts import Log, UnreadableReceipt, log_index
from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.plans.model import ExecutionStep
from tradewind.trading.chain.erc20 import TRANSFER
from tradewind.trading.chain.hexadecimal import parse_data
from tradewind.trading.chain.uniswap_v3 import SWAP

WORD_BYTES = 32
TRANSFER_WORDS = 3


class Movement(NamedTuple):
    """Base units that went in and came out."""

    amount_in: int
    amount_out: int


class SwapFill(NamedTuple):
    """What a swap moved, for the wallet and through the pools."""

    moved: Movement
    """What the wallet paid and received."""
    swapped: Movement
    """What went into the first pools and came out of the last ones."""
    log_index: int | None
    """The place of the last pool's Swap log in its block."""

    @property
    def disagreement(self) -> str:
        """Say how wallet and pools differ; empty where they agree."""
        parts = []
        if self.moved.amount_in != self.swapped.amount_in:
            parts.append(
                f"the wallet paid {self.moved.amount_in} base units, "
                f"the pools took {self.swapped.amount_in}"
            )
        if self.moved.amount_out != self.swapped.amount_out:
            parts.append(
                f"{self.moved.amount_out} base units arrived, "
                f"the pools paid out {self.swapped.amount_out}"
            )
        return "; ".join(parts)


def read_fill(
    logs: Sequence[Log] | None, step: ExecutionStep, *, wallet: str, router: str
) -> SwapFill:
    """Return what the step's swap moved; UnreadableReceipt when its logs are not all there.

    A token that writes no Transfer log at all says nothing, and the Swap logs count for it.
    """
    if logs is None:
        raise UnreadableReceipt("logs: are missing")
    try:
        swapped, last = _swapped(logs, step, router)
        sent = net_received(logs, step.token_in, wallet)
        received = net_received(logs, step.token_out, wallet)
    except (DecodingError, ValueError) as error:
        raise UnreadableReceipt(f"logs: {type(error).__name__}") from None
    moved = Movement(
        swapped.amount_in if sent is None else max(0, -sent),
        swapped.amount_out if received is None else max(0, received),
    )
    return SwapFill(moved, swapped, log_index(last))


def net_received(logs: Iterable[Log], token: str, wallet: str) -> int | None:
    """Return what a token's Transfer logs brought the wallet; None where the token wrote none."""
    transfers = [_transfer(log) for log in logs if log["address"] == token and _is_transfer(log)]
    if not transfers:
        return None
    return sum(value * ((to == wallet) - (sender == wallet)) for sender, to, value in transfers)


def _is_transfer(log: Log) -> bool:
    """Return whether a log is a Transfer, whichever of its three fields the token indexes."""
    words = len(log["topics"]) - 1 + len(parse_data(log["data"])) / WORD_BYTES
    return bool(TRANSFER.matches(log)) and words == TRANSFER_WORDS


def _transfer(log: Log) -> tuple[str, str, int]:
    words = b"".join(map(parse_data, log["topics"][1:])) + parse_data(log["data"])
    sender, to, value = (
        words[start : start + WORD_BYTES] for start in range(0, len(words), WORD_BYTES)
    )
    return _address(sender), _address(to), int.from_bytes(value)


def _address(word: bytes) -> str:
    return to_checksum_address(f"0x{word[-20:].hex()}")


def _swapped(logs: Sequence[Log], step: ExecutionStep, router: str) -> tuple[Movement, Log]:
    route = step.route
    if route.path == "direct":
        return _through_pool(logs, route.pool, (step.token_in, step.token_out), router)
    parts = [
        _through_pool(logs, leg.pool, (leg.token_in, leg.token_out), router) for leg in route.legs
    ]
    movements, last = [movement for movement, _ in parts], parts[-1][1]
    if route.path == "two_hop":
        return Movement(movements[0].amount_in, movements[-1].amount_out), last
    sums = Movement(
        sum(one.amount_in for one in movements), sum(one.amount_out for one in movements)
    )
    return sums, last


def _through_pool(
    logs: Sequence[Log], pool: str, pair: tuple[str, str], router: str
) -> tuple[Movement, Log]:
    """Return what our router's swap moved through a pool.

    A token may call others while it moves, who swap in the same transaction, too.
    """
    of_pool = [log for log in logs if log["address"] == pool and SWAP.matches(log)]
    if not of_pool:
        raise UnreadableReceipt(f"no Swap log of pool {pool}")
    for log in of_pool:
        values = SWAP.decode(log)
        movement = _movement(values, *pair)
        if values["sender"] == router and movement.amount_in > 0 and movement.amount_out >= 0:
            return movement, log
    raise UnreadableReceipt(f"the Swap log of pool {pool} is another swap's")


def _movement(values: dict[str, Any], token_in: str, token_out: str) -> Movement:
    # token0 is the token with the lower address (UniswapV3Factory.createPool).
    is_zero_for_one = int(token_in, 16) < int(token_out, 16)
    names = ("amount0", "amount1") if is_zero_for_one else ("amount1", "amount0")
    return Movement(values[names[0]], -values[names[1]])
