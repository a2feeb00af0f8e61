"""Shows requests and answers about signals."""

from typing import Any, Final

SIGNAL_ID: Final = "01M8J0V2PKC5T7R1Y0ZQ8N4XWB"
_SIGNAL: Final[dict[str, Any]] = {
    "event_type": "OPEN_SIGNAL",
    "symbol": "ETH",
    "signal_direction": "long",
    "entry_price": "3008.50",
    "size": "0.5",
    "ts_utc": "2026-11-29T07:00:00.000Z",
    "source": "research",
}
_ENQUEUED: Final[dict[str, Any]] = {
    "event_id": "01M8J0V2PK0001T7R1Y0ZQ8N4X",
    "signal_id": SIGNAL_ID,
    "status": "ENQUEUED",
    "received_at": "2026-11-29T07:00:00.211Z",
}
SIGNAL_REQUESTS: Final[dict[str, Any]] = {
    "submit_signal": _SIGNAL,
    "submit_signal_v1": _SIGNAL,
    "take_alert": _SIGNAL | {"source": "tradingview"},
}
SIGNAL_ANSWERS: Final[dict[str, Any]] = dict.fromkeys(
    ("submit_signal", "submit_signal_v1", "take_alert"), _ENQUEUED
)
