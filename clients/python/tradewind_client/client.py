"""The client for programs that wait: every method returns when the platform has answered."""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx2
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import connect

from tradewind_client import resources
from tradewind_client.approvals import Approvals
from tradewind_client.backtests import Backtests
from tradewind_client.calls import MAX_SHOWN_CHARACTERS, Answer, Call
from tradewind_client.errors import Unreachable, WaitTimedOut
from tradewind_client.exchange import Attempt, Exchanges, Failure, Outcome, Pause
from tradewind_client.instruments import Instruments
from tradewind_client.keys import ApiKey
from tradewind_client.limits import Limits
from tradewind_client.live import Live, Portfolios
from tradewind_client.market import Market
from tradewind_client.models import IntentDocument, PlanDocument, PositionsDocument
from tradewind_client.pages import each
from tradewind_client.platform import Platform
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
from tradewind_client.signals import Decisions, JudgingModels, Signals
from tradewind_client.subscription import (
    DEFAULT_TOPICS,
    MAX_FRAME_BYTES,
    Position,
    Subscription,
    check_may_return,
)
from tradewind_client.time_machine import Agents, TimeMachine
from tradewind_client.trading_states import TradingStates
from tradewind_client.wallets import Wallets

CONNECTION_ERRORS = (OSError, ConnectionClosed, InvalidHandshake, TimeoutError)

logger = logging.getLogger(__name__)


class Client:
    """A platform. Closes its connections when the `with` block ends.

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
        self._http = httpx2.Client(base_url=self._target.url, timeout=timeout_seconds)
        self._exchanges = Exchanges(self._target.key, lambda: datetime.now(UTC), max_retries)
        self.intents = Intents(self)
        self.dead_letters = DeadLetters(self)
        self.trading_states = TradingStates(self)
        self.approvals = Approvals(self)
        self.backtests = Backtests(self)
        self.signals = Signals(self)
        self.decisions = Decisions(self)
        self.models = JudgingModels(self)
        self.limits = Limits(self)
        self.live = Live(self)
        self.instruments = Instruments(self)
        self.portfolios = Portfolios(self)
        self.wallets = Wallets(self)
        self.market = Market(self)
        self.platform = Platform(self)
        self.time_machine = TimeMachine(self)
        self.agents = Agents(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send[T](self, call: Call[T]) -> T:
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
                time.sleep(step.seconds)
                outcome = None
            else:
                outcome = self._attempt(step)

    def plan(self, plan_id: str) -> PlanDocument:
        """Return a plan: status, steps and progress."""
        return self.send(resources.show_plan(plan_id))

    def positions(self, strategy_id: str) -> PositionsDocument:
        """Return what a strategy holds, and what it realised."""
        return self.send(resources.show_positions(strategy_id))

    def events(
        self,
        topics: Sequence[str] = (),
        *,
        correlation_id: str | None = None,
        portfolio_id: str | None = None,
        oldest_first: bool = False,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[RecordedEvent]:
        """Yield recorded events, newest first unless told otherwise, page after page."""
        order = "oldest_first" if oldest_first else None
        words = {"correlation_id": correlation_id, "portfolio_id": portfolio_id, "order": order}
        query = resources.event_query(topics, words, since, until)
        return each(self, lambda cursor: resources.list_events(query | {"cursor": cursor}))

    def explain(self, correlation_id: str) -> CorrelationDocument:
        """Return what caused what: a history, those around it, and what each decision read."""
        return self.send(resources.explain(correlation_id))

    def quarantine(self, *, reason: str | None = None) -> Iterator[QuarantinedDocument]:
        """Yield what the ledger refused to record."""
        return each(self, lambda cursor: resources.list_quarantine(reason, cursor))

    def quarantined(self, message_id: int) -> WholeQuarantined:
        """Return a message that the ledger refused, with its bytes."""
        return self.send(resources.show_quarantined(message_id))

    def parked(self) -> Iterator[ParkedDocument]:
        """Yield what waits in the ledger for an event before it."""
        return each(self, lambda cursor: resources.list_parked(cursor))

    def stalled(self, *, after_seconds: int | None = None) -> Iterator[StalledDocument]:
        """Yield histories that stand still."""
        return each(self, lambda cursor: resources.list_stalled(after_seconds, cursor))

    def position(self) -> Position:
        """Return where the stream is now; `stream(resume=…)` yields what comes after it.

        Raises Unreachable and StreamRefused.
        """
        subscription = Subscription()
        try:
            with connect(self._target.stream_url) as socket:
                for message in subscription.opening(self._ticket()):
                    socket.send(message)
                while subscription.position is None:
                    subscription.receive(socket.recv())
        except CONNECTION_ERRORS as error:
            check_may_return(*why_lost(error))
            raise Unreachable(f"{type(error).__name__}: {error}") from None
        return subscription.position

    def stream(
        self,
        topics: Sequence[str] = DEFAULT_TOPICS,
        *,
        correlation_id: str | None = None,
        resume: Position | int | None = None,
    ) -> Iterator[Event]:
        """Yield events as they happen, for ever; lost connections are made again and miss nothing.

        With `resume` it begins after that position, 0 for all that is stored. Raises Gap where
        events are missing for good, and StreamRefused.
        """
        subscription, failures = Subscription(topics, correlation_id, resume), 0
        while True:
            try:
                with connect(self._target.stream_url, max_size=MAX_FRAME_BYTES) as socket:
                    for message in subscription.opening(self._ticket()):
                        socket.send(message)
                    for text in socket:
                        if (event := subscription.receive(text)) is not None:
                            yield event
                        failures = 0
            except CONNECTION_ERRORS as error:
                check_may_return(*why_lost(error))
                logger.info("the stream was lost and is opened again: %s", error)
            time.sleep(reconnect_seconds(failures))
            failures += 1

    def _ticket(self) -> str | None:
        """Return what proves in a stream who opened it; None where no key is needed."""
        if self._target.key is None:
            return None
        return (self.send(resources.issue_ticket())).ticket

    def _attempt(self, attempt: Attempt) -> Answer | Failure:
        try:
            response = self._http.request(
                attempt.method,
                attempt.target,
                headers=dict(attempt.headers),
                content=attempt.body or None,
            )
        except httpx2.TransportError as error:
            return failure_of(error)
        return Answer(response.status_code, response.headers, response.content)


class Intents:
    """The intents of a platform."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(self, intent: Document, *, idempotency_key: str | None = None) -> Submission:
        """Submit an intent; it is safe to do so again with the same key and the same intent."""
        return self._client.send(resources.submit_intent(intent, idempotency_key))

    def get(self, intent_id: str) -> IntentDocument:
        """Return an intent: its state and what came of it."""
        return self._client.send(resources.show_intent(intent_id))

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
    ) -> Iterator[IntentDocument]:
        """Yield intents, newest first, page after page; `limit` is how many a page has.

        `state` may be several, separated by commas; times are those of submission.
        """
        words = {"state": state, "strategy_id": strategy_id, "pair": pair, "reason": reason}
        query = resources.intent_query(words, in_flight, since, until)
        query |= {"text": text, "limit": limit}
        return each(self._client, lambda cursor: resources.list_intents(query | {"cursor": cursor}))

    def events(self, intent_id: str) -> Iterator[Event]:
        """Yield the history of an intent as it is recorded now."""
        return each(self._client, lambda cursor: resources.list_history(intent_id, cursor))

    def preview(self, intent: Document) -> IntentPreview:
        """Return what would become of an intent at this moment; nothing is submitted."""
        return self._client.send(resources.preview_intent(intent))

    def cancel(self, intent_id: str) -> CancelRequested:
        """Ask for an intent to be cancelled, and `wait` for what comes of it.

        Conflict when it has come to its end. It is safe to ask again.
        """
        return self._client.send(resources.cancel_intent(intent_id))

    def wait(
        self, intent_id: str, *, timeout_seconds: float = DEFAULT_WAIT_SECONDS
    ) -> IntentDocument:
        """Return the intent once it is in a final state; WaitTimedOut when it is not in time."""
        deadline, looks = time.monotonic() + timeout_seconds, 0
        while True:
            document = self.get(intent_id)
            if document.state in FINAL_STATES:
                return document
            pause = poll_seconds(looks)
            if time.monotonic() + pause > deadline:
                raise WaitTimedOut(
                    f"intent {intent_id} is {document.state} after {timeout_seconds} s"
                )
            time.sleep(pause)
            looks += 1


class DeadLetters:
    """The messages that were given up. Changing them needs the scope `admin`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def list(self, state: str | None = None) -> Iterator[DeadLetterDocument]:
        """Yield dead letters, page after page; `state` is open, retried or resolved."""
        return each(self._client, lambda cursor: resources.list_dead_letters(state, cursor))

    def get(self, dead_letter_id: str) -> WholeDeadLetter:
        """Return a dead letter with its message."""
        return self._client.send(resources.show_dead_letter(dead_letter_id))

    def retry(self, dead_letter_id: str, reason: str | None = None) -> RequestDocument:
        """Ask for the message to be sent again, and say why, if you like."""
        return self._client.send(resources.retry_dead_letter(dead_letter_id, reason))

    def resolve(self, dead_letter_id: str, reason: str) -> RequestDocument:
        """Close it without sending it again, and say why."""
        return self._client.send(resources.resolve_dead_letter(dead_letter_id, reason))


def failure_of(error: httpx2.TransportError) -> Failure:
    """Say whether a request that failed may have been seen."""
    unsent = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
    return Failure(f"{type(error).__name__}: {error}", was_sent=not unsent)


def why_lost(error: Exception) -> tuple[int | None, str]:
    """Return the close code or HTTP status that ended a stream, and the platform's words."""
    if isinstance(error, ConnectionClosed) and error.rcvd is not None:
        return error.rcvd.code, error.rcvd.reason
    if isinstance(error, InvalidStatus):
        body = error.response.body or b""
        return error.response.status_code, body[:MAX_SHOWN_CHARACTERS].decode(errors="replace")
    return None, str(error)
