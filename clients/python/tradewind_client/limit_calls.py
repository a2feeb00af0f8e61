"""The calls about the limits of risk."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from tradewind_client.calls import Call, json_body, model_reader
from tradewind_client.resources import Page
from tradewind_client.rest_models import (
    RiskLimitsApplication,
    RiskLimitsComparison,
    RiskLimitsInForce,
)

Policy = BaseModel | Mapping[str, Any]
"""A policy or a change of one, as JSON has it: a file of limits that was read is one."""


def show_limits() -> Call[RiskLimitsInForce]:
    return Call("GET", "/risk/limits", model_reader(RiskLimitsInForce))


def apply_limits(policy: Policy, version: int | None) -> Call[RiskLimitsInForce]:
    read, query = model_reader(RiskLimitsInForce), {"version": version}
    repeats = version is None
    return Call("PUT", "/risk/limits", read, query, json_body(policy), is_repeatable=repeats)


def tighten_limits(change: Policy, version: int | None) -> Call[RiskLimitsInForce]:
    path, query = "/risk/limits/tighten", {"version": version}
    read, repeats = model_reader(RiskLimitsInForce), version is None
    return Call("POST", path, read, query, json_body(change), is_repeatable=repeats)


def compare_limits(policy: Policy) -> Call[RiskLimitsComparison]:
    body, read = json_body(policy), model_reader(RiskLimitsComparison)
    return Call("POST", "/risk/limits:compare", read, body=body, is_repeatable=True)


def list_limits(cursor: str | int | None) -> Call[Page[RiskLimitsApplication]]:
    read = model_reader(Page[RiskLimitsApplication])
    return Call("GET", "/risk/limits/history", read, {"cursor": cursor})
