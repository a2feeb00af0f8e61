"""The golden histories that a chain of their own is needed for."""

from collections.abc import Mapping
from typing import Any, Final

from tests.replay.harness import RecordingHarness
from tests.replay.scenarios import FAILED, PlatformPlan, Scenario, intent, plain

REORG_BLOCKS: Final = 6
CONFIRMATIONS: Final = 8
LARGE: Final = {"MAX_NOTIONAL_USD": "10000000"}


def cancelled(harness: RecordingHarness, body: Mapping[str, Any]) -> str:
    """Ask for a cancellation while nobody mines; return when it is signed."""
    with harness.mining_stopped():
        intent_id = harness.submit(body)
        harness.wait(lambda: bool(harness.slots(intent_id)), "the swap is signed")
        (transaction,) = harness.slots(intent_id)
        harness.command("wallet", "cancel", str(transaction["nonce"]))
        harness.wait(
            lambda: harness.slots(intent_id)[0]["generations"][-1]["purpose"] == "cancel",
            "the cancellation is signed",
        )
    return intent_id


def cancelled_on_request(harness: RecordingHarness, body: Mapping[str, Any]) -> str:
    """Ask for the intent to be cancelled while nobody mines; return when it is signed.

    One like it was completed before, so that prices and allowance are there.
    """
    earlier = harness.submit(body)
    harness.wait(lambda: "exec.completed" in harness.topics(earlier), "one is completed")
    with harness.mining_stopped():
        intent_id = harness.submit(body)
        harness.wait(lambda: bool(harness.slots(intent_id)), "the swap is signed")
        harness.cancel(intent_id)
        harness.wait(
            lambda: harness.slots(intent_id)[0]["generations"][-1]["purpose"] == "cancel",
            "the cancellation is signed",
        )
    return intent_id


def reorganised(harness: RecordingHarness, body: Mapping[str, Any]) -> str:
    """Take the swap's block back before it is final."""
    intent_id = harness.submit(body)
    harness.wait(
        lambda: any(transaction["state"] == "mined" for transaction in harness.slots(intent_id)),
        "it is mined",
    )
    harness.command("devchain", "reorg", str(REORG_BLOCKS))
    return intent_id


CANCELLED: Final = intent("dispose", "0.25", "WETH/USDC")
ASKED_FOR: Final = intent("dispose", "0.26", "WETH/USDC")
REORGANISED: Final = intent("dispose", "0.5", "WETH/DAI")
ON_CHAIN: Final = PlatformPlan(
    LARGE,
    (
        plain("chain_acquire", intent("acquire", "0.1", "WETH/USDC"), mark="uniswap_v3"),
        plain("chain_dispose", intent("dispose", "0.2", "WETH/DAI"), mark="uniswap_v3"),
        plain("chain_two_hop", intent("dispose", "40", "LINK/USDC"), mark="two_hop"),
        plain("chain_split", intent("dispose", "200", "WETH/USDC"), mark="split"),
        plain(
            "chain_on_paper",
            intent("acquire", "3", "LINK/WETH", strategy_id="paper-golden"),
            mark="simulated",
        ),
        plain(
            "chain_insufficient_balance",
            intent("dispose", "1500", "WETH/USDC", max_slippage="0.05"),
            FAILED,
            "INSUFFICIENT_BALANCE",
        ),
        Scenario(
            "chain_cancelled",
            CANCELLED,
            FAILED,
            "CANCELLED",
            lambda harness: cancelled(harness, CANCELLED),
        ),
        Scenario(
            "chain_cancelled_on_request",
            ASKED_FOR,
            "intent.cancelled",
            '\\"proof\\":\\"cancelled\\"',
            lambda harness: cancelled_on_request(harness, ASKED_FOR),
        ),
    ),
)
UNDER_REORG: Final = PlatformPlan(
    {"TRADEWIND_CONFIRMATIONS": str(CONFIRMATIONS)},
    (
        Scenario(
            "chain_reorg",
            REORGANISED,
            "exec.completed",
            "exec.step_reorged",
            lambda harness: reorganised(harness, REORGANISED),
        ),
    ),
)
