"""Receipts of swaps, as a node would write them, with tokens that move what they like."""

from typing import Any

from eth_abi.abi import encode

from tests.support.factories import DAI, USDC, WETH
from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.plans.model import ExecutionStep, RouteLeg, RouteQuote
from tradewind.contracts.venues import UNISWAP_V3
from tradewind.trading.chain.erc20 import TRANSFER
from tradewind.trading.chain.hexadecimal import to_data
from tradewind.trading.chain.uniswap_v3 import MAINNET_CONTRACTS, SWAP

WALLET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
ROUTER = MAINNET_CONTRACTS.swap_router
POOL = to_checksum_address("0x" + "aa" * 20)
OTHER_POOL = to_checksum_address("0x" + "bb" * 20)
COLLECTOR = to_checksum_address("0x" + "cc" * 20)
STRANGER = to_checksum_address("0x" + "dd" * 20)
AMOUNT_IN, AMOUNT_OUT = 3_000, 100


def transfer(token: str, sender: str, to: str, value: int, *, indexed: int = 2) -> dict[str, Any]:
    words = [encode([kind], [one]) for kind, one in (("address", sender), ("address", to))]
    words.append(encode(["uint256"], [value]))
    return {
        "address": token.lower(),
        "topics": [TRANSFER.topic, *map(to_data, words[:indexed])],
        "data": to_data(b"".join(words[indexed:])),
        "logIndex": "0x1",
    }


def swap(
    pool: str, pair: tuple[str, str], amounts: tuple[int, int], *, sender: str = ROUTER
) -> dict[str, Any]:
    """Return the Swap log of selling `amounts[0]` of one token for `amounts[1]` of the other."""
    signed = (amounts[0], -amounts[1])
    if int(pair[0], 16) > int(pair[1], 16):
        signed = signed[1], signed[0]
    data = encode(["int256", "int256", "uint160", "uint128", "int24"], [*signed, 1, 1, 0])
    topics = [SWAP.topic, *(to_data(encode(["address"], [one])) for one in (sender, WALLET))]
    return {"address": pool.lower(), "topics": topics, "data": to_data(data), "logIndex": "0x7"}


def leg(pool: str, token_in: str, token_out: str, amount_in: int, amount_out: int) -> RouteLeg:
    return RouteLeg(
        pool=pool,
        fee_pips=3_000,
        token_in=token_in,
        token_out=token_out,
        amount_in=amount_in,
        amount_out=amount_out,
        ticks_crossed=0,
        sqrt_price_x96_after=1,
    )


def step(path: str = "direct", legs: tuple[RouteLeg, ...] = ()) -> ExecutionStep:
    """Return a step that buys AMOUNT_OUT of WETH for AMOUNT_IN of USDC."""
    route = RouteQuote.model_validate(
        {
            "pool": POOL,
            "fee_pips": 3_000,
            "amount_in": AMOUNT_IN,
            "amount_out": AMOUNT_OUT,
            "ticks_crossed": 0,
            "gas_estimate": 1,
            "block_number": 1,
            "sqrt_price_x96_after": 1,
            "path": path,
            "legs": legs,
        }
    )
    return ExecutionStep(
        venue=UNISWAP_V3,
        base=WETH,
        quote=USDC,
        token_in=USDC.address,
        token_out=WETH.address,
        amount_in=AMOUNT_IN,
        min_out=99,
        route=route,
    )


PAIR = (USDC.address, WETH.address)
PAID = transfer(USDC.address, WALLET, POOL, AMOUNT_IN)
RECEIVED = transfer(WETH.address, POOL, WALLET, AMOUNT_OUT)
SWAPPED = swap(POOL, PAIR, (AMOUNT_IN, AMOUNT_OUT))
TWO_HOP = step(
    "two_hop",
    (
        leg(POOL, USDC.address, DAI.address, AMOUNT_IN, 2_999),
        leg(OTHER_POOL, DAI.address, WETH.address, 2_999, AMOUNT_OUT),
    ),
)
SPLIT = step(
    "split",
    (
        leg(POOL, *PAIR, 1_000, 34),
        leg(OTHER_POOL, *PAIR, 2_000, 66),
    ),
)


def receipt(*logs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a receipt as geth writes it, with changes; None leaves a field out."""
    written: dict[str, Any] = {
        "transactionHash": f"0x{0:064x}",
        "transactionIndex": "0x3",
        "blockHash": f"0x{9:064x}",
        "blockNumber": "0x9",
        "status": "0x1",
        "gasUsed": "0x249f0",
        "effectiveGasPrice": "0x7",
        "logs": list(logs or (PAID, RECEIVED, SWAPPED)),
    }
    return written | changes
