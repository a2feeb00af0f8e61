"""What is approved before a swap, whatever allowance it finds."""

from datetime import UTC, datetime

import pytest

from actors.venues.uniswap_v3.approvals import UINT256_MAX, ApprovalPolicy, plan_transactions
from actors.venues.uniswap_v3.arrivals import loss_to_token
from actors.venues.uniswap_v3.calldata import approval_calldata
from actors.venues.uniswap_v3.failures import failure_of
from actors.venues.uniswap_v3.swap_receipt import Movement, SwapFill
from tests.unit.actors.uniswap_v3.swap_logs import AMOUNT_IN, AMOUNT_OUT, PAIR, ROUTER, step
from tradewind.trading.wallet.records import Fees, TransactionPurpose, TransactionRequest

EXACT = ApprovalPolicy("exact", 10)
CAPPED = ApprovalPolicy("capped", 10)


@pytest.mark.parametrize(
    ("policy", "allowance", "amounts"),
    [
        (EXACT, 0, (100,)),
        (EXACT, None, (0, 100)),
        (EXACT, 1, (0, 100)),
        (EXACT, 100, ()),
        (EXACT, 101, (0, 100)),
        (EXACT, UINT256_MAX, (0, 100)),
        (CAPPED, 0, (1_000,)),
        (CAPPED, None, (0, 1_000)),
        (CAPPED, 99, (0, 1_000)),
        (CAPPED, 100, ()),
        (CAPPED, UINT256_MAX, ()),
    ],
)
def test_an_allowance_that_is_neither_nothing_nor_enough_is_taken_back_first(
    policy: ApprovalPolicy, allowance: int | None, amounts: tuple[int, ...]
) -> None:
    assert policy.amounts(allowance, 100) == amounts
    swap = TransactionRequest(
        TransactionPurpose.SWAP, ROUTER, b"", 1, Fees(2, 1), datetime(2026, 1, 1, tzinfo=UTC)
    )
    plan = plan_transactions(swap, token=PAIR[0], spender=ROUTER, amount=100, policy=policy)
    planned = plan(allowance)
    *approvals, last = planned.requests
    assert last == swap
    assert [one.data for one in approvals] == [approval_calldata(ROUTER, one) for one in amounts]
    available = amounts[-1] if amounts else allowance or 0
    assert planned.allowance_after == available - 100


def fill(moved: tuple[int, int] = (AMOUNT_IN, AMOUNT_OUT)) -> SwapFill:
    return SwapFill(Movement(*moved), Movement(AMOUNT_IN, AMOUNT_OUT), None)


@pytest.mark.parametrize(
    ("seen", "sold", "bought", "reason"),
    [
        (fill(), AMOUNT_IN, AMOUNT_OUT, None),
        (fill(), None, None, None),
        (None, None, None, None),
        (None, AMOUNT_IN, 99, None),
        (fill((AMOUNT_IN, 101)), AMOUNT_IN, 101, None),
        (fill((0, AMOUNT_OUT)), 0, AMOUNT_OUT, None),
        (fill((AMOUNT_IN, 99)), AMOUNT_IN, 99, "TOO_LITTLE_RECEIVED"),
        (fill(), AMOUNT_IN, 99, "TOO_LITTLE_RECEIVED"),
        (fill(), AMOUNT_IN, 0, "TOO_LITTLE_RECEIVED"),
        (None, AMOUNT_IN, 98, "TOO_LITTLE_RECEIVED"),
        (fill((3_001, AMOUNT_OUT)), AMOUNT_IN, AMOUNT_OUT, "TRANSFER_FAILED"),
        (fill(), 3_001, AMOUNT_OUT, "TRANSFER_FAILED"),
    ],
)
def test_a_token_that_keeps_a_part_is_refused(
    seen: SwapFill | None, sold: int | None, bought: int | None, reason: str | None
) -> None:
    lost = loss_to_token(step(), seen, sold, bought)
    assert (None if lost is None else lost.reason) == reason


@pytest.mark.parametrize(
    ("text", "reason", "words"),
    [
        ("IIA", "REVERTED", "keeps a part of every transfer"),
        ("TF", "REVERTED", "paused"),
        ("STF", "TRANSFER_FAILED", "paused"),
        ("LOK", "REVERTED", "not initialised"),
        ("0xdeadbeef", "REVERTED", "an error of its own, 0xdeadbeef"),
        ("EnforcedPause()", "REVERTED", "EnforcedPause()"),
        ("Pausable: paused", "REVERTED", "Pausable: paused"),
        ("OutOfGas", "OUT_OF_GAS", "gas limit"),
    ],
)
def test_letters_are_told_in_words(text: str, reason: str, words: str) -> None:
    failure = failure_of(text)
    assert failure.reason == reason
    assert words in failure.detail
    assert len(failure.detail) >= len(text)
