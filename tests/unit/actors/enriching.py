"""Runs the enricher's own actor in memory, for its tests."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel

from actors.enricher.actors import enrich_signal
from actors.enricher.ports import EnricherPorts, limits_of
from actors.enricher.reading import PerpReader
from actors.enricher.settings import EnricherSettings
from actors.enricher.source_profiles import source_profiles_of
from tests.support.perps import NOW, signal_received, snapshots
from tradewind.contracts.envelope import AnyEvent
from tradewind.trading.marketdata.perp_snapshots import PerpSnapshots
from tradewind.trading.pricing.pools.observation import Observation

SETTINGS = EnricherSettings()


class Kept:
    """Collects observations."""

    def __init__(self) -> None:
        self.observations: list[Observation] = []

    async def keep(self, observation: Observation) -> None:
        """Collect one."""
        self.observations.append(observation)


def cache_of(
    changes: Mapping[str, BaseModel | bytes | None] | None = None, at: datetime = NOW
) -> PerpSnapshots:
    """Return what the feed knows at a time, with changes by key; None takes a value away."""
    cache = PerpSnapshots()
    for key, value in {**snapshots(at), **(changes or {})}.items():
        if isinstance(value, BaseModel):
            value = value.model_dump_json().encode()
        if value is not None:
            cache.apply(key, value)
    return cache


def ports_of(
    changes: Mapping[str, BaseModel | bytes | None] | None = None,
    *,
    now: datetime = NOW,
    **settings: Any,
) -> EnricherPorts:
    """Return ports on a market with changes, under settings with others."""
    configured = SETTINGS.model_copy(update=settings)
    return EnricherPorts(
        PerpReader(cache_of(changes)).read,
        source_profiles_of(configured),
        limits_of(configured),
        lambda: now,
    )


def enriched(
    changes: Mapping[str, BaseModel | bytes | None] | None = None,
    *,
    late: timedelta = timedelta(0),
    settings: Mapping[str, Any] | None = None,
    **of_signal: Any,
) -> Any:
    """Return the payload that is decided about a signal, `late` after NOW."""
    ports = ports_of(changes, now=NOW + late, **(settings or {}))
    return decided(ports, signal_received(**of_signal))[0].payload


def decided(ports: EnricherPorts, event: AnyEvent) -> list[AnyEvent]:
    """Return what the enricher decides."""
    return list(asyncio.run(enrich_signal(event, ports)))


def keeping(ports: EnricherPorts) -> tuple[EnricherPorts, Kept]:
    """Return the ports, and what they keep from now on."""
    kept = Kept()
    return replace(ports, keep=kept.keep), kept
