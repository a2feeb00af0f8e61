"""Renders a signal and its features as the data of a question: canonical JSON between delimiters.

Nothing that a stranger wrote as text is in it: the symbol is the platform's own name of the coin,
the source a pseudonym, and all else numbers, times and words of closed vocabularies.
"""

import hashlib
import json
from decimal import Decimal
from typing import Any, Final

from tradewind.contracts.signals.features import Features
from tradewind.contracts.signals.model import SignalTerms
from tradewind.trading.prompts.plausibility import MAX_STOP_ATR, MIN_STOP_ATR, AllowedActions

RENDERER_VERSION: Final = "1"
"""Raised with every change of the bytes that the same document is rendered to."""
BEGIN: Final = "<<<DATA"
END: Final = "DATA>>>"
PSEUDONYMS: Final = 100
ATR_INTERVALS: Final = ("1h", "4h", "15m")
"""The frame whose ATR stops are measured in: the first of these that has one, or else any."""


def allowed_actions(terms: SignalTerms, features: Features) -> AllowedActions:
    """Return what may be decided about a signal: what models are told, and are held to."""
    signal = terms.signal
    return AllowedActions(
        event_type=signal.event_type,
        is_long=signal.is_long,
        price=features.mid_price,
        atr=_atr_of(features),
        liquidation_price=signal.liquidation_price,
    )


def render(terms: SignalTerms, features: Features) -> str:
    """Return the data of a question; the same document gives the same bytes everywhere."""
    allowed = allowed_actions(terms, features)
    document = {
        "allowed": _allowed(allowed),
        "features": features.model_dump(mode="json"),
        "signal": _signal(terms),
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    # Within JSON the delimiters could only stand in a string, where these are escaped.
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e")
    return f"{BEGIN}\n{safe}\n{END}"


def pseudonym_of(source: str) -> str:
    """Return what a source is called in prompts: its name could say anything."""
    number = int.from_bytes(hashlib.sha256(source.encode()).digest()[:8]) % PSEUDONYMS
    return f"src-{number:02}"


def _signal(terms: SignalTerms) -> dict[str, Any]:
    signal = terms.signal
    return {
        "base": terms.coin,
        "direction": signal.signal_direction,
        "entry_price": _text(signal.entry_price),
        "event_type": signal.event_type,
        "liquidation_price": _text(signal.liquidation_price),
        "size": _text(signal.size),
        "source": pseudonym_of(signal.source),
    }


def _allowed(allowed: AllowedActions) -> dict[str, Any]:
    return {
        "atr": _text(allowed.atr),
        "decisions": [str(decision) for decision in allowed.decisions],
        "max_entry_offset_bps": allowed.max_entry_offset_bps,
        "max_size_pct": allowed.max_size_pct,
        "max_stop_atr": _text(MAX_STOP_ATR),
        "min_stop_atr": _text(MIN_STOP_ATR),
    }


def _atr_of(features: Features) -> Decimal | None:
    frames = [features.frame(interval) for interval in ATR_INTERVALS]
    found = (one.atr for one in (*frames, *features.frames) if one is not None)
    return next((atr for atr in found if atr is not None and atr > 0), None)


def _text(value: Decimal | None) -> str | None:
    """Return a number in one spelling, whatever zeros it was written with."""
    if value is None:
        return None
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
