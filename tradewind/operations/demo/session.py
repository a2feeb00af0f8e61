"""Runs the demo: sends intents at a steady rate and follows each to its end."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from rich.console import Console

from tradewind.contracts.ids import CorrelationKind, make_correlation_id
from tradewind.operations.demo import timeline
from tradewind.operations.demo.journey import Journey
from tradewind.operations.demo.platform_client import PlatformClient, PlatformRefused
from tradewind.operations.demo.scenarios import Scenario
from tradewind.trading.tokens import TokenRegistry

MAX_EARLY_CORRELATIONS: Final = 10_000


class Session:
    """Journeys by correlation; an event may arrive before the response that names its intent."""

    def __init__(
        self, client: PlatformClient, tokens: TokenRegistry, chain: str, console: Console
    ) -> None:
        self.journeys: list[Journey] = []
        self._client = client
        self._tokens = tokens
        self._chain = chain
        self._console = console
        self._by_correlation: dict[str, Journey] = {}
        self._early: dict[str, list[tuple[dict[str, Any], float]]] = {}
        self._progress = asyncio.Event()

    async def run(
        self, scenarios: Sequence[Scenario], per_second: float, patience_seconds: float
    ) -> None:
        """Send an intent for each scenario; return when all ended or the time-out passed."""
        following = asyncio.create_task(self._follow())
        try:
            await self._send_all(scenarios, per_second)
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_seconds):
                    await self._all_ended(following)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    async def _send_all(self, scenarios: Sequence[Scenario], per_second: float) -> None:
        start = time.monotonic()
        async with asyncio.TaskGroup() as requests:
            for number, scenario in enumerate(scenarios, start=1):
                await asyncio.sleep(start + (number - 1) / per_second - time.monotonic())
                requests.create_task(self._send(number, scenario))

    async def _send(self, number: int, scenario: Scenario) -> None:
        journey = Journey(number, scenario, time.monotonic())
        self.journeys.append(journey)
        try:
            intent_id = await self._client.submit(scenario.body(self._tokens, self._chain))
        except PlatformRefused as error:
            journey.problem = str(error)
            timeline.show_refusal(journey, self._console)
            return
        journey.intent_id = intent_id
        correlation_id = make_correlation_id(CorrelationKind.INTENT, intent_id)
        self._by_correlation[correlation_id] = journey
        for event, seen_at in self._early.pop(correlation_id, []):
            self._see(journey, event, seen_at)

    async def _follow(self) -> None:
        async for event in self._client.events():
            seen_at = time.monotonic()
            correlation_id = event["correlationId"]
            journey = self._by_correlation.get(correlation_id)
            if journey is not None:
                self._see(journey, event, seen_at)
            elif len(self._early) < MAX_EARLY_CORRELATIONS:
                self._early.setdefault(correlation_id, []).append((event, seen_at))

    def _see(self, journey: Journey, event: dict[str, Any], seen_at: float) -> None:
        moment = journey.see(event, seen_at)
        if moment is None:
            timeline.show_copy(journey, event["topic"], self._console)
            return
        timeline.show_moment(journey, moment, self._console)
        if journey.ended:
            self._progress.set()

    async def _all_ended(self, following: asyncio.Task[None]) -> None:
        """Wait until all ended; an error of the WebSocket ends the demo."""
        under_way = deque(self.journeys)
        while under_way:
            if under_way[0].ended:
                under_way.popleft()
                continue
            self._progress.clear()
            waiting = asyncio.create_task(self._progress.wait())
            await asyncio.wait((waiting, following), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if following.done():
                following.result()
