"""Settings of the rate limits."""

from typing import Annotated, Final

from pydantic import Field

from tradewind.settings import OwnedSettings

PerMinute = Annotated[int, Field(ge=0, le=1_000_000)]
INTENTS_PER_MINUTE: Final = 10
SIGNALS_PER_MINUTE: Final = 60
BURST_OF_SIGNALS: Final = 2
"""How many minutes' signals may come at once."""
KEY_REQUESTS_PER_MINUTE: Final = 1_200
ADDRESS_REQUESTS_PER_MINUTE: Final = 3_000


class RateLimitSettings(OwnedSettings):
    """Rate limits."""

    limit_intents_per_minute: PerMinute | None = None
    """Intents a key may submit in a minute: 10 if unset. As with the next three, 0 is no limit, and
    unset is none for a gateway that asks for no keys."""
    limit_signals_per_minute: PerMinute | None = None
    """Signals a key may submit in a minute, and twice as many at once: 60 if unset. A hook and a
    source at the broker are held to the same."""
    limit_key_requests_per_minute: PerMinute | None = None
    """Requests of a key in a minute: 1,200 if unset."""
    limit_address_requests_per_minute: PerMinute | None = None
    """Requests from an address, or from an IPv6 /64, in a minute: 3,000 if unset. Behind a proxy
    all clients have its address."""
    limit_refusals_per_minute: PerMinute = 30
    """Refused authentications of an address in a minute, then it has to wait; 0 is no limit."""
    limit_processes: int = Field(1, ge=1, le=1_000)
    """How many gateways answer requests: while Redis is away each allows its part of the
    intents, and of what only reads twice the limit."""
