"""The client for programs on an event loop; its methods are those of `Client`."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx2
from websockets.asyncio.client import connect

from tradewind_client import resources
from tradewind_client.approvals import AsyncApprovals
from tradewind_client.async_backtests import AsyncBacktests
from tradewind_client.async_instruments import AsyncInstruments
from tradewind_client.async_limits import AsyncLimits
from tradewind_client.async_live import AsyncLive, AsyncPortfolios
from tradewind_client.async_market import AsyncMarket
from tradewind_client.async_platform import AsyncPlatform
from tradewind_client.async_signals import AsyncDecisions, AsyncJudgingModels, AsyncSignals
from tradewind_client.async_time_machine import AsyncAgents, AsyncTimeMachine
from tradewind_client.async_wallets import AsyncWallets
from tradewind_client.calls import Answer, Call
from tradewind_client.client import CONNECTION_ERRORS, failure_of, why_lost
from tradewind_client.errors import Unreachable, WaitTimedOut
from tradewind_client.exchange import Attempt, Exchanges, Failure, Outcome, Pause
from tradewind_client.keys import ApiKey
from tradewind_client.models import IntentDocument, PlanDocument, PositionsDocument
from tradewind_client.pages import each_awaited
from tradewind_client.resources import FINAL_STATES, Document, Event, RecordedEvent, Submission
from tradewind_client.rest_models import (
    CancelRequested,
    CorrelationDocument,
    DeadLetterDocument,
    IntentPreview,
    ParkedDocument,
    QuarantinedDocument,
    RequestDocument,
    StalledDocument,
    WholeDeadLetter,
    WholeQuarantined,
)
from tradewind_client.settings import (
    DEFAULT_MAX_RETRIES,
    DEFAULT_TIMEOUT_SECONDS,
    DEFAULT_WAIT_SECONDS,
    Target,
    poll_seconds,
    reconnect_seconds,
)
from tradewind_client.subscription import (
    DEFAULT_TOPICS,
    MAX_FRAME_BYTES,
    Position,
    Subscription,
    check_may_return,
)
from tradewind_client.trading_states import AsyncTradingStates

logger = logging.getLogger(__name__)


class AsyncClient:
    """A platform. Closes its connections when the `async with` block ends.

    Address and key come from TRADEWIND_URL and TRADEWIND_API_KEY (or TRADEWIND_API_KEY_FILE) when
    they are not given. Raises what `tradewind_client.errors` has.
    """

    def __init__(
        self,
        url: str | None = None,
        key: ApiKey | str | None = None,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        max_retries: int = DEFAULT_MAX_RETRIES,
    ) -> None:
        self._target = Target.of(url, key)
        self._http = httpx2.AsyncClient(base_url=self._target.url, timeout=timeout_seconds)
        self._exchanges = Exchanges(self._target.key, lambda: datetime.now(UTC), max_retries)
        self.intents = AsyncIntents(self)
        self.dead_letters = AsyncDeadLetters(self)
        self.trading_states = AsyncTradingStates(self)
        self.approvals = AsyncApprovals(self)
        self.backtests = AsyncBacktests(self)
        self.signals = AsyncSignals(self)
        self.decisions = AsyncDecisions(self)
        self.models = AsyncJudgingModels(self)
        self.limits = AsyncLimits(self)
        self.live = AsyncLive(self)
        self.instruments = AsyncInstruments(self)
        self.portfolios = AsyncPortfolios(self)
        self.wallets = AsyncWallets(self)
        self.market = AsyncMarket(self)
        self.platform = AsyncPlatform(self)
        self.time_machine = AsyncTimeMachine(self)
        self.agents = AsyncAgents(self)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def send[T](self, call: Call[T]) -> T:
        """Send a call, again where that does no harm, and return its result."""
        steps = self._exchanges.run(call)
        outcome: Outcome = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                outcome = None
            else:
                outcome = await self._attempt(step)

    async def plan(self, plan_id: str) -> PlanDocument:
        """Return a plan: status, steps and progress."""
        return await self.send(resources.show_plan(plan_id))

    async def positions(self, strategy_id: str) -> PositionsDocument:
        """Return what a strategy holds, and what it realised."""
        return await self.send(resources.show_positions(strategy_id))

    def events(
        self,
        topics: Sequence[str] = (),
        *,
        correlation_id: str | None = None,
        portfolio_id: str | None = None,
        oldest_first: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[RecordedEvent]:
        """Yield recorded events, newest first unless told otherwise, page after page."""
        order = "oldest_first" if oldest_first else None
        words = {"correlation_id": correlation_id, "portfolio_id": portfolio_id, "order": order}
        query = resources.event_query(topics, words, since, until)
        return each_awaited(self, lambda cursor: resources.list_events(query | {"cursor": cursor}))

    async def explain(self, correlation_id: str) -> CorrelationDocument:
        """Return what caused what: a history, those around it, and what each decision read."""
        return await self.send(resources.explain(correlation_id))

    def quarantine(self, *, reason: str | None = None) -> AsyncIterator[QuarantinedDocument]:
        """Yield what the ledger refused to record."""
        return each_awaited(self, lambda cursor: resources.list_quarantine(reason, cursor))

    async def quarantined(self, message_id: int) -> WholeQuarantined:
        """Return a message that the ledger refused, with its bytes."""
        return await self.send(resources.show_quarantined(message_id))

    def parked(self) -> AsyncIterator[ParkedDocument]:
        """Yield what waits in the ledger for an event before it."""
        return each_awaited(self, lambda cursor: resources.list_parked(cursor))

    def stalled(self, *, after_seconds: int | None = None) -> AsyncIterator[StalledDocument]:
        """Yield histories that stand still."""
        return each_awaited(self, lambda cursor: resources.list_stalled(after_seconds, cursor))

    async def position(self) -> Position:
        """Return where the stream is now; `stream(resume=…)` yields what comes after it.

        Raises Unreachable and StreamRefused.
        """
        subscription = Subscription()
        try:
            async with connect(self._target.stream_url) as socket:
                for message in subscription.opening(await self._ticket()):
                    await socket.send(message)
                while subscription.position is None:
                    subscription.receive(await socket.recv())
        except CONNECTION_ERRORS as error:
            check_may_return(*why_lost(error))
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        return subscription.position

    async def stream(
        self,
        topics: Sequence[str] = DEFAULT_TOPICS,
        *,
        correlation_id: str | None = None,
        resume: Position | int | None = None,
    ) -> AsyncIterator[Event]:
        """Yield events as they happen, for ever; lost connections are made again and miss nothing.

        With `resume` it begins after that position, 0 for all that is stored. Raises Gap where
        events are missing for good, and StreamRefused.
        """
        subscription, failures = Subscription(topics, correlation_id, resume), 0
        while True:
            try:
                async with connect(self._target.stream_url, max_size=MAX_FRAME_BYTES) as socket:
                    for message in subscription.opening(await self._ticket()):
                        await socket.send(message)
                    async for text in socket:
                        if (event := subscription.receive(text)) is not None:
                            yield event
                        failures = 0
            except CONNECTION_ERRORS as error:
                check_may_return(*why_lost(error))
                logger.info("the stream was lost and is opened again: %s", error)
            await asyncio.sleep(reconnect_seconds(failures))
            failures += 1

    async def _ticket(self) -> str | None:
        """Return what proves in a stream who opened it; None where no key is needed."""
        if self._target.key is None:
            return None
        return (await self.send(resources.issue_ticket())).ticket

    async def _attempt(self, attempt: Attempt) -> Answer | Failure:
        try:
            response = await self._http.request(
                attempt.method,
                attempt.target,
                headers=dict(attempt.headers),
                content=attempt.body or None,
            )
        except httpx2.TransportError as error:
            return failure_of(error)
        return Answer(response.status_code, response.headers, response.content)


class AsyncIntents:
    """The intents of a platform."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def submit(self, intent: Document, *, idempotency_key: str | None = None) -> Submission:
        """Submit an intent; it is safe to do so again with the same key and the same intent."""
        return await self._client.send(resources.submit_intent(intent, idempotency_key))

    async def get(self, intent_id: str) -> IntentDocument:
        """Return an intent: its state and what came of it."""
        return await self._client.send(resources.show_intent(intent_id))

    def list(
        self,
        *,
        state: str | None = None,
        strategy_id: str | None = None,
        pair: str | None = None,
        reason: str | None = None,
        in_flight: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        text: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[IntentDocument]:
        """Yield intents, newest first, page after page; `limit` is how many a page has.

        `state` may be several, separated by commas; times are those of submission.
        """
        words = {"state": state, "strategy_id": strategy_id, "pair": pair, "reason": reason}
        query = resources.intent_query(words, in_flight, since, until)
        query |= {"text": text, "limit": limit}
        return each_awaited(
            self._client, lambda cursor: resources.list_intents(query | {"cursor": cursor})
        )

    def events(self, intent_id: str) -> AsyncIterator[Event]:
        """Yield the history of an intent as it is recorded now."""
        return each_awaited(self._client, lambda cursor: resources.list_history(intent_id, cursor))

    async def preview(self, intent: Document) -> IntentPreview:
        """Return what would become of an intent at this moment; nothing is submitted."""
        return await self._client.send(resources.preview_intent(intent))

    async def cancel(self, intent_id: str) -> CancelRequested:
        """Ask for an intent to be cancelled, and `wait` for what comes of it.

        Conflict when it has come to its end. It is safe to ask again.
        """
        return await self._client.send(resources.cancel_intent(intent_id))

    async def wait(
        self, intent_id: str, *, timeout_seconds: float = DEFAULT_WAIT_SECONDS
    ) -> IntentDocument:
        """Return the intent once it is in a final state; WaitTimedOut when it is not in time."""
        deadline, looks = time.monotonic() + timeout_seconds, 0
        while True:
            document = await self.get(intent_id)
            if document.state in FINAL_STATES:
                return document
            pause = poll_seconds(looks)
            if time.monotonic() + pause > deadline:
                raise WaitTimedOut(
                    f"intent {intent_id} is {document.state} after {timeout_seconds} s"
                )
            await asyncio.sleep(pause)
            looks += 1


class AsyncDeadLetters:
    """The messages that were given up. Changing them needs the scope `admin`."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    def list(self, state: str | None = None) -> AsyncIterator[DeadLetterDocument]:
        """Yield dead letters, page after page; `state` is open, retried or resolved."""
        return each_awaited(self._client, lambda cursor: resources.list_dead_letters(state, cursor))

    async def get(self, dead_letter_id: str) -> WholeDeadLetter:
        """Return a dead letter with its message."""
        return await self._client.send(resources.show_dead_letter(dead_letter_id))

    async def retry(self, dead_letter_id: str, reason: str | None = None) -> RequestDocument:
        """Ask for the message to be sent again, and say why, if you like."""
        return await self._client.send(resources.retry_dead_letter(dead_letter_id, reason))

    async def resolve(self, dead_letter_id: str, reason: str) -> RequestDocument:
        """Close it without sending it again, and say why."""
        return await self._client.send(resources.resolve_dead_letter(dead_letter_id, reason))
