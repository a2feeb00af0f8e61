"""What the demo says of events, read as a client reads them."""

import json
from decimal import Decimal
from typing import Any

import pytest

from actors.planner.decide import decide
from actors.planner.quoting import read_market
from tests.support.factories import DAI, NOW, WBTC, accepted, market_view
from tests.support.limits import PLAN_LIMITS
from tradewind.operations.demo.descriptions import describe, describe_fill

MARKET = market_view()
TX_HASH = "0x" + "ab" * 32


def planned(**changes: Any) -> dict[str, Any]:
    """Return the payload of plan.created as it is on the wire."""
    event = accepted(**changes)
    (created,) = decide(event, read_market(MARKET, event.payload.intent), PLAN_LIMITS, NOW)
    return dict(json.loads(created.to_bytes())["payload"])


@pytest.mark.parametrize(
    ("changes", "start", "end"),
    [
        ({"amount": Decimal("0.5")}, "1,5", " USDC → 0.5 WETH, 0.05 % pool"),
        ({"intent_type": "dispose"}, "1 WETH → 3,0", " USDC, 0.05 % pool"),
        (
            {"assets": (WBTC, DAI), "amount": Decimal("0.1")},
            "6,",
            " DAI → 0.1 WBTC, 2 pools in a row (0.3 %, 0.3 %)",
        ),
        ({"amount": Decimal(300)}, "9", " USDC → 300 WETH, 3 pools at once (0.3 %, 0.05 %, 1 %)"),
    ],
)
def test_a_plan_is_its_amounts_and_its_pools(changes: Any, start: str, end: str) -> None:
    text = describe("plan.created", planned(**changes))
    assert text.startswith(start)
    assert text.endswith(end)


def test_a_fill_is_what_moved_and_how_far_the_step_is() -> None:
    (step,) = planned(intent_type="dispose")["steps"]
    payload = {
        "step": step,
        "amountIn": str(25 * 10**16),
        "amountOut": "750100000",
        "cumulativeAmountIn": str(5 * 10**17),
    }
    assert describe_fill(payload) == "0.25 WETH → 750.1 USDC"
    assert describe("exec.step_filled", payload) == "0.25 WETH → 750.1 USDC, 50% of the step"


@pytest.mark.parametrize(
    ("topic", "payload", "text"),
    [
        ("exec.started", {"venue": "uniswap_v3"}, "uniswap_v3"),
        ("exec.step_signed", {"nonce": 7, "txHash": TX_HASH}, "nonce 7, transaction 0xabababab…"),
        ("exec.step_submitted", {"txHash": TX_HASH}, "transaction 0xabababab…"),
        ("exec.step_reorged", {"blockNumber": 12}, "block 12 left the chain"),
        ("exec.failed", {"reason": "REVERTED", "detail": "STF"}, "REVERTED: STF"),
        ("risk.approved", {"notionalUsd": "1500.5"}, "1,500.50 USD"),
        ("intent.submitted", {}, ""),
        ("exec.started", {}, ""),
    ],
)
def test_an_event_is_its_most_telling_part(topic: str, payload: Any, text: str) -> None:
    assert describe(topic, payload) == text
