"""Describes events and swaps in a few words, from the JSON that a client receives."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from tradewind.contracts.execution.payloads import (
    ExecutionCompleted,
    ExecutionStarted,
    StepFilled,
    StepReorged,
    StepSigned,
    StepSubmitted,
)
from tradewind.contracts.plans.payloads import PlanCreated

PIPS_PER_PERCENT: Final = 10_000
SHOWN_DECIMALS: Final = 6


def describe(topic: str, payload: Mapping[str, Any]) -> str:
    """Return the part of a payload that the timeline shows."""
    if reason := payload.get("reason"):
        return f"{reason}: {detail}" if (detail := payload.get("detail")) else str(reason)
    if notional_usd := payload.get("notionalUsd"):
        return f"{float(notional_usd):,.2f} USD"
    # A missing field is no error here: the timeline shows events and checks none.
    try:
        return _describe_execution(topic, payload)
    except KeyError:
        return ""


def _describe_execution(topic: str, payload: Mapping[str, Any]) -> str:
    match topic:
        case PlanCreated.topic:
            (step,) = payload["steps"]
            return f"{describe_swap(step, step['route'])}, {describe_route(step['route'])}"
        case ExecutionStarted.topic:
            return str(payload["venue"])
        case StepSigned.topic:
            return f"nonce {payload['nonce']}, {_transaction(payload)}"
        case StepSubmitted.topic | ExecutionCompleted.topic:
            return _transaction(payload)
        case StepReorged.topic:
            return f"block {payload['blockNumber']} left the chain"
        case StepFilled.topic:
            share = int(payload["cumulativeAmountIn"]) / int(payload["step"]["amount_in"])
            return f"{describe_fill(payload)}, {share:.0%} of the step"
    return ""


def describe_fill(payload: Mapping[str, Any]) -> str:
    amounts = {"amount_in": payload["amountIn"], "amount_out": payload["amountOut"]}
    return describe_swap(payload["step"], amounts)


def describe_swap(step: Mapping[str, Any], amounts: Mapping[str, Any]) -> str:
    """Return base units of a step's two tokens as whole ones, such as `0.5 WETH → 1,500 USDC`."""
    tokens = {step[side]["address"]: step[side] for side in ("base", "quote")}
    sold, bought = tokens[step["token_in"]], tokens[step["token_out"]]
    return f"{_whole(amounts['amount_in'], sold)} → {_whole(amounts['amount_out'], bought)}"


def describe_route(route: Mapping[str, Any]) -> str:
    """Return how many pools there are, how they are used, and their fees."""
    legs = route.get("legs") or [route]
    fees = ", ".join(f"{Decimal(leg['fee_pips']) / PIPS_PER_PERCENT:f} %" for leg in legs)
    words = {"two_hop": "in a row", "split": "at once"}
    if len(legs) == 1:
        return f"{fees} pool"
    return f"{len(legs)} pools {words[route['path']]} ({fees})"


def _transaction(payload: Mapping[str, Any]) -> str:
    return f"transaction {payload['txHash'][:10]}…"


def _whole(base_units: str | int, token: Mapping[str, Any]) -> str:
    amount = Decimal(int(base_units)).scaleb(-int(token["decimals"]))
    digits = f"{amount:,.{SHOWN_DECIMALS}f}".rstrip("0").rstrip(".")
    return f"{digits} {token['symbol']}"
