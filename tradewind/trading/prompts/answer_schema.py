"""The JSON schema of the answer that every model is asked for.

It holds types, enums, required and additionalProperties only, which all vendors and local servers
understand; limits are checked afterwards, see `output_checks`. Reasons come first: what a model
writes before its decision is what the decision can rest on.
"""

from collections.abc import Iterable
from typing import Any, Final

from tradewind.contracts.decisions.model import MAX_NOTE_CHARACTERS, MAX_REASONS, Verdict

REASONS: Final = (
    "trend_with_signal",
    "trend_against_signal",
    "trend_mixed",
    "momentum_with_signal",
    "momentum_against_signal",
    "rsi_overbought",
    "rsi_oversold",
    "near_support",
    "near_resistance",
    "level_broken",
    "book_with_signal",
    "book_against_signal",
    "spread_wide",
    "funding_favourable",
    "funding_expensive",
    "open_interest_rising",
    "open_interest_falling",
    "volatility_high",
    "volatility_low",
    "price_drifted",
    "risk_reward_good",
    "risk_reward_poor",
    "liquidation_near",
    "position_at_risk",
    "data_incomplete",
    "no_clear_edge",
)
"""The closed vocabulary of reasons."""


def answer_schema(
    decisions: Iterable[Verdict] = Verdict, *, is_bounded: bool = False
) -> dict[str, Any]:
    """Return the schema that allows `decisions`; keys are in the order they are asked for.

    Both plans are always there, so that no vendor has to know optional objects; a plan that a
    decision has no use for is read and dropped. With `is_bounded` it also says how many reasons
    and characters there may be: vendors refuse that, but a server of one's own makes a grammar of
    the schema, and a small model repeats itself for as long as the grammar lets it.
    """
    count = {"minItems": 1, "maxItems": MAX_REASONS} if is_bounded else {}
    length = {"maxLength": MAX_NOTE_CHARACTERS} if is_bounded else {}
    return _object(
        reasons={"type": "array", "items": {"type": "string", "enum": list(REASONS)}, **count},
        note={"type": "string", **length},
        decision={"type": "string", "enum": [str(decision) for decision in decisions]},
        confidence_pct={"type": "integer"},
        entry_plan=_object(
            type={"type": "string", "enum": ["market", "limit"]},
            offset_bps={"type": "integer"},
        ),
        risk_plan=_object(
            stop_method={"type": "string", "enum": ["fixed", "atr", "trailing"]},
            stop_level={"type": ["number", "null"]},
            atr_multiple={"type": ["number", "null"]},
            trail_pct={"type": ["number", "null"]},
        ),
        size_pct={"type": "integer"},
    )


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
