"""Answers of models, for tests of what becomes of them."""

import json
from decimal import Decimal
from typing import Any, Final

from actors.evaluator.models.port import Finish, ModelAnswer
from tradewind.trading.prompts.plausibility import AllowedActions

LONG: Final = AllowedActions(
    event_type="OPEN_SIGNAL",
    is_long=True,
    price=Decimal(2000),
    atr=Decimal(20),
    liquidation_price=Decimal(1900),
    max_size_pct=50,
)
SHORT: Final = AllowedActions(
    event_type="OPEN_SIGNAL",
    is_long=False,
    price=Decimal(2000),
    atr=Decimal(20),
    liquidation_price=Decimal(2100),
)
CLOSE: Final = AllowedActions(
    event_type="CLOSE_SIGNAL", is_long=True, price=Decimal(2000), atr=Decimal(20)
)
DOCUMENT: Final[dict[str, Any]] = {
    "reasons": ["trend_with_signal", "near_support"],
    "note": "EMAs are ordered, and support is close.",
    "decision": "FOLLOW_ENTER",
    "confidence_pct": 71,
    "entry_plan": {"type": "market", "offset_bps": 0},
    "risk_plan": {
        "stop_method": "atr",
        "stop_level": None,
        "atr_multiple": 2,
        "trail_pct": None,
    },
    "size_pct": 50,
}


def document_with(**fields: Any) -> dict[str, Any]:
    """Return DOCUMENT with other fields; those of its plans are replaced one by one."""
    plans = {
        name: DOCUMENT[name] | value
        for name, value in fields.items()
        if isinstance(DOCUMENT.get(name), dict) and isinstance(value, dict)
    }
    return DOCUMENT | fields | plans


def text_with(**fields: Any) -> bytes:
    return json.dumps(document_with(**fields)).encode()


def said(raw: bytes, finish: Finish = Finish.ENDED) -> ModelAnswer:
    return ModelAnswer(raw=raw, finish=finish)
