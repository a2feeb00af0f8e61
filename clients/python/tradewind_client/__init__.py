"""Submit trading intents to a Tradewind platform and follow them to their settled positions."""

from tradewind_client.async_client import AsyncClient
from tradewind_client.client import Client
from tradewind_client.errors import OutcomeUnknown, Refused, TradewindError
from tradewind_client.keys import ApiKey
from tradewind_client.models import Asset, Intent, IntentConstraints
from tradewind_client.resources import FINAL_STATES, Event, Submission
from tradewind_client.subscription import Gap, Position

__all__ = [
    "FINAL_STATES",
    "ApiKey",
    "Asset",
    "AsyncClient",
    "Client",
    "Event",
    "Gap",
    "Intent",
    "IntentConstraints",
    "OutcomeUnknown",
    "Position",
    "Refused",
    "Submission",
    "TradewindError",
]
