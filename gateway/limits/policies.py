"""Decides which policies a request is charged to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.limits.addresses import network_of
from gateway.limits.policy import Charge, Policy
from gateway.limits.settings import (
    ADDRESS_REQUESTS_PER_MINUTE,
    BURST_OF_SIGNALS,
    INTENTS_PER_MINUTE,
    KEY_REQUESTS_PER_MINUTE,
    SIGNALS_PER_MINUTE,
    RateLimitSettings,
)

SIGNAL_PATHS: Final = ("/signals", "/api/v1/signals")
UNLIMITED: Final = frozenset({"/health", "/ready", "/metrics"})
"""Machines ask these to find out whether to send clients here at all."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What one kind of caller is held to; None where there is no limit."""

    address: Policy | None
    key: Policy | None
    routes: Mapping[tuple[str, str], Policy | None]
    """By method and path, for each key."""

    def charges(
        self, address: str | None, key_id: str | None, method: str, path: str
    ) -> Sequence[Charge]:
        """Return what a request is charged to; it may come without a key."""
        if path in UNLIMITED:
            return ()
        subjects = [(self.address, network_of(address))]
        if key_id is not None:
            subjects += [(self.key, key_id), (self.routes.get((method, path)), key_id)]
        return [Charge(policy, subject) for policy, subject in subjects if policy is not None]


def policies_of_keys(settings: RateLimitSettings) -> Policies:
    """Return the policies of a gateway that asks for keys."""
    return _policies(
        settings,
        address=ADDRESS_REQUESTS_PER_MINUTE,
        key=KEY_REQUESTS_PER_MINUTE,
        intents=INTENTS_PER_MINUTE,
        signals=SIGNALS_PER_MINUTE,
    )


def policies_without_keys(settings: RateLimitSettings) -> Policies:
    """Return those of one that asks for none: there is a limit only where a setting says so."""
    return _policies(settings, address=0, key=0, intents=0, signals=0)


def refusal_policy(settings: RateLimitSettings) -> Policy | None:
    """Return how many refused authentications an address may have."""
    return _policy("refusals", settings.limit_refusals_per_minute, fails_open=False)


def signal_policy(settings: RateLimitSettings) -> Policy | None:
    """Return how often those may submit signals who have no key: a hook, a producer."""
    chosen = settings.limit_signals_per_minute
    return _of_signals(SIGNALS_PER_MINUTE if chosen is None else chosen)


def _of_signals(quota: int) -> Policy | None:
    if not quota:
        return None
    return Policy("signals", quota, burst=quota * BURST_OF_SIGNALS, fails_open=False)


def _policies(
    settings: RateLimitSettings, *, address: int, key: int, intents: int, signals: int
) -> Policies:
    per_address, per_key, of_intents, per_signals = (
        default if chosen is None else chosen
        for chosen, default in (
            (settings.limit_address_requests_per_minute, address),
            (settings.limit_key_requests_per_minute, key),
            (settings.limit_intents_per_minute, intents),
            (settings.limit_signals_per_minute, signals),
        )
    )
    return Policies(
        _policy("address", per_address),
        _policy("key", per_key),
        {
            ("POST", "/intents"): _policy("intents", of_intents, fails_open=False),
            **{("POST", path): _of_signals(per_signals) for path in SIGNAL_PATHS},
        },
    )


def _policy(name: str, quota: int, *, fails_open: bool = True) -> Policy | None:
    return Policy(name, quota, fails_open=fails_open) if quota else None
