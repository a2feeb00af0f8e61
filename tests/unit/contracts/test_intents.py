"""An intent that cannot be meant is refused, and the message names the field."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.strategies import intents
from tradewind.contracts.amounts import (
    from_base_units,
    to_base_units,
)
from tradewind.contracts.instruments.assets import to_checksum_address
from tradewind.contracts.intents.model import Intent
from tradewind.trading.cores.plan_swap import minimum_after_slippage
from tradewind.trading.tokens import load_tokens

TOKENS = load_tokens()
SLIPPAGE = st.decimals(0, 1, places=6)


def request(**changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "strategy_id": "demo",
        "intent_type": "acquire",
        "assets": [
            json.loads(TOKENS.tokens[0].asset.model_dump_json()),
            json.loads(TOKENS.tokens[1].asset.model_dump_json()),
        ],
        "amount": "1.0",
        "constraints": {
            "max_slippage": "0.01",
            "time_window": 300,
            "execution_style": "aggressive",
        },
    }
    return body | changes


def parse(body: dict[str, Any]) -> Intent:
    return Intent.model_validate_json(json.dumps(body))


def constraints(**changes: Any) -> dict[str, Any]:
    return {"constraints": request()["constraints"] | changes}


def test_the_seed_request_is_an_intent() -> None:
    intent = parse(request())
    assert intent.instrument == "ethereum-WETH-USDC"
    assert intent.amount_base_units == 10**18


def test_a_portfolio_may_be_named_and_is_not_written_otherwise() -> None:
    written = parse(request(portfolio_id="Fund_1-a")).model_dump(mode="json")
    without = parse(request()).model_dump(mode="json")
    assert parse(request(portfolio_id=None)).model_dump(mode="json") == without
    assert written == without | {"portfolio_id": "Fund_1-a"}
    assert "portfolio_id" not in without


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 1.0},
        {"amount": 1},
        {"amount": "-1"},
        {"amount": "0"},
        {"amount": "0.0"},
        {"amount": "NaN"},
        {"amount": "Infinity"},
        {"amount": "1e3"},
        {"amount": "+1"},
        {"amount": " 1"},
        {"amount": "01"},
        {"amount": "1."},
        {"amount": "٣"},
        {"amount": "9" * 41},
        {"amount": "9" * 39},
        {"amount": "0.0000000000000000001"},
        {"amount": None},
        {"intent_type": "steal"},
        {"strategy_id": ""},
        {"strategy_id": "a.b"},
        {"strategy_id": "a" * 65},
        {"strategy_id": 7},
        {"portfolio_id": ""},
        {"portfolio_id": "a.b"},
        {"portfolio_id": "-a"},
        {"portfolio_id": "a b"},
        {"portfolio_id": "a\n"},
        {"portfolio_id": "a" * 65},
        {"portfolio_id": 7},
        {"assets": []},
        {"assets": request()["assets"][:1]},
        {"assets": [request()["assets"][0]] * 2},
        {"assets": request()["assets"] * 2},
        {"surprise": True},
        constraints(max_slippage="1.01"),
        constraints(max_slippage="-0.01"),
        constraints(max_slippage=0.01),
        constraints(time_window=0),
        constraints(time_window=86_401),
        constraints(time_window="300"),
        constraints(time_window=True),
        constraints(execution_style="yolo"),
        constraints(surprise=1),
    ],
    ids=str,
)
def test_what_cannot_be_meant_is_refused_by_field(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refusal:
        parse(request(**changes))
    field = next(iter(changes))
    problem = refusal.value.errors()[0]
    assert problem["loc"][:1] == (field,) or field in problem["msg"]


def test_a_wrong_checksum_is_refused_and_lower_case_is_mended() -> None:
    good = TOKENS.tokens[0].address
    body = request()
    body["assets"][0]["address"] = good.lower()
    assert parse(body).base.address == good
    body["assets"][0]["address"] = good[:2] + good[2:].swapcase()
    with pytest.raises(ValidationError, match="EIP-55"):
        parse(body)


@pytest.mark.parametrize(
    "address",
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_checksums_of_eip_55(address: str) -> None:
    assert to_checksum_address(address.lower()) == address


@given(intents)
def test_amount_survives_base_units(intent: Intent) -> None:
    units = intent.amount_base_units
    assert from_base_units(units, intent.base.decimals) == intent.amount


@given(st.integers(0, 2**256 - 1), st.integers(0, 36))
def test_conversion_is_exact_for_every_uint256(units: int, decimals: int) -> None:
    assert to_base_units(from_base_units(units, decimals), decimals) == units


@given(st.integers(0, 2**256 - 1), SLIPPAGE)
def test_minimum_after_slippage_rounds_up(amount: int, slippage: Decimal) -> None:
    numerator = 10**6 - int(slippage * 10**6)
    assert minimum_after_slippage(amount, slippage) == -(-amount * numerator // 10**6)
