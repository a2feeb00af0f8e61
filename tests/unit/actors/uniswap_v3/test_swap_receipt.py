"""A fill is what the wallet paid and received, whatever token, pool or node say of it."""

from typing import Any

import pytest

from actors.venues.uniswap_v3.receipts import UnreadableReceipt, read_logs
from actors.venues.uniswap_v3.swap_receipt import read_fill
from tests.support.factories import DAI, USDC, WETH
from tests.unit.actors.uniswap_v3.swap_logs import (
    AMOUNT_IN,
    AMOUNT_OUT,
    COLLECTOR,
    OTHER_POOL,
    PAID,
    PAIR,
    POOL,
    RECEIVED,
    ROUTER,
    SPLIT,
    STRANGER,
    SWAPPED,
    TWO_HOP,
    WALLET,
    step,
    swap,
    transfer,
)
from tradewind.contracts.plans.model import ExecutionStep

USDC_, WETH_, DAI_ = USDC.address, WETH.address, DAI.address
AS_PLANNED = (AMOUNT_IN, AMOUNT_OUT)
HOPS = [
    swap(POOL, (USDC_, DAI_), (AMOUNT_IN, 2_999)),
    swap(OTHER_POOL, (DAI_, WETH_), (2_999, AMOUNT_OUT)),
]
PARTS = [swap(POOL, PAIR, (1_000, 34)), swap(OTHER_POOL, PAIR, (2_000, 66))]
DIRECT = step()

CASES: list[tuple[str, ExecutionStep, list[dict[str, Any]], tuple[int, int], str]] = [
    ("as planned", DIRECT, [PAID, RECEIVED, SWAPPED], AS_PLANNED, ""),
    (
        "a fee is taken from what arrives",
        DIRECT,
        [PAID, transfer(WETH_, POOL, COLLECTOR, 3), transfer(WETH_, POOL, WALLET, 97), SWAPPED],
        (AMOUNT_IN, 97),
        "97 base units arrived, the pools paid out 100",
    ),
    (
        "a fee is taken back from the wallet",
        DIRECT,
        [PAID, RECEIVED, transfer(WETH_, WALLET, COLLECTOR, 3), SWAPPED],
        (AMOUNT_IN, 97),
        "97 base units arrived",
    ),
    (
        "a fee is taken on top of what is paid",
        DIRECT,
        [PAID, transfer(USDC_, WALLET, COLLECTOR, 90), RECEIVED, SWAPPED],
        (3_090, AMOUNT_OUT),
        "the wallet paid 3090 base units, the pools took 3000",
    ),
    (
        "all of it is taken",
        DIRECT,
        [PAID, transfer(WETH_, POOL, COLLECTOR, AMOUNT_OUT), SWAPPED],
        (AMOUNT_IN, 0),
        "0 base units arrived",
    ),
    (
        "more arrives, as a token that shares its fees gives",
        DIRECT,
        [PAID, RECEIVED, transfer(WETH_, COLLECTOR, WALLET, 1), SWAPPED],
        (AMOUNT_IN, 101),
        "101 base units arrived",
    ),
    (
        "ether that the router held pays",
        DIRECT,
        [transfer(USDC_, ROUTER, POOL, AMOUNT_IN), RECEIVED, SWAPPED],
        (0, AMOUNT_OUT),
        "the wallet paid 0",
    ),
    (
        "transfers of nothing and to oneself count nothing",
        DIRECT,
        [
            *(transfer(WETH_, POOL, WALLET, 0), transfer(WETH_, WALLET, WALLET, 5)),
            *(transfer(USDC_, WALLET, STRANGER, 0), PAID, RECEIVED, SWAPPED),
        ],
        AS_PLANNED,
        "",
    ),
    (
        "other contracts forge transfers",
        DIRECT,
        [
            *(transfer(STRANGER, POOL, WALLET, 10**9), transfer(POOL, WALLET, POOL, 10**9)),
            *(PAID, RECEIVED, SWAPPED),
        ],
        AS_PLANNED,
        "",
    ),
    (
        "transfers between others are not ours",
        DIRECT,
        [PAID, transfer(WETH_, STRANGER, COLLECTOR, 50), RECEIVED, SWAPPED],
        AS_PLANNED,
        "",
    ),
    (
        "a token without Transfer logs says nothing",
        DIRECT,
        [PAID, SWAPPED],
        AS_PLANNED,
        "",
    ),
    *(
        (
            f"a token indexes {indexed} fields",
            DIRECT,
            [PAID, transfer(WETH_, POOL, WALLET, 97, indexed=indexed), SWAPPED],
            (AMOUNT_IN, 97),
            "97 base units arrived",
        )
        for indexed in (0, 1, 3)
    ),
    (
        "somebody swaps in the same pool in the same transaction",
        DIRECT,
        [swap(POOL, PAIR, (7, 1), sender=STRANGER), PAID, RECEIVED, SWAPPED],
        AS_PLANNED,
        "",
    ),
    (
        "two hops",
        TWO_HOP,
        [
            *(PAID, transfer(DAI_, POOL, ROUTER, 2_999), HOPS[0]),
            *(transfer(DAI_, ROUTER, OTHER_POOL, 2_999), RECEIVED, HOPS[1]),
        ],
        AS_PLANNED,
        "",
    ),
    (
        "two hops, and less arrives",
        TWO_HOP,
        [PAID, *HOPS, transfer(WETH_, OTHER_POOL, WALLET, 97)],
        (AMOUNT_IN, 97),
        "97 base units arrived",
    ),
    (
        "a split",
        SPLIT,
        [
            *(transfer(USDC_, WALLET, POOL, 1_000), transfer(WETH_, POOL, WALLET, 34), PARTS[0]),
            *(transfer(USDC_, WALLET, OTHER_POOL, 2_000), PARTS[1]),
            transfer(WETH_, OTHER_POOL, WALLET, 66),
        ],
        AS_PLANNED,
        "",
    ),
]


@pytest.mark.parametrize(("planned", "logs", "moved", "said"), [case[1:] for case in CASES])
def test_what_moved(
    planned: ExecutionStep, logs: list[dict[str, Any]], moved: tuple[int, int], said: str
) -> None:
    fill = read_fill(read_logs(logs), planned, wallet=WALLET, router=ROUTER)
    assert fill.moved == moved
    assert fill.swapped == AS_PLANNED
    assert fill.log_index == 7
    assert fill.disagreement.startswith(said)
    assert bool(fill.disagreement) == bool(said)


@pytest.mark.parametrize(
    "logs",
    [
        None,
        [],
        [PAID, RECEIVED],
        [SWAPPED | {"topics": SWAPPED["topics"][:1]}],
        [SWAPPED | {"data": "0x"}],
        [SWAPPED | {"address": OTHER_POOL}],
        [swap(POOL, PAIR[::-1], (AMOUNT_OUT, AMOUNT_IN))],
        [swap(POOL, PAIR, AS_PLANNED, sender=STRANGER)],
    ],
)
def test_logs_that_do_not_show_the_swap_are_unreadable(logs: Any) -> None:
    with pytest.raises(UnreadableReceipt):
        read_fill(read_logs(logs), DIRECT, wallet=WALLET, router=ROUTER)


@pytest.mark.parametrize(
    "log", [None, 7, {}, PAID | {"address": "0x12"}, PAID | {"topics": None}, PAID | {"data": 1}]
)
def test_logs_that_are_none_are_unreadable(log: Any) -> None:
    with pytest.raises(UnreadableReceipt):
        read_logs([PAID, log])
